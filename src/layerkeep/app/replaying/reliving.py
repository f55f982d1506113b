"""An incident's file through the engine again: what opens with these limits, and when.

Time passes as it did: what is due is looked at as often as the daemon would, among facts however
dense. A stretch in which nothing at all was observed is one in which nobody looked; as after a
start, nothing is judged in it nor until every chain was seen again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from layerkeep.app.readiness import DARK_AFTER, SETTLED
from layerkeep.app.replaying.incident_files import Documents, IncidentFile, Moment, last_told
from layerkeep.core.adapter import Adapter
from layerkeep.core.effects import Effect, IncidentMoved
from layerkeep.core.engine import Engine
from layerkeep.core.facts import HeadSeen, NodesSeen
from layerkeep.core.network.layers import layers_of
from layerkeep.core.rules.user_rule import rules_of
from layerkeep.core.topology.parse import read_topology
from layerkeep.core.units import Duration, Timestamp

TICK = Duration(200)
"""As often as the daemon looks at what is due."""

UNSEEN_POLLS = 3
"""Without any look at any chain for so many polls of the fastest, nobody looked."""


@dataclass(slots=True)
class Opened:
    """An incident that opened while a file was run again. Times in milliseconds."""

    id: str
    time: int
    kind: str
    component: str
    severity: str
    title: str
    resolved: int | None = None


def run_again(
    content: IncidentFile, documents: Documents, adapters: Mapping[str, Adapter]
) -> list[Opened]:
    """Every incident that opens with this topology, in the order in which they do."""
    topology = read_topology(documents, adapters)
    lifecycles = [each for adapter in adapters.values() for each in adapter.lifecycles]
    layers = layers_of(topology, adapters)
    return relive(Engine(lifecycles, topology.chains, layers, rules_of(topology)), content)


def relive(engine: Engine, content: IncidentFile) -> list[Opened]:
    """Every incident that a fresh engine opens over the moments of a file.

    It ends with the last moment, or with the last word on the incident soon after it: behind that
    nobody looked, and every chain would seem blind.
    """
    engine.watch.asleep = True
    life = _Life(engine, content.began)
    every = min((layer.poll_every for layer in engine.watch.ground.layers.values()), default=TICK)
    turns = _turns(content, Duration(every))
    for moment in content.moments:
        turns = life.turn(turns, moment.time)
        life.pass_time(moment.time)
        life.note(engine.observe(moment.fact, Timestamp(moment.time)), moment.time)
    last = content.moments[-1].time if content.moments else content.began
    end = max(last, min(last_told(content.incident), last + every))
    life.turn(turns, end)
    life.pass_time(end)
    return list(life.opened.values())


class _Life:
    """An engine that lives through a file, and what opened meanwhile."""

    def __init__(self, engine: Engine, began: int) -> None:
        self.engine = engine
        self.opened: dict[str, Opened] = {}
        self._now = self._looked = began

    def turn(self, turns: Sequence["_Turn"], until: int) -> Sequence["_Turn"]:
        """Wake and fall asleep as is planned up to a moment; the turns left are returned."""
        for place, each in enumerate(turns):
            if each.time > until:
                return turns[place:]
            self.pass_time(each.time)
            if each.wakes:
                self.note(self.engine.start(Timestamp(each.time)), each.time)
            else:
                self.engine.watch.asleep = True
        return ()

    def pass_time(self, until: int) -> None:
        """Look at what is due up to a moment, as often as the daemon would."""
        while (due := self.engine.next_deadline()) is not None:
            look = max(due, self._looked + TICK, self._now)
            if look > until:
                break
            self._now = self._looked = look
            self.note(self.engine.tick(Timestamp(look)), look)
        self._now = max(self._now, until)

    def note(self, effects: Iterable[Effect], time: int) -> None:
        """Remember what opened and what was resolved."""
        incidents = self.engine.incidents
        for effect in effects:
            if not isinstance(effect, IncidentMoved):
                continue
            incident = incidents.open.get(effect.incident) or incidents.recent[effect.incident]
            known = self.opened.get(incident.id)
            if known is None:
                root = incident.root
                known = Opened(incident.id, time, root.kind, root.component, "", "")
                self.opened[incident.id] = known
            known.kind, known.component = incident.root.kind, incident.root.component
            known.severity, known.title = incident.severity, incident.title
            known.resolved = incident.resolved_at


@dataclass(frozen=True, slots=True)
class _Turn:
    """When the engine begins to judge, or ceases to."""

    time: int
    wakes: bool


def _turns(content: IncidentFile, every: Duration) -> Sequence[_Turn]:
    """When there was somebody who judged: from soon after a look on, as long as looks follow."""
    looks = [each for each in content.moments if isinstance(each.fact.says, HeadSeen | NodesSeen)]
    if not looks:
        return ()
    unseen = UNSEEN_POLLS * every
    firsts = [0] + [
        place
        for place in range(1, len(looks))
        if looks[place].time - looks[place - 1].time > unseen
    ]
    turns: list[_Turn] = []
    for first, after in zip(firsts, [*firsts[1:], len(looks)], strict=True):
        began, ended = looks[first].time, looks[after - 1].time + every
        wake = _known_from(looks[first:after]) + SETTLED
        if began <= content.incident.opened:
            wake = min(wake, content.incident.opened)  # by then it was judged
        if wake < ended:
            turns.append(_Turn(wake, wakes=True))
        if after < len(looks):
            turns.append(_Turn(ended, wakes=False))
    return turns


def _known_from(looks: Sequence[Moment]) -> int:
    """When every chain had been looked at, or was so dark that nobody waited for it."""
    first: dict[tuple[str, str], int] = {}
    for look in looks:
        first.setdefault((look.fact.anchor.chain, type(look.fact.says).__name__), look.time)
    return min(max(first.values()), looks[0].time + DARK_AFTER)
