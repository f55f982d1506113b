"""Observations and incidents: kept beside the facts, whatever leaves a chain; heard by others."""

import asyncio
import sqlite3

import pytest
from sqlalchemy import select
from store_world import L1, L2, as_second_schema
from test_log import cursor, posted

from layerkeep.core.facts import Anchor, BlocksLeft, Fact, Judged, NodesSeen, NodeState, Operated
from layerkeep.core.units import Timestamp
from layerkeep.edge.store.loading import load
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.observations import (
    last_operated,
    nodes_seen,
    observations_since,
    read_incident,
    read_incidents,
    words_after,
)
from layerkeep.edge.store.pruning import prune_observations
from layerkeep.edge.store.reading import facts_since, read_rows
from layerkeep.edge.store.records import Entry, IncidentRow
from layerkeep.edge.store.tables import facts


def seen(head: int, time: int, chain=L1) -> Fact:
    """A look at one upstream."""
    nodes = (NodeState("one", True, head),)
    return Fact(Anchor(chain, -1, "", time), NodesSeen(-1, nodes))


def word(action: str, time: int) -> Fact:
    """What an operator says."""
    return Fact(Anchor("", -1, "", time), Operated(action, "chain:l1", "ann"))


def row(name: str, *, opened: int, resolved: int | None = None, state: str = "open") -> IncidentRow:
    """An incident of no importance."""
    return IncidentRow(name, state, "critical", "blind", "chain:l1", opened, resolved, b"{}")


def test_observed__with_an_entry__outlives_the_blocks(with_store):
    """A retraction takes back what blocks said, and nothing that was true of a moment."""

    async def body(store):
        entry = Entry(cursor(9), [posted(9)], noticed=5_000, observed=[seen(9, 5_000)])
        await store.append(entry)
        left = Fact(Anchor(L1, -1, "", 6_000), BlocksLeft(2, 9))
        back = Entry(cursor(2), retract_above=2, noticed=6_000, observed=[left])
        await store.append(back)
        await store.append(Entry(cursor(0), retract_above=-1))

        assert {} == await facts_since(store, 0, 10)
        found = await observations_since(store, 0)
        assert [(5_000, seen(9, 5_000)), (6_000, left)] == [(o.time, o.fact) for o in found]
        assert {} == await load(store)
        assert [] == await read_rows(store, select(facts))

    with_store(body)


def test_observed__an_entry_that_fails__is_not_there_either(with_store):
    """All of an entry or nothing."""

    async def body(store):
        broken = Entry(cursor(9), [posted(9), object()], observed=[seen(9, 1)])
        with pytest.raises(AttributeError):
            await store.append(broken)

        assert [] == await observations_since(store, 0)

    with_store(body)


def test_nodes_seen__of_each_chain__is_the_newest(with_store):
    """What a person wants to know is whether a chain is seen now."""

    async def body(store):
        for time in (1, 2, 3):
            await store.observe([seen(time, time), seen(time + 10, time, L2)], time)

        newest = await nodes_seen(store)
        assert {L1: (3, 3), L2: (3, 13)} == {
            chain: (each.time, each.fact.says.nodes[0].head) for chain, each in newest.items()
        }

    with_store(body)


def test_prune__what_is_old__leaves_operators_words(with_store):
    """Who said what may be asked later, and may still count."""

    async def body(store):
        await store.observe([seen(1, 1), word("maintain", 1)], 1)
        await store.observe([seen(2, 2)], 2)

        assert 1 == await prune_observations(store, Timestamp(2))
        kept = [each.fact for each in await observations_since(store, 0)]
        assert [word("maintain", 1), seen(2, 2)] == kept

    with_store(body)


def test_words__said_by_another_process__are_heard_once_and_in_order(with_store, tmp_path):
    """The marker moves with the rows of the incidents that a word changed."""

    async def body(store):
        other = await Store.open(str(tmp_path / "net.sqlite"), "net")
        try:
            for time, action in enumerate(("silence", "resolve"), 1):
                await other.observe([word(action, time)], time)
        finally:
            await other.close()

        heard = await words_after(store, await last_operated(store))
        assert ["silence", "resolve"] == [each.fact.says.action for each in heard]
        await store.save_incidents([row("a", opened=1)], heard[0].id)
        again = await words_after(store, await last_operated(store))
        assert ["resolve"] == [each.fact.says.action for each in again]
        assert row("a", opened=1) == await read_incident(store, "a")

    with_store(body)


def test_words__after_everything_was_pruned__are_numbered_on(with_store):
    """A number is never used twice, or a new word would seem an old one."""

    async def body(store):
        await store.observe([seen(1, 1), seen(2, 1)], 1)
        await prune_observations(store, Timestamp(9))
        await store.observe([word("silence", 9)], 9)

        assert [3] == [each.id for each in await words_after(store, 0)]

    with_store(body)


def test_incidents__saved_again__are_replaced_and_listed(with_store):
    """Open ones always, closed ones as far back as asked, the newest first."""

    async def body(store):
        old = row("old", opened=1)
        await store.save_incidents([old, row("done", opened=2), row("gone", opened=5)])
        closed = [
            row(n, opened=o, resolved=9, state="resolved") for n, o in (("done", 2), ("gone", 5))
        ]
        await store.save_incidents(closed)

        assert [old] == await read_incidents(store, open_only=True)
        assert [closed[1], old] == await read_incidents(store, since=3)
        assert [closed[1], closed[0], old] == await read_incidents(store)
        assert await read_incident(store, "none") is None

    with_store(body)


def test_incidents__open_behind_many_that_are_over__are_never_left_out(with_store):
    """A day of storms must not hide what still is open, nor take it from a daemon that starts."""

    async def body(store):
        old = row("old", opened=1)
        over = [row(f"over-{n}", opened=n, resolved=9, state="resolved") for n in (2, 3, 4)]
        await store.save_incidents([old, *over])

        assert [over[2], over[1], old] == await read_incidents(store, count=2)

    with_store(body)


def test_migrations__from_the_first_schema__keep_every_fact(tmp_path):
    """A store written before there were incidents gets their tables."""
    path = tmp_path / "net.sqlite"

    async def opened(body):
        store = await Store.open(str(path), "net")
        try:
            return await body(store)
        finally:
            await store.close()

    asyncio.run(opened(lambda store: store.append(Entry(cursor(1), [posted(1)]))))
    with sqlite3.connect(path) as connection:
        as_second_schema(connection)
        connection.execute("DROP TABLE observations")
        connection.execute("DROP TABLE incidents")
        connection.execute("DROP INDEX facts_judged")
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    connection.close()

    async def used(store):
        await store.observe([seen(1, 1)], 1)
        await store.save_incidents([row("a", opened=1)])
        return await facts_since(store, 0, 10)

    assert {1: posted(1)} == asyncio.run(opened(used))


def test_load__what_was_judged__is_known_again_although_final(with_store):
    """A day long; older judgements stay in the store."""

    async def body(store):
        verdicts = []
        for height in (1, 100_000):
            anchor = Anchor(L1, height, "0x1", height * 1000)
            verdicts.append(Fact(anchor, Judged("claim", L2, f"l2/{height}", "false")))
        await store.append(Entry(cursor(100_000, finalized=100_000), verdicts))
        await store.save_messages((), (), 2)

        assert [verdicts[1]] == list((await load(store)).values())

    with_store(body)
