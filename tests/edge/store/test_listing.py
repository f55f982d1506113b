"""Lists of messages against a plain model: every filter, every order, every way to find rows."""

import asyncio
import random
import sqlite3
from dataclasses import replace

import pytest
from store_world import L1, L2, Recorder, World, as_second_schema, engine, named

from layerkeep.edge.store import listing, summing
from layerkeep.edge.store.counting import stage_counts
from layerkeep.edge.store.listing import SORTS, Wanted, page, way_to
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.reading import message_rows, read_setting
from layerkeep.edge.store.rebuilding import rebuild
from layerkeep.edge.store.records import MessageRow, amount_of, sortable
from layerkeep.edge.store.saving import OUTDATED
from layerkeep.edge.store.summing import ended_since, resting, summed

NOW = 1_000
STAGES = ("initiated", "proven", "executed")


def some_rows(count: int = 120) -> list[MessageRow]:
    """Rows by chance, with ties in every column and amounts around 2**64 and above."""
    chance = random.Random(7)
    found = []
    for seq in range(1, count + 1):
        stage = chance.choice(STAGES)
        is_open = stage != "executed"
        found.append(
            MessageRow(
                named(seq),
                seq,
                chance.choice(("down", "up")),
                *chance.choice(((L1, L2), (L2, L1))),
                stage,
                not is_open,
                chance.randrange(20),
                0,
                value=chance.choice((0, 5, 10, 99, 2**64, 2**64 + 1, 2**200)),
                token=chance.choice(("", "0xt", "0xu")),
                amount=chance.choice((1, 2**255)),
                sender=chance.choice(("0xa", "0xb")),
                recipient=chance.choice(("0xa", "0xc")),
                since=chance.randrange(0, NOW, 100),
                late_at=chance.choice((None, 500, 2_000)) if is_open else None,
                due=chance.choice((None, 900, 3_000)) if is_open else None,
            )
        )
    return found


def is_meant(row: MessageRow, wanted: Wanted) -> bool:
    """What a filter means, said plainly."""
    kind = (row.source, row.target, row.lifecycle, row.stage, row.finished)
    is_overdue = row.due is not None and row.due < wanted.now
    is_late = row.late_at is not None and row.late_at < wanted.now and not is_overdue
    return (
        kind in [each[:5] for each in wanted.kinds]
        and all(getattr(wanted, n) in ("", getattr(row, n)) for n in listing.NAMES)
        and row.value >= wanted.value_min
        and (wanted.rested is None or row.since <= wanted.rested)
        and {"": True, "late": is_late, "overdue": is_overdue}[wanted.state]
        and (wanted.ids is None or row.id in wanted.ids)
    )


def in_order(rows: list[MessageRow], sort: str) -> list[MessageRow]:
    """What an order means, said plainly."""
    name, falling = sort.removeprefix("-"), sort.startswith("-")
    keyed = [row for row in rows if getattr(row, name) is not None]
    rest = [row for row in rows if getattr(row, name) is None]
    keyed.sort(key=lambda row: (getattr(row, name), row.seq), reverse=falling)
    return keyed + sorted(rest, key=lambda row: (row.sent, row.seq), reverse=True)


FILTERS = {
    "nothing": {},
    "token": {"token": "0xt"},
    "sender": {"sender": "0xb"},
    "recipient": {"recipient": "0xc"},
    "value": {"value_min": 2**64 + 1},
    "rested": {"rested": 400},
    "late": {"state": "late"},
    "overdue": {"state": "overdue"},
    "ids": {"ids": frozenset(named(n) for n in range(1, 200, 3))},
    "several": {"token": "0xu", "sender": "0xa", "value_min": 6, "rested": 800},
}
KINDS = {
    "every": lambda _kind: True,
    "up": lambda kind: kind[2] == "up",
    "open": lambda kind: not kind[4],
    "ended": lambda kind: kind[4],
}


