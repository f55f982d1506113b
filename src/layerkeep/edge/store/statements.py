"""Statements that every part of the store uses: one for many rows, one for a named value."""

from collections.abc import Iterable, Sequence
from itertools import count
from typing import Any, TypeVar

from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from layerkeep.edge.store.tables import settings

AT_ONCE = 5_000
"""Parameters in one statement; SQLite and PostgreSQL both take 32,766."""

Item = TypeVar("Item")


async def many(
    connection: AsyncConnection, statement: str, rows: Sequence[tuple[Any, ...]]
) -> None:
    """Run a statement with `?` marks for every row, by the driver itself: several times faster."""
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        raw = await connection.get_raw_connection()
        async with raw.driver_connection.executemany(statement, rows):  # type: ignore[union-attr]
            return
    split, number = statement.split("?"), count(1)
    marked = split[0] + "".join(f"${next(number)}{part}" for part in split[1:])
    await connection.exec_driver_sql(marked, list(rows))


async def put_setting(connection: AsyncConnection, name: str, value: str) -> None:
    """A named value of the store itself."""
    await connection.execute(delete(settings).where(settings.c.name == name))
    await connection.execute(insert(settings), [{"name": name, "value": value}])


def parts(items: Sequence[Item]) -> Iterable[Sequence[Item]]:
    """The items in parts small enough for one statement."""
    for start in range(0, len(items), AT_ONCE):
        yield items[start : start + AT_ONCE]
