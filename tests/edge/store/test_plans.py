"""Ten million messages: every query finds its rows by an index."""

import re
from contextlib import contextmanager

import pytest
from sqlalchemy import event
from store_world import HOUR, Recorder, World, engine

from layerkeep.core.units import Timestamp
from layerkeep.edge.store.family import story_of
from layerkeep.edge.store.loading import load
from layerkeep.edge.store.observations import ended_incidents
from layerkeep.edge.store.pruning import prune
from layerkeep.edge.store.reading import message_rows, named_facts
from layerkeep.edge.store.rebuilding import rebuild

TABLES = "facts|messages|mentions|claims|incidents"
LARGE = re.compile(rf"^SCAN ({TABLES})\b(?! USING (COVERING )?INDEX)")


@contextmanager
def plans(store):
    """How every statement finds its rows, gathered while the context lasts."""
    found: list[str] = []

    def explain(connection, _cursor, statement, parameters, _context, _many):
        if statement.startswith(("EXPLAIN", "INSERT INTO", "BEGIN", "PRAGMA")):
            return
        first = parameters[0] if isinstance(parameters, list) else parameters
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", tuple(first))
        found.extend(f"{row[3]}: {statement}" for row in rows)

    event.listen(store.engine.sync_engine, "before_cursor_execute", explain)
    try:
        yield found
    finally:
        event.remove(store.engine.sync_engine, "before_cursor_execute", explain)


def scans(found: list[str]) -> list[str]:
    """The statements that read a whole table."""
    return [plan for plan in found if LARGE.match(plan)]


@pytest.mark.parametrize("act", ["load", "story", "lists", "named", "write", "prune", "ended"])
def test_query__on_large_tables__uses_an_index(with_store, act):
    """Nothing that happens while the daemon runs reads a whole table."""

    async def body(store):
        recorder = Recorder(World(9), store)
        await recorder.run(250)
        await recorder.write_rows()
        names = list(recorder.engine.view.messages)[:3]
        acts = {
            "load": lambda: load(store),
            "story": lambda: story_of(store, names),
            "lists": lambda: message_rows(store, open_only=True),
            "named": lambda: named_facts(store),
            "write": lambda: write(recorder),
            "prune": lambda: prune(store, Timestamp(recorder.world.now - HOUR)),
            "ended": lambda: ended_incidents(store, recorder.world.now - HOUR, 1_000),
        }
        with plans(store) as found:
            await acts[act]()
        assert found
        assert scans(found) == []

    async def write(recorder):
        await recorder.run(30)
        await recorder.reorg()
        await recorder.write_rows()

    with_store(body)


def test_scan__of_a_large_table__is_seen(with_store):
    """What the test above looks for is found where it is: a rebuild looks at every row."""

    async def body(store):
        recorder = Recorder(World(9), store)
        await recorder.run(50)
        with plans(store) as found:
            await rebuild(store, engine)
        assert scans(found) != []

    with_store(body)
