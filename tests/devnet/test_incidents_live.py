"""A network in order stays silent; a fault is one incident that names it, across a restart too."""

import asyncio
from pathlib import Path

import pytest
from following import Watch, devnet, until

from layerkeep.core.incidents.incident import Incident
from layerkeep.devnet.system import System
from layerkeep.edge.store.observations import read_incidents

pytestmark = [pytest.mark.devnet, pytest.mark.slow, pytest.mark.timeout(180)]

WARM_UP_S = 10.0
"""A devnet begins with blocks that nobody has posted yet."""
SILENT_S = 40.0
FOUND_WITHIN_S = 20.0
RESOLVED_WITHIN_S = 45.0
SEQUENCER = "sequencer-down sequencer:l2"


def switch(system: System, name: str, *, on: bool) -> None:
    """An actor works, or stands still."""
    system.actors[name].enabled = on


def open_in(watch: Watch) -> list[Incident]:
    """What is open."""
    if watch.task.done():
        watch.task.result()
    return list(watch.daemon.engine.incidents.open.values())


def judging(watch: Watch) -> bool:
    """True once the rules are asked."""
    return not watch.daemon.engine.watch.asleep


async def rows_in(watch: Watch) -> list[tuple[str, int]]:
    """The incidents in the store, by id and time of opening."""
    return [(row.id, row.opened) for row in await read_incidents(watch.store)]


async def found(watch: Watch) -> Incident:
    """The incident that names the sequencer, the only one there is."""
    await until(lambda: open_in(watch), FOUND_WITHIN_S, "an incident")
    await watch.daemon.write_rows()
    (incident,) = open_in(watch)
    assert SEQUENCER == incident.key
    assert "critical" == incident.severity
    return incident


def test_incidents__on_a_devnet__name_a_stopped_sequencer_once(tmp_path: Path) -> None:
    """40 s of silence, one incident, the same after a restart, resolved after healing."""
    topology, store = tmp_path / "devnet.toml", tmp_path / "devnet.sqlite"

    async def scenario() -> None:
        async with devnet(tmp_path) as system:
            async with Watch(topology, store) as watch:
                await until(lambda: judging(watch), 40.0, "judging")
                await asyncio.sleep(WARM_UP_S)
                before = await rows_in(watch)
                await asyncio.sleep(SILENT_S)
                assert [] == [incident.title for incident in open_in(watch)]
                assert before == await rows_in(watch)

                switch(system, "l2_sequencer", on=False)
                first = await found(watch)
                rows = await rows_in(watch)
                assert [(first.id, first.opened), *before] == rows

            async with Watch(topology, store) as watch:
                await until(lambda: judging(watch), 40.0, "judging again")
                again = await found(watch)
                assert (first.id, first.opened) == (again.id, again.opened)
                switch(system, "l2_sequencer", on=True)
                await until(lambda: again.resolved_at, RESOLVED_WITHIN_S, "resolved")
                assert rows == await rows_in(watch)

    asyncio.run(scenario())
