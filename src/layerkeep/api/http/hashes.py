"""Hashes as people paste them."""

from layerkeep.api.http.problems import Refusal
from layerkeep.api.shapes.problems import FaultShown
from layerkeep.core.topology.spot import shown

EXPECTED = "0x and 64 hex digits"
DIGITS = frozenset("0123456789abcdef")


def hash_named(text: str) -> str:
    """A hash as it is stored, spaces and case aside; Refusal if it cannot be one."""
    name = "".join(text.split()).lower()
    digits = name.removeprefix("0x")
    foreign = sorted(set(digits) - DIGITS)
    if foreign:
        raise _refusal(text, f"{shown(foreign[0])} is no hex digit")
    if len(digits) != 64:
        raise _refusal(text, f"it has {len(digits)} hex digits; a hash has 64")
    return "0x" + digits


def _refusal(text: str, wrong: str) -> Refusal:
    fault = FaultShown(field="hash", found=shown(text), expected=EXPECTED)
    return Refusal(400, "bad-hash", f"{shown(text)} is no hash: {wrong}", faults=(fault,))
