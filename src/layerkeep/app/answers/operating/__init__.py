"""Operators' words that come through the API, and who is noted to have said them."""

from collections.abc import Sequence
from dataclasses import asdict

import msgspec

from layerkeep.api.shapes.audit import AuditShown
from layerkeep.api.shapes.incidents import Operation
from layerkeep.api.source import NotKnown
from layerkeep.app.daemon import Daemon
from layerkeep.app.incidents_told import incident_named
from layerkeep.app.operating import say, word
from layerkeep.core.facts import Operated
from layerkeep.core.network.graph import Graph
from layerkeep.core.topology.spot import close_match
from layerkeep.edge.store.audit import AuditRow, add_audit, read_audit
from layerkeep.edge.store.log import Store


async def operate(daemon: Daemon, said: Operation) -> None:
    """The word is in the store; NotKnown if it speaks of nothing that there is."""
    target = said.target.strip()
    if said.action == "maintain":
        graph = Graph(daemon.layers)
        if target not in graph:
            raise NotKnown("component", target, close_match(target, graph))
    else:
        incident, near = await incident_named(daemon.store, target)
        if incident is None:
            raise NotKnown("incident", target, near)
        target = incident.id
    says = Operated(said.action, target, said.by, said.until, said.reason, said.to)
    await say(daemon.store, word(says, daemon.now()))


class StoredAudit:
    """The audit of the API in the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def note(self, entry: AuditShown) -> None:
        """The entry is kept under an id of the store's own."""
        await add_audit(self._store, AuditRow(**msgspec.structs.asdict(entry)))

    async def entries(self, before: int | None, count: int) -> Sequence[AuditShown]:
        """The newest entries first, those with an id below `before`."""
        rows = await read_audit(self._store, before, count)
        return [AuditShown(**asdict(row)) for row in rows]
