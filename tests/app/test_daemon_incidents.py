"""What a daemon makes of a halted chain: one incident, in the store before anybody hears of it."""

import asyncio
from dataclasses import replace
from pathlib import Path

from one_chain import L1, Dial, with_daemon

from layerkeep.app.diary import incident_of
from layerkeep.core.errors import StoreError
from layerkeep.core.facts import Anchor, BlocksLeft, Fact, Judged, Operated
from layerkeep.core.rules.problems import CRITICAL, Problem
from layerkeep.core.rules.watch import Changes
from layerkeep.core.units import DAY, MINUTE
from layerkeep.edge.store.observations import (
    last_operated,
    observations_since,
    read_incidents,
    words_after,
)
from layerkeep.edge.store.records import Cursor, Entry

HALTED = ("open", "critical", "chain-halted", "chain:l1")


def told(rows):
    """State, severity and cause of each."""
    return [(row.state, row.severity, row.kind, row.component) for row in rows]


def say(action: str, target: str, time: int, *, until: int = 0) -> Fact:
    """An operator's word."""
    return Fact(Anchor("", -1, "", time), Operated(action, target, "ann", until))


async def halt(daemon: Dial) -> None:
    """Half a minute in order, then twelve seconds without a block."""
    await daemon.pass_time(30)
    assert [] == await read_incidents(daemon.store)
    await daemon.pass_time(12, head=30)


def test_halt__of_a_chain__is_one_incident_until_blocks_come(tmp_path: Path):
    """Opened once, resolved some minutes after the first new block, and never there twice."""

    async def body(daemon: Dial) -> None:
        await halt(daemon)
        assert [HALTED] == told(await read_incidents(daemon.store, open_only=True))

        await daemon.pass_time(3 * 60)
        rows = await read_incidents(daemon.store)
        assert [("resolved", *HALTED[1:])] == told(rows)
        assert rows[0].resolved is not None

    with_daemon(tmp_path / "one.sqlite", body)


def test_restart__in_the_middle__goes_on_with_the_same_incident(tmp_path: Path):
    """What was observed is known again: the same id, the same time of opening, one row."""
    path = tmp_path / "one.sqlite"

    async def before(daemon: Dial):
        await halt(daemon)
        return await read_incidents(daemon.store)

    async def after(daemon: Dial):
        daemon.time = Dial.time + 42_000
        await daemon.begin()
        restored = list(daemon.engine.incidents.open)
        await daemon.pass_time(10, head=30)
        return restored, await read_incidents(daemon.store), list(daemon.engine.incidents.open)

    rows = with_daemon(path, before)
    restored, again, still = with_daemon(path, after)

    assert [row.id for row in rows] == restored == still
    assert [(rows[0].id, rows[0].opened)] == [(row.id, row.opened) for row in again]
    assert "chain-halted" == incident_of(again[0]).root.kind


def test_word__in_the_store__is_heeded_once_and_survives_a_restart(tmp_path: Path):
    """An operator takes an incident, and mutes a component for an hour."""
    path = tmp_path / "one.sqlite"

    async def before(daemon: Dial) -> None:
        await halt(daemon)
        (row,) = await read_incidents(daemon.store)
        until = daemon.time + 60 * MINUTE
        await daemon.store.observe(
            [
                say("acknowledge", row.id, daemon.time),
                say("maintain", "chain:l1", daemon.time, until=until),
            ],
            daemon.time,
        )
        await daemon.heed()
        assert [] == await words_after(daemon.store, await last_operated(daemon.store))
        incident = incident_of((await read_incidents(daemon.store))[0])
        assert ("acknowledged", "ann", until) == (
            incident.state,
            incident.owner,
            incident.muted_until,
        )
        names = [entry.name for entry in incident.history]
        assert 1 == names.count("acknowledged") == names.count("maintenance")

    async def after(daemon: Dial) -> None:
        daemon.time = Dial.time + 42_000
        await daemon.begin()
        await daemon.heed()
        (incident,) = daemon.engine.incidents.open.values()
        assert "acknowledged" == incident.state
        assert incident.muted_until is not None
        names = [entry.name for entry in incident.history]
        assert 1 == names.count("acknowledged") == names.count("maintenance")

    with_daemon(path, before)
    with_daemon(path, after)


def test_store__failing__delays_the_incident_and_loses_nothing(tmp_path: Path):
    """Nobody is told of what is not written; it is written as soon as that is possible."""

    async def body(daemon: Dial) -> None:
        save, failures = daemon.store.save_incidents, []

        async def failing(rows, operated=0):
            if len(failures) < 2:
                failures.append(rows)
                raise StoreError("disk-full: no room")
            await save(rows, operated)

        daemon.store.save_incidents = failing  # type: ignore[method-assign]
        daemon._pause = lambda _: asyncio.sleep(0)  # type: ignore[method-assign]
        await halt(daemon)

        assert 2 == len(failures)
        assert [HALTED] == told(await read_incidents(daemon.store))

    with_daemon(tmp_path / "one.sqlite", body)


