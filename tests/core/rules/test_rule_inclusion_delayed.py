"""inclusion_delayed: the censorship clock of each chain."""

from crossing import LIFECYCLES, deposit, key, reach, see_all
from grounds import L1, L2, L3, START, Scene, scene

from layerkeep.core.facts import Claimed, Sent
from layerkeep.core.rules.messages.inclusion_delayed import INCLUSION_DELAYED
from layerkeep.core.units import HOUR, MINUTE, SECOND

POLL = 12 * SECOND
EVERY = MINUTE


def watched() -> Scene:
    """Every chain is seen."""
    world = scene(INCLUSION_DELAYED, lifecycles=LIFECYCLES)
    see_all(world)
    return world


def test_deposit__not_taken_in_for_half_the_time__is_delayed():
    """Six of twelve hours, and one poll; one problem for the chain, about the oldest."""
    world = watched()
    deposit(world, "old", 3)
    world.wait(HOUR)
    deposit(world, "young")
    world.wait(5 * HOUR + POLL - 1, every=EVERY)
    assert [] == world.problems
    world.wait(1)

    problem = world.only
    assert ("inclusion-delayed", "sequencer:l2", "l2") == (
        problem.kind,
        problem.component,
        problem.subject,
    )
    assert ("warning", START) == (problem.severity, problem.since)
    assert (START + 12 * HOUR, 3) == (problem.impact.deadline, problem.impact.value)
    assert "old" == problem.proof[0].says.message


def test_deposit__not_taken_in_for_four_fifths_of_the_time__is_critical():
    """9 h 36 min of twelve hours."""
    world = watched()
    deposit(world, "m")
    world.wait(9 * HOUR + 36 * MINUTE - 1, every=EVERY)
    assert "warning" == world.only.severity
    world.wait(1)

    assert "critical" == world.only.severity


def test_oldest__taken_in__leaves_the_clock_to_the_next():
    """The clock is the oldest message's."""
    world = watched()
    deposit(world, "old")
    world.wait(HOUR)
    deposit(world, "young")
    world.wait(5 * HOUR + POLL, every=EVERY)
    assert ["inclusion-delayed"] == world.kinds

    reach(world, L2, "old", "failed")
    assert [] == world.problems
    world.wait(HOUR + EVERY, every=EVERY)

    assert START + HOUR == world.only.since


def test_oldest__whose_execution_left_its_chain__waits_again():
    """A reorg of the child puts the message back where it stood."""
    world = watched()
    deposit(world, "old")
    reach(world, L2, "old", "executed", executes=True)
    world.wait(7 * HOUR, every=EVERY)
    assert [] == world.problems

    world.engine.retract(L2, 9, world.now)

    assert START == world.only.since


def test_delayed_message__not_in_a_batch__is_delayed_until_a_batch_takes_it():
    """Nitro's delayed inbox by the same clock, of twenty-four hours."""
    world = watched()
    says = Sent("nitro.delayed_message", "d", (key("d", L3),), L2, L3, "0xa", "0xb", 0, None, 4)
    world.tell(L2, says, height=3, tx="d")
    world.wait(12 * HOUR + POLL, every=EVERY)
    assert ("sequencer:l3", START + 24 * HOUR) == (
        world.only.component,
        world.only.impact.deadline,
    )

    world.tell(L2, Claimed("batch-l3-1", "l3/delayed", 4), height=50, tx="b")

    assert [] == world.problems


def test_old_bridge__whose_messages_nothing_hurries__has_no_clock():
    """Messages of before Bedrock may lie for ever."""
    world = watched()
    says = Sent("op_stack.legacy_deposit", "x", (key("x"),), L1, L2, "0xa", "0xb")
    world.tell(L1, says, height=3, tx="x")
    world.wait(13 * HOUR, every=EVERY)

    assert [] == world.problems


def test_child__nobody_answers_for__leaves_it_open():
    """The deposit may have been taken in."""
    world = watched()
    deposit(world, "m")
    world.standing.pop(L2)
    world.wait(7 * HOUR, every=EVERY)

    assert [] == world.problems
    assert "nobody answers for l2" == world.lacks(INCLUSION_DELAYED, "l2")


def test_clock__while_messages_come_and_go__is_planned_anew_rarely():
    """A plan for each message would fill the memory with plans."""
    world = watched()
    for number in range(50):
        deposit(world, f"m{number}")
        reach(world, L2, f"m{number}", "executed", executes=True)
    deposit(world, "last")

    assert len(world.engine.watch._due) < 5