async def filled(store: Store, rows: list[MessageRow]) -> None:
    """The store has these rows."""
    await store.save_messages(rows, (), len(rows))


async def every_page(store: Store, wanted: Wanted, count: int = 7) -> list[MessageRow]:
    """All pages, one behind the other."""
    found, after = [], None
    while True:
        rows, after = await page(store, wanted, await way_to(store, wanted), after, count)
        found += rows
        assert len(rows) <= count
        if after is None:
            return found
        assert len(rows) == count


@pytest.mark.parametrize("few", [0, 30, 20_000])
def test_page__by_every_filter_and_sort__holds_what_matches_in_order(with_store, monkeypatch, few):
    """Whichever index leads to the rows, all that match come once and in order."""
    monkeypatch.setattr(listing, "FEW", few)
    rows = some_rows()

    async def body(store):
        await filled(store, rows)
        every = await stage_counts(store)
        for is_wanted in KINDS.values():
            kinds = tuple(kind for kind in every if is_wanted(kind))
            for asked in FILTERS.values():
                wanted = Wanted(kinds, len(kinds) == len(every), NOW, **asked)
                meant = [row for row in rows if is_meant(row, wanted)]
                for sort in SORTS:
                    found = await every_page(store, replace(wanted, sort=sort))
                    assert [row.id for row in in_order(meant, sort)] == [row.id for row in found]

    with_store(body)


def test_sums__by_every_filter__are_exact(with_store):
    """Counted and added up to the last wei, far above 2**64."""
    rows = some_rows()

    async def body(store):
        await filled(store, rows)
        every = await stage_counts(store)
        for asked in FILTERS.values():
            wanted = Wanted(tuple(every), True, NOW, **asked)
            meant = [row for row in rows if is_meant(row, wanted)]
            found = await summed(store, wanted, await way_to(store, wanted))
            amounts = {"": sum(row.value for row in meant)}
            for row in meant:
                if row.token:
                    amounts[row.token] = amounts.get(row.token, 0) + row.amount
            assert (len(meant), amounts) == (found.count, found.amounts)
        assert max(amounts.values()) > 2**200

    with_store(body)


@pytest.mark.parametrize("few", [0, 20_000])
def test_resting__by_every_filter__counts_what_is_open(with_store, monkeypatch, few):
    """By place and bound, how many are late or overdue, and since when the oldest rests."""
    monkeypatch.setattr(listing, "FEW", few)
    rows, bounds = some_rows(), (100, 500)

    async def body(store):
        await filled(store, rows)
        every = tuple(await stage_counts(store))
        for asked in FILTERS.values():
            wanted = Wanted(every, True, NOW, **asked)
            meant = [row for row in rows if is_meant(row, wanted) and not row.finished]
            way = await way_to(store, wanted)
            found = await resting(store, wanted, way, bounds)
            assert len(meant) == sum(each.count for each in found)
            overdue = [row for row in meant if row.due is not None and row.due < NOW]
            assert len(overdue) == sum(each.count for each in found if each.overdue)
            late = [row for row in meant if row.late_at == 500 and row not in overdue]
            assert len(late) == sum(each.late for each in found)
            quick = [row for row in meant if row.since >= NOW - 100]
            assert len(quick) == sum(each.count for each in found if each.bound == 0)
            ended = [row for row in rows if is_meant(row, wanted) and row.finished]
            recent = [row for row in ended if row.since >= 600]
            assert len(recent) == (await ended_since(store, wanted, way, 600)).total()

    with_store(body)


