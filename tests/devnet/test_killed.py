"""A daemon killed at any moment goes on where it was: nothing is lost, nothing there twice."""

import asyncio
import random
import subprocess
from pathlib import Path

import pytest
from following import (
    COMMAND,
    LAYERS,
    Watch,
    assert_equal,
    devnet,
    freeze,
    heads,
    picture,
    until,
)

from layerkeep.devnet.system import System

pytestmark = [pytest.mark.devnet, pytest.mark.slow]

KILLS = 50
LIFE_S = (0.4, 1.3)
"""Shortest and longest life of a daemon; it takes about half a second to read its first block."""
REORG_EVERY = 10
SETTLE_S = 5.0
LAST_RUN_S = 6.0


async def follow_and_die(topology: Path, store: Path, life_s: float) -> str:
    """A daemon that is killed after so long; what it said on stderr."""
    process = await start(topology, store)
    try:
        async with asyncio.timeout(life_s):
            await process.wait()
    except TimeoutError:
        process.kill()
    said = (await process.communicate())[1].decode()
    assert -9 == process.returncode, said
    return said


async def start(topology: Path, store: Path, *words: str) -> asyncio.subprocess.Process:
    """A daemon as a process of its own."""
    given = ("--topology", str(topology), "--store", str(store), "--from", "0", *words)
    return await asyncio.create_subprocess_exec(
        *(str(COMMAND), "run", "--log-level", "warning", *given),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


async def kill_often(system: System, topology: Path, store: Path) -> None:
    """Kill a daemon at many moments; blocks leave the chains between its lives, now and then."""
    chance = random.Random(7)
    for number in range(KILLS):
        said = await follow_and_die(topology, store, chance.uniform(*LIFE_S))
        assert "Traceback" not in said, said
        if number % REORG_EVERY == REORG_EVERY - 1:
            await system.l2.sequencer.reorg(chance.randint(1, 4))
        elif number % REORG_EVERY == REORG_EVERY // 2:
            await system.l1.producer.reorg(chance.randint(1, 4), keep=True)


def test_run__killed_at_50_moments__knows_what_one_that_never_died_knows(tmp_path: Path) -> None:
    """After the last life facts and rows are those of a follower that reads everything once."""
    killed, fresh = tmp_path / "killed.sqlite", tmp_path / "fresh.sqlite"
    topology = tmp_path / "devnet.toml"

    async def scenario() -> None:
        async with devnet(tmp_path) as system:
            await kill_often(system, topology, killed)
            await freeze(system, SETTLE_S)
            last = await start(topology, killed, "--for", str(LAST_RUN_S))
            said = (await last.communicate())[1].decode()
            assert 0 == last.returncode, said
            async with Watch(topology, fresh) as other:
                await until(lambda: len(other.daemon.feeds) == len(LAYERS))
                await other.told_everything(system)
                assert (await heads(system)) == other.cursors()

    asyncio.run(scenario())
    seen = picture(killed)
    assert_equal(seen, picture(fresh))
    print(f"\n{KILLS} kills, {seen.logged.total()} facts, {len(seen.rows)} messages")
