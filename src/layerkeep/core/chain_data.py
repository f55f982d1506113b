"""What a node says about a chain, as typed structures that msgspec fills straight from JSON.

Hex stays text, as received; see the JSON-RPC specification of execution-apis. Unknown members are
ignored, missing required ones are a decode error, which the edge turns into a lie or a bad answer.
"""

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
