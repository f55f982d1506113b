"""Questions that logs cannot answer: how a transaction ended, whether a ticket is still open, which
sends an asserted block covers, and two parameters that are no plain numbers.

A ticket that expires leaves no log, and one that is gone may as well have been redeemed. It is
expired only if it is gone some time after its deadline, so the question must return the time of the
block that answers it. One call without a target, whose code asks ArbRetryableTx, does so.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from layerkeep.adapters.nitro import checks
from layerkeep.adapters.nitro.decode import SEND, decode_receipt, ticket_waits
from layerkeep.adapters.nitro.lifecycles import ASSERTIONS, WITNESSES, ticket_key
from layerkeep.core.adapter import CHILD, PARENT, Call, Probe, Scope
from layerkeep.core.chain_data import (
    header_in,
    is_refused,
    logs_in,
    number_in,
    read_receipt,
    several,
)
from layerkeep.core.encoding import abi
from layerkeep.core.facts import Ask, ClaimCovers, ClaimMoved, Judged, Measured, Reached, Says
from layerkeep.core.keccak import selector
from layerkeep.core.units import ZERO_HASH

GRACE_S = 60
"""A ticket redeemed at its deadline is told by a receipt, which may take this long to be read."""

MAX_TIME_VARIATION = selector("maxTimeVariation()")
MODULE_ROOT = selector("wasmModuleRoot()")
NO_TICKET = selector("NoTicketWithID()")[2:]

TICKET_QUESTION = (
    f"63{selector('getTimeout(bytes32)')[2:]}60e01b600052"  # the selector, to memory 0
    "7f{ticket}600452"  # the ticket's id, to memory 4
    "6020608060246000606e5afa606052"  # ask 0x6e: its answer to 0x80, success to 0x60
    "42604052"  # the block's time, to 0x40
    "60606040f3"  # return the three words from 0x40
)
"""EVM code: returns the block's time, whether the ticket exists, and its timeout or the error."""


def ticket_question(ticket: str) -> str:
    """The code to call for one ticket."""
    return "0x" + TICKET_QUESTION.format(ticket=ticket[2:])


def _build_receipt(ask: Ask, _scope: Scope, _block: str) -> Call:
    return Call("eth_getTransactionReceipt", (ask.subject,))


def _read_receipt(_ask: Ask, scope: Scope, result: Any) -> Iterable[Says]:
    """Null until the child has the transaction."""
    if _is_absent(result):
        return ()
    return tuple(decode_receipt(read_receipt(result), scope))


def _build_timeout(ask: Ask, _scope: Scope, block: str) -> Call:
    return Call("eth_call", ({"data": ticket_question(ask.subject.partition("@")[0])}, block))


def _read_timeout(ask: Ask, scope: Scope, result: Any) -> Iterable[Says]:
    """Open: until when. Gone: expired if the deadline that the subject names is long past."""
    if _is_absent(result):
        return ()
    answer = _text(result)
    now_s, exists = abi.uint(answer, 0), abi.uint(answer, 1)
    ticket, _, known_s = ask.subject.partition("@")
    if exists:
        timeout_s = abi.uint(answer, 2)
        if timeout_s < now_s:
            raise ValueError("a ticket that exists cannot be past its timeout")
        return (ticket_waits(scope, ticket, timeout_s=timeout_s, now_s=now_s),)
    if abi.word(answer, 2)[:8] != NO_TICKET:
        raise ValueError("ArbRetryableTx did not answer")
    if not known_s or now_s <= int(known_s) + GRACE_S:
        return ()
    return (Reached(ticket_key(scope.child, ticket), "expired"),)


class Claimed(NamedTuple):
    """What a question about a claim names: its end state, the block it follows, and its time."""

    claim: str
    block: str
    root: str
    before: str
    time_s: int


def _claimed(ask: Ask) -> Claimed:
    claim, block, root, before, time_s = [*ask.subject.split(" "), "", ""][:5]
    return Claimed(claim, block, root, before, int(time_s or 0))


def _build_claimed_block(ask: Ask, _scope: Scope, _block: str) -> tuple[Call, ...]:
    claimed = _claimed(ask)
    return (
        Call("eth_getBlockByHash", (claimed.block, False)),
        Call("eth_getBlockByHash", (claimed.before or ZERO_HASH, False)),
        Call("eth_getBlockByNumber", ("safe", False)),
    )


def _read_claimed_block(ask: Ask, scope: Scope, result: Any) -> Iterable[Says]:
    """A block that the node knows tells how far the claim reaches, and stands at some height.

    One that it does not know is no proof that there is none, unless the node has read everything
    posted up to the claim's time, and does know the block that the claim begins with.
    """
    told, before, safe = several(result, 3)
    claimed = _claimed(ask)
    if _is_absent(told):
        return _unknown_block(claimed, scope, before, safe)
    if not isinstance(told, Mapping) or told.get("hash") != claimed.block:
        raise ValueError("not the block that was asked for")
    root = checks.send_root(told)
    if root != claimed.root:
        return (
            ClaimMoved(claimed.claim, "disputed", "send-root-differs"),
            _judged(claimed, scope, "false", found=f"{claimed.block} {root}"),
        )
    lane = f"{scope.child}/{ASSERTIONS}"
    height = number_in(told.get("number"))
    subject = f"{claimed.claim} {claimed.block} {root} {height}"
    again = Ask("claimed-height", scope.child, scope.child, subject, witnesses=WITNESSES)
    return (ClaimCovers(claimed.claim, checks.send_count(told) - 1, lane, (again,)),)


