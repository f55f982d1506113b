"""Opening: every store that cannot be used says why, in one word first, and is left as it was."""

import asyncio
import os
import sqlite3

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import event
from store_world import L1, named
from test_log import cursor, posted

from layerkeep.core.errors import StoreError
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.opening import MIGRATIONS, SCHEMA
from layerkeep.edge.store.reading import facts_since, read_cursors
from layerkeep.edge.store.records import Entry
from layerkeep.edge.store.tables import metadata


def opened(path, network="net"):
    """Open and close a store."""

    async def body():
        await (await Store.open(str(path), network)).close()

    asyncio.run(body())


def test_schema__in_code__is_the_newest_migration():
    """The constant that saves loading the migration tool names its head."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))

    assert ScriptDirectory.from_config(config).get_current_head() == SCHEMA


def test_migrations__from_nothing__make_the_tables(tmp_path):
    """Migrations and tables tell of the same schema."""
    opened(tmp_path / "net.sqlite")
    with sqlite3.connect(tmp_path / "net.sqlite") as connection:
        for table in metadata.sorted_tables:
            found = {row[1]: row[5] for row in connection.execute(f"PRAGMA table_info({table})")}
            assert set(found) == {column.name for column in table.columns}
            keys = {name for name, place in found.items() if place}
            assert keys == {column.name for column in table.primary_key}
            indexes = {row[1] for row in connection.execute(f"PRAGMA index_list({table})")}
            assert {index.name for index in table.indexes} <= indexes


def test_open__a_newer_schema__is_refused(tmp_path):
    """A database that a newer program wrote is not touched."""
    path = tmp_path / "net.sqlite"
    opened(path)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(StoreError, match=r"^store-newer: .*'9999'"):
        opened(path)


def test_open__something_else__is_refused_and_left_alone(tmp_path):
    """A file that is no database stays as it is."""
    path = tmp_path / "notes.txt"
    path.write_bytes(b"these are my notes, not a database" * 100)

    with pytest.raises(StoreError, match=r"^not-a-store: cannot open the store"):
        opened(path)
    assert path.read_bytes().startswith(b"these are my notes")


def test_open__another_programs_database__is_refused_and_left_alone(tmp_path):
    """Our tables never land in somebody else's database."""
    path = tmp_path / "other.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE theirs (x)")

    with pytest.raises(StoreError, match=r"^not-a-store: .*theirs"):
        opened(path)
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (1,)


def test_open__another_networks_store__is_refused(tmp_path):
    """Two networks never share a store."""
    opened(tmp_path / "net.sqlite")

    with pytest.raises(StoreError, match=r"^other-network: .*'net'.*'else'"):
        opened(tmp_path / "net.sqlite", "else")
    opened(tmp_path / "net.sqlite")


def test_open__where_no_file_can_be__says_so(tmp_path):
    """A directory that is missing."""
    with pytest.raises(StoreError, match=r"^store-not-writable: cannot open the store"):
        opened(tmp_path / "missing" / "net.sqlite")


@pytest.mark.skipif(os.geteuid() == 0, reason="whoever may do anything may write anywhere")
def test_open__in_a_read_only_directory__says_so(tmp_path):
    """A directory that may not be written to."""
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(StoreError, match=r"^store-not-writable: cannot open the store"):
            opened(tmp_path / "net.sqlite")
    finally:
        tmp_path.chmod(0o700)


def _when_connecting(store: Store, pragma: str) -> None:
    """Run a pragma on every connection that is made from now on."""

    def run(connection, _record):
        connection.cursor().execute(pragma)

    event.listen(store.engine.sync_engine, "connect", run)


def test_write__to_a_read_only_database__fails_with_a_reason(tmp_path):
    """What was there can still be read, and what could not be written is not half there."""

    async def body():
        store = await Store.open(str(tmp_path / "net.sqlite"), "net")
        await store.append(Entry(cursor(1), [posted(1)]))
        await store.engine.dispose()
        _when_connecting(store, "PRAGMA query_only = 1")
        with pytest.raises(StoreError, match=r"^store-not-writable: cannot write the store"):
            await store.append(Entry(cursor(2), [posted(2)]))
        assert await read_cursors(store) == {L1: cursor(1)}
        await store.close()

    asyncio.run(body())


def test_write__to_a_full_disk__loses_nothing_and_goes_on_when_there_is_room(tmp_path):
    """The entry that did not fit is refused whole, and fits once there is room."""

    async def body():
        store = await Store.open(str(tmp_path / "net.sqlite"), "net")
        await store.engine.dispose()
        _when_connecting(store, "PRAGMA max_page_count = 120")
        height = 0
        with pytest.raises(StoreError, match=r"^disk-full: cannot write the store"):
            while height < 10_000:
                await store.append(Entry(cursor(height + 1), [posted(height + 1)] * 20))
                height += 1
        assert (await read_cursors(store))[L1] == cursor(height)
        assert len(await facts_since(store, 0, 10**6)) == 20 * height > 0
        await store.engine.dispose()
        _when_connecting(store, "PRAGMA max_page_count = 100000")
        seqs = await store.append(Entry(cursor(height + 1), [posted(height + 1)] * 20))
        assert seqs[0] == 20 * height + 1
        await store.close()

    asyncio.run(body())


def test_write__while_another_process_holds_the_store__says_locked(tmp_path):
    """A lock that does not go away is an error with a name."""

    async def body():
        store = await Store.open(str(tmp_path / "net.sqlite"), "net")
        await store.engine.dispose()
        _when_connecting(store, "PRAGMA busy_timeout = 10")
        other = sqlite3.connect(tmp_path / "net.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match=r"^store-locked: cannot write the store"):
            await store.append(Entry(cursor(1), [posted(1)]))
        other.rollback()
        other.close()
        assert await store.append(Entry(cursor(1), [posted(1)])) == [1]
        await store.close()

    asyncio.run(body())


def test_name__of_a_network__cannot_pose_as_another_reason(tmp_path):
    """The reason is chosen by the failure, whatever the network is called."""
    opened(tmp_path / "net.sqlite", "the disk is full")

    with pytest.raises(StoreError, match=r"^other-network: "):
        opened(tmp_path / "net.sqlite", named("x"))
