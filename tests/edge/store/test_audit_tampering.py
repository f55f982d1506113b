"""Whatever is done to the audit behind layerkeep's back is found, and the first place is named."""

import asyncio
import random
import sqlite3
from dataclasses import asdict, replace

import pytest

from layerkeep.core.acting.audit import GENESIS, Anchor, Entry, Head, hash_of, linked
from layerkeep.edge.store.audit import (
    AuditRow,
    add_audit,
    audit_entries,
    read_anchor,
    read_audit,
    read_head,
    verify_audit,
)
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.opening import make_engine, store_url

NOW = 1_700_000_000_000
WORDS = ("acknowledge", "silence", "resolve", "approve", "read-secret", "login")
ENTRIES = 40
FIELDS = ("time", "who", "role", "action", "target", "outcome", "detail", "previous", "hash")


def row(number: int, **changes) -> AuditRow:
    """One thing done."""
    action = WORDS[number % len(WORDS)]
    values = (NOW + number, "alice", "operator", action, f"i{number}", "done")
    return replace(AuditRow(*values), **changes)


async def filled(path, count: int = ENTRIES) -> Store:
    """A store with so many entries."""
    store = await Store.open(str(path), "net")
    for number in range(count):
        await add_audit(store, row(number))
    return store


def sql(path, statement: str, *values) -> list:
    """What somebody with a shell does to the file."""
    connection = sqlite3.connect(path)
    try:
        found = connection.execute(statement, values).fetchall()
        connection.commit()
        return found
    finally:
        connection.close()


# ---- ways to forge: each gives the id of the first entry that must be named, or None for any


def altered(path, rng: random.Random) -> int:
    """One field of one entry says something else."""
    name, number = rng.choice(FIELDS), rng.randint(1, ENTRIES)
    value = rng.randint(0, 10**6) if name == "time" else f"forged {rng.random()}"
    sql(path, f"UPDATE audit SET {name} = ? WHERE id = ?", value, number)
    return number


def altered_and_hashed(path, rng: random.Random) -> int:
    """One entry says something else and its own hash fits."""
    number = rng.randint(1, ENTRIES)
    rewrite(path, number, number, who=f"mallory{rng.random()}")
    return min(number + 1, ENTRIES)


def removed(path, rng: random.Random) -> int:
    """Some entries in the middle are gone."""
    first = rng.randint(1, ENTRIES - 1)
    last = rng.randint(first, ENTRIES - 1)
    sql(path, "DELETE FROM audit WHERE id BETWEEN ? AND ?", first, last)
    return last + 1


def swapped(path, rng: random.Random) -> int:
    """Two entries changed places, hashes and all."""
    first, second = sorted(rng.sample(range(1, ENTRIES + 1), 2))
    sql(path, "UPDATE audit SET id = -1 WHERE id = ?", first)
    sql(path, "UPDATE audit SET id = ? WHERE id = ?", first, second)
    sql(path, "UPDATE audit SET id = ? WHERE id = -1", second)
    return first


def inserted(path, rng: random.Random) -> int:
    """An entry is put in, those behind it are numbered anew; its own hash fits."""
    place = rng.randint(1, ENTRIES)
    for number in range(ENTRIES, place - 1, -1):
        sql(path, "UPDATE audit SET id = ? WHERE id = ?", number + 1, number)
    before = sql(path, "SELECT hash FROM audit WHERE id = ?", place - 1)
    entry = Entry(place, NOW, "mallory", "admin", "approve", "r1", "done")
    put(path, replace(entry, previous=before[0][0] if before else GENESIS))
    return place + 1


def cut(path, rng: random.Random) -> None:
    """The last entries are gone."""
    sql(path, "DELETE FROM audit WHERE id > ?", rng.randint(0, ENTRIES - 1))


def added(path, rng: random.Random) -> None:
    """An entry is put at the end, well hashed, past layerkeep."""
    (last,) = sql(path, "SELECT hash FROM audit WHERE id = ?", ENTRIES)
    entry = Entry(ENTRIES + rng.randint(1, 9), NOW, "mallory", "admin", "approve", "r1", "done")
    put(path, replace(entry, previous=last[0]))


def head_altered(path, rng: random.Random) -> None:
    """The end kept apart is another."""
    name = rng.choice(("entries", "last", "hash"))
    value = f"{rng.random()}" if name == "hash" else rng.randint(0, ENTRIES - 1)
    sql(path, f"UPDATE audit_head SET {name} = ?", value)


def head_gone(path, _rng: random.Random) -> None:
    """The end kept apart is not there."""
    sql(path, "DELETE FROM audit_head")


def rewritten(path, rng: random.Random) -> None:
    """Somebody who knows how computes everything anew: only an anchor can tell."""
    first = rng.randint(1, ENTRIES)
    rewrite(path, first, ENTRIES, outcome=f"forged {rng.random()}")
    (end,) = sql(path, "SELECT hash FROM audit WHERE id = ?", ENTRIES)
    sql(path, "UPDATE audit_head SET hash = ?", end[0])