def _unknown_block(claimed: Claimed, scope: Scope, before: Any, safe: Any) -> Iterable[Says]:
    if _is_absent(before) or _is_absent(safe):
        return ()
    start, reached = header_in(before), header_in(safe)
    if start is None or reached is None or start.hash != claimed.before:
        return ()
    reached_s = int(reached.timestamp, 16)
    if not claimed.time_s or reached_s <= claimed.time_s:
        return ()
    found = f"no such block, safe up to {int(reached.number, 16)}"
    return (_judged(claimed, scope, "false", found=found),)


def _judged(claimed: Claimed, scope: Scope, verdict: str, *, found: str) -> Says:
    expected = f"{claimed.block} {claimed.root}"
    return Judged("claim", scope.child, claimed.claim, verdict, expected, found)


def _build_claimed_height(ask: Ask, _scope: Scope, _block: str) -> tuple[Call, ...]:
    return (Call("eth_getBlockByNumber", (hex(int(ask.subject.split(" ")[3])), False)),)


def _read_claimed_height(ask: Ask, scope: Scope, result: Any) -> Iterable[Says]:
    """The claimed block must be the one of its height: nodes keep blocks that were left, too."""
    (told,) = several(result, 1)
    if _is_absent(told):
        return ()
    claim, block, root, height = ask.subject.split(" ")
    header = header_in(told)
    if header is None or int(header.number, 16) != int(height):
        raise ValueError("not the block that was asked for")
    found = f"{header.hash} {checks.send_root(told)}"
    verdict = "true" if found == f"{block} {root}" else "false"
    return (Judged("claim", scope.child, claim, verdict, f"{block} {root}", found),)


def _build_send(ask: Ask, scope: Scope, block: str) -> tuple[Call, ...]:
    key = ask.subject.split(" ")[0]
    wanted = {
        "address": scope.contract(CHILD, "arb_sys"),
        "topics": [SEND, None, None, key.rsplit("/", 1)[1]],
        "fromBlock": "0x0",
        "toBlock": block,
    }
    return (Call("eth_getBlockByNumber", (block, False)), Call("eth_getLogs", (wanted,)))


def _read_send(ask: Ask, scope: Scope, result: Any) -> Iterable[Says]:
    """The header counts all sends; the log, where the node looks that far back, tells the content.

    The item that was proven is bound to the log's hash, so sender and target stand for all of it.
    """
    told, logs = several(result, 2)
    key, sender, to, since_s = ask.subject.split(" ")
    header = header_in(told)
    if header is None:
        return ()
    position = int(key.rsplit("/", 1)[1], 16)
    has_passed = 0 < int(since_s) <= int(header.timestamp, 16)
    expected, count = f"{sender} {to}", checks.send_count(told)
    if position >= count:
        found = f"no more than {count} sends"
        says = Judged("withdrawal", scope.child, key, "false", expected, found)
        return (says,) if has_passed else ()
    if is_refused(logs):
        detail = "its content could not be looked up"
        return (Judged("withdrawal", scope.child, key, "true", expected, "sent", detail),)
    contents = [checks.item_of(log) for log in logs_in(logs)]
    if not contents:
        raise ValueError("the node counts a send that it has no log of")
    found = f"{contents[0].sender} {contents[0].to}"
    verdict = "true" if found == expected else "false"
    return (Judged("withdrawal", scope.child, key, verdict, expected, found),)


def _build_time_variation(_ask: Ask, scope: Scope, block: str) -> Call:
    return _view(scope, "sequencer_inbox", MAX_TIME_VARIATION, block)


def _read_time_variation(_ask: Ask, scope: Scope, result: Any) -> Iterable[Says]:
    answer = _text(result)
    return (
        Measured(scope.child, "delay_blocks", abi.uint(answer, 0)),
        Measured(scope.child, "delay_s", abi.uint(answer, 2)),
    )


def _build_module_root(_ask: Ask, scope: Scope, block: str) -> Call:
    return _view(scope, "rollup", MODULE_ROOT, block)


def _read_module_root(_ask: Ask, scope: Scope, result: Any) -> Iterable[Says]:
    return (Measured(scope.child, "wasm_module_root", abi.bytes32(_text(result), 0)),)


def _view(scope: Scope, role: str, calldata: str, block: str) -> Call:
    contract = scope.contract(PARENT, role)
    if contract is None:
        raise ValueError(f"{scope.child} has no {role}")
    return Call("eth_call", ({"to": contract, "data": calldata}, block))


def _is_absent(result: Any) -> bool:
    """True for null, and for an error: a node that pruned the block, or does not have it yet."""
    return result is None or (isinstance(result, Mapping) and "error" in result)


def _text(result: Any) -> str:
    if not isinstance(result, str):
        raise ValueError(f"hex text expected, not {type(result).__name__}")
    return result


PROBES = (
    Probe("receipt", _build_receipt, _read_receipt),
    Probe("ticket-timeout", _build_timeout, _read_timeout),
    Probe("claimed-block", _build_claimed_block, _read_claimed_block),
    Probe("claimed-height", _build_claimed_height, _read_claimed_height),
    Probe("send", _build_send, _read_send),
    Probe("time-variation", _build_time_variation, _read_time_variation, standing=PARENT),
    Probe("module-root", _build_module_root, _read_module_root, standing=PARENT),
)
