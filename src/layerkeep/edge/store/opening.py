"""Opening a database: the right dialect's settings, the newest schema, never a newer one."""

from pathlib import Path
from sqlite3 import Error as SqliteError

from sqlalchemy import Column, Connection, MetaData, String, Table, event, inspect, select
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from layerkeep.core.errors import StoreError

MIGRATIONS = Path(__file__).parent / "migrations"

SCHEMA = "0008"
"""The newest migration; a store that has it is opened without loading the migration tool."""

VERSIONS = Table("alembic_version", MetaData(), Column("version_num", String))

SQLITE_PRAGMAS = (
    "PRAGMA busy_timeout=5000",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=NORMAL",  # a killed process loses nothing; a power cut, the last seconds
    "PRAGMA cache_size=-16384",  # 16 MiB for each connection; the system caches the file besides
    "PRAGMA temp_store=MEMORY",
    "PRAGMA wal_autocheckpoint=4000",  # 16 MB: pages that many entries touch are written once
)

PLACE = ("permission denied", "no such file", "not a directory", "is a directory")

REASONS = (
    ("disk-full", ("is full", "no space", "disk quota")),
    ("store-locked", ("is locked", "is busy")),
    ("not-a-store", ("malformed", "not a database")),
    ("store-not-writable", ("readonly", "read-only", "unable to open", *PLACE)),
)
"""How a database says what is wrong, and our word for it."""


def store_url(path_or_url: str) -> str:
    """A database URL; a plain path means an SQLite file."""
    return path_or_url if "://" in path_or_url else f"sqlite+aiosqlite:///{path_or_url}"


def make_engine(url: str) -> AsyncEngine:
    """A connection pool with the settings of its dialect."""
    engine = create_async_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine.sync_engine, "connect", _set_pragmas)
    return engine


async def migrate(engine: AsyncEngine) -> None:
    """Bring the schema up to date; StoreError if the database is newer or not ours."""
    try:
        _try_place(engine)
        async with engine.begin() as connection:
            found = await connection.run_sync(_revision)
        if found != SCHEMA:
            await _upgrade(engine)
    except (SQLAlchemyError, SqliteError, OSError) as error:
        raise store_error(error, "open") from error


async def _upgrade(engine: AsyncEngine) -> None:
    """All migrations in one transaction: a process killed meanwhile leaves nothing behind."""
    async with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            await connection.exec_driver_sql("BEGIN IMMEDIATE")  # the driver begins too late
        await connection.run_sync(_run_migrations)


def store_error(error: Exception, doing: str) -> StoreError:
    """A database's failure with a stable reason in front."""
    said = str(getattr(error, "orig", None) or error)
    lower = said.lower()
    for reason, words in REASONS:
        if any(word in lower for word in words):
            return StoreError(f"{reason}: cannot {doing} the store: {said}")
    return StoreError(f"store-failed: cannot {doing} the store: {said}")


def _try_place(engine: AsyncEngine) -> None:
    """Open the file as a file first: the system says why it cannot, the driver only that."""
    if engine.dialect.name == "sqlite" and engine.url.database:
        Path(engine.url.database).open("ab").close()


def _revision(connection: Connection) -> str | None:
    """The schema found, None in an empty database; StoreError in somebody else's."""
    tables = inspect(connection).get_table_names()
    if VERSIONS.name not in tables:
        if tables:
            raise StoreError(
                f"not-a-store: the database holds other tables ({', '.join(sorted(tables)[:3])})"
            )
        return None
    found = connection.scalar(select(VERSIONS.c.version_num))
    return None if found is None else str(found)


def _run_migrations(connection: Connection) -> None:
    """Alembic is slow to load, and seldom needed."""
    from alembic.command import upgrade
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    found = _revision(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise StoreError(
            f"store-newer: the database has schema {found!r}, this program knows up to "
            f"{SCHEMA!r}; run the newer program or point to another store"
        )
    upgrade(config, "head")


def _set_pragmas(connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    try:
        for pragma in SQLITE_PRAGMAS:
            cursor.execute(pragma)
        cursor.close()
    except BaseException:
        connection.close()  # else its thread would stay
        raise
