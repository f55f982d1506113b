"""bridge_paused: any switch of a bridge that is called a pause."""

from crossing import LIFECYCLES, see_all
from grounds import L1, L2, L3, Scene, scene

from layerkeep.core.facts import Measured, Switched
from layerkeep.core.rules.integrity.bridge_paused import BRIDGE_PAUSED
from layerkeep.core.units import HOUR


def watched() -> Scene:
    """Every chain is seen."""
    world = scene(BRIDGE_PAUSED, lifecycles=LIFECYCLES)
    see_all(world)
    return world


def test_pause__of_a_bridge__is_critical_until_it_is_resumed():
    """Since the block that says so."""
    world = watched()
    world.tell(L1, Switched(L2, "paused", True, "0xabc"), height=5, tx="p")
    since = world.now
    world.wait(HOUR)

    problem = world.only
    assert ("bridge-paused", "bridge:l2", "l2") == (
        problem.kind,
        problem.component,
        problem.subject,
    )
    assert ("critical", "paused", since) == (problem.severity, problem.reason, problem.since)
    assert "0xabc" in problem.summary

    world.tell(L1, Switched(L2, "paused", False), height=6, tx="u")
    assert [] == world.problems


def test_pause__read_from_the_contract__counts_as_well():
    """Older events may not be known; the contract's own word is."""
    world = watched()
    world.tell(L1, Measured(L2, "paused", 1), height=5)
    assert ["bridge-paused"] == world.kinds
    world.tell(L1, Measured(L2, "paused", 0), height=9)

    assert [] == world.problems


def test_pause__of_a_part__is_named_by_its_part():
    """A rollup or an inbox by itself."""
    world = watched()
    world.tell(L2, Switched(L3, "inbox-paused", True), height=5, tx="p")
    world.tell(L2, Switched(L3, "shared-lockbox", True), height=5, tx="q")

    assert ("bridge:l3", "inbox-paused") == (world.only.component, world.only.reason)


def test_pause__whose_block_left__is_none():
    """It never happened."""
    world = watched()
    world.tell(L1, Switched(L2, "paused", True), height=5, tx="p")
    world.engine.retract(L1, 4, world.now)

    assert [] == world.problems


def test_pause__from_before_the_start__is_seen_at_the_start():
    """What the store holds is believed before anything is watched."""
    world = scene(BRIDGE_PAUSED, lifecycles=LIFECYCLES, start=False)
    see_all(world)
    world.tell(L1, Switched(L2, "paused", True), height=5, tx="p")
    world.engine.start(world.now)

    assert ["bridge-paused"] == world.kinds
