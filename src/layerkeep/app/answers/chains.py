"""Chains: how far each is, how it does, and who runs it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from layerkeep.api.shapes.chains import ChainShown, HeadShown, PartShown, SettingShown
from layerkeep.app.answers.marks import BLIND, CAUSE, FALSE, FALSE_KINDS, RANKS, SYMPTOMATIC, Marks
from layerkeep.app.answers.memory import TAGS, Memory
from layerkeep.app.answers.nodes import NodeAnswers, executes
from layerkeep.app.answers.words import amount, behind, short, trouble
from layerkeep.core.facts import Fact, HeadSeen, Measured, Switched
from layerkeep.core.follower import Point
from layerkeep.core.incidents.incident import Incident
from layerkeep.core.network.graph import Graph, actor_of, bridge_of, chain_of
from layerkeep.core.network.layers import Layer, Limits
from layerkeep.core.topology import Chain
from layerkeep.core.units import Duration, Timestamp

if TYPE_CHECKING:
    from layerkeep.app.daemon import Daemon

NOT_FOLLOWED = "no upstream is named"
INSIDE = "inside usual"

Head = tuple[int | None, int | None]
"""Height and time of a head, None where unknown."""


class ChainAnswers:
    """What is asked about chains, but for their batches and claims."""

    def __init__(self, daemon: "Daemon", memory: Memory, nodes: NodeAnswers) -> None:
        self._daemon = daemon
        self._memory = memory
        self._nodes = nodes
        self._started = daemon.now()

    def all(self, marks: Marks) -> tuple[ChainShown, ...]:
        """Every chain, parents before their children."""
        now = self._daemon.now()
        chains = self._daemon.network.topology.chains.values()
        return tuple(self.one(chain, marks, now) for chain in chains)

    def one(self, chain: Chain, marks: Marks, now: Timestamp) -> ChainShown:
        """One chain."""
        name, layer = chain.name, self._daemon.layers[chain.name]
        blind_since = self._blind_since(chain, now)
        heads = self._heads(layer, now, is_blind=blind_since is not None)
        parts = self._parts(chain, layer, marks)
        mark, incident = self._mark(chain, parts, marks, is_blind=blind_since is not None)
        states = self._nodes.states(chain).values()
        feed = self._daemon.feeds.get(name)
        return ChainShown(
            name=name,
            stack=chain.stack,
            parent=chain.settles_on or "",
            chain_id=chain.chain_id,
            depth=self._daemon.network.topology.depth(name),
            block_time=chain.block_time,
            heads=heads,
            parts=parts,
            answering=sum(state.answering for state in states),
            upstreams=sum(map(executes, chain.upstreams)),
            looked=self._nodes.looked(chain),
            blind_since=blind_since,
            read=self._read(name),
            mark=mark,
            incident=incident,
            phrase=self._phrase(chain, heads, (mark, incident)),
            reorgs=feed.reorgs if feed is not None else 0,
        )

    def settings(self, chain: Chain) -> tuple[SettingShown, ...]:
        """The parameters and switches of a chain's contracts, as last read."""
        adapter = self._daemon.network.adapters[chain.stack]
        known = {each.name for each in adapter.parameters if each.every is None}
        found = []
        for (child, name), facts in self._daemon.engine.view.named.items():
            says = facts[-1].says
            if child != chain.name or not isinstance(says, Measured | Switched):
                continue
            if isinstance(says, Measured) and name not in known:
                continue  # what changes by itself is no setting
            newest = max(facts, key=_order)
            found.append(
                SettingShown(name=name, value=_value(newest), read=int(newest.anchor.time))
            )
        return tuple(sorted(found, key=lambda each: each.name))

    def _read(self, name: str) -> int | None:
        feed = self._daemon.feeds.get(name)
        if feed is not None:
            return int(feed.progress.cursor)
        fact = self._daemon.engine.view.heads.get(name)
        return None if fact is None else int(fact.anchor.height)

    def _blind_since(self, chain: Chain, now: Timestamp) -> int | None:
        """Since when nobody answers for a chain; since the start, if nobody ever did."""
        ground, feed = self._daemon.engine.watch.ground, self._daemon.feeds.get(chain.name)
        since: int | None = ground.blind_since(chain.name, now)
        if since is None and feed is not None and feed.blind is not None:
            since = ground.sightings.heard(chain.name)
        return since or (None if since is None else self._started)

    def _heads(self, layer: Layer, now: Timestamp, *, is_blind: bool) -> tuple[HeadShown, ...]:
        shown = []
        for tag, (height, time) in zip(TAGS, self._told(layer.name), strict=True):
            ages = self._memory.ages.get((layer.name, tag))
            band = ages.band(now) if ages is not None else None
            budget = _budget(layer.limits, tag)
            state = _state(None if time is None else now - time, band, budget)
            shown.append(
                HeadShown(
                    tag=tag,
                    height=height,
                    time=time,
                    usual_low=band[0] if band else None,
                    usual_high=band[1] if band else None,
                    budget=budget,
                    state=BLIND if is_blind else "untold" if height is None else state,
                )
            )
        return tuple(shown)

    def _told(self, name: str) -> tuple[Head, Head, Head]:
        """The heads as the follower has them, else as they were last sampled."""
        feed = self._daemon.feeds.get(name)
        if feed is not None and feed.follower.heads.latest is not None:
            points = feed.follower.heads
            return _head(points.latest), _head(points.safe), _head(points.finalized)
        fact = self._daemon.engine.view.heads.get(name)
        says = fact.says if fact is not None else None
        if fact is None or not isinstance(says, HeadSeen):
            says = self._daemon.engine.sightings.progress.told.get(name)
            nothing: Head = (None, None)
            if says is None:
                return nothing, nothing, nothing
        is_read = fact is not None and fact.anchor.height == says.latest
        time = int(fact.anchor.time) if fact is not None and is_read else None
        safe, final = (says.safe, says.safe_time), (says.finalized, says.finalized_time)
        return (says.latest, time), safe, final

    def _parts(self, chain: Chain, layer: Layer, marks: Marks) -> tuple[PartShown, ...]:
        if layer.parent is None:
            return ()
        parts = [
            self._part(actor_of(job, chain.name), job, self._account(chain, job), marks)
            for job in layer.actors
        ]
        held = self._daemon.engine.sightings.latest(chain.name, "bridge_balance_wei")
        detail = f"holds {amount(held.value)}" if held is not None else ""
        return (*parts, self._part(bridge_of(chain.name), "bridge", detail, marks))

    def _part(self, component: str, job: str, detail: str, marks: Marks) -> PartShown:
        mark, incident = marks.of(component)
        return PartShown(component=component, job=job, mark=mark, incident=incident, detail=detail)

    def _account(self, chain: Chain, job: str) -> str:
        """An actor's account and what it holds, as far as the topology names it and it was read."""
        word = self._daemon.network.adapters[chain.stack].jobs.get(job, job)
        address = chain.actors.get(word)
        sample = self._daemon.engine.sightings.latest(chain.name, f"{job}.balance_wei")
        if address is None:
            return ""
        return short(address) + (f" holds {amount(sample.value)}" if sample is not None else "")

    def _mark(
        self, chain: Chain, parts: Iterable[PartShown], marks: Marks, *, is_blind: bool
    ) -> tuple[str, str]:
        """The gravest mark of a chain and its parts."""
        components = (chain_of(chain.name), *(part.component for part in parts))
        mark, incident = marks.gravest(components)
        if is_blind and RANKS.index(mark) < RANKS.index(BLIND):
            return BLIND, incident
        return mark, incident

    def _phrase(self, chain: Chain, heads: Iterable[HeadShown], marked: tuple[str, str]) -> str:
        """A chain's state in a few words."""
        mark, incident = marked
        if not chain.upstreams:
            return NOT_FOLLOWED
        if mark == BLIND:
            return BLIND
        engine = self._daemon.engine
        known = engine.incidents.open.get(incident)
        if known is not None:
            graph = engine.incidents.graph
            if mark == SYMPTOMATIC:
                return f"stands behind {behind(known, graph, chain.name)}"
            return _false(known, graph, chain.name) if mark == FALSE else _cause(known)
        for state in ("overdue", "late"):
            for head in heads:
                if head.state == state:
                    return f"{head.tag} is {state}"
        return INSIDE


