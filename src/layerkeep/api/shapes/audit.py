"""Who did what."""

from datetime import UTC, datetime

from layerkeep.api.shapes import Shown


class AuditShown(Shown, frozen=True, gc=False, kw_only=True):
    """One entry: `who` is the token's name, `role` its role, `action` on `target`.

    `outcome` is `done`, or the word of the problem for which it was not. `id` rises with time.
    `detail` says more: the reason given, the moment until which it counts.
    """

    time: int
    who: str
    role: str
    action: str
    target: str
    outcome: str
    id: int = 0
    detail: str = ""


def said_detail(until: int, reason: str, to: str = "") -> str:
    """What an operator's word says besides: to whom, until when (milliseconds, 0: once), why."""
    moment = datetime.fromtimestamp(until // 1_000, UTC).isoformat() if until else ""
    parts = (f"to {to}" if to else "", f"until {moment}" if moment else "", reason)
    return "; ".join(part for part in parts if part)
