"""What a node says about a chain, as typed structures that msgspec fills straight from JSON.

Hex stays text, as received; see the JSON-RPC specification of execution-apis. Unknown members are
ignored, missing required ones are a decode error, which the edge turns into a lie or a bad answer.
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from layerkeep.core.units import Height, Timestamp


class Log(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """One event log."""

    address: str
    topics: tuple[str, ...]
    data: str
    block_number: str
    block_hash: str
    transaction_hash: str
    transaction_index: str
    log_index: str
    block_timestamp: str | int | None = None
    removed: bool = False


class Header(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A block without its transactions' contents."""

    hash: str
    parent_hash: str
    number: str
    timestamp: str
    logs_bloom: str = ""
    transactions: tuple[str, ...] = ()
    state_root: str = ""
    withdrawals_root: str = ""
    extra_data: str = ""
    mix_hash: str = ""
    send_root: str | None = None
    send_count: str | None = None
    l1_block_number: str | None = None

    @property
    def height(self) -> Height:
        """The block number."""
        return Height(int(self.number, 16))

    @property
    def time(self) -> Timestamp:
        """The block's own time."""
        return Timestamp(int(self.timestamp, 16) * 1000)


class Receipt(msgspec.Struct, frozen=True, rename="camel"):
    """The outcome of one transaction."""

    transaction_hash: str
    transaction_index: str
    block_hash: str
    block_number: str
    logs: tuple[Log, ...]
    from_: str = msgspec.field(name="from", default="")
    to: str | None = None
    status: str | None = None
    type: str = "0x0"

    @property
    def succeeded(self) -> bool:
        """True if the transaction did not revert."""
        return self.status is not None and int(self.status, 16) == 1


def read_receipt(result: Any) -> Receipt:
    """A receipt in a JSON result; ValueError if it is none."""
    try:
        return msgspec.convert(result, Receipt)
    except msgspec.ValidationError as error:
        raise ValueError(f"no receipt: {error}") from error


PRUNED = re.compile(
    r"missing trie node|state.{0,40}(?:not available|unavailable|pruned)|pruned"
    r"|BlockOutOfRange|old data not available|distance to target block exceeds",
    re.IGNORECASE,
)
"""How geth, reth, erigon, nethermind and anvil say that a block's state is no longer there."""


def is_refused(result: Any) -> bool:
    """True for an error in place of a result."""
    return isinstance(result, Mapping) and "error" in result


def is_pruned(result: Any) -> bool:
    """True for the error of a node that no longer has the state of the block asked for."""
    if not is_refused(result):
        return False
    error = result["error"]
    return isinstance(error, Mapping) and bool(PRUNED.search(str(error.get("message"))))


def several(result: Any, count: int) -> tuple[Any, ...]:
    """The results of a question of so many calls; ValueError if they are not as many."""
    if not isinstance(result, tuple) or len(result) != count:
        raise ValueError(f"{count} results expected")
    return result


def header_in(result: Any) -> Header | None:
    """The header in a result, None where the node has no such block; ValueError if it is none.

    Its transactions are left out: they may be whole ones.
    """
    if result is None:
        return None
    bare = {**result, "transactions": ()} if isinstance(result, Mapping) else result
    try:
        header = msgspec.convert(bare, Header)
        bytes.fromhex(header.hash[2:] + header.state_root[2:] + header.withdrawals_root[2:])
        int(header.number, 16)
        int(header.timestamp, 16)
    except (msgspec.ValidationError, ValueError) as error:
        raise ValueError(f"no header: {error}") from error
    return header


def logs_in(result: Any) -> list[Log]:
    """The logs in a result; ValueError if it is anything else."""
    try:
        return msgspec.convert(result, list[Log])
    except msgspec.ValidationError as error:
        raise ValueError(f"no logs: {error}") from error


def text_in(result: Any) -> str:
    """Hex text in a result; ValueError if it is anything else."""
    if not isinstance(result, str) or not result.startswith("0x"):
        raise ValueError(f"hex text expected, not {type(result).__name__}")
    return result


def number_in(result: Any) -> int:
    """A quantity in a result; ValueError if it is none."""
    return int(text_in(result), 16)
