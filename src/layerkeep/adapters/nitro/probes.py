"""Questions that logs cannot answer: how a transaction ended, whether a ticket is still open, which
sends an asserted block covers, and two parameters that are no plain numbers.

A ticket that expires leaves no log, and one that is gone may as well have been redeemed. It is
expired only if it is gone some time after its deadline, so the question must return the time of the
block that answers it. One call without a target, whose code asks ArbRetryableTx, does so.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from layerkeep.adapters.nitro.decode import decode_receipt, ticket_waits
from layerkeep.adapters.nitro.lifecycles import ASSERTIONS, ticket_key
from layerkeep.core import abi
from layerkeep.core.adapter import PARENT, Call, Probe, Scope
from layerkeep.core.chain_data import read_receipt
from layerkeep.core.facts import Ask, ClaimCovers, ClaimMoved, Measured, Reached, Says
from layerkeep.core.keccak import selector

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


def _build_claimed_block(ask: Ask, _scope: Scope, _block: str) -> Call:
    return Call("eth_getBlockByHash", (ask.subject.split(" ")[1], False))


def _read_claimed_block(ask: Ask, scope: Scope, result: Any) -> Iterable[Says]:
    """Null as long as the node does not know the block, which is no proof that there is none."""
    if _is_absent(result):
        return ()
    claim, block, root = ask.subject.split(" ")
    if not isinstance(result, Mapping) or result.get("hash") != block:
        raise ValueError("not the block that was asked for")
    told = result.get("sendRoot")
    if told is not None and _text(told).lower() != root:
        return (ClaimMoved(claim, "disputed", "send-root-differs"),)
    lane = f"{scope.child}/{ASSERTIONS}"
    return (ClaimCovers(claim, _send_count(result) - 1, lane),)


def _send_count(header: Mapping[str, Any]) -> int:
    """How many sends there are after a block: by name, else the first bytes of the mix hash."""
    told = header.get("sendCount")
    if told is not None:
        return int(_text(told), 16)
    mix_hash, extra = _text(header.get("mixHash")), _text(header.get("extraData"))
    if len(mix_hash) != 66 or len(extra) != 66:
        raise ValueError("the header is not a Nitro chain's")
    return int(mix_hash[2:18], 16)


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
    Probe("time-variation", _build_time_variation, _read_time_variation, standing=PARENT),
    Probe("module-root", _build_module_root, _read_module_root, standing=PARENT),
)
