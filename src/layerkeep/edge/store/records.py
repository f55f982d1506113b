"""What goes into the store and comes out of it, as plain values."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from layerkeep.core.facts import Fact
from layerkeep.core.units import ChainName


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a chain has been read, and the heads known then. Heights; `time` in milliseconds."""

    chain: ChainName
    height: int
    hash: str
    time: int
    started: int
    latest: int
    safe: int | None = None
    finalized: int | None = None


@dataclass(frozen=True, slots=True)
class BlockRow:
    """One remembered block of a chain that is not final yet."""

    height: int
    hash: str
    time: int


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message as the lists show it; its story is in its facts.

    It reached its stage at `since`, is late past `late_at`, overdue past `due` (None: never).
    `value` is wei, `amount` units of `token`.
    """

    id: str
    seq: int
    lifecycle: str
    source: str
    target: str
    stage: str
    finished: bool
    sent: int
    moved: int
    previous: str | None = None
    value: int = 0
    token: str = ""
    amount: int = 0
    sender: str = ""
    recipient: str = ""
    since: int = 0
    late_at: int | None = None
    due: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """Everything learned from one answer of one chain: stored in one transaction, or not at all.

    `retract_above` is the common ancestor's height where blocks left the chain. `messages` and
    `gone` are derived from facts logged before, up to number `projected` (0: none are given).
    `observed` is what is true of the moment `noticed` and not of a block: it stays whatever leaves.
    """

    cursor: Cursor
    facts: Sequence[Fact] = ()
    blocks: Sequence[BlockRow] = ()
    retract_above: int | None = None
    noticed: int = 0
    messages: Sequence[MessageRow] = field(default_factory=tuple)
    gone: Sequence[str] = field(default_factory=tuple)
    projected: int = 0
    observed: Sequence[Fact] = ()


@dataclass(frozen=True, slots=True)
class Observation:
    """What was observed at a moment, in milliseconds; `id` rises with the log."""

    id: int
    time: int
    fact: Fact


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """An incident as the lists show it; `body` is all of it. Times in milliseconds."""

    id: str
    state: str
    severity: str
    kind: str
    component: str
    opened: int
    resolved: int | None
    body: bytes


def sortable(amount: int) -> str:
    """A number of up to 99 digits as a text that sorts as the number does: its length first."""
    return f"{len(str(amount)):02}{amount}"


def amount_of(text: str) -> int:
    """The number that a sortable text stands for."""
    return int(text[2:])


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Fact)


def encoded(fact: Fact) -> bytes:
    """A fact as the store keeps it."""
    return _encoder.encode(fact)


def decoded(body: bytes) -> Fact:
    """A fact as the store gave it back."""
    return _decoder.decode(body)
