"""Finding by a part of a name: messages and addresses that begin with some digits.

Each query reads one range of one index, and at most LOOKED entries of it. Transactions have no
index by which they begin (docs/adr/0005), so they are sought among the newest facts only.
"""

from typing import Any

from sqlalchemy import ColumnElement, func, select

from layerkeep.edge.store.log import Store
from layerkeep.edge.store.reading import message_row, read_rows
from layerkeep.edge.store.records import MessageRow, decoded
from layerkeep.edge.store.tables import PAID, facts, messages

LOOKED = 5_000
"""Entries of an index that are looked at: so many begin alike only if few digits are given."""

FACTS_LOOKED = 10_000
"""Newest facts among which a transaction is sought: some minutes of a busy network, days of a calm
one, and a hundredth of a second."""

PARTIES = ("sender", "recipient", "token")
"""What a message has an address for."""

BEHIND_HEX = "g"
"""Sorts behind every hex digit, in the order of bytes and in that of every language."""


async def messages_like(store: Store, first: str, last: str, count: int) -> list[MessageRow]:
    """At most `count` messages whose ids begin and end so, lower case, by their ids."""
    near = select(messages.c.id).where(*_between(messages.c.id, first))
    near = near.order_by(messages.c.id).limit(LOOKED)
    ids = near.subquery().c.id
    alike = select(ids).where(ids.endswith(last, autoescape=True)).order_by(ids).limit(count)
    query = select(messages).where(messages.c.id.in_(alike)).order_by(messages.c.id)
    return list(map(message_row, await read_rows(store, query)))


async def addresses_like(store: Store, first: str, last: str, count: int) -> list[str]:
    """At most `count` addresses of parties of messages that begin and end so, in their order."""
    found: set[str] = set()
    for name in PARTIES:
        found.update(await _values_like(store, name, first, last, count))
    return sorted(found)[:count]


async def transactions_like(store: Store, first: str, last: str, count: int) -> list[str]:
    """Transactions that begin and end so, lower case, the newest first."""
    newest = select(facts.c.body).order_by(facts.c.seq.desc()).limit(FACTS_LOOKED)
    quoted, found = f'"{first}'.encode(), dict[str, None]()
    for (body,) in await read_rows(store, newest):
        if quoted not in body:
            continue
        tx = decoded(body).anchor.tx
        if tx.startswith(first) and tx.endswith(last):
            found[tx] = None
            if len(found) == count:
                break
    return list(found)


async def parties_of(store: Store, address: str) -> tuple[str, ...]:
    """What an address, in lower case, is of any message: `sender`, `recipient`, `token`."""
    found = []
    for name in PARTIES:
        one = select(messages.c.seq).where(messages.c[name] == address, *_held(name)).limit(1)
        if await read_rows(store, one):
            found.append(name)
    return tuple(found)


async def _values_like(store: Store, name: str, first: str, last: str, count: int) -> list[str]:
    """Different values of a column, found by leaps: one address may have sent a million."""
    column = messages.c[name]
    end = first + BEHIND_HEX
    start = select(func.min(column).label("value")).where(*_between(column, first), *_held(name))
    leaps = start.cte("leaps", recursive=True)
    later = select(func.min(column)).where(column > leaps.c.value, column < end, *_held(name))
    leaps = leaps.union_all(select(later.scalar_subquery()).where(leaps.c.value.is_not(None)))
    near = select(leaps.c.value).where(leaps.c.value.is_not(None)).limit(LOOKED).subquery()
    query = select(near.c.value).where(near.c.value.endswith(last, autoescape=True)).limit(count)
    return [row[0] for row in await read_rows(store, query)]


def _between(column: ColumnElement[Any], first: str) -> tuple[ColumnElement[bool], ...]:
    return column >= first, column < first + BEHIND_HEX


def _held(name: str) -> list[Any]:
    """What the index of this column says of the rows that it holds."""
    return [PAID] if name == "token" else []