def cut_with_head(path, rng: random.Random) -> None:
    """The last entries are gone and the end is moved back: only an anchor can tell."""
    keep = rng.randint(0, ENTRIES - 1)
    sql(path, "DELETE FROM audit WHERE id > ?", keep)
    end = sql(path, "SELECT hash FROM audit WHERE id = ?", keep) or [(GENESIS,)]
    sql(path, "UPDATE audit_head SET entries = ?, last = ?, hash = ?", keep, keep, end[0][0])


KINDS = {cut: "cut", added: "added", altered: "altered", removed: "missing", rewritten: "anchor"}
"""What an edit of this kind is called; others may be found in more than one way."""

WITHOUT_ANCHOR = (
    *(altered, altered_and_hashed, removed, swapped, inserted),
    *(cut, added, head_altered, head_gone),
)
WITH_ANCHOR = (rewritten, cut_with_head)


def put(path, entry: Entry) -> None:
    """An entry whose own hash fits."""
    values = {**asdict(entry), "hash": hash_of(entry)}
    marks = ", ".join("?" * len(values))
    sql(path, f"INSERT INTO audit ({', '.join(values)}) VALUES ({marks})", *values.values())


def rewrite(path, first: int, last: int, **changes) -> None:
    """Entries say something else, their own hashes fit, and follow one another."""
    columns = "id, time, who, role, action, target, outcome, detail, previous, hash"
    for number in range(first, last + 1):
        (found,) = sql(path, f"SELECT {columns} FROM audit WHERE id = ?", number)
        entry = replace(Entry(*found), **(changes if number == first else {}))
        if number > first:
            (before,) = sql(path, "SELECT hash FROM audit WHERE id = ?", number - 1)
            entry = replace(entry, previous=before[0])
        sql(path, "DELETE FROM audit WHERE id = ?", number)
        put(path, entry)


def test_log__edited_1000_times_at_random__is_found_each_time(tmp_path):
    """Every kind of edit, each on a fresh copy of a whole log; the first place is named."""
    original = tmp_path / "net.sqlite"

    async def prepare():
        store = await filled(original)
        anchor = await read_anchor(store, NOW)
        assert (Head(ENTRIES, ENTRIES, anchor.hash), None) == await verify_audit(store, [anchor])
        await store.close()
        return anchor

    anchor = asyncio.run(prepare())
    whole = original.read_bytes()
    path = tmp_path / "copy.sqlite"
    rng = random.Random(5)
    missed, unnamed = [], []

    async def verified(anchors):
        store = Store(make_engine(store_url(str(path))))
        try:
            return (await verify_audit(store, anchors))[1]
        finally:
            await store.close()

    for number in range(1000):
        forge = (*WITHOUT_ANCHOR, *WITH_ANCHOR)[number % (len(WITHOUT_ANCHOR) + len(WITH_ANCHOR))]
        for suffix in ("-wal", "-shm"):
            (tmp_path / f"copy.sqlite{suffix}").unlink(missing_ok=True)
        path.write_bytes(whole)
        expected = forge(path, rng)
        broken = asyncio.run(verified([anchor] if forge in WITH_ANCHOR else []))
        if broken is None:
            missed.append((number, forge.__name__))
        elif broken.id != (expected or broken.id) or broken.kind != KINDS.get(forge, broken.kind):
            unnamed.append((forge.__name__, expected, broken))
    assert ([], []) == (missed, unnamed)


@pytest.mark.parametrize("forge", WITH_ANCHOR)
def test_log__computed_anew_as_a_whole__is_not_found_without_an_anchor(tmp_path, forge):
    """What the guide says about anchors is true."""
    path = tmp_path / "net.sqlite"

    async def body():
        store = await filled(path)
        await store.close()
        forge(path, random.Random(1))
        store = await Store.open(str(path), "net")
        found = await verify_audit(store)
        await store.close()
        return found[1]

    assert asyncio.run(body()) is None


def test_log__restored_from_a_backup__is_found_by_a_later_anchor(tmp_path):
    """Yesterday's backup goes on with other entries: the anchor of today knows better."""
    path = tmp_path / "net.sqlite"

    async def body():
        store = await filled(path, 5)
        await store.close()
        backup = path.read_bytes()
        store = await filled(path, 5)
        anchor = await read_anchor(store, NOW)
        await store.close()
        for suffix in ("-wal", "-shm"):
            (tmp_path / f"net.sqlite{suffix}").unlink(missing_ok=True)
        path.write_bytes(backup)
        store = await Store.open(str(path), "net")
        short = (await verify_audit(store, [anchor]))[1]
        for number in range(50, 60):
            await add_audit(store, row(number))
        other = (await verify_audit(store, [anchor]))[1]
        own = (await verify_audit(store))[1]
        await store.close()
        return short.kind, (other.kind, other.id), own

    assert ("anchor", ("anchor", 10), None) == asyncio.run(body())


def test_entries__of_two_processes_at_once__make_one_chain(tmp_path):
    """The command line and the daemon write into one store."""
    path = tmp_path / "net.sqlite"

    async def body():
        stores = [await Store.open(str(path), "net") for _ in range(3)]
        await asyncio.gather(*(add_audit(stores[n % 3], row(n)) for n in range(60)))
        head, broken = await verify_audit(stores[0])
        for store in stores:
            await store.close()
        return head.entries, head.last, broken

    assert (60, 60, None) == asyncio.run(body())


