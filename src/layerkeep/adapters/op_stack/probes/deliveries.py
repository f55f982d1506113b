"""Whether a message that took effect on the child had been sent on the parent.

Asked only of those that nobody was seen to send. A deposit's transaction tells its source hash, and
the first transaction of its block the parent's block it comes from: there the portal must have
logged a deposit whose child transaction is this one.
"""

from collections.abc import Mapping
from typing import Any

from layerkeep.adapters.op_stack.checks import origin_in
from layerkeep.adapters.op_stack.contracts import TRANSACTION_DEPOSITED
from layerkeep.adapters.op_stack.decode.deposits import transaction_deposited
from layerkeep.core.adapter import PARENT, Call, Event, Inquiry, Scope, Wanted
from layerkeep.core.chain_data import Log, header_in, is_refused, logs_in, several, text_in
from layerkeep.core.facts import Fact, Judged, Reached, Sent
from layerkeep.core.units import Key

DEPOSITED = Event(PARENT, "portal", TRANSACTION_DEPOSITED, transaction_deposited).topic0


def inspect(fact: Fact, scope: Scope) -> Inquiry | None:
    """An inquiry about a message relayed on the child; None for anything else."""
    says, anchor = fact.says, fact.anchor
    if not isinstance(says, Reached) or says.stage != "executed" or anchor.chain != scope.child:
        return None
    is_relayed = says.key.startswith(f"{scope.child}/msg/")
    return _delivery(says.key, fact, scope) if is_relayed and anchor.tx else None


def _delivery(key: Key, fact: Fact, scope: Scope) -> Inquiry:
    anchor = fact.anchor
    tx, first = several(
        (
            yield Wanted(
                scope.child,
                (
                    Call("eth_getTransactionByHash", (anchor.tx,)),
                    Call("eth_getTransactionByBlockHashAndIndex", (anchor.block, "0x0")),
                ),
            )
        ),
        2,
    )
    if tx is None or first is None:
        return ()
    if _text(tx, "type").lower() != "0x7e":
        told = "relayed anew by an account, after a first delivery that nobody saw"
        return (Judged("delivery", scope.child, key, "unknown", detail=told),)
    source, origin = _text(tx, "sourceHash"), origin_in(_text(first, "input"))
    block, logs = several((yield _deposits_of(scope, origin.hash)), 2)
    header = header_in(block)
    if header is None or is_refused(logs):
        return ()
    if header.hash.lower() != origin.hash:
        raise ValueError("not the block that was asked for")
    sent = {says.message for says in _sent_in(logs, scope, origin.hash)}
    verdict = "true" if anchor.tx in sent else "false"
    found = "deposited" if anchor.tx in sent else f"none of {len(sent)} deposits"
    place = f"block {origin.number} of {scope.parent}, source {source}"
    return (Judged("delivery", scope.child, key, verdict, "deposited", found, place),)


def _deposits_of(scope: Scope, block: str) -> Wanted:
    """The parent's block and what its portal logged there."""
    portal = scope.contract(PARENT, "portal")
    wanted = {"blockHash": block, "address": portal, "topics": [DEPOSITED]}
    return Wanted(
        scope.parent,
        (Call("eth_getBlockByHash", (block, False)), Call("eth_getLogs", (wanted,))),
    )


def _sent_in(result: Any, scope: Scope, block: str) -> list[Sent]:
    """The deposits in the logs of one block; ValueError if they are of another."""
    logs = logs_in(result)
    if any(log.block_hash.lower() != block for log in logs):
        raise ValueError("logs of another block than was asked for")
    said = [says for log in logs for says in _decoded(log, scope)]
    return [says for says in said if isinstance(says, Sent)]


def _decoded(log: Log, scope: Scope) -> tuple[object, ...]:
    try:
        return tuple(transaction_deposited(log, scope, (log,)))
    except ValueError:  # a deposit nobody can read makes no transaction of ours
        return ()


def _text(content: Any, name: str) -> str:
    if not isinstance(content, Mapping):
        raise ValueError("no transaction")
    return text_in(content.get(name))
