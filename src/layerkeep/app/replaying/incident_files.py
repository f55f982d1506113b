"""An incident in a file: what was known around it, and what other limits would have made of it.

The file holds the facts of the incident's time and of an hour before, what was open or in force
then, and the topology without its URLs. It is JSON; a program that knows these stacks reads it.
"""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import select

from layerkeep.core.adapter import Adapter
from layerkeep.core.effects import Effect, IncidentMoved
from layerkeep.core.engine import Engine
from layerkeep.core.errors import SettingsError
from layerkeep.core.facts import Fact, HeadSeen, NodesSeen
from layerkeep.core.incidents.incident import Incident
from layerkeep.core.network.layers import layers_of
from layerkeep.core.topology import COUNTS
from layerkeep.core.topology.parse import read_topology
from layerkeep.core.topology.spot import close_match
from layerkeep.core.units import HOUR, MINUTE, Duration, Timestamp
from layerkeep.edge.store.family import add_claims, add_families
from layerkeep.edge.store.loading import last_batches
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.observations import observations_since
from layerkeep.edge.store.reading import (
    BODIES,
    Numbered,
    facts_numbered,
    facts_of,
    named_facts,
    read_cursors,
    read_rows,
)
from layerkeep.edge.store.tables import facts, messages

BEFORE = Duration(HOUR)
"""How long before its incident a file begins: rules look at trends."""
AFTER = Duration(10 * MINUTE)
"""How long behind the resolution a file ends: a looser limit resolves later."""
TICK = Duration(200)
"""As often as the daemon looks at what is due."""
NOWHERE = "env:UPSTREAM_URL"
"""In place of every upstream's URL."""

Documents = dict[str, dict[str, Any]]


class Moment(msgspec.Struct, frozen=True, array_like=True):
    """A fact and when it was learned, in milliseconds; of a block, the block's own time."""

    time: int
    fact: Fact


class IncidentFile(msgspec.Struct, frozen=True):
    """Everything a file holds. Times in milliseconds."""

    version: int
    incident: Incident
    began: int
    ended: int
    topology: Documents
    moments: list[Moment]


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


async def gathered(store: Store, incident: Incident, documents: Documents) -> IncidentFile:
    """What the store holds of an incident's time, in the order in which it was learned."""
    began = incident.since - BEFORE
    ended = (incident.resolved_at or _last(incident)) + AFTER
    found = await _facts(store, began, ended)
    moments = [Moment(fact.anchor.time, fact) for _, fact in sorted(found.items())]
    seen = await observations_since(store, began, ended)
    moments += [Moment(each.time, each.fact) for each in seen if each.fact.anchor.chain]
    kept = sorted((each for each in moments if each.time <= ended), key=lambda each: each.time)
    return IncidentFile(1, incident, began, ended, _without_urls(documents), kept)


def write_incident_file(content: IncidentFile, out: Path) -> None:
    """The file is written; SettingsError if it cannot be."""
    try:
        out.write_bytes(msgspec.json.encode(content))
    except OSError as error:
        raise SettingsError(f"cannot write {out}: {error.strerror}") from error