def test_log__verified_while_it_grows__is_whole(tmp_path):
    """An entry that comes meanwhile is no fault."""

    async def body():
        store = await filled(tmp_path / "net.sqlite", 3)
        found = []

        async def grow():
            for number in range(100):
                await add_audit(store, row(number))

        growing = asyncio.create_task(grow())
        while not growing.done():
            found.append((await verify_audit(store))[1])
        await growing
        await store.close()
        return found

    found = asyncio.run(body())
    assert len(found) > 3
    assert {None} == set(found)


@pytest.mark.parametrize("forge", [head_gone, added])
def test_log__after_its_end_was_forged__goes_on_and_the_place_is_found(tmp_path, forge):
    """Nobody is kept from acting; the place is found for ever."""
    path = tmp_path / "net.sqlite"

    async def body():
        store = await filled(path)
        await store.close()
        forge(path, random.Random(1))
        store = await Store.open(str(path), "net")
        await add_audit(store, row(99))
        (newest,) = await read_audit(store, None, 1)
        broken = (await verify_audit(store))[1]
        await store.close()
        return newest.target, broken.id == newest.id

    assert ("i99", True) == asyncio.run(body())


def test_entry__that_cannot_be_written__moves_no_end(tmp_path):
    """Entry and end are one transaction."""
    path = tmp_path / "net.sqlite"

    async def body():
        store = await filled(path, 2)
        before = await read_head(store)
        with pytest.raises(Exception, match="NOT NULL"):
            await add_audit(store, row(3), row(4, outcome=None))
        after = await read_head(store)
        found = [entry.target async for entry in audit_entries(store, 99)]
        await store.close()
        return before == after, found

    assert (True, ["i0", "i1"]) == asyncio.run(body())


def test_entry__with_text_no_database_takes__is_kept_readable(tmp_path):
    """Half a character from a command line, and a zero."""

    async def body():
        store = await Store.open(str(tmp_path / "net.sqlite"), "net")
        await add_audit(store, row(1, who="al\udcffice", detail="a\0b"))
        (found,) = await read_audit(store, None, 1)
        broken = (await verify_audit(store))[1]
        await store.close()
        return found.who, found.detail, broken

    assert ("al\\udcffice", "a\\0b", None) == asyncio.run(body())


def test_migration__of_a_log_without_hashes__chains_it_in_order(tmp_path):
    """What was there before stays as it was, with its ids, and is chained from then on."""
    path = tmp_path / "net.sqlite"

    async def make():
        await (await filled(path, 0)).close()

    asyncio.run(make())
    sql(path, "DROP TABLE audit_head")
    for name in ("detail", "previous", "hash"):
        sql(path, f"ALTER TABLE audit DROP COLUMN {name}")
    sql(path, "UPDATE alembic_version SET version_num = '0004'")
    for table in later_tables(path):
        sql(path, f"DROP TABLE {table}")
    for number in (1, 2, 5):
        values = (number, NOW, "alice", "operator", "resolve", f"i{number}", "done")
        sql(path, "INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?)", *values)

    async def body():
        store = await Store.open(str(path), "net")
        first = await verify_audit(store)
        await add_audit(store, row(7))
        second = await verify_audit(store)
        ids = [entry.id async for entry in audit_entries(store, 99)]
        await store.close()
        return first[0].entries, first[1], second[0].entries, second[1], ids

    assert (3, None, 4, None, [1, 2, 5, 6]) == asyncio.run(body())
    sql(path, "UPDATE audit SET who = 'mallory' WHERE id = 2")

    async def again():
        store = await Store.open(str(path), "net")
        broken = (await verify_audit(store))[1]
        await store.close()
        return broken.kind, broken.id

    assert ("altered", 2) == asyncio.run(again())


def later_tables(path) -> list[str]:
    """The tables that migrations behind 0005 made."""
    known = {"audit", "facts", "mentions", "claims", "cursors", "blocks", "reorgs", "messages"}
    known |= {"tallies", "observations", "incidents", "settings", "alembic_version"}
    names = [name for (name,) in sql(path, "SELECT name FROM sqlite_master WHERE type = 'table'")]
    return [name for name in names if name not in known and not name.startswith("sqlite_")]


def test_linked__entries__follow_one_another():
    """The hash covers every field and the hash before."""
    one, head = linked(Entry(0, NOW, "a", "b", "c", "d", "e"), Head(0, 0, GENESIS))
    two, end = linked(Entry(0, NOW, "a", "b", "c", "d", "e"), head)

    assert (1, GENESIS) == (one.id, one.previous)
    assert (2, one.hash) == (two.id, two.previous)
    assert Head(2, 2, two.hash) == end
    others = {hash_of(replace(two, **{name: "x"})) for name in FIELDS if name != "hash"}
    assert len(FIELDS) - 1 == len(others - {two.hash})
    assert Anchor("net", 2, two.hash) != Anchor("net", 2, one.hash)
