"""The logs bloom of a header: whether a block may hold a watched log.

Yellow Paper, 4.4.1: each address and topic sets three of 2,048 bits, chosen by its keccak-256. A
bloom never denies a log that is there, so a watched log it announces and nobody delivers is
suspicious; often it is only chance.
"""

from layerkeep.core.follower.exchange import LogFilter
from layerkeep.core.keccak import keccak256


def bits(value: bytes) -> int:
    """The three bits (fewer if they fall together) that an address or topic sets."""
    digest = keccak256(value)
    found = 0
    for place in (0, 2, 4):
        found |= 1 << (int.from_bytes(digest[place : place + 2], "big") & 2047)
    return found


class Sieve:
    """A log filter as bits, made once and held against every bloom."""

    def __init__(self, watched: LogFilter) -> None:
        self._addresses = tuple(bits(bytes.fromhex(word[2:])) for word in watched.addresses)
        self._topics = tuple(bits(bytes.fromhex(word[2:])) for word in watched.topics)

    def announces(self, bloom: str) -> bool:
        """True if the bloom says that a watched log may be in the block; an empty one never."""
        held = int(bloom, 16) if len(bloom) > 2 else 0
        if not held:
            return False
        return _any(self._topics, held) and _any(self._addresses, held)


def _any(masks: tuple[int, ...], held: int) -> bool:
    """True if one of the masks is wholly in the bloom, or there is nothing to look for."""
    return not masks or any(mask & held == mask for mask in masks)