def test_page__while_rows_come_go_and_move__repeats_and_hides_none(with_store):
    """What was there all the time comes exactly once, whatever happens between two pages."""
    rows = some_rows()

    async def body(store):
        await filled(store, rows)
        chance = random.Random(1)
        for sort in SORTS:
            wanted = Wanted(tuple(await stage_counts(store)), True, NOW, sort=sort)
            there = {row.id for row in await message_rows(store, count=1_000)}
            seen, after = [], None
            while True:
                way = await way_to(store, wanted)
                found, after = await page(store, wanted, way, after, 5)
                seen += [row.id for row in found]
                if after is None:
                    break
                gone = chance.choice(sorted(there))
                there.discard(gone)
                seq = chance.randrange(1_000, 10**6)
                new = replace(chance.choice(rows), id=named(sort, seq), seq=seq)
                await store.save_messages([new], [gone], seq)
            assert len(seen) == len(set(seen))
            assert there <= set(seen)

    with_store(body)


def test_sortable__of_numbers__sorts_as_they_do():
    """Text that sorts as the number, and gives it back."""
    numbers = [0, 1, 9, 10, 99, 2**64 - 1, 2**64, 10**20, 2**256 - 1]

    assert sorted(map(sortable, numbers)) == list(map(sortable, numbers))
    assert numbers == [amount_of(sortable(each)) for each in numbers]


def test_migration__of_a_store_without_filters__is_filled_by_a_rebuild(tmp_path):
    """The old rows are told to be outdated until they are derived again, then equal new ones."""
    path = tmp_path / "net.sqlite"

    async def opened(body):
        store = await Store.open(str(path), "net")
        try:
            return await body(store)
        finally:
            await store.close()

    async def write(store):
        recorder = Recorder(World(11), store)
        await recorder.run(300)
        await recorder.write_rows()
        assert not await read_setting(store, OUTDATED)
        return await message_rows(store, count=10_000)

    before = asyncio.run(opened(write))
    with sqlite3.connect(path) as connection:
        as_second_schema(connection)
    connection.close()

    async def read(store):
        stale = await read_setting(store, OUTDATED), await message_rows(store, count=10_000)
        await rebuild(store, engine)
        return stale, await read_setting(store, OUTDATED), await message_rows(store, count=10_000)

    (outdated, old), flag, rows = asyncio.run(opened(read))

    assert ("1", "") == (outdated, flag)
    assert {(row.id, "", 0) for row in before} == {(row.id, row.sender, row.since) for row in old}
    assert [(r.id, r.value, r.token, r.amount, r.sender) for r in before] == [
        (r.id, r.value, r.token, r.amount, r.sender) for r in rows
    ]
    assert any(row.token for row in rows)


def test_plans__of_lists__use_an_index(with_store):
    """No list of a page reads the whole table."""

    async def body(store):
        await filled(store, some_rows())
        async with store.engine.connect() as connection:
            for where, index in (
                ("sender = '0xa' ORDER BY sent DESC, seq DESC", "messages_by_sender"),
                ("token = '0xt' AND token <> '' ORDER BY sent", "messages_by_token"),
                ("due IS NOT NULL ORDER BY due, seq", "messages_by_due"),
                ("1 ORDER BY value DESC, seq DESC", "messages_by_value"),
            ):
                query = f"EXPLAIN QUERY PLAN SELECT * FROM messages WHERE {where} LIMIT 5"
                plan = " ".join(str(row) for row in await connection.exec_driver_sql(query))
                assert index in plan

    with_store(body)


def test_sums__of_more_than_can_be_added_up__are_left_out(with_store, monkeypatch):
    """What the tallies know is told; amounts are not guessed."""
    monkeypatch.setattr(summing, "SUMMED", 10)
    rows = some_rows()

    async def body(store):
        await filled(store, rows)
        every = tuple(await stage_counts(store))
        plain, narrow = Wanted(every, True, NOW), Wanted(every, True, NOW, value_min=1)
        known = await summed(store, plain, await way_to(store, plain))
        unknown = await summed(store, narrow, await way_to(store, narrow))
        assert (len(rows), None) == (known.count, known.amounts)
        assert (None, None) == (unknown.count, unknown.amounts)

    with_store(body)
