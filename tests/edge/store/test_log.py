"""The log: all of an entry or nothing, reorgs take back exactly what they should."""

import asyncio
import dataclasses
from collections import Counter

import pytest
from sqlalchemy import select
from store_world import L1, L2, Recorder, World, named

from layerkeep.core.errors import StoreError
from layerkeep.core.facts import Anchor, Ask, Claimed, Fact, Judged, Posted, Reached, Sent
from layerkeep.core.units import Key
from layerkeep.edge.store.counting import stage_counts
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.mentions import digests
from layerkeep.edge.store.reading import (
    facts_mentioning,
    facts_numbered,
    facts_since,
    message_rows,
    projected,
    read_blocks,
    read_cursors,
    read_reorgs,
    read_rows,
    read_setting,
)
from layerkeep.edge.store.records import BlockRow, Cursor, Entry, MessageRow
from layerkeep.edge.store.retracting import DOUBTFUL
from layerkeep.edge.store.tables import claims, mentions


def cursor(height: int, chain=L1, finalized: int | None = None) -> Cursor:
    """A chain read up to a height."""
    return Cursor(chain, height, named(chain, height), height * 1000, 0, height, None, finalized)


def posted(height: int, chain=L1) -> Fact:
    """A fact of no importance."""
    anchor = Anchor(chain, height, named(height), height * 1000, named("tx", height))
    return Fact(anchor, Posted(L2, "1"))


def sent(name: str, height: int) -> Fact:
    """A message that was sent."""
    says = Sent("down", named(name), (Key(f"l2/msg/{named(name)}"),), L1, L2, "0xa", "0xb")
    return Fact(Anchor(L1, height, named(height), height * 1000, named("tx", height)), says)


def executed(name: str, height: int) -> Fact:
    """It took effect."""
    says = Reached(Key(f"l2/msg/{named(name)}"), "executed", executes=True)
    return Fact(Anchor(L2, height, named(height), height * 1000, named("tx2", height)), says)


def row(name: str, seq: int, *, finished: bool) -> MessageRow:
    """The row of a message."""
    stage = "executed" if finished else "initiated"
    return MessageRow(named(name), seq, "down", L1, L2, stage, finished, 0, 0)


def test_append__with_everything__is_read_back(with_store):
    """Facts, cursor and blocks come back as they went in; numbers rise."""

    async def body(store):
        facts = [posted(1), sent("a", 1)]
        blocks = [BlockRow(1, named(1), 1000)]
        assert await store.append(Entry(cursor(1), facts, blocks)) == [1, 2]
        assert await store.append(Entry(cursor(2), [posted(2)])) == [3]
        assert list((await facts_since(store, 0, 9)).values()) == [*facts, posted(2)]
        assert await read_cursors(store) == {L1: cursor(2)}
        assert await read_blocks(store, L1) == blocks

    with_store(body)


def test_retract__of_what_was_judged__takes_the_judgement_along(with_store):
    """It was read on another chain, and answers what only the block that left asked."""
    ask = Ask("send", L2, L2, "leaf 7", witnesses=2)
    says = Reached(Key("l2/msg/0x7"), "executed", executes=True, asks=(ask,))
    left = Fact(Anchor(L1, 20, named(20), 20_000, named("tx", 20)), says)

    def judged(subject: str, answers: str) -> Fact:
        verdict = Judged("withdrawal", L2, subject, "false")
        return Fact(Anchor(L2, 5, named(L2, 5), 19_000), verdict, answers=answers, via="a")

    other = judged("l2/msg/0x6", "send l2 l2 leaf 6 ")

    async def body(store):
        await store.append(Entry(cursor(20), [posted(19), left]))
        await store.append(Entry(cursor(5, L2), [other, judged("l2/msg/0x7", ask.id)]))
        await store.append(Entry(cursor(19), retract_above=19))
        assert [posted(19), other] == list((await facts_since(store, 0, 9)).values())

    with_store(body)


@pytest.mark.parametrize("seed", range(1))
def test_log__after_reorgs__holds_exactly_what_is_left(with_store, seed):
    """Facts, mentions, claims and messages of blocks that left are gone; all else is there."""

    async def body(store):
        recorder = Recorder(World(seed), store)
        await recorder.run(500)
        await recorder.write_rows()
        assert await facts_since(store, 0, 10**6) == dict(sorted(recorder.logged.items()))
        assert len(await read_reorgs(store)) > 1
        found = {tuple(each) for each in await read_rows(store, select(mentions))}
        assert found == {(d, seq) for seq, fact in recorder.logged.items() for d in digests(fact)}
        for seq, lane, covers in await read_rows(store, select(claims)):
            says = recorder.logged[seq].says
            assert isinstance(says, Claimed)
            assert lane == says.lane
            claim = recorder.engine.view.claims.by_id.get(says.claim)
            assert claim is None or covers == claim.covers
        rows = await message_rows(store, count=10**6)
        counted = Counter(
            (row.source, row.target, row.lifecycle, row.stage, row.finished) for row in rows
        )
        assert {tuple(kind): total for *kind, total in await stage_counts(store)} == counted
        for each in rows:
            assert recorder.logged[each.seq].says.message == each.id

    with_store(body)


