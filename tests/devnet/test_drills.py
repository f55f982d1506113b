"""Drills on the real devnet: found in time, named right, alone, over after healing."""

import asyncio

import pytest

from layerkeep.bench.drill import Record, run_drill
from layerkeep.bench.stage import staged
from layerkeep.devnet.drills.table import fault_named

pytestmark = [pytest.mark.devnet, pytest.mark.slow, pytest.mark.timeout(300)]

DRILLS = ("dead-upstream", "batch-altered")


async def drill(names: tuple[str, ...]) -> list[Record]:
    """The records of these drills on one devnet."""
    async with staged(seed=3) as stage:
        faults = map(fault_named, names)
        return [await run_drill(stage, fault, fault.default) for fault in faults]


def test_drills__one_after_the_other__all_pass() -> None:
    """Each names its own cause, although the one before was over only just now."""
    for record in asyncio.run(drill(DRILLS)):
        assert record.passed, record
