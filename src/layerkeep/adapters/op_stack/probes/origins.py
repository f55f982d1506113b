"""Whether a block of the child is derived from the parent's blocks as its first deposit says."""

from collections.abc import Mapping
from typing import Any

from layerkeep.adapters.op_stack.checks import Origin, origin_in
from layerkeep.core.adapter import Call, Inquiry, Scope, Wanted
from layerkeep.core.chain_data import header_in, is_refused, number_in, several, text_in
from layerkeep.core.facts import Anchor, Judged


def spot_check(anchor: Anchor, scope: Scope) -> Inquiry:
    """Number, hash, time and base fee of the origin against the parent's own block."""
    (first,) = several(
        (
            yield Wanted(
                scope.child,
                (Call("eth_getTransactionByBlockHashAndIndex", (anchor.block, "0x0")),),
            )
        ),
        1,
    )
    if first is None or is_refused(first):
        return ()
    if not isinstance(first, Mapping):
        raise ValueError("no transaction")
    told = origin_in(text_in(first.get("input")))
    at_height, by_hash = several(
        (
            yield Wanted(
                scope.parent,
                (
                    Call("eth_getBlockByNumber", (hex(told.number), False)),
                    Call("eth_getBlockByHash", (told.hash, False)),
                ),
            )
        ),
        2,
    )
    served = _origin_of(at_height)
    if served is None or is_refused(by_hash):
        return ()
    if served.hash != told.hash and by_hash is not None:
        return ()  # the parent left that block a moment ago, and the child is about to follow
    verdict = "true" if served == told else "false"
    subject = f"{scope.child}/block/{anchor.height}"
    return (Judged("attributes", scope.child, subject, verdict, _words(served), _words(told)),)


def _origin_of(block: Any) -> Origin | None:
    """The parent's block as an origin; None where the node has none of that number yet."""
    if is_refused(block):
        return None
    header = header_in(block)
    if header is None:
        return None
    fee = number_in(block.get("baseFeePerGas"))
    height, time_s = int(header.number, 16), int(header.timestamp, 16)
    return Origin(height, header.hash.lower(), time_s, fee)


def _words(origin: Origin) -> str:
    return f"{origin.number} {origin.hash} at {origin.time_s}, {origin.base_fee_wei} wei"
