"""What is derived or removed: rebuilt rows, pruned history, the story behind a hash."""

import asyncio
from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import func, select, update
from store_world import BLOCK, HOUR, L1, L2, Recorder, World, engine, named, see_heads
from test_log import cursor, posted
from test_restart import beliefs, restarted

from layerkeep.core.facts import Anchor, Claimed, ClaimMoved, Fact, Reached, Sent
from layerkeep.core.journeys import journeys_through
from layerkeep.core.messages import steps
from layerkeep.core.units import Key, Timestamp
from layerkeep.edge.store.counting import stage_counts
from layerkeep.edge.store.family import STORY_MAX, story_of
from layerkeep.edge.store.loading import load
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.mentions import digests
from layerkeep.edge.store.pruning import prune
from layerkeep.edge.store.reading import facts_since, message_rows, projected, read_rows
from layerkeep.edge.store.rebuilding import rebuild
from layerkeep.edge.store.records import Entry, MessageRow
from layerkeep.edge.store.tables import claims, facts, mentions, messages

ALL = 10**7


def told(loaded: dict) -> object:
    """An engine that believes these facts and lets nothing go."""
    fresh = engine()
    for seq in sorted(loaded):
        fresh.observe(loaded[seq], Timestamp(0))
    return fresh


async def are_counted(store: Store) -> bool:
    """True if the tallies are what the rows say."""
    rows = await message_rows(store, count=ALL)
    kinds = Counter((r.source, r.target, r.lifecycle, r.stage, r.finished) for r in rows)
    return {tuple(kind): total for *kind, total in await stage_counts(store)} == kinds


async def rows_by_id(store: Store) -> dict[str, MessageRow]:
    """Every row; a message that left the chain is not what another one continues."""
    rows = {row.id: row for row in await message_rows(store, count=ALL)}
    return {
        name: row if row.previous in rows else replace(row, previous=None)
        for name, row in rows.items()
    }


def test_rebuild__of_wrong_rows__gives_those_that_were_saved_live(with_store):
    """Rows derived from the log alone equal those written while it was read."""

    async def body(store):
        recorder = Recorder(World(3), store)
        await recorder.run(700)
        await recorder.write_rows()
        before = await rows_by_id(store)
        async with store.writing() as connection:
            await connection.execute(update(messages).values(stage="wrong", previous="x"))
            await connection.execute(
                messages.insert(), [{**vars_of(next(iter(before.values()))), "id": "stray"}]
            )
        assert await rebuild(store, engine) == len(recorder.logged)
        after = await rows_by_id(store)
        assert {name: timeless(row) for name, row in after.items()} == {
            name: timeless(row) for name, row in before.items()
        }
        assert await projected(store) == max(recorder.logged)
        assert await are_counted(store)

    with_store(body)


def timeless(row: MessageRow) -> MessageRow:
    """A row without what depends on when its claims' reach became known."""
    return replace(row, moved=0, since=0 if row.stage == "claimed" else row.since)


def vars_of(row: MessageRow) -> dict:
    """A row's columns, as if of a fact that is not there."""
    columns = {name: getattr(row, name) for name in row.__slots__}
    return {**columns, "finished": int(row.finished), "seq": ALL}


def test_rebuild__holds_little_in_memory(with_store, monkeypatch):
    """Finished messages are let go while the log is read."""
    monkeypatch.setattr("layerkeep.edge.store.rebuilding.PART", 200)
    held: list[int] = []

    async def body(store):
        recorder = Recorder(World(4), store)
        await recorder.run(900)
        target = engine()
        see = target.observe

        def observe(fact, now):
            held.append(len(target.view.messages))
            return see(fact, now)

        monkeypatch.setattr(target, "observe", observe)
        await recorder.write_rows()
        before = await rows_by_id(store)
        await rebuild(store, lambda: target)
        assert {name: row.stage for name, row in (await rows_by_id(store)).items()} == {
            name: row.stage for name, row in before.items()
        }
        finished = sum(row.finished for row in before.values())
        assert max(held) < len(before) - finished / 2

    with_store(body)


