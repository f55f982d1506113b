"""How many blocks, and how many addresses, one upstream takes in one eth_getLogs.

Nobody documents it reliably, so it is learnt from complaints. A complaint may suggest a range
(`this block range should work: [0x1, 0x9]`), name a maximum (`maximum block range: 5000`), or
only moan. A named maximum becomes a ceiling; a moan halves the span, and success grows it again.
"""

import re

from layerkeep.core.units import Height

SPAN_FIRST = 2_000
SPAN_MAX = 100_000
ADDRESSES_FIRST = 1_000
"""geth's own default limit."""
GROW_AFTER = 2
"""Successes before the span grows by a half."""
CEILING_TRIES = 200
"""Successes at a ceiling after which twice as much is tried: plans and settings change."""

_HEX_RANGE = re.compile(r"\[\s*0x([0-9a-f]+)\s*,\s*0x([0-9a-f]+)\s*\]")
_DECIMAL_RANGE = re.compile(r"range:?\s+(\d+)\s*-\s*(\d+)")
_CEILING_BEFORE = re.compile(
    r"(?:max\w*[ _-]?(?:\w+[ _-]){0,3}?range|maximum is set to|(?:range )?limit(?: of)?"
    r"|limited to|up to|more than|at most|over|maximum|max)"
    r"(?: is| of|:|=|'|\"| a| an| 0 ?-|\s)*\s*(\d[\d,_]*)\s*(k\b)?"
)
_CEILING_AFTER = re.compile(r"(\d[\d,_]*)\s*(k\b)?[ -]*(?:max )?blocks?(?: range| limit)")

_MEASURE = re.compile(
    r"range|blocks|results|logs|response size|block span|blocks? distance|content"
)
_EXCESS = re.compile(
    r"exceed|limit|large|wide|too (?:high|big|many)|max|more than|bigger|greater|up to|over\b"
    r"|should work|reduc|maximum"
)
_SLOW = re.compile(r"time(?:d )?-?out|deadline exceeded|took too long")
_BEYOND_HEAD = re.compile(
    r"outofrange|out of (?:block )?range|beyond (?:the )?(?:current )?(?:head|latest)"
    r"|unknown block|not found|after last|invalid block range|than latest|in the future"
)
_RATE = re.compile(r"\brate|requests|compute units|per second|credits|quota|throughput|capacity")
_ADDRESSES = re.compile(r"address(?:es)?")
RESULTS_CODE = -32005


def is_too_large(code: int, complaint: str) -> bool:
    """True if eth_getLogs was asked for too much, so that less of the same may work."""
    text = complaint.lower()
    if _BEYOND_HEAD.search(text):
        return False
    if _RATE.search(text) and "range" not in text:
        return False
    if _MEASURE.search(text) and _EXCESS.search(text):
        return True
    return bool(_SLOW.search(text)) or "limit exceeded" in text or code == RESULTS_CODE


def is_too_many_addresses(complaint: str) -> bool:
    """True if the address list was too long."""
    text = complaint.lower()
    return bool(_ADDRESSES.search(text) and _EXCESS.search(text))


def suggested_span(complaint: str) -> int | None:
    """How many blocks the complaint says would do for this very question."""
    text = complaint.lower()
    found = _HEX_RANGE.search(text)
    if found:
        return _span(int(found[1], 16), int(found[2], 16))
    found = _DECIMAL_RANGE.search(text)
    return _span(int(found[1]), int(found[2])) if found else None


def ceiling(complaint: str) -> int | None:
    """The number of blocks that the complaint names as the most that is ever allowed."""
    text = complaint.lower()
    if "range" not in text and "blocks" not in text:
        return None
    named = [
        int(re.sub(r"[,_]", "", found[1])) * (1000 if found[2] else 1)
        for pattern in (_CEILING_AFTER, _CEILING_BEFORE)
        for found in pattern.finditer(text)
        if not text[found.end() :].lstrip().startswith(("results", "logs"))
    ]
    return min((number for number in named if number > 0), default=None)


def _span(first: int, last: int) -> int | None:
    return last - first + 1 if last >= first else None


class RangeLearner:
    """What one upstream takes, as learnt so far."""

    def __init__(self) -> None:
        self.span = SPAN_FIRST
        self.addresses = ADDRESSES_FIRST
        self._ceiling = SPAN_MAX
        self._successes = 0

    def last_of(self, first: Height, last: Height) -> Height:
        """The end of the part of a range to ask for now."""
        return Height(min(last, first + self.span - 1))

    def worked(self, blocks: int) -> None:
        """A range of so many blocks was answered."""
        if blocks < self.span:
            return
        self._successes += 1
        if self.span >= self._ceiling and self._successes >= CEILING_TRIES:
            self._ceiling = min(SPAN_MAX, self._ceiling * 2)
        if self._successes >= GROW_AFTER and self.span < self._ceiling:
            self.span = min(self._ceiling, self.span + (self.span + 1) // 2)
            self._successes = 0

    def complained(self, blocks: int, complaint: str) -> None:
        """A range of so many blocks was refused; ask for fewer from now on."""
        self._successes = 0
        if is_too_many_addresses(complaint):
            self.addresses = max(1, self.addresses // 2)
            return
        named = ceiling(complaint)
        if named is not None and named < blocks:
            self._ceiling = self.span = named
            return
        suggested = suggested_span(complaint)
        if suggested is not None and suggested < blocks:
            self.span = suggested
            return
        if blocks == 1 and complaint:
            self.addresses = max(1, self.addresses // 2)
        self.span = max(1, blocks // 2)
