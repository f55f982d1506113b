"""Nodes that agree on a block's hash must agree on what is in it: who does not is lying.

A hash is only text to whoever does not recompute it. So the rest of the header, and the watched
logs of the same block, are compared between the nodes that told the same hash. The odd ones out are
named where most agree; of two nodes that contradict each other nobody can say which one lies.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from layerkeep.core.keccak import keccak_hex

HEADER_FIELDS = (
    "parentHash",
    "stateRoot",
    "transactionsRoot",
    "receiptsRoot",
    "withdrawalsRoot",
    "sendRoot",
    "number",
    "timestamp",
    "gasUsed",
)
"""What every node tells of a block in the same words, as far as the chain has it."""

LOG_FIELDS = ("logIndex", "transactionHash", "address", "topics", "data")

MOST = 2
"""So many nodes that agree outweigh those that do not."""


class Content(NamedTuple):
    """What one node says is in a block: its hash, and digests of its header and of its logs.

    A digest is empty where the node did not tell.
    """

    block: str
    header: str
    logs: str


class Contradiction(NamedTuple):
    """A node whose `part` of a block, `header` or `logs`, is not what the others tell."""

    upstream: str
    part: str


def content_of(block: bytes, logs: bytes | None) -> Content | None:
    """What a node's JSON answers for a block and its watched logs say; None if they say nothing.

    No logs at all are no word: an index may not have reached the block yet.
    """
    try:
        header = msgspec.json.decode(block, type=dict[str, Any] | None)
        found = msgspec.json.decode(logs, type=list[dict[str, Any]] | None) if logs else None
    except msgspec.MsgspecError:
        return None
    if header is None or not isinstance(header.get("hash"), str):
        return None
    told = [[log.get(name) for name in LOG_FIELDS] for log in found or ()]
    digest = _digest([header.get(name) for name in HEADER_FIELDS])
    return Content(header["hash"].lower(), digest, _digest(told) if told else "")


def _digest(values: Any) -> str:
    return keccak_hex(msgspec.json.encode(values).lower())


def contradictions(told: Mapping[str, Content]) -> Iterable[Contradiction]:
    """The nodes that contradict most of those that told the same block."""
    for part in ("header", "logs"):
        for block in {content.block for content in told.values()}:
            said = {
                name: digest
                for name, content in told.items()
                if content.block == block and (digest := getattr(content, part))
            }
            yield from (Contradiction(name, part) for name in _odd(said))


def _odd(said: Mapping[str, str]) -> list[str]:
    """Those that most others contradict."""
    counts = Counter(said.values()).most_common(2)
    if len(counts) < 2 or counts[0][1] < MOST or counts[0][1] == counts[1][1]:
        return []
    return sorted(name for name, digest in said.items() if digest != counts[0][0])
