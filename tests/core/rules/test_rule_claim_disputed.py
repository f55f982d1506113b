"""claim_disputed: from the first move against a claim to its outcome."""

import pytest
from crossing import LIFECYCLES, claim, move, see_all
from grounds import L1, Scene, scene

from layerkeep.core.facts import ClaimsVoided
from layerkeep.core.rules.integrity.claim_disputed import CLAIM_DISPUTED
from layerkeep.core.units import DAY, HOUR


def disputed() -> Scene:
    """Somebody moved against a claim."""
    world = scene(CLAIM_DISPUTED, lifecycles=LIFECYCLES)
    see_all(world)
    claim(world, "c")
    assert [] == world.problems
    move(world, "c", "disputed", reason="challenged")
    return world


def test_claim__that_somebody_moved_against__is_disputed():
    """A warning on the bridge: whoever relies on it waits."""
    world = disputed()

    problem = world.only
    assert ("claim-disputed", "bridge:l2", "c") == (
        problem.kind,
        problem.component,
        problem.subject,
    )
    assert ("warning", "challenged", world.now) == (
        problem.severity,
        problem.reason,
        problem.since,
    )


@pytest.mark.parametrize("status", ["confirmed", "voided"])
def test_claim__that_is_settled__is_disputed_no_more(status):
    """Whoever won."""
    world = disputed()
    move(world, "c", status, height=31)

    assert [] == world.problems


def test_claims__voided_together__are_disputed_no_more():
    """Their outcome matters to nobody."""
    world = disputed()
    world.tell(L1, ClaimsVoided("l2/claims", world.now, "retired"), height=40, tx="r")

    assert [] == world.problems


def test_claim__that_nobody_waits_for__stays_disputed_until_it_is_decided():
    """Whether or not a message rests on it, somebody says that the state is false."""
    world = disputed()
    world.wait(DAY)
    assert ["claim-disputed"] == world.kinds
    for chain in world.layers:
        world.head(chain, 101, safe=91, finalized=81)
    world.wait(HOUR)
    assert ["claim-disputed"] == world.kinds
