"""From the parent to the child: deposits, their outcome, and the messages of before Bedrock."""

from collections.abc import Iterable

from layerkeep.adapters.op_stack.checks import (
    RELAY,
    Deposit,
    deposit_hash,
    message_hash_v0,
    source_hash,
)
from layerkeep.adapters.op_stack.contracts import ATTRIBUTES_DEPOSITOR
from layerkeep.adapters.op_stack.decode.cargo import (
    Cargo,
    legacy_cargo,
    legacy_message,
    relayed_cargo,
)
from layerkeep.adapters.op_stack.decode.names import (
    FAILED,
    RELAYED,
    Logs,
    aliased,
    child_contract,
    key_of,
    messenger_of,
    span,
)
from layerkeep.core.adapter import Scope
from layerkeep.core.chain_data import Log, Receipt
from layerkeep.core.encoding.abi import bytes32, dynamic_bytes, topic_address
from layerkeep.core.facts import Ask, Reached, Says, Sent
from layerkeep.core.keccak import keccak_hex
from layerkeep.core.units import ZERO_HASH, Key

OPAQUE_MIN = 73
"""Mint and value of 32 bytes each, 8 of gas, and the byte that tells a creation."""


def transaction_deposited(log: Log, scope: Scope, _logs: Logs) -> Iterable[Says]:
    """A deposit entered the portal; the child's transaction that carries it out is known by now."""
    _, from_topic, to_topic, version = log.topics
    opaque = dynamic_bytes(log.data, 0)
    if version != ZERO_HASH or len(opaque) < OPAQUE_MIN:
        raise ValueError("a deposit of an unknown version")
    sender, target = topic_address(from_topic), topic_address(to_topic)
    creates, data = opaque[72] != 0, opaque[73:]
    deposit = Deposit(
        bytes.fromhex(sender[2:]),
        b"" if creates else bytes.fromhex(target[2:]),
        int.from_bytes(opaque[:32]),
        int.from_bytes(opaque[32:64]),
        int.from_bytes(opaque[64:72]),
        data,
    )
    source = source_hash(block=log.block_hash, log_index=log.log_index)
    tx = deposit_hash(source, deposit)
    if (
        data[:4] == RELAY
        and sender == aliased(messenger_of(scope))
        and target == child_contract(scope, "l2_messenger")
    ):
        cargo = relayed_cargo(data, scope, down=True)
        hashes = (key_of(scope.child, "tx", tx), key_of(scope.child, "msg", keccak_hex(data)))
        return (_sent(scope, hashes, deposit.value, cargo),)
    details = ["creates a contract"] if creates else []
    if deposit.mint != deposit.value:
        details.append(f"mints {deposit.mint} wei")
    cargo = Cargo(sender, "" if creates else target, detail=", ".join(details))
    return (_sent(scope, (key_of(scope.child, "tx", tx),), deposit.value, cargo),)


def _sent(scope: Scope, keys: tuple[Key, ...], value: int, cargo: Cargo) -> Sent:
    tx = keys[0][-66:]
    return Sent(
        "op_stack.deposit",
        tx,
        keys,
        scope.parent,
        scope.child,
        cargo.sender,
        cargo.recipient,
        value,
        cargo.token,
        awaits=tx,
        asks=(Ask("receipt", scope.child, scope.child, tx, keys[0]),),
        detail=cargo.detail,
    )


def relayed_on_child(log: Log, scope: Scope, logs: Logs) -> Iterable[Says]:
    """A message of the parent took effect on the child."""
    _, message = log.topics
    first, last = span(log, logs, (RELAYED, FAILED), (log.address.lower(),))
    key = key_of(scope.child, "msg", bytes32(message, 0))
    return (Reached(key, "executed", executes=True, first_log=first, last_log=last),)


def failed_on_child(log: Log, scope: Scope, _logs: Logs) -> Iterable[Says]:
    """A message of the parent failed on the child; it can be relayed again."""
    _, message = log.topics
    return (Reached(key_of(scope.child, "msg", bytes32(message, 0)), "failed"),)


def decode_receipt(receipt: Receipt, scope: Scope) -> Iterable[Says]:
    """How a deposit's transaction ended, in agreement with what the messenger logged in it."""
    if receipt.type != "0x7e" or receipt.status is None:
        return ()
    if receipt.from_.lower() == ATTRIBUTES_DEPOSITOR:
        return ()
    key = key_of(scope.child, "tx", bytes32(receipt.transaction_hash, 0))
    if not receipt.succeeded:
        return (Reached(key, "reverted"),)
    if _messenger_failed(receipt, scope):
        return (Reached(key, "failed"),)
    return (Reached(key, "executed", executes=True),)


def _messenger_failed(receipt: Receipt, scope: Scope) -> bool:
    """True if the messengers' own deposit ended in a failed relay: the last word counts."""
    ends = (aliased(messenger_of(scope)), child_contract(scope, "l2_messenger"))
    if (receipt.from_.lower(), (receipt.to or "").lower()) != ends:
        return False
    words = [log.topics[:1] for log in receipt.logs if log.address.lower() == ends[1]]
    outcomes = [topics for topics in words if topics in ((RELAYED,), (FAILED,))]
    return outcomes[-1:] == [(FAILED,)]


def sent_by_parent(log: Log, scope: Scope, _logs: Logs) -> Iterable[Says]:
    """A message of before Bedrock left the parent; later ones are deposits and told as such."""
    relay = legacy_message(log)
    if relay is None:
        return ()
    message, cargo = message_hash_v0(relay), legacy_cargo(relay, scope, down=True)
    keys = (key_of(scope.child, "msg", message),)
    return (
        Sent(
            "op_stack.legacy_deposit",
            message,
            keys,
            scope.parent,
            scope.child,
            cargo.sender,
            cargo.recipient,
            cargo.value,
            cargo.token,
        ),
    )