def _cause(incident: Incident) -> str:
    root = incident.root
    job, words = root.component.partition(":")[0], trouble(root.kind)
    who = "" if job in ("chain", "upstream", "route") or words.startswith(job) else f"{job} "
    return f"{CAUSE}: {who}{words}"


def _false(incident: Incident, graph: Graph, chain: str) -> str:
    """What is false on a chain: the incident may have begun elsewhere."""
    found = [incident.root, *(member.problem for member in incident.members.values())]
    kinds = [p.kind for p in found if p.kind in FALSE_KINDS and graph.chain(p.component) == chain]
    words = trouble(kinds[0] if kinds else incident.root.kind)
    return words.replace(" false", " is false")


def _head(point: Point | None) -> Head:
    return (None, None) if point is None else (int(point.height), int(point.time))


def _budget(limits: Limits, tag: str) -> Duration | None:
    """The age at which a head is overdue."""
    return {
        "latest": limits.halted_after,
        "safe": limits.safe_stalled_after,
        "finalized": limits.final_stalled_after,
    }[tag]


def _state(age: int | None, band: tuple[Duration, Duration] | None, budget: Duration | None) -> str:
    if age is None:
        return "untold"
    if budget is not None and age > budget:
        return "overdue"
    return "late" if band is not None and age > band[1] else "usual"


def _value(fact: Fact) -> str:
    says = fact.says
    if isinstance(says, Switched):
        return "on" if says.on else "off"
    assert isinstance(says, Measured)
    return str(says.value)


def _order(fact: Fact) -> tuple[int, int, int, int]:
    return fact.order
