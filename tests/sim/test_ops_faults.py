"""Every fault alone is told within its bound, and named."""

from random import Random

import pytest

from layerkeep.core.units import DAY, HOUR, MINUTE, ChainName
from layerkeep.sim.ops.bridges import SimBridge
from layerkeep.sim.ops.faults import FAULTS
from layerkeep.sim.ops.faults.fault import op_stacks
from layerkeep.sim.ops.runner import RESOLVED_AFTER, prepare
from layerkeep.sim.ops.scoring import score
from layerkeep.sim.ops.simulate import Plan, run_seed, story
from layerkeep.sim.ops.traffic import NEVER, Story, draw_failing
from layerkeep.sim.world import EPOCH

SEED = 9
"""A network of four chains, two of them of the third layer's stack, looked at every 20 minutes."""

DAYS = 5


@pytest.mark.parametrize("kind", FAULTS)
def test_fault__alone__is_told_in_time_and_named(kind: str) -> None:
    """The root of its incident is what was done, where it was done."""
    run = run_seed(SEED, Plan(DAYS, kind))
    found = score(run)

    assert found.faults > 0
    assert (found.faults, 0) == (found.detected, found.late), found.misses
    assert found.faults == found.cause_right, found.misses
    assert 0 == found.false_alarms, found.misses


def test_reorg__of_blocks_that_are_in_a_batch__is_one_incident_with_it() -> None:
    """What was posted before is a symptom of the reorg, and over once a later batch is right."""
    run = run_seed(SEED, Plan(30, "reorg-deep"))
    outrun = {f"batch-false chain:{name}" for name in run.world.bridges}
    held = [each for each in run.closed.values() if outrun & each.seen.keys()]

    assert len(held) > 2
    assert {"reorg-deep"} == {each.root.kind for each in held}
    assert [] == [each for each in run.engine.watch.problems.values() if "batch" in each.kind]
    assert [] == score(run).misses


@pytest.mark.parametrize("kind", [kind for kind, fault in FAULTS.items() if fault.irrevocable])
def test_fault__that_nothing_takes_back__ends_by_an_operators_word_for_good(kind: str) -> None:
    """It stays open until then, and resolved after it."""
    run = run_seed(SEED, Plan(DAYS, kind))
    resolved = [move.time for move in run.moves if move.transition == "resolved"]
    healed = [course.injury.healed for course in run.courses if course.injury.healed]

    assert len(healed) == len(resolved) > 0
    for ended, told in zip(healed, resolved, strict=True):
        assert ended + RESOLVED_AFTER <= told < ended + RESOLVED_AFTER + HOUR
    assert "reopened" not in {move.transition for move in run.moves}
    assert {} == run.engine.incidents.open


def test_healthy__seeds_with_all_noise__call_nobody() -> None:
    """Reorgs, idle chains, slow phases, bursts and hiccups are no reason to wake anybody."""
    for seed in (1, 6, 9, 15):
        run = run_seed(seed, Plan(6, count=0))
        assert [] == score(run).misses
        assert run.facts > 500


def test_healthy__many_failures_drawn_at_once__are_no_more_than_background() -> None:
    """What chance piles up beyond a route's limit would be a fault that nobody planned."""
    run = prepare(SEED, DAYS * DAY, count=0)
    world = run.world
    for name in op_stacks(world):
        for number in range(3 * world.layers[ChainName(name)].limits.failures_max):
            world.at(EPOCH + DAY + number * MINUTE, world.begin, name, _draw_failing_by_chance)
    run.go(EPOCH + DAY + HOUR)

    assert op_stacks(world)
    assert [] == score(run).misses
    for name in op_stacks(world):
        messages = run.engine.view.messages.values()
        waiting = [each for each in messages if each.child == name and each.stage == "failed"]
        assert 0 < len(waiting) <= world.layers[ChainName(name)].limits.failures_max


def _draw_failing_by_chance(bridge: SimBridge, chance: Random) -> Story:
    story = draw_failing(bridge, chance)
    story.held_from = NEVER
    return story


def test_story__of_a_seed__tells_faults_and_incidents_in_order() -> None:
    """A failing seed is read, not debugged."""
    lines = story(run_seed(SEED, Plan(DAYS, "bridge-paused")))
    begun = next(i for i, line in enumerate(lines) if "FAULT   bridge-paused" in line)
    opened = next(i for i, line in enumerate(lines) if "opened (critical) bridge-paused" in line)
    healed = next(i for i, line in enumerate(lines) if "HEALED  bridge-paused" in line)
    assert begun < opened < healed


def test_world__same_seed__says_the_same() -> None:
    """A world is a function of its seed."""
    one, other = (run_seed(2, Plan(3)) for _ in range(2))
    assert one.moves == other.moves
    assert one.facts == other.facts
    assert one.world.now == other.world.now > EPOCH + 2 * DAY
