"""While the store fails layerkeep learns nothing: that is its own fault, and no chain's."""

import asyncio
from pathlib import Path

from one_chain import L1, START, Dial, heads, nodes, with_daemon

from layerkeep.core.errors import StoreError
from layerkeep.core.units import SECOND
from layerkeep.edge.store.observations import read_incidents

OUTAGE = 90 * SECOND
"""Longer than any limit of the chain: blind is who was not heard for a minute and two polls."""


async def fail(daemon: Dial, head: int | None = None) -> str:
    """The store fails for a while; a look and a sample wait meanwhile. The fault told meanwhile."""
    observe, until = daemon.store.observe, daemon.time + OUTAGE
    told: list[str] = []

    async def failing(observed, time):
        if daemon.time < until:
            raise StoreError("store-locked: database is locked")
        await observe(observed, time)

    async def pause(_seconds: float) -> None:
        told.append(daemon.store_fault)
        daemon.time += SECOND
        await asyncio.sleep(0)

    height = head if head is not None else (daemon.time - START) // SECOND
    daemon.store.observe = failing  # type: ignore[method-assign]
    daemon._pause = pause  # type: ignore[method-assign]
    writing = asyncio.create_task(daemon.observe(nodes(height, daemon.time)))
    await asyncio.sleep(0)
    await daemon.look()
    await writing
    return told[-1]


async def kinds(daemon: Dial) -> list[str]:
    """What incidents there ever were."""
    return [row.kind for row in await read_incidents(daemon.store)]


def test_outage__of_the_store__blames_no_chain(tmp_path: Path) -> None:
    """It is told while it lasts; then nothing is judged until the chain was heard again."""

    async def body(daemon: Dial):
        await daemon.pass_time(30)
        fault = await fail(daemon)
        asleep = daemon.engine.watch.asleep
        await daemon.pass_time(120)
        return fault, asleep, daemon.store_fault, daemon.engine.watch.asleep, await kinds(daemon)

    found = with_daemon(tmp_path / "one.sqlite", body)

    assert ("store-locked: database is locked", True, "", False, []) == found


def test_outage__and_the_chain_stands_since__is_told_of_the_chain(tmp_path: Path) -> None:
    """What is wrong behind the outage is found, and counted from when it was seen."""

    async def body(daemon: Dial):
        await daemon.pass_time(30)
        await fail(daemon)
        await daemon.pass_time(30, head=(daemon.time - START) // SECOND)
        return await kinds(daemon)

    assert ["chain-halted"] == with_daemon(tmp_path / "one.sqlite", body)


def test_outage__and_nobody_answers_since__is_blind_once_that_lasts(tmp_path: Path) -> None:
    """A dark chain is waited for no longer than at a start; then its own limit counts."""

    async def body(daemon: Dial):
        await daemon.pass_time(30)
        daemon.readiness._chains = (L1,)  # type: ignore[attr-defined]
        await fail(daemon)
        found = []
        for _ in range(100):
            daemon.time += SECOND
            await daemon.look()
            found.append((daemon.engine.watch.asleep, await kinds(daemon)))
        return found

    found = with_daemon(tmp_path / "one.sqlite", body)

    assert (True, []) == found[10]
    assert (False, []) == found[30]
    assert (False, ["blind"]) == found[-1]


def test_outage__while_an_incident_is_open__ends_it_when_its_cause_is_over(tmp_path: Path) -> None:
    """What was found stands through the outage, and is looked at again behind it."""

    async def body(daemon: Dial):
        await daemon.pass_time(30)
        await daemon.pass_time(14, head=30)
        await fail(daemon, head=30)
        stands = dict(daemon.engine.watch.problems)
        await daemon.observe(heads((daemon.time - START) // SECOND, daemon.time))
        await daemon.pass_time(180)
        return list(stands), [row.state for row in await read_incidents(daemon.store)]

    stands, states = with_daemon(tmp_path / "one.sqlite", body)

    assert ["chain-halted chain:l1 l1"] == stands
    assert ["resolved"] == states
