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
                late_at=chance.choice((None, 500, NOW, 2_000)) if is_open else None,
                due=chance.choice((None, 900, NOW, 3_000)) if is_open else None,
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
    "rested before it was sent": {"rested": 10},
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


WAYS = {
    "few rows": {"FEW": 20_000},
    "some rows": {"FEW": 30},
    "in order": {"FEW": 0},
    "many kinds": {"FEW": 20_000, "ALONE": 0, "PASSED_MAX": -1},
    "more than is counted": {"FEW": 0, "COUNTED": 3, "NAMED_FEW": 3, "OPEN_FEW": -1},
}


def take(monkeypatch, way: str) -> None:
    """Rows are found this way, as if there were so many more."""
    for name, value in WAYS[way].items():
        monkeypatch.setattr(listing, name, value)


@pytest.mark.parametrize("way", WAYS)
def test_page__by_every_filter_and_sort__holds_what_matches_in_order(with_store, monkeypatch, way):
    """Whichever index leads to the rows, all that match come once and in order."""
    take(monkeypatch, way)
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


@pytest.mark.parametrize("way", WAYS)
def test_resting__by_every_filter__counts_what_is_open(with_store, monkeypatch, way):
    """By place and bound, how many are late or overdue, and since when the oldest rests."""
    take(monkeypatch, way)
    rows = some_rows()

    async def body(store):
        await filled(store, rows)
        every = await stage_counts(store)
        for is_wanted in KINDS.values():
            kinds = tuple(kind for kind in every if is_wanted(kind))
            for asked in FILTERS.values():
                wanted = Wanted(kinds, len(kinds) == len(every), NOW, **asked)
                await counts_what_is_open(store, wanted, rows)

    with_store(body)


async def counts_what_is_open(store: Store, wanted: Wanted, rows: list[MessageRow]) -> None:
    """What rests is counted as it is meant, and so is what ended lately."""
    meant = [row for row in rows if is_meant(row, wanted) and not row.finished]
    way = await way_to(store, wanted)
    found = await resting(store, wanted, way, (100, 500))
    assert len(meant) == sum(each.count for each in found)
    overdue = [row for row in meant if row.due is not None and row.due < NOW]
    assert len(overdue) == sum(each.count for each in found if each.overdue)
    late = [row for row in meant if row.late_at == 500 and row not in overdue]
    assert len(late) == sum(each.late for each in found)
    quick = [row for row in meant if row.since >= NOW - 100]
    assert len(quick) == sum(each.count for each in found if each.bound == 0)
    oldest = min((row.since for row in meant), default=None)
    assert oldest == min((each.oldest for each in found), default=None)
    ended = [row for row in rows if is_meant(row, wanted) and row.finished]
    for since in (400, 600):
        recent = [row for row in ended if row.since >= since]
        counted = await ended_since(store, wanted, way, since)
        assert (len(recent), frozenset()) == (counted.counts.total(), counted.more)


def test_ended__more_than_can_be_looked_at__are_the_newest_and_said_to_be_more(
    with_store, monkeypatch
):
    """Of each end the same number is looked at; what those hold is exact, and at least that."""
    monkeypatch.setattr(listing, "COUNTED", 3)
    monkeypatch.setattr(summing, "LOOKED_AT", 20)
    rows = some_rows(200)

    async def body(store):
        await filled(store, rows)
        wanted = Wanted(tuple(await stage_counts(store)), True, NOW, value_min=1)
        found = await ended_since(store, wanted, await way_to(store, wanted), 100)
        by_end = {}
        for row in sorted(rows, key=lambda row: -row.since):
            if row.finished and row.since >= 100:
                place = (row.source, row.target, row.lifecycle, row.stage)
                by_end.setdefault(place, []).append(row)
        assert set(by_end) == set(found.more) == set(found.counts)
        for place, ended in by_end.items():
            newest = ended[: 20 // len(by_end)]
            assert newest[-1].since > ended[-1].since, "which are the newest makes a difference"
            least = [row for row in newest if row.since > newest[-1].since and row.value]
            most = [row for row in ended if row.since >= newest[-1].since and row.value]
            assert len(least) <= found.counts[place] <= min(len(most), len(newest))

    with_store(body)


@pytest.mark.parametrize(
    ("counts", "each"), [([1, 2, 17], 20), ([1, 2, 30], 17), ([30, 30], 10), ([], 20)]
)
def test_share__of_each_end__leaves_no_more_than_may_be_looked_at(monkeypatch, counts, each):
    """Ends of which there are few leave room for the others."""
    monkeypatch.setattr(summing, "LOOKED_AT", 20)

    assert each == summing._each(counts)


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
