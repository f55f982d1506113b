"""Runs in the store: each change is one transaction with its audit, by whoever holds the newest
version, so that no worker and no person overwrites another."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from layerkeep.core.acting.runs.record import Run
from layerkeep.edge.store.audit import AuditRow, chain_entries
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.reading import read_rows, read_setting
from layerkeep.edge.store.statements import put_setting
from layerkeep.edge.store.tables import UNENDED, messages, run_holds, runs

HALTED = "runs-halted"
"""The setting that says who halted all runs, when and why; empty while nobody did."""

NEWEST_FIRST = (runs.c.proposed.desc(), runs.c.id)


@dataclass(frozen=True, slots=True)
class Stored:
    """A run and the version of it that was read."""

    run: Run
    version: int


@dataclass(frozen=True, slots=True)
class Lease:
    """A worker's hold on a run until a time, in milliseconds."""

    worker: str
    now: int
    until: int


@dataclass(frozen=True, slots=True)
class Halt:
    """Who said that nothing runs, or that it may again; `on` is False after `go`."""

    on: bool
    by: str
    time: int
    reason: str = ""


async def add_run(store: Store, run: Run, *rows: AuditRow) -> bool:
    """The run is in the store, with these entries of the audit; False if it was there already."""
    return await asyncio.shield(_add(store, run, rows))


async def save_run(store: Store, stored: Stored, *rows: AuditRow) -> Stored | None:
    """The run as it is now, if nobody changed it since; None if somebody did: read it again."""
    return await asyncio.shield(_save(store, stored, rows))


async def begin_run(store: Store, stored: Stored, *rows: AuditRow) -> Stored | str | None:
    """The same, and the run holds what it touches; the id of a run that holds any of it already.

    The key of a component is unique, so of two that begin at once one fails and tries again.
    """
    return await asyncio.shield(_begin(store, stored, rows))


async def lease_run(store: Store, name: str, lease: Lease) -> Stored | None:
    """The run is this worker's until the lease ends; None while another worker has it."""
    return await asyncio.shield(_lease(store, name, lease))


async def renew_lease(store: Store, name: str, lease: Lease) -> bool:
    """The lease goes on; False if another worker took the run meanwhile."""
    async with store.writing("lease") as connection:
        mine = (runs.c.id == name) & (runs.c.worker == lease.worker)
        done = await connection.execute(update(runs).where(mine).values(leased=lease.until))
        return bool(done.rowcount)


async def release_run(store: Store, name: str, worker: str) -> None:
    """Nobody has to wait for the lease to end."""
    async with store.writing("lease") as connection:
        mine = (runs.c.id == name) & (runs.c.worker == worker)
        await connection.execute(update(runs).where(mine).values(leased=0))


async def read_run(store: Store, name: str) -> Stored | None:
    """The run of this id."""
    rows = await read_rows(store, select(runs.c.body, runs.c.version).where(runs.c.id == name))
    return Stored(_decoded(rows[0][0]), rows[0][1]) if rows else None


async def open_runs(store: Store) -> list[str]:
    """The ids of the runs that are not over, the eldest first."""
    query = select(runs.c.id).where(UNENDED).order_by(runs.c.proposed, runs.c.id)
    return [row[0] for row in await read_rows(store, query)]


async def list_runs(
    store: Store,
    *,
    incident: str = "",
    open_only: bool = False,
    count: int = 100,
    behind: tuple[int, str] | None = None,
) -> list[Run]:
    """Runs, newest first; with `behind` those that come behind the one of this time and id."""
    query = select(runs.c.body).order_by(*NEWEST_FIRST).limit(count)
    if behind is not None:
        later = (runs.c.proposed == behind[0]) & (runs.c.id > behind[1])
        query = query.where((runs.c.proposed < behind[0]) | later)
    if incident:
        query = query.where(runs.c.incident == incident)
    if open_only:
        query = query.where(UNENDED)
    return [_decoded(row[0]) for row in await read_rows(store, query)]


async def runs_like(store: Store, prefix: str, count: int = 2) -> list[Run]:
    """Runs whose ids begin like this, newest first."""
    query = select(runs.c.body).where(runs.c.id.startswith(prefix, autoescape=True))
    return [
        _decoded(row[0])
        for row in await read_rows(store, query.order_by(*NEWEST_FIRST).limit(count))
    ]