def test_prune__of_old_history__leaves_what_is_open_recent_or_needed(with_store):
    """Open messages keep all their facts; a restart loads the same; nothing dangles."""

    async def body(store):
        recorder = Recorder(World(5), store)
        await recorder.run(1200)
        await recorder.write_rows()
        before, believed = await rows_by_id(store), await restarted(recorder)
        cut = Timestamp(recorder.world.now - 3 * HOUR)
        count = await prune(store, cut)
        left = await facts_since(store, 0, ALL)
        after = await rows_by_id(store)
        assert count == len(recorder.logged) - len(left) > 100
        for name, row in before.items():
            if not row.finished:
                assert after[name] == row
            elif row.moved >= cut:
                assert after[name] == replace(row, previous=after[name].previous)
        assert sum(row.finished and row.moved < cut for row in after.values()) < 20
        again = await restarted(recorder)
        for target in (believed, again):
            see_heads(target, recorder)
        assert beliefs(again) == beliefs(believed)
        found = {tuple(row) for row in await read_rows(store, select(mentions))}
        assert found == {(d, seq) for seq, fact in left.items() for d in digests(fact)}
        reached = {row[0] for row in await read_rows(store, select(claims.c.seq))}
        assert reached == {seq for seq, f in left.items() if isinstance(f.says, Claimed)}
        assert await are_counted(store)
        assert await prune(store, cut) == 0

    with_store(body)


def test_prune__beside_a_writer__does_not_hold_it_up(with_store):
    """Entries are written while history goes, and none waits for most of it."""

    async def body(store):
        recorder = Recorder(World(6), store)
        await recorder.run(800)
        await recorder.write_rows()
        pruning = asyncio.create_task(prune(store, Timestamp(recorder.world.now - HOUR)))
        loop, waits = asyncio.get_running_loop(), []
        while not pruning.done():
            began = loop.time()
            await recorder.step()
            waits.append(loop.time() - began)
        assert await pruning > 50
        assert max(waits) < sum(waits) / 2

    with_store(body)


@pytest.mark.parametrize("seed", [8])
def test_story__by_any_hash__tells_what_a_full_replay_tells(with_store, seed):
    """The facts around a hash fold to the same stages and journeys as the whole log."""

    async def body(store):
        recorder = Recorder(World(seed), store)
        await recorder.run(800)
        whole = told(recorder.logged)
        chosen = list(whole.view.messages.values())[::7]
        for message in chosen:
            for name in (
                message.id,
                message.sent.anchor.tx,
                message.facts[-1].anchor.tx if message.facts else message.keys[0],
            ):
                part = told(await story_of(store, [name]))
                mine = part.view.messages[message.id]
                assert mine.stage == message.stage
                assert [s.stage.name for s in steps(mine)] == [s.stage.name for s in steps(message)]
                paths = {j.path for j in journeys_through(whole.view, message)}
                assert {j.path for j in journeys_through(part.view, mine)} == paths

    with_store(body)


def test_story__of_a_busy_transaction__stays_small(with_store):
    """A transaction that settles hundreds of messages does not drag them into each other's."""

    async def body(store):
        batch, height = named("batch"), 500
        facts = []
        for number in range(300):
            key = Key(f"l2/msg/{named(number)}")
            sent = Sent("up", named(number), (key,), L2, L1, "0xa", "0xb", position=number)
            place = Anchor(L2, number, "0x", number * BLOCK, named("sent", number))
            done = Anchor(L1, height, "0x", height * BLOCK, batch, 1, number)
            facts += [Fact(place, sent), Fact(done, Reached(key, "finalized", executes=True))]
        await store.append(Entry(cursor(height), facts))
        assert len(await story_of(store, [named(7)])) == 2
        assert len(await story_of(store, [batch])) == 600 < STORY_MAX

    with_store(body)


def test_story__among_many_claims__reads_few_of_them(with_store):
    """Of ten thousand claims that reach a message only the first few are read."""

    async def body(store):
        made = [
            Fact(
                Anchor(L1, 10 + n, "0x", (10 + n) * BLOCK, named("made", n)),
                Claimed(f"l2/game/{n}", "l2/claims", n),
            )
            for n in range(10_000)
        ]
        key = Key(f"l2/msg/{named('m')}")
        sent = Sent("up", named("m"), (key,), L2, L1, "0xa", "0xb", position=50)
        first = Fact(Anchor(L2, 50, "0x", 50 * BLOCK, named("s")), sent)
        moved = Fact(Anchor(L1, 10_500, "0x", 0, named("v")), ClaimMoved("l2/game/50", "voided"))
        await store.append(Entry(cursor(11_000), [first, *made, moved]))
        story = await story_of(store, [named("m")])
        assert len(story) == 1 + 8 + 1
        assert story[10_002] == moved

    with_store(body)


def test_load__of_a_row_without_its_fact__deletes_the_row(with_store):
    """A row whose sending fact is gone is no message."""

    async def body(store):
        await store.append(Entry(cursor(1), [posted(1)]))
        row = MessageRow(named("x"), 77, "down", L1, L2, "initiated", False, 0, 0)
        await store.save_messages([row], (), 1)
        await load(store)
        assert await rows_by_id(store) == {}
        assert (await read_rows(store, select(func.count()).select_from(facts)))[0][0] == 1

    with_store(body)
