"""The quantities layerkeep speaks of, each a type of its own, so that none is taken for another."""

from typing import NewType

ChainName = NewType("ChainName", str)
"""A chain's name in the topology, for example `l2` or `op-mainnet`. Unique in one topology."""

Height = NewType("Height", int)
"""A block number."""

Timestamp = NewType("Timestamp", int)
"""Milliseconds since the Unix epoch."""

Duration = NewType("Duration", int)
"""Milliseconds."""

Wei = NewType("Wei", int)
"""The smallest unit of a chain's native token."""

Hash = NewType("Hash", str)
"""32 bytes as 0x-prefixed lower-case hex."""

Address = NewType("Address", str)
"""20 bytes as 0x-prefixed lower-case hex."""

Key = NewType("Key", str)
"""A name under which a message is known: `<child chain>/<kind>/<hash>`. See facts.py."""

MILLISECOND = Duration(1)
SECOND = Duration(1_000)
MINUTE = Duration(60 * SECOND)
HOUR = Duration(60 * MINUTE)
DAY = Duration(24 * HOUR)

ZERO_HASH = Hash("0x" + "00" * 32)
ZERO_ADDRESS = Address("0x" + "00" * 20)


def duration_text(duration: int) -> str:
    """A duration in words a tired reader takes in at once: `3 d 4 h`, `12 m 5 s`, `240 ms`."""
    if duration < 0:
        return "-" + duration_text(-duration)
    if duration < SECOND:
        return f"{duration} ms"
    parts = []
    for size, word in ((DAY, "d"), (HOUR, "h"), (MINUTE, "m"), (SECOND, "s")):
        count, duration = divmod(duration, size)
        if count:
            parts.append(f"{count} {word}")
    return " ".join(parts[:2])
