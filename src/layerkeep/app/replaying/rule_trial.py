"""Recorded facts through the engine with a network's rules: which would have fired, and when."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from layerkeep.core.adapter import Adapter
from layerkeep.core.engine import Engine
from layerkeep.core.errors import OperatorError
from layerkeep.core.facts import Anchor, Fact, HeadSeen, NodesSeen, Sent
from layerkeep.core.network.layers import layers_of
from layerkeep.core.rules.problems import Problem
from layerkeep.core.rules.user_rule import rules_of
from layerkeep.core.topology import Topology
from layerkeep.core.units import Timestamp
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.reading import stream

SQLITE = b"SQLite format 3\0"
"""What every store in a file begins with."""


@dataclass(slots=True)
class Firing:
    """A problem as it was raised, and when it was over; None if it never was."""

    problem: Problem
    raised: Timestamp
    over: Timestamp | None = None


@dataclass(slots=True)
class Trial:
    """What came of it. `taken_as_seen` are chains of whose nodes the recording says nothing."""

    facts: int
    firings: list[Firing] = field(default_factory=list)
    taken_as_seen: tuple[str, ...] = ()
    lacks: dict[str, str] = field(default_factory=dict)


async def read_facts(path: Path) -> list[Fact]:
    """The facts in a file: a store, one fact a line, or JSON with `facts` in it."""
    body = await asyncio.to_thread(_content, path)
    return await _stored(path) if body.startswith(SQLITE) else _written(body, path)


def try_rules(topology: Topology, adapters: Mapping[str, Adapter], facts: Iterable[Fact]) -> Trial:
    """Feed facts in the order of their times; time passes as they say."""
    return _Run(topology, adapters, sorted(facts, key=_time)).trial


class _Run:
    """One run. A chain whose heads and nodes were not recorded is taken as seen and read."""

    def __init__(
        self, topology: Topology, adapters: Mapping[str, Adapter], facts: list[Fact]
    ) -> None:
        lifecycles = [each for adapter in adapters.values() for each in adapter.lifecycles]
        layers = layers_of(topology, adapters)
        self.engine = Engine(lifecycles, topology.chains, layers, rules_of(topology))
        watched = {f.anchor.chain for f in facts if isinstance(f.says, HeadSeen | NodesSeen)}
        self.unseen = tuple(chain for chain in topology.chains if chain not in watched)
        self.trial = Trial(len(facts), taken_as_seen=self.unseen)
        self.open: dict[str, Firing] = {}
        known = {lifecycle.name for lifecycle in lifecycles}
        for place, fact in enumerate(facts):
            _check(fact, topology, known)
            now = Timestamp(fact.anchor.time)
            if not place:
                self._take_as_seen(now)
                self.engine.start(now)
            self._pass(now)
            self.engine.observe(fact, now)
            self._note(now)
        lacking = self.engine.watch.lacking()
        self.trial.lacks = {f"{rule} {subject}": why for (rule, subject), why in lacking.items()}

    def _pass(self, until: Timestamp) -> None:
        """Whatever expires before the next fact is looked at when it does."""
        while (due := self.engine.watch.next_due()) is not None and due <= until:
            self._take_as_seen(due)
            self.engine.watch.tick(due)
            self._note(due)
        self._take_as_seen(until)

    def _take_as_seen(self, now: Timestamp) -> None:
        """As if its nodes had answered, and it had been read up to now."""
        for chain in self.unseen:
            self.engine.sightings.heard_at[chain] = now
            self.engine.view.heads[chain] = Fact(Anchor(chain, 0, "", now), HeadSeen(0))

    def _note(self, now: Timestamp) -> None:
        problems = self.engine.watch.problems
        for name in [name for name in self.open if name not in problems]:
            self.open.pop(name).over = now
        for name, problem in problems.items():
            if name not in self.open:
                self.open[name] = Firing(problem, now)
                self.trial.firings.append(self.open[name])


def _content(path: Path) -> bytes:
    """The whole of a file; of a store its beginning."""
    try:
        with path.open("rb") as file:
            head = file.read(len(SQLITE))
            return head if head == SQLITE else head + file.read()
    except OSError as error:
        raise OperatorError(f"{path}: cannot be read: {error.strerror}") from error


async def _stored(path: Path) -> list[Fact]:
    store = await Store.open(str(path), None)
    try:
        return [fact async for part in stream(store) for fact in part.values()]
    finally:
        await store.close()


def _written(body: bytes, path: Path) -> list[Fact]:
    """JSON with a list `facts`, or one fact a line."""
    try:
        whole = msgspec.json.decode(body, type=_Exported)
        return whole.facts
    except msgspec.DecodeError:
        pass
    found: list[Fact] = []
    for number, line in enumerate(body.splitlines(), 1):
        if not line.strip():
            continue
        try:
            found.append(msgspec.json.decode(line, type=Fact))
        except msgspec.DecodeError as error:
            raise OperatorError(f"{path}: line {number} is no fact: {error}") from error
    if not found:
        raise OperatorError(f"{path}: holds no facts; expected one a line, or a store")
    return found


class _Exported(msgspec.Struct):
    """A file that holds facts beside other things."""

    facts: list[Fact]


def _check(fact: Fact, topology: Topology, lifecycles: set[str]) -> None:
    if fact.anchor.chain not in topology.chains:
        raise OperatorError(f"the topology has no chain {fact.anchor.chain!r}, which a fact is of")
    if isinstance(fact.says, Sent) and fact.says.lifecycle not in lifecycles:
        raise OperatorError(f"no adapter here knows messages of the kind {fact.says.lifecycle!r}")


def _time(fact: Fact) -> tuple[int, str, tuple[int, int, int, int]]:
    return fact.anchor.time, fact.anchor.chain, fact.order
