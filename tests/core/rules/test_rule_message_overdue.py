"""message_overdue: when a message is late, why, and what is no alarm."""

from dataclasses import replace

import pytest
from crossing import (
    ETHER,
    LIFECYCLES,
    claim,
    deposit,
    move,
    reach,
    see_all,
    ticket,
    withdraw,
)
from grounds import L1, L2, L3, LAYERS, START, Scene, scene

from layerkeep.core.facts import HeadSeen, Switched
from layerkeep.core.rules.messages.message_overdue import MESSAGE_OVERDUE
from layerkeep.core.rules.rule import Ground
from layerkeep.core.units import DAY, HOUR, MINUTE, SECOND, Duration

POLL = 12 * SECOND


def watched(stage: str = "", budget: int = 0) -> Scene:
    """Every chain is seen; one stage may have a budget that the operator set."""
    budgets = {f"op_stack.withdrawal.{stage}": Duration(budget)} if stage else {}
    layers = {**LAYERS, L2: replace(LAYERS[L2], budgets=budgets)}
    made = scene(MESSAGE_OVERDUE, lifecycles=LIFECYCLES, layers=layers)
    see_all(made)
    return made


def test_deposit__past_its_budget__is_overdue_one_poll_later():
    """Not a millisecond before, and then since the moment it was due."""
    world = watched()
    deposit(world, "m", 3 * ETHER)

    world.wait(30 * MINUTE + POLL - 1)
    assert [] == world.problems
    world.wait(1)

    problem = world.only
    assert ("message-overdue", "route:l1->l2", "m") == (
        problem.kind,
        problem.component,
        problem.subject,
    )
    assert START + 30 * MINUTE == problem.since
    assert ("warning", "not-included") == (problem.severity, problem.reason)
    assert (1, 1, 3 * ETHER) == (
        problem.impact.messages,
        problem.impact.users,
        problem.impact.value,
    )
    assert "m" == problem.proof[0].says.message


def test_deposit__due_after_the_last_answer__is_not_judged_before_the_next():
    """Nobody is blind yet, but nobody has looked since it was due either."""
    world = watched()
    deposit(world, "m")
    world.wait(30 * MINUTE - 20 * SECOND)
    world.standing.clear()
    world.wait(MINUTE)
    assert [] == world.problems
    see_all(world)
    world.wait(MINUTE)
    assert ["message-overdue"] == world.kinds


def test_deposit__executed_late__is_no_problem_any_more():
    """What moves on is healthy."""
    world = watched()
    deposit(world, "m")
    world.wait(HOUR)
    assert ["message-overdue"] == world.kinds

    reach(world, L2, "m", "executed", executes=True)

    assert [] == world.problems


def test_deposit__whose_block_left__is_no_problem_any_more():
    """A reorg takes the message back."""
    world = watched()
    deposit(world, "m")
    world.wait(HOUR)

    world.engine.retract(L1, 0, world.now)

    assert [] == world.problems


def test_value__of_a_hundred_ether__is_critical():
    """Much money is worth a call."""
    world = watched()
    deposit(world, "m", 100 * ETHER)
    world.wait(HOUR)

    assert "critical" == world.only.severity


def test_withdrawal__nobody_claims__is_the_proposers():
    """It waits for a claim that covers it."""
    world = watched()
    withdraw(world, "w")
    world.wait(7 * HOUR)

    assert ("route:l2->l1", "not-claimed") == (world.only.component, world.only.reason)


def test_withdrawal__nobody_proves__never_pages():
    """A user who takes a month is healthy."""
    world = watched()
    withdraw(world, "w")
    claim(world, "c")
    world.wait(30 * DAY, every=DAY)
    see_all(world)
    world.wait(MINUTE)

    assert [] == world.problems


def test_withdrawal__user_stage_with_a_budget_of_its_own__is_told_without_alarm():
    """An operator's budget for the user's turn gives a word, not a page."""
    world = watched("claimed", HOUR)
    withdraw(world, "w", 500 * ETHER)
    claim(world, "c")
    world.wait(2 * HOUR)

    assert ("info", "waiting-for-user") == (world.only.severity, world.only.reason)


def proven(world: Scene, status: str = "") -> None:
    """A withdrawal proven against a claim, and fifteen days later."""
    withdraw(world, "w", 2 * ETHER)
    claim(world, "c")
    reach(world, L1, "w", "proven", claim="c", height=25)
    if status:
        move(world, "c", status)
    world.wait(15 * DAY, every=DAY)
    see_all(world)
    world.wait(MINUTE)


