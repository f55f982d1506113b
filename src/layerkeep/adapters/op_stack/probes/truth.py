"""Whether what the parent was told of the child is what our own nodes of the child say.

`claim-root`: the subject is `<claim> <height> <root>[ <game type>]`. `withdrawal`: the subject is
`<key>@<seconds>`, the time of the parent's log that speaks of it. No answer means that the node has
not come so far: then it is asked again.
"""

from collections.abc import Iterable
from typing import Any

from layerkeep.adapters.op_stack.checks import (
    output_root,
    output_root_over,
    proven_storage_root,
)
from layerkeep.adapters.op_stack.decode.names import child_contract
from layerkeep.core.adapter import Call, Probe, Scope
from layerkeep.core.chain_data import Header, header_in, is_pruned, several, text_in
from layerkeep.core.encoding.abi import uint
from layerkeep.core.facts import Ask, Judged, Says
from layerkeep.core.keccak import selector

SENT_MESSAGES = selector("sentMessages(bytes32)")


def _build_root(ask: Ask, scope: Scope, _block: str) -> tuple[Call, ...]:
    height = hex(int(ask.subject.split(" ")[1]))
    return (
        Call("eth_getBlockByNumber", (height, False)),
        Call("eth_getProof", (child_contract(scope, "message_passer"), [], height)),
    )


def _read_root(ask: Ask, scope: Scope, result: Any) -> Iterable[Says]:
    """Since Isthmus the header tells the passer's storage root, before it the state has to."""
    claim, height, claimed, *kind = [*ask.subject.split(" "), ""][:4]
    told, proof = several(result, 2)
    header = header_in(told)
    if header is None:
        return ()
    if int(header.number, 16) != int(height):
        raise ValueError("not the block that was asked for")
    detail = f"game type {kind[0]}" if kind[0] else ""
    found = _root_at(header, proof)
    if not found:
        return (
            Judged("claim", scope.child, claim, "unknown", claimed, "", f"state pruned; {detail}"),
        )
    verdict = "true" if found == claimed else "false"
    return (Judged("claim", scope.child, claim, verdict, claimed, found, detail),)


def _root_at(header: Header, proof: Any) -> str:
    """The output root of a block; empty where the node no longer has what it takes."""
    try:
        return output_root(header)
    except ValueError:
        if is_pruned(proof):
            return ""
    return output_root_over(header, proven_storage_root(proof, header.state_root))


def _build_withdrawal(ask: Ask, scope: Scope, block: str) -> tuple[Call, ...]:
    withdrawal = ask.subject.partition("@")[0].rsplit("/", 1)[1][2:]
    passer = {"to": child_contract(scope, "message_passer"), "data": SENT_MESSAGES + withdrawal}
    return (
        Call("eth_getBlockByNumber", (block, False)),
        Call("eth_call", (passer, block)),
    )


def _read_withdrawal(ask: Ask, scope: Scope, result: Any) -> Iterable[Says]:
    """The hash binds all of a withdrawal, so that one of this hash was sent is all to be known."""
    key, _, since_s = ask.subject.partition("@")
    told, answer = several(result, 2)
    header = header_in(told)
    if header is None:
        return ()
    sent = uint(text_in(answer), 0)
    if sent > 1:
        raise ValueError("sentMessages told no bool")
    has_passed = 0 < int(since_s or 0) <= int(header.timestamp, 16)
    if not sent and not has_passed:
        return ()
    verdict, found = ("true", "sent") if sent else ("false", "not sent")
    place = f"block {int(header.number, 16)} of {scope.child}"
    return (Judged("withdrawal", scope.child, key, verdict, "sent", found, place),)


TRUTH_PROBES = (
    Probe("claim-root", _build_root, _read_root),
    Probe("withdrawal", _build_withdrawal, _read_withdrawal),
)
