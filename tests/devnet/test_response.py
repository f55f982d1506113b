"""Runbooks carried out for real on the devnet: each fault answered, each deed once, all told.

Here are the two that are answered soonest; all five, and with kills, are `layerkeep drill
--respond --kill all`.
"""

import asyncio

import pytest

from layerkeep.bench.responding import RESPONSES, Answered, respond
from layerkeep.bench.response_stage import response_staged

pytestmark = [pytest.mark.devnet, pytest.mark.slow, pytest.mark.timeout(600)]

WARM_UP_S = 15.0
SOONEST = ("relay-refused", "batcher-broke")


async def answered() -> tuple[list[Answered], list[str]]:
    """Both, one after the other; and every deed."""
    async with response_staged(seed=5) as stage:
        await asyncio.sleep(WARM_UP_S)
        told = [await respond(stage, RESPONSES[name], calm=False) for name in SOONEST]
        return told, await stage.deeds()


def test_response__to_each_fault__is_carried_out_once_and_proven() -> None:
    """Proposed, approved, done, verified and over."""
    told, deeds = asyncio.run(answered())
    for each in told:
        assert each.passed, each
    assert sorted(deed for each in told for deed in each.deeds) == sorted(deeds)
