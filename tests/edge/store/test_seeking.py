"""Found by a part of its name: each of the rows that begin and end so, by a range of an index."""

from store_world import Recorder, World
from test_plans import plans, scans

from layerkeep.edge.store import seeking
from layerkeep.edge.store.reading import facts_since
from layerkeep.edge.store.records import MessageRow
from layerkeep.edge.store.seeking import (
    addresses_like,
    messages_like,
    parties_of,
    transactions_like,
)

ANN, BOB, COIN = (
    f"0x7b{digit * 34}{end}" for digit, end in (("a", "30ca"), ("b", "30cb"), ("c", "30ca"))
)


def row(number: int, name: str, **more: str) -> MessageRow:
    """A message's row."""
    return MessageRow(name, number, "down", "l1", "l2", "initiated", False, number, number, **more)


NAMES = [f"0x7be1{number:056x}{number % 3:04x}" for number in range(9)]
ROWS = [
    *(row(number, name, sender=ANN, recipient=BOB) for number, name in enumerate(NAMES)),
    row(20, "0x7be2" + "0" * 60, sender=BOB, token=COIN, amount=5),
    row(21, "0x7be0" + "f" * 60, sender="0xffff"),
    row(22, "0x7be1", sender="0x7"),
]


async def filled(store):
    """The rows are in the store."""
    await store.save_messages(ROWS, (), 0)


def test_messages__by_their_first_and_last_digits__are_those_and_no_others(with_store):
    """Neighbours on both sides stay out, and no more come than are asked for."""

    async def body(store):
        await filled(store)
        every = [row.id for row in await messages_like(store, "0x7be1", "", 50)]
        ends = [row.id for row in await messages_like(store, "0x7be1", "0002", 50)]
        few = [row.id for row in await messages_like(store, "0x7be1", "", 2)]
        none = await messages_like(store, "0x7be3", "", 50)
        return every, ends, few, none

    every, ends, few, none = with_store(body)
    assert ["0x7be1", *NAMES] == every
    assert [name for name in NAMES if name.endswith("0002")] == ends
    assert every[:2] == few
    assert [] == none


def test_addresses__by_their_first_and_last_digits__come_once_each(with_store):
    """Whoever sent nine messages is one address; a token is one, too."""

    async def body(store):
        await filled(store)
        ends = await addresses_like(store, "0x7b", "30ca", 9)
        parties = [await parties_of(store, each) for each in (ANN, BOB, COIN, "0x00")]
        return ends, await addresses_like(store, "0x7b", "", 9), parties

    ends, every, parties = with_store(body)
    assert [ANN, COIN] == ends
    assert [ANN, BOB, COIN] == every
    assert [("sender",), ("sender", "recipient"), ("token",), ()] == parties


def test_search__for_a_part_of_a_name__reads_ranges_of_indexes(with_store):
    """Nothing reads a whole table, nor a whole index."""

    async def body(store):
        await filled(store)
        with plans(store) as found:
            await messages_like(store, "0x7be1", "0002", 5)
            await addresses_like(store, "0x7b", "30ca", 5)
            await parties_of(store, ANN)
        return found

    found = with_store(body)
    assert [] == scans(found)
    assert [] == [plan for plan in found if plan.startswith("SCAN messages")]
    assert any("id>? AND id<?" in plan for plan in found)
    assert any("sender>? AND sender<?" in plan for plan in found)


def test_search__where_too_many_begin_so__looks_at_a_bounded_part(with_store, monkeypatch):
    """What lies behind that part is not found, and costs nothing."""
    monkeypatch.setattr(seeking, "LOOKED", 3)

    async def body(store):
        await filled(store)
        return (
            await messages_like(store, "0x7be", "", 50),
            await addresses_like(store, "0x7b", "30ca", 50),
        )

    messages, addresses = with_store(body)
    assert 3 == len(messages)
    assert [ANN, COIN] == addresses


def test_transactions__by_their_first_and_last_digits__are_sought_among_the_newest(
    with_store, monkeypatch
):
    """By the number of the fact, from the last; never more facts than may be looked at."""

    async def body(store):
        recorder = Recorder(World(9), store)
        await recorder.run(60)
        known = [each for each in (await facts_since(store, 0, 10_000)).values() if each.anchor.tx]
        one = known[-1].anchor.tx
        with plans(store) as found:
            by_first = await transactions_like(store, one[:10], "", 9)
            by_both = await transactions_like(store, one[:6], one[-4:], 9)
        monkeypatch.setattr(seeking, "FACTS_LOOKED", 1)
        behind = await transactions_like(store, known[0].anchor.tx[:10], "", 9)
        return one, found, by_first, by_both, behind

    one, found, by_first, by_both, behind = with_store(body)
    assert one in by_first
    assert one in by_both
    assert [] == behind
    assert [plan for plan in found if "TEMP B-TREE" in plan] == [], "in the order of the key"
    assert all("LIMIT" in plan for plan in found if plan.startswith("SCAN facts"))