def test_retract__of_a_finishing_fact__leaves_the_message_in_doubt_until_saved(with_store):
    """A crash between a reorg and the next rows cannot hide a message that is open again."""

    async def body(store):
        await store.append(Entry(cursor(1), [sent("a", 1)]))
        await store.append(Entry(cursor(5, L2), [executed("a", 5)]))
        await store.save_messages([row("a", 1, finished=True)], (), 2)
        await store.append(Entry(cursor(4, L2), retract_above=4))
        assert await read_setting(store, DOUBTFUL) == "1"
        assert list(await facts_since(store, 0, 9)) == [1]
        await store.save_messages([row("a", 1, finished=False)], (), 2)
        assert await read_setting(store, DOUBTFUL) is None

    with_store(body)


def test_retract__of_the_sending_fact__takes_the_row_with_it(with_store):
    """No row stays whose message is gone."""

    async def body(store):
        await store.append(Entry(cursor(2), [sent("a", 1), sent("b", 2)]))
        rows = [row("a", 1, finished=False), row("b", 2, finished=False)]
        entry = Entry(cursor(1), retract_above=1, messages=rows, projected=2)
        await store.append(entry)
        assert [each.id for each in await message_rows(store)] == [named("a")]
        assert await projected(store) == 2

    with_store(body)


def test_numbers__of_facts_that_left__are_not_used_again(tmp_path):
    """What is logged after a reorg and a restart is news to the derived rows."""

    async def body():
        path = str(tmp_path / "net.sqlite")
        store = await Store.open(path, "net")
        await store.append(Entry(cursor(3), [posted(1), posted(2), posted(3)]))
        await store.save_messages((), (), 3)
        await store.append(Entry(cursor(1), retract_above=1))
        await store.close()
        store = await Store.open(path, "net")
        assert await store.append(Entry(cursor(2), [posted(2)])) == [4]
        await store.close()

    asyncio.run(body())


def test_append__that_fails__leaves_nothing_and_can_be_tried_again(with_store):
    """A failing entry changes neither facts nor cursor; the next one follows without a gap."""

    async def body(store):
        await store.append(Entry(cursor(1), [posted(1)]))
        broken = Entry(cursor(2), [posted(2)], [BlockRow(2, named(2), None)])
        with pytest.raises(StoreError, match=r"^store-failed: cannot write"):
            await store.append(broken)
        assert await read_cursors(store) == {L1: cursor(1)}
        assert await store.append(Entry(cursor(2), [posted(2)])) == [2]

    with_store(body)


def test_append__cancelled_anywhere__is_all_there_or_not_at_all(with_store):
    """Whatever became of a cancelled entry, its cursor tells, and the next one fits."""

    async def body(store):
        for height in range(1, 40):
            task = asyncio.create_task(store.append(Entry(cursor(height), [posted(height)] * 3)))
            await asyncio.sleep(0.0001 * height)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await store.keep_setting("turn", "mine")
            found = await facts_since(store, 0, 10**6)
            read = await read_cursors(store)
            there = [fact.anchor.height for fact in found.values()]
            assert there.count(height) == (3 if read and read[L1].height == height else 0)
        assert await store.append(Entry(cursor(99), [posted(99)])) == [max(found, default=0) + 1]

    with_store(body)


def test_lookup__of_small_numbers__does_not_mix_bridges(with_store):
    """Keys made of numbers are alike on many bridges; each finds its own."""

    async def body(store):
        number = f"0x{5:064x}"
        keys = [Key(f"{child}/{kind}/{number}") for child in ("l2", "l3") for kind in ("in", "out")]
        facts = [said_of(executed("x", 1), key) for key in keys]
        await store.append(Entry(cursor(1), facts))
        found = await facts_mentioning(store, [keys[2].upper()])
        assert [fact.says.key for fact in found.values()] == [keys[2]]
        assert await facts_numbered(store, found) == found

    with_store(body)


def said_of(fact: Fact, key: Key) -> Fact:
    """The same fact about another message."""
    return Fact(fact.anchor, Reached(key, "executed"))


def test_window__of_blocks__follows_finality_and_reorgs(with_store):
    """Only blocks from the final one on are remembered, each height once."""

    async def body(store):
        rows = [BlockRow(height, named(height), 0) for height in range(1, 6)]
        await store.append(Entry(cursor(5), (), rows))
        again = [BlockRow(4, named("other"), 0)]
        await store.append(Entry(dataclasses.replace(cursor(4), finalized=3), (), again))
        assert await read_blocks(store, L1) == [rows[2], *again]

    with_store(body)
