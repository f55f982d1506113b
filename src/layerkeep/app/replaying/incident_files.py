"""An incident in a file: what was known around it, for others to read and to live through again.

The file holds the facts of the incident's time and of an hour before, what was open or in force
then, and the chains and rules of the topology without URLs. It is JSON; a program that knows these
stacks reads it.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import select

from layerkeep.core.errors import SettingsError
from layerkeep.core.facts import Fact, HeadSeen
from layerkeep.core.incidents.incident import Incident
from layerkeep.core.topology import COUNTS
from layerkeep.core.topology.spot import close_match
from layerkeep.core.units import HOUR, MINUTE, Duration
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
from layerkeep.edge.store.records import Observation
from layerkeep.edge.store.tables import facts, messages

BEFORE = Duration(HOUR)
"""How long before its incident a file begins: rules look at trends."""
AFTER = Duration(10 * MINUTE)
"""How long behind the resolution a file ends: a looser limit resolves later."""
NOWHERE = "env:UPSTREAM_URL"
"""In place of every upstream's URL."""

JUDGED_BY = frozenset(("network", "chains", "rules"))
"""The tables of a topology that a file keeps; the others tell whom to call and what may be done."""

Documents = dict[str, dict[str, Any]]


class Moment(msgspec.Struct, frozen=True, array_like=True):
    """A fact and when it was learned, in milliseconds.

    Of a block, the block's own time, or when its chain was last told to be read less far.
    """

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


async def gathered(store: Store, incident: Incident, documents: Documents) -> IncidentFile:
    """What the store holds of an incident's time, in the order in which it was learned."""
    began = incident.since - BEFORE
    ended = (incident.resolved_at or last_told(incident)) + AFTER
    found = await _facts(store, began, ended)
    seen = await observations_since(store, began, ended)
    reading = _Reading(seen)
    moments = [Moment(reading.learned(fact), fact) for _, fact in sorted(found.items())]
    moments += [Moment(each.time, each.fact) for each in seen if each.fact.anchor.chain]
    kept = sorted((each for each in moments if each.time <= ended), key=lambda each: each.time)
    return IncidentFile(1, incident, began, ended, _without_secrets(documents), kept)


def last_told(incident: Incident) -> int:
    """When the newest entry of its history was made, in milliseconds."""
    return max((entry.last for entry in incident.history), default=incident.opened)


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


class _Reading:
    """How far each chain was read at which time: its blocks can be much older than that."""

    def __init__(self, seen: Iterable[Observation]) -> None:
        self._heights: dict[str, list[int]] = {}
        self._until: dict[str, list[int]] = {}
        heads = [each for each in seen if isinstance(each.fact.says, HeadSeen)]
        for each in sorted(heads, key=lambda each: each.fact.anchor.height):
            at = each.fact.anchor
            until = self._until.setdefault(at.chain, [])
            until.append(max(each.time, until[-1] if until else 0))
            self._heights.setdefault(at.chain, []).append(at.height)

    def learned(self, fact: Fact) -> int:
        """Not before its block, nor while its chain was read less far; in milliseconds."""
        at = fact.anchor
        place = bisect_left(self._heights.get(at.chain, []), at.height)
        return max(at.time, self._until[at.chain][place - 1]) if place else at.time


async def _facts(store: Store, began: int, ended: int) -> Numbered:
    """The facts of a stretch of time, with all that was open or in force then."""
    found = await facts_of(store, BODIES.where(facts.c.time.between(began, ended)))
    lived = (messages.c.finished == 0) | (messages.c.moved >= began)
    query = select(messages.c.seq).where((messages.c.sent <= ended) & lived)
    found |= await facts_numbered(store, [row[0] for row in await read_rows(store, query)])
    await add_families(store, found)
    await add_claims(store, found)
    return found | await named_facts(store) | await last_batches(store, await read_cursors(store))


def _without_secrets(documents: Documents) -> Documents:
    """What an engine judges by: no URL, and nobody's name or number."""
    found = {
        file: {name: deepcopy(table) for name, table in document.items() if name in JUDGED_BY}
        for file, document in documents.items()
    }
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