def test_reorg__noticed__is_observed_with_the_retraction(tmp_path: Path):
    """The fact is in the store and known, although the blocks it speaks of are gone."""

    async def body(daemon: Dial) -> None:
        left = Fact(Anchor(L1, -1, "", daemon.time), BlocksLeft(3, 9))
        cursor = Cursor(L1, 3, "0x3", daemon.time, 0, 9)
        entry = Entry(cursor, retract_above=3, noticed=daemon.time, observed=[left])
        await daemon.retract(L1, entry, broke_finality=False)

        assert [left] == list(daemon.engine.sightings.reorgs[L1])
        again = Entry(cursor, retract_above=3, noticed=daemon.time, observed=[left])
        await daemon.retract(L1, again, broke_finality=True)
        assert [left, left] == list(daemon.engine.sightings.reorgs[L1])
        assert 2 == len(await observations_since(daemon.store, 0))

    with_daemon(tmp_path / "one.sqlite", body)


def test_start__before_anything_was_read__judges_nothing(tmp_path: Path):
    """A chain that is still to be read seems halted; the rules sleep until it is."""

    async def body(daemon: Dial) -> None:
        daemon.readiness._chains = (L1,)  # type: ignore[attr-defined]
        await daemon.look()
        assert daemon.engine.watch.asleep
        for _ in range(9):
            daemon.time += 2_000
            await daemon.look()
            assert daemon.engine.watch.asleep
        daemon.time += 4_000
        await daemon.look()
        assert not daemon.engine.watch.asleep

    with_daemon(tmp_path / "one.sqlite", body)


def judged_again(path: Path, age: int) -> tuple[Fact, list[Fact]]:
    """A judgement of this age that an open incident rests on, and what is known after a restart.

    The store has the incident only.
    """
    says = Judged("claim", L1, "l2/game/7", "false", "0xaa", "0xbb")
    judged = Fact(Anchor(L1, 5, "0x05", Dial.time - age), says, via="l1-a")
    problem = Problem(
        "claim-false", "chain:l1", "l2/game/7", Dial.time, CRITICAL, "a false claim", "", (judged,)
    )

    async def before(daemon: Dial) -> None:
        await daemon.pass_time(1)
        daemon.carry_out(daemon.engine.incidents.take(Changes([problem]), daemon.time))
        await daemon.write_rows()

    async def after(daemon: Dial):
        daemon.time = Dial.time + MINUTE
        await daemon.begin()
        return daemon.engine.sightings.judged.of("claim", "l2/game/7")

    with_daemon(path, before)
    return judged, with_daemon(path, after)


def test_restart__days_after_a_judgement__still_knows_what_it_proves(tmp_path: Path):
    """Old judgements are not read again, but an open incident rests on this one."""
    judged, known = judged_again(tmp_path / "one.sqlite", 3 * DAY)
    assert [judged] == known


def test_restart__after_a_judgements_block_left__does_not_believe_it(tmp_path: Path):
    """The node that said so was on a fork; an incident still names it as its proof."""
    _, known = judged_again(tmp_path / "one.sqlite", 5_000)
    assert [] == known


def forged_again(path: Path, age: int, *, is_logged: bool) -> list[str]:
    """The members left, a day after a restart, of an incident that only its proof still tells."""
    judged = Fact(
        Anchor(L1, 5, "0x05", Dial.time - age), Judged("withdrawal", L1, "l2/0xaa", "false")
    )
    problem = Problem(
        "finalized-early", "chain:l1", "l2/0xaa", Dial.time, CRITICAL, "too early", "", (judged,)
    )
    problem = replace(problem, irrevocable=True)

    async def before(daemon: Dial) -> None:
        await daemon.pass_time(1)
        if is_logged:
            at = Cursor(L1, 1, "0x01", daemon.time, 0, 1)
            await daemon.store.append(Entry(at, facts=(judged,)))
        daemon.carry_out(daemon.engine.incidents.take(Changes([problem]), daemon.time))
        await daemon.write_rows()

    async def after(daemon: Dial):
        daemon.time = Dial.time + MINUTE
        await daemon.begin()
        await daemon.pass_time(20 * 60)
        found = daemon.engine.incidents.open.values()
        return [m.problem.kind for each in found for m in each.members.values()]

    with_daemon(path, before)
    return with_daemon(path, after)


def test_restart__proof_of_what_nothing_takes_back_in_the_log__stays(tmp_path: Path):
    """Its message was let go, so that no rule tells it again; the log has its proof."""
    found = forged_again(tmp_path / "one.sqlite", 5_000, is_logged=True)
    assert "finalized-early" in found


def test_restart__proof_of_what_nothing_takes_back_is_days_old__stays(tmp_path: Path):
    """No block leaves its chain after so long, and the log may have been pruned."""
    found = forged_again(tmp_path / "one.sqlite", 3 * DAY, is_logged=False)
    assert "finalized-early" in found


def test_restart__proof_of_what_nothing_takes_back_left_the_log__is_over(tmp_path: Path):
    """A node told it that was on a fork: its words left with their blocks."""
    found = forged_again(tmp_path / "one.sqlite", 5_000, is_logged=False)
    assert "finalized-early" not in found
