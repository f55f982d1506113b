"""What templates trim: durations to whole seconds, names to their hash, bodies to readable JSON."""

import json
from collections.abc import Callable, Mapping

from layerkeep.api.console.words import GAP, duration
from layerkeep.core.units import SECOND


def whole(ms: int) -> int:
    """A duration in whole seconds, never negative: what ticks is told in seconds."""
    return max(0, ms) // SECOND * SECOND


def brief(ms: int) -> str:
    """A range or a budget: `12 m`, `1 m 40 s`; it does not tick, so nothing is padded with zero."""
    head, _, last = duration(whole(ms) or ms).rpartition(f"{GAP}00{GAP}")
    return head or last


def tail(name: str) -> str:
    """What stands behind the last slash: the hash of a message's `<chain>/<kind>/<hash>`."""
    return name.rpartition("/")[2]


def pretty(body: str) -> str:
    """JSON with a line for each field; anything else as it stands."""
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body


TRIM: Mapping[str, Callable[..., object]] = {
    "whole": whole,
    "brief": brief,
    "tail": tail,
    "pretty": pretty,
}
"""By the names under which templates call them."""
