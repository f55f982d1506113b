"""What people were told goes in time: never what is pending, nor what is about what is open."""

import pytest
from sqlalchemy import select
from test_observations import row

from layerkeep.core.acting.paging.model import Call
from layerkeep.core.units import Timestamp
from layerkeep.edge.store import pruning
from layerkeep.edge.store.notices import NoticeRow, add_notices, read_notices
from layerkeep.edge.store.pruning import prune_notices
from layerkeep.edge.store.reading import read_rows
from layerkeep.edge.store.tables import calls

BEFORE = Timestamp(100)


def told(name: str, *matters: str, time: int = 10, state: str = "sent") -> NoticeRow:
    """A notice about these matters."""
    about = tuple(Call(matter, Timestamp(1), 1, 0) for matter in matters)
    return NoticeRow(name, time, "page", "ann", "sms", state, time, 1, calls=about)


async def incidents(store):
    """One that is open, one that ended before, one that ended afterwards."""
    await store.save_incidents(
        [
            row("open", opened=1),
            row("old", opened=1, resolved=99, state="resolved"),
            row("new", opened=1, resolved=100, state="resolved"),
        ]
    )


async def left(store):
    """The notices that are left, and those that calls are left of."""
    rows = await read_rows(store, select(calls.c.notice))
    return sorted(each.id for each in await read_notices(store)), sorted({r[0] for r in rows})


@pytest.mark.parametrize(
    ("notice", "stays"),
    [
        (told("n", "old"), False),
        (told("n", "open"), True),
        (told("n", "new"), True),
        (told("n", "old", "open"), True),
        (told("n", "old", state="failed"), False),
        (told("n", "old", state="planned"), True),
        (told("n", "old", state="sending"), True),
        (told("n", "old", time=100), True),
        (told("n", "peer-b"), True),
        (told("n", "peer-c"), False),
        (told("n", "nobody-knows"), False),
    ],
    ids=lambda each: (
        each
        if isinstance(each, bool)
        else f"{each.state}-{each.time}-" + "+".join(call.matter for call in each.calls)
    ),
)
def test_notice__by_what_it_is_about__goes_or_stays(with_store, notice, stays):
    """Its calls go with it, so nothing is left of it."""

    async def body(store):
        await incidents(store)
        await add_notices(store, [notice])
        count = await prune_notices(store, BEFORE, ["peer-b"])
        return count, await left(store)

    names = ["n"] if stays else []
    assert (0 if stays else 1, (names, names)) == with_store(body)


def test_test_message__of_a_channel__goes_too(with_store):
    """It is about nothing."""

    async def body(store):
        await add_notices(store, [told("t")])
        return await prune_notices(store, BEFORE)

    assert 1 == with_store(body)


def test_notices__many_of_one_moment__all_go_slice_by_slice(with_store, monkeypatch):
    """Those that stay are stepped over."""
    monkeypatch.setattr(pruning, "SLICE", 3)

    async def body(store):
        await incidents(store)
        rows = [told(f"n{n}", "open" if n % 3 == 0 else "old", time=10 + n // 7) for n in range(20)]
        await add_notices(store, rows)
        return await prune_notices(store, BEFORE), await left(store)

    count, (names, about) = with_store(body)
    expected = sorted(f"n{n}" for n in range(0, 20, 3))
    assert (13, expected, expected) == (count, names, about)
