"""What people were told: written before it is sent, and again when its outcome is known."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from layerkeep.core.acting.paging.model import SENDING, Call
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.reading import read_rows
from layerkeep.edge.store.statements import many, parts
from layerkeep.edge.store.tables import PENDING, calls, notices

ADD_CALL = """INSERT INTO calls (matter, notice, episode, level, round)
VALUES (?, ?, ?, ?, ?)"""
ADD_NOTICE = """INSERT INTO notices
(id, time, kind, person, channel, state, changed, tries, detail, subject, body, fallback)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """One notice: when it was written, what became of it by `changed`, and its words.

    `tries` counts how often sending was begun; `fallback` are channels left, with spaces between.
    """

    id: str
    time: int
    kind: str
    person: str
    channel: str
    state: str
    changed: int
    tries: int = 0
    detail: str = ""
    subject: str = ""
    body: str = ""
    fallback: str = ""
    calls: tuple[Call, ...] = ()


async def add_notices(store: Store, rows: Sequence[NoticeRow]) -> None:
    """All of them are in the store, or none; a second one of the same id is a StoreError."""
    async with store.writing("page") as connection:
        await _add(connection, rows)


async def begin_sending(store: Store, name: str, time: int) -> None:
    """From here on its outcome is unknown until it is written."""
    async with store.writing("page") as connection:
        await connection.execute(
            update(notices)
            .where(notices.c.id == name)
            .values(state=SENDING, changed=time, tries=notices.c.tries + 1)
        )


async def end_sending(store: Store, row: NoticeRow, then: Sequence[NoticeRow] = ()) -> None:
    """The notice is as `row` says, and what follows from its outcome is written with it."""
    values = {"state": row.state, "changed": row.changed, "detail": row.detail}
    async with store.writing("page") as connection:
        await connection.execute(update(notices).where(notices.c.id == row.id).values(values))
        await _add(connection, then)


async def _add(connection: AsyncConnection, rows: Sequence[NoticeRow]) -> None:
    own = [
        (
            *(row.id, row.time, row.kind, row.person, row.channel, row.state, row.changed),
            *(row.tries, row.detail, row.subject, row.body, row.fallback),
        )
        for row in rows
    ]
    about = [
        (call.matter, row.id, call.episode, call.level, call.round)
        for row in rows
        for call in row.calls
    ]
    await many(connection, ADD_NOTICE, own)
    await many(connection, ADD_CALL, about)


async def read_notices(
    store: Store,
    *,
    since: int = 0,
    matter: str = "",
    count: int = 1_000,
    behind: tuple[int, str] | None = None,
) -> list[NoticeRow]:
    """Notices written since a time, of one matter if it is named, the newest first.

    With `behind` only those that come behind the one of this time and id.
    """
    query = select(notices).where(notices.c.time >= since)
    if behind is not None:
        time, name = behind
        later = (notices.c.time == time) & (notices.c.id > name)
        query = query.where((notices.c.time < time) | later)
    if matter:
        of = select(calls.c.notice).where(calls.c.matter == matter)
        query = query.where(notices.c.id.in_(of))
    return await _read(store, query.order_by(notices.c.time.desc(), notices.c.id).limit(count))


async def notices_of(store: Store, matters: Sequence[str]) -> list[NoticeRow]:
    """Every notice about any of these, the oldest first."""
    found: dict[str, NoticeRow] = {}
    for part in parts(matters):
        of = select(calls.c.notice).where(calls.c.matter.in_(part))
        query = select(notices).where(notices.c.id.in_(of))
        found |= {row.id: row for row in await _read(store, query)}
    return sorted(found.values(), key=lambda row: (row.time, row.id))


async def pending_notices(store: Store) -> list[NoticeRow]:
    """Those without an outcome: planned, or begun, the oldest first."""
    return await _read(store, select(notices).where(PENDING).order_by(notices.c.time, notices.c.id))


async def read_notice(store: Store, name: str) -> NoticeRow | None:
    """The notice of this id."""
    return next(iter(await _read(store, select(notices).where(notices.c.id == name))), None)


async def _read(store: Store, query: "Select[tuple[object, ...]]") -> list[NoticeRow]:
    rows = [NoticeRow(**row._mapping) for row in await read_rows(store, query)]
    about = await _calls(store, [row.id for row in rows])
    return [replace(row, calls=tuple(about.get(row.id, ()))) for row in rows]


async def _calls(store: Store, names: Sequence[str]) -> dict[str, list[Call]]:
    found: dict[str, list[Call]] = {}
    for part in parts(names):
        query = select(calls).where(calls.c.notice.in_(part)).order_by(calls.c.matter)
        for row in await read_rows(store, query):
            found.setdefault(row.notice, []).append(
                Call(row.matter, row.episode, row.round, row.level)
            )
    return found