def test_proof__on_a_game_that_does_not_end__names_the_game():
    """The clock ran out and the claim is not settled."""
    world = watched()
    proven(world, "disputed")

    assert ("warning", "game-unresolved") == (world.only.severity, world.only.reason)
    assert "disputed" == world.only.proof[-1].says.status


def test_proof__that_could_be_finalized__waits_for_its_user():
    """Nobody but the user has to finalize: no alarm."""
    world = watched()
    proven(world, "confirmed")

    assert ("info", "waiting-for-user") == (world.only.severity, world.only.reason)


def test_proof__with_a_budget_set_by_the_operator__waits_for_a_relayer():
    """Who sets a budget for it runs the relayer that has to keep it."""
    world = watched("proven", 8 * DAY)
    proven(world, "confirmed")

    assert ("warning", "waiting-for-relayer") == (world.only.severity, world.only.reason)


def test_proof__of_more_than_the_bridge_holds__is_out_of_liquidity():
    """The money is not there."""
    world = watched()
    withdraw(world, "w", 2 * ETHER)
    claim(world, "c")
    reach(world, L1, "w", "proven", claim="c", height=25)
    move(world, "c", "confirmed")
    world.measured(L1, L2, "bridge_balance_wei", ETHER)
    world.wait(15 * DAY, every=DAY)
    see_all(world)
    world.wait(MINUTE)

    assert "out-of-liquidity" == world.only.reason


def test_proof__whose_claim_was_voided__says_so():
    """It fell back to waiting for a claim, because the one it was proven against is void."""
    world = watched()
    withdraw(world, "w")
    claim(world, "c")
    reach(world, L1, "w", "proven", claim="c", height=25)
    move(world, "c", "voided")
    world.wait(7 * HOUR)

    assert "proof-voided" == world.only.reason


def test_withdrawal__while_the_bridge_is_paused__says_so():
    """A pause explains every wait on the way up, and none on the way down."""
    world = watched()
    withdraw(world, "w")
    deposit(world, "m")
    world.tell(L1, Switched(L2, "paused", True), height=9, tx="pause")
    world.wait(7 * HOUR)

    assert {"m": "not-included", "w": "paused"} == {p.subject: p.reason for p in world.problems}


@pytest.mark.parametrize(
    ("tried", "reason"), [(False, "gas-too-low"), (True, "auto-redeem-failed")]
)
def test_ticket__not_redeemed__says_whether_it_was_tried(tried, reason):
    """Too little gas for a try, or a try that failed; either way its user has to act."""
    world = watched()
    ticket(world, "t")
    deadline = world.now + 7 * DAY
    reach(world, L3, "t", "created", deadline=deadline)
    if tried:
        reach(world, L3, "t", "redeem-scheduled", height=11)
        reach(world, L3, "t", "redeem-failed", height=12)
    world.wait(6 * DAY, every=DAY)
    see_all(world)
    world.wait(MINUTE)

    assert ("info", reason, deadline) == (
        world.only.severity,
        world.only.reason,
        world.only.impact.deadline,
    )


def test_target__that_nobody_answers_for__leaves_it_open():
    """Blind is neither healthy nor overdue."""
    world = watched()
    deposit(world, "m")
    world.standing.pop(L2)
    world.wait(HOUR)

    assert [] == world.problems
    assert "nobody answers for l2" == world.lacks(MESSAGE_OVERDUE, "m")


def test_target__read_from_far_back__leaves_it_open():
    """What is not read yet is not missing; once it is read, the message is overdue."""
    world = watched()
    deposit(world, "m")
    world.tell(L2, HeadSeen(100_000), height=100)
    world.wait(HOUR)

    assert [] == world.problems
    assert "l2 is not read so far yet" == world.lacks(MESSAGE_OVERDUE, "m")

    world.head(L2, 100_000)
    world.wait(MINUTE)
    assert ["message-overdue"] == world.kinds


def test_message__before_it_could_be_due__costs_no_outlook(monkeypatch):
    """Thousands move each minute: nothing is worked out before the time."""
    monkeypatch.setattr(Ground, "outlook", lambda *_: pytest.fail("worked out too early"))
    world = watched()
    for number in range(50):
        deposit(world, f"m{number}")
        reach(world, L2, f"m{number}", "executed", executes=True)
    deposit(world, "late")

    world.wait(29 * MINUTE)

    assert START + 30 * MINUTE + POLL == world.until(MESSAGE_OVERDUE, "late")
    assert None is world.until(MESSAGE_OVERDUE, "m0")
