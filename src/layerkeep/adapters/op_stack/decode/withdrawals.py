"""From the child to the parent: sent, proven, finalized or failed; and before Bedrock."""

from binascii import unhexlify
from collections.abc import Iterable

from layerkeep.adapters.op_stack.checks import (
    RELAY,
    Withdrawal,
    message_hash_v0,
    migrated_withdrawal,
    relay_calldata,
    withdrawal_hash,
)
from layerkeep.adapters.op_stack.contracts import PREDEPLOYS, WITNESSES
from layerkeep.adapters.op_stack.decode.cargo import (
    Cargo,
    legacy_cargo,
    legacy_message,
    relayed_cargo,
)
from layerkeep.adapters.op_stack.decode.names import (
    FAILED,
    FINALIZED,
    PROVEN_BY,
    RELAYED,
    Logs,
    child_contract,
    key_of,
    messenger_of,
    seconds,
    span,
)
from layerkeep.core.adapter import PARENT, Scope
from layerkeep.core.chain_data import Log
from layerkeep.core.encoding.abi import bytes32, tail, topic_address, uint
from layerkeep.core.facts import Ask, Reached, Says, Sent
from layerkeep.core.keccak import keccak_hex
from layerkeep.core.units import ZERO_HASH, Key


def message_passed(log: Log, scope: Scope, _logs: Logs) -> Iterable[Says]:
    """A withdrawal left the child; claims cover it by the height of its block."""
    _, _, from_topic, to_topic = log.topics
    data = unhexlify(log.data[2:])
    withdrawal, payload = "0x" + data[96:128].hex(), tail(data, 2)
    sender, target = topic_address(from_topic), topic_address(to_topic)
    if len(withdrawal) != len(ZERO_HASH):
        raise ValueError("a withdrawal without its hash")
    keys: tuple[Key, ...] = (key_of(scope.child, "withdrawal", withdrawal),)
    cargo = Cargo(sender, target)
    if (
        payload[:4] == RELAY
        and sender == child_contract(scope, "l2_messenger")
        and target == messenger_of(scope)
    ):
        keys = (keys[0], key_of(scope.child, "msg", keccak_hex(payload)))
        cargo = relayed_cargo(payload, scope, down=False)
    return (
        Sent(
            "op_stack.withdrawal",
            withdrawal,
            keys,
            scope.child,
            scope.parent,
            cargo.sender,
            cargo.recipient,
            int.from_bytes(data[:32]),
            cargo.token,
            int(log.block_number, 16),
            detail=cargo.detail,
        ),
    )


def withdrawal_proven(log: Log, scope: Scope, logs: Logs) -> Iterable[Says]:
    """A withdrawal was proven; portals that keep one proof per prover say so in a second log."""
    _, withdrawal, _, _ = log.topics
    second = (PROVEN_BY, withdrawal)
    if any(other.topics[:2] == second and other.address == log.address for other in logs):
        return ()
    key = key_of(scope.child, "withdrawal", bytes32(withdrawal, 0))
    ask = Ask("proof", scope.parent, scope.child, log.transaction_hash, key)
    return (Reached(key, "proven", asks=(ask, _sent_ask(scope, key, log))),)


def withdrawal_proven_by(log: Log, scope: Scope, _logs: Logs) -> Iterable[Says]:
    """A withdrawal was proven by somebody; the portal keeps one proof for each prover."""
    _, withdrawal, prover = log.topics
    key = key_of(scope.child, "withdrawal", bytes32(withdrawal, 0))
    subject = f"{topic_address(prover)}/{log.transaction_hash}"
    ask = Ask("proof-by", scope.parent, scope.child, subject, key)
    return (Reached(key, "proven", asks=(ask, _sent_ask(scope, key, log))),)


def _sent_ask(scope: Scope, key: Key, log: Log) -> Ask:
    """Whether the child knows of it; who answers must have passed the time of this log."""
    subject = f"{key}@{seconds(log)}"
    return Ask("withdrawal", scope.child, scope.child, subject, witnesses=WITNESSES)


def withdrawal_finalized(log: Log, scope: Scope, logs: Logs) -> Iterable[Says]:
    """The portal carried a withdrawal out; a relay that failed last failed inside it."""
    _, withdrawal = log.topics
    key = key_of(scope.child, "withdrawal", bytes32(withdrawal, 0))
    success = uint(log.data, 0)
    if success > 1:
        raise ValueError("success is no bool")
    asks = (_sent_ask(scope, key, log),)
    if _failed_just_before(log, logs, scope):
        return (Reached(key, "failed-on-target", asks=asks),)
    if not success:
        return (Reached(key, "finalized-failed", asks=asks),)
    first, last = span(log, logs, (FINALIZED,), (log.address.lower(),))
    return (Reached(key, "finalized", executes=True, first_log=first, last_log=last, asks=asks),)


def _failed_just_before(log: Log, logs: Logs, scope: Scope) -> bool:
    """The portal logs as soon as the messenger returns, so nothing lies between their logs."""
    before = int(log.log_index, 16) - 1
    for other in logs:
        if other.topics[:1] == (FAILED,) and int(other.log_index, 16) == before:
            return other.address.lower() == messenger_of(scope)
    return False


def relayed_on_parent(log: Log, scope: Scope, logs: Logs) -> Iterable[Says]:
    """A message of the child took effect on the parent, for the first time or after a failure."""
    _, message = log.topics
    portal = scope.contract(PARENT, "portal") or ""
    first, last = span(log, logs, (RELAYED, FAILED, FINALIZED), (log.address.lower(), portal))
    key = key_of(scope.child, "msg", bytes32(message, 0))
    return (Reached(key, "finalized", executes=True, first_log=first, last_log=last),)


def failed_on_parent(log: Log, scope: Scope, _logs: Logs) -> Iterable[Says]:
    """A message of the child failed on the parent; it can be relayed again."""
    _, message = log.topics
    return (Reached(key_of(scope.child, "msg", bytes32(message, 0)), "failed-on-target"),)


def sent_by_child(log: Log, scope: Scope, _logs: Logs) -> Iterable[Says]:
    """A message of before Bedrock left the child, under its old name and its migrated ones."""
    relay = legacy_message(log)
    if relay is None:
        return ()
    message, cargo = message_hash_v0(relay), legacy_cargo(relay, scope, down=False)
    calldata = relay_calldata(relay._replace(value=cargo.value, gas=0))
    sender = PREDEPLOYS["l2_messenger"]
    moved = Withdrawal(relay.nonce, sender, messenger_of(scope), cargo.value, 0, calldata)
    moved = migrated_withdrawal(moved, scope.child_id)
    keys = (
        key_of(scope.child, "msg", message),
        key_of(scope.child, "msg", keccak_hex(calldata)),
        key_of(scope.child, "withdrawal", withdrawal_hash(moved)),
    )
    return (
        Sent(
            "op_stack.legacy_withdrawal",
            message,
            keys,
            scope.child,
            scope.parent,
            cargo.sender,
            cargo.recipient,
            cargo.value,
            cargo.token,
        ),
    )
