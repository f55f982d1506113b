"""Runbooks carried out for real on the devnet: each fault answered, each deed once, all told.

Every phase of every drill with kills is `layerkeep drill --respond --kill all`; here one has them.
"""

import asyncio

import pytest

from layerkeep.bench.responding import PHASES, RESPONSES, Answered, respond
from layerkeep.bench.response_stage import response_staged

pytestmark = [pytest.mark.devnet, pytest.mark.slow, pytest.mark.timeout(600)]

WARM_UP_S = 15.0
TICKET_S = 170
"""A ticket is overlooked first and found in its last tenth, while the others are answered."""

KILLED, SLOW = "sequencer-stopped", "retryable-overlooked"


async def answered() -> tuple[list[Answered], list[str]]:
    """All five, the first killed in every phase, the slowest beside the others; and every deed."""
    async with response_staged(seed=5, lifetime_s=TICKET_S) as stage:
        await asyncio.sleep(WARM_UP_S)
        slow = asyncio.create_task(respond(stage, RESPONSES[SLOW], calm=False), name=SLOW)
        told = [await respond(stage, RESPONSES[KILLED], PHASES, calm=False)]
        others = [name for name in RESPONSES if name not in (KILLED, SLOW)]
        told += [await respond(stage, RESPONSES[name], calm=False) for name in others]
        return [*told, await slow], await stage.deeds()


def test_response__to_each_fault__is_carried_out_once_and_proven() -> None:
    """Proposed, approved, done, verified and over; and so it is if its worker is killed."""
    told, deeds = asyncio.run(answered())
    for each in told:
        assert each.passed, each
    assert len(PHASES) == len(told[0].kills)
    assert sorted(deed for each in told for deed in each.deeds) == sorted(deeds)
