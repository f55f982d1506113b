"""Writing what is true of a moment, and the diary of what was found wrong."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from layerkeep.core.facts import Fact
from layerkeep.edge.store.records import IncidentRow, encoded
from layerkeep.edge.store.statements import many

OPERATED = "operated"
"""The setting that holds the id of the last operator's word that was carried out."""

ADD_OBSERVATION = "INSERT INTO observations (chain, time, kind, body) VALUES (?, ?, ?, ?)"
SAVE_INCIDENT = """INSERT INTO incidents
(id, state, severity, kind, component, opened, resolved, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET state = excluded.state, severity = excluded.severity,
kind = excluded.kind, component = excluded.component, resolved = excluded.resolved,
body = excluded.body"""


async def add_observations(
    connection: AsyncConnection, observed: Sequence[Fact], time: int
) -> None:
    """These are behind all observations logged before; `time` is when they were made."""
    rows = [
        (fact.anchor.chain, time, fact.says.__struct_config__.tag, encoded(fact))
        for fact in observed
    ]
    await many(connection, ADD_OBSERVATION, rows)


async def save_incidents(connection: AsyncConnection, rows: Sequence[IncidentRow]) -> None:
    """These incidents are in the diary as they are now."""
    values = [
        (
            *(row.id, row.state, row.severity, row.kind, row.component),
            *(row.opened, row.resolved, row.body),
        )
        for row in rows
    ]
    await many(connection, SAVE_INCIDENT, values)
