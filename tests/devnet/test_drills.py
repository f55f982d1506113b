"""Drills on the real devnet: found in time, named right, alone, over after healing."""

import pytest

from layerkeep.bench.drill import run_drill
from layerkeep.bench.stage import staged
from layerkeep.devnet.drills.table import fault_named

pytestmark = pytest.mark.devnet

DRILLS = ("dead-upstream", "batch-altered")


async def test_drills__one_after_the_other__all_pass() -> None:
    """Each names its own cause, although the one before was over only just now."""
    async with staged(seed=3) as stage:
        for name in DRILLS:
            fault = fault_named(name)
            record = await run_drill(stage, fault, fault.default)
            assert record.passed, record
