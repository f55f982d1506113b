"""Opening a database: the right dialect's settings, the newest schema, never a newer one."""

from pathlib import Path

from alembic.command import upgrade
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from layerkeep.core.errors import StoreError

MIGRATIONS = Path(__file__).parent / "migrations"

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=NORMAL",  # a killed process loses nothing; a power cut, the last seconds
    "PRAGMA busy_timeout=5000",
    "PRAGMA cache_size=-65536",  # 64 MiB: the upper levels of every index of 10 M messages
    "PRAGMA temp_store=MEMORY",
)


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
    """Bring the schema up to date; StoreError if the database is newer than this program."""
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade)
    except SQLAlchemyError as error:
        raise store_error(error, "open") from error


def store_error(error: Exception, doing: str) -> StoreError:
    """A database's failure with a stable reason in front."""
    text = str(getattr(error, "orig", None) or error)
    lower = text.lower()
    if "full" in lower or "no space" in lower:
        return StoreError(f"disk-full: cannot {doing} the store: {text}")
    if "locked" in lower:
        return StoreError(f"store-locked: cannot {doing} the store: {text}")
    if "malformed" in lower or "not a database" in lower:
        return StoreError(f"not-a-store: cannot {doing} the store: {text}")
    if "readonly" in lower or "unable to open" in lower:
        return StoreError(f"store-not-writable: cannot {doing} the store: {text}")
    return StoreError(f"store-failed: cannot {doing} the store: {text}")


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    found = MigrationContext.configure(connection).get_current_revision()
    if found is not None and found not in known:
        raise StoreError(
            f"store-newer: the database has schema {found!r}, this program knows up to "
            f"{max(known)!r}; run the newer program or point to another database"
        )
    if found != max(known):
        upgrade(config, "head")


def _set_pragmas(connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in SQLITE_PRAGMAS:
        cursor.execute(pragma)
    cursor.close()