def read_incident_file(path: Path) -> IncidentFile:
    """The content of a file; SettingsError if it is none of ours."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=IncidentFile)
    except OSError as error:
        raise SettingsError(f"cannot read {path}: {error.strerror}") from error
    except msgspec.MsgspecError as error:
        raise SettingsError(f"{path} was not written by `layerkeep incident export`") from error


def changed(
    documents: Documents, limits: Mapping[str, str], budgets: Mapping[str, str]
) -> Documents:
    """The topology with other limits (`l2.halted_after`) and budgets (`l2.nitro.send.asserted`)."""
    found = deepcopy(documents)
    for table, changes in (("limits", limits), ("budgets", budgets)):
        for name, value in changes.items():
            chain, _, key = name.partition(".")
            counted = key in COUNTS and value.isdigit()
            _put(_table(found, chain, table), key, int(value) if counted else value)
    return found


def run_again(
    content: IncidentFile, documents: Documents, adapters: Mapping[str, Adapter]
) -> list[Opened]:
    """Every incident that opens with this topology, in the order in which they do.

    It ends with the last fact: behind that nobody looked, and every chain would seem blind.
    """
    topology = read_topology(documents, adapters)
    lifecycles = [each for adapter in adapters.values() for each in adapter.lifecycles]
    engine = Engine(lifecycles, topology.chains, layers_of(topology, adapters))
    engine.watch.asleep = True
    again = _Again(engine, content.began)
    begin = min(_known_from(content.moments), content.incident.since)
    for moment in content.moments:
        if engine.watch.asleep and moment.time > begin:
            again.note(engine.start(Timestamp(begin)), begin)
        again.pass_time(moment.time)
        again.note(engine.observe(moment.fact, Timestamp(moment.time)), moment.time)
    if engine.watch.asleep:
        again.note(engine.start(Timestamp(begin)), begin)
    return list(again.opened.values())


class _Again:
    """An engine that lives through a file, and what opened meanwhile."""

    def __init__(self, engine: Engine, began: int) -> None:
        self.engine = engine
        self.opened: dict[str, Opened] = {}
        self._now = began

    def pass_time(self, until: int) -> None:
        """Look at what is due up to a moment, as often as the daemon would."""
        while (due := self.engine.next_deadline()) is not None and due <= until:
            self._now = max(due, self._now + TICK)
            if self._now > until:
                break
            self.note(self.engine.tick(Timestamp(self._now)), self._now)
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


async def _facts(store: Store, began: int, ended: int) -> Numbered:
    """The facts of a stretch of time, with all that was open or in force then."""
    found = await facts_of(store, BODIES.where(facts.c.time.between(began, ended)))
    lived = (messages.c.finished == 0) | (messages.c.moved >= began)
    query = select(messages.c.seq).where((messages.c.sent <= ended) & lived)
    found |= await facts_numbered(store, [row[0] for row in await read_rows(store, query)])
    await add_families(store, found)
    await add_claims(store, found)
    return found | await named_facts(store) | await last_batches(store, await read_cursors(store))


def _last(incident: Incident) -> int:
    return max((entry.last for entry in incident.history), default=incident.opened)


def _known_from(moments: Iterable[Moment]) -> int:
    """When every chain had been looked at: before that, nothing can be judged."""
    first: dict[tuple[str, str], int] = {}
    for moment in moments:
        says = moment.fact.says
        if isinstance(says, HeadSeen | NodesSeen):
            first.setdefault((moment.fact.anchor.chain, type(says).__name__), moment.time)
    return max(first.values(), default=0)


def _without_urls(documents: Documents) -> Documents:
    found = deepcopy(documents)
    for document in found.values():
        for chain in document.get("chains", {}).values():
            for upstream in chain.get("upstreams", ()):
                upstream["url"] = NOWHERE
                upstream.pop("ws_url", None)
    return found


def _table(documents: Documents, chain: str, name: str) -> dict[str, Any]:
    """A chain's table of this name, where it stands; a new one where the chain is declared."""
    tables = [
        document["chains"][chain]
        for document in documents.values()
        if chain in document.get("chains", {})
    ]
    if not tables:
        known = [each for document in documents.values() for each in document.get("chains", {})]
        near = close_match(chain, known)
        hint = f"; did you mean {near!r}?" if near else ""
        raise SettingsError(f"the file knows no chain {chain!r}{hint}")
    holder = next((table for table in tables if name in table), tables[0])
    found: dict[str, Any] = holder.setdefault(name, {})
    return found


def _put(table: dict[str, Any], key: str, value: Any) -> None:
    """Set a key that may be written flat or as nested tables."""
    first, _, rest = key.partition(".")
    if key not in table and rest and isinstance(table.get(first), dict):
        _put(table[first], rest, value)
    else:
        table[key] = value
