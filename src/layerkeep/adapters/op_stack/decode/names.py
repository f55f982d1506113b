"""Names and places: keys of messages, names of claims, the logs that belong to one execution."""

from collections.abc import Sequence
from functools import lru_cache

from layerkeep.adapters.op_stack.contracts import ALIAS_OFFSET, PREDEPLOYS
from layerkeep.core.adapter import CHILD, PARENT, Scope
from layerkeep.core.chain_data import Log
from layerkeep.core.keccak import topic0
from layerkeep.core.units import ZERO_ADDRESS, ChainName, Key

RELAYED = topic0("RelayedMessage(bytes32)")
FAILED = topic0("FailedRelayedMessage(bytes32)")
FINALIZED = topic0("WithdrawalFinalized(bytes32,bool)")
PROVEN_BY = topic0("WithdrawalProvenExtension1(bytes32,address)")

Logs = Sequence[Log]
"""Every watched log of one transaction, in order."""


def key_of(child: ChainName, kind: str, value: str) -> Key:
    """The key of a message by its kind of hash: `tx`, `msg` or `withdrawal`."""
    return Key(f"{child}/{kind}/{value}")


def claim_of_game(child: ChainName, game: str) -> str:
    """The name of the claim that a dispute game stands for."""
    return f"{child}/game/{game}"


def claim_of_output(child: ChainName, index: int) -> str:
    """The name of the claim that an entry of the output oracle stands for."""
    return f"{child}/output/{index}"


def seconds(log: Log) -> int:
    """The time of the log's block if the node adds it to its logs, else 0."""
    time = log.block_timestamp
    return int(time, 16) if isinstance(time, str) else time or 0


@lru_cache(maxsize=256)
def aliased(sender: str) -> str:
    """The address under which a contract of the parent acts on the child."""
    return f"0x{(int(sender, 16) + ALIAS_OFFSET) % 2**160:040x}"


def child_contract(scope: Scope, role: str) -> str:
    """The address of one of the child's own contracts."""
    return scope.contract(CHILD, role) or PREDEPLOYS[role]


def messenger_of(scope: Scope) -> str:
    """The parent's messenger; the zero address, which nothing matches, where none is named."""
    return scope.contract(PARENT, "l1_messenger") or ZERO_ADDRESS


def span(
    log: Log, logs: Logs, endings: tuple[str, ...], places: tuple[str, ...]
) -> tuple[int, int]:
    """The logs of one execution: after the one before it in the transaction, up to its own end."""
    first, last = 0, int(log.log_index, 16)
    for other in logs:
        if other.topics and other.topics[0] in endings and other.address.lower() in places:
            end = int(other.log_index, 16) + 1
            first = end if end <= last else first
    return first, last