async def tries_of(store: Store, runbook: str, incident: str) -> tuple[int, int]:
    """How many runs of a runbook there were for an incident, and how many of them acted."""
    mine = (runs.c.runbook == runbook) & (runs.c.incident == incident)
    query: Any = select(func.count(), func.count(runs.c.began)).where(mine)
    rows = await read_rows(store, query)
    return int(rows[0][0]), int(rows[0][1])


async def automatic_since(store: Store, since: int) -> int:
    """How many automatic runs were proposed since a time, in milliseconds."""
    query = select(func.count()).select_from(runs)
    query = query.where((runs.c.automatic == 1) & (runs.c.proposed >= since))
    return int((await read_rows(store, query))[0][0])


async def held_by_others(store: Store, run: Run) -> str:
    """The id of another run that acts on what this one touches, empty if there is none."""
    query = select(run_holds.c.run).where(run_holds.c.component.in_(run.touches))
    rows = await read_rows(store, query.where(run_holds.c.run != run.id).limit(1))
    return str(rows[0][0]) if rows else ""


async def stage_of(store: Store, message: str) -> str | None:
    """The stage of a message as the lists have it, None if they do not know it."""
    rows = await read_rows(store, select(messages.c.stage).where(messages.c.id == message))
    return str(rows[0][0]) if rows else None


async def read_halt(store: Store) -> Halt | None:
    """What was last said about all runs, None if nothing ever was."""
    found = await read_setting(store, HALTED)
    return msgspec.json.decode(found, type=Halt) if found else None


async def keep_halt(store: Store, halt: Halt, row: AuditRow) -> None:
    """All runs are halted, or may go on."""
    async with store.writing("halt") as connection:
        await put_setting(connection, HALTED, msgspec.json.encode(halt).decode())
        await chain_entries(connection, [row])


async def _add(store: Store, run: Run, rows: Sequence[AuditRow]) -> bool:
    async with store.writing("run") as connection:
        known = await connection.scalar(select(runs.c.id).where(runs.c.id == run.id))
        if known is not None:
            return False
        await connection.execute(insert(runs).values(id=run.id, version=1, **_columns(run)))
        await chain_entries(connection, rows)
        return True


async def _save(store: Store, stored: Stored, rows: Sequence[AuditRow]) -> Stored | None:
    async with store.writing("run") as connection:
        return await _write(connection, stored, rows)


async def _begin(store: Store, stored: Stored, rows: Sequence[AuditRow]) -> Stored | str | None:
    run = stored.run
    async with store.writing("run") as connection:
        query = select(run_holds.c.run).where(run_holds.c.component.in_(run.touches)).limit(1)
        holder = await connection.scalar(query)
        if holder is not None:
            return str(holder)
        saved = await _write(connection, stored, rows)
        if saved is not None:
            holds = [{"component": each, "run": run.id} for each in run.touches]
            await connection.execute(insert(run_holds), holds)
        return saved


async def _write(
    connection: AsyncConnection, stored: Stored, rows: Sequence[AuditRow]
) -> Stored | None:
    run, version = stored.run, stored.version
    mine = (runs.c.id == run.id) & (runs.c.version == version)
    values = _columns(run) | {"version": version + 1}
    done = await connection.execute(update(runs).where(mine).values(values))
    if not done.rowcount:
        return None
    if run.is_over:
        await connection.execute(delete(run_holds).where(run_holds.c.run == run.id))
    await chain_entries(connection, rows)
    return Stored(run, version + 1)


async def _lease(store: Store, name: str, lease: Lease) -> Stored | None:
    async with store.writing("lease") as connection:
        free = (runs.c.worker == lease.worker) | (runs.c.leased <= lease.now)
        taken = {"worker": lease.worker, "leased": lease.until, "version": runs.c.version + 1}
        mine = (runs.c.id == name) & free
        done = await connection.execute(update(runs).where(mine).values(taken))
        if not done.rowcount:
            return None
        query = select(runs.c.body, runs.c.version).where(runs.c.id == name)
        body, version = (await connection.execute(query)).one()
        return Stored(_decoded(body), version)


def _columns(run: Run) -> dict[str, Any]:
    return {
        "state": run.state,
        "runbook": run.runbook,
        "incident": run.incident,
        "component": run.component,
        "automatic": int(run.automatic),
        "proposed": run.proposed_at,
        "began": run.began or None,
        "ended": run.ended if run.is_over else None,
        "body": msgspec.json.encode(run),
    }


def _decoded(body: bytes) -> Run:
    return msgspec.json.decode(body, type=Run)
