"""liquidity_short: what the bridge holds against what it owes now."""

from crossing import ETHER, LIFECYCLES, claim, reach, see_all, withdraw
from grounds import L1, L2, Scene, scene

from layerkeep.core.rules.messages.liquidity_short import LIQUIDITY_SHORT
from layerkeep.core.units import MINUTE


def owing(balance: int) -> Scene:
    """Two withdrawals are proven, one is only claimed; together 3 + 4 and 100."""
    world = scene(LIQUIDITY_SHORT, lifecycles=LIFECYCLES)
    see_all(world)
    for name, value in (("a", 3), ("b", 4), ("c", 100)):
        withdraw(world, name, value * ETHER)
    claim(world, "claim")
    for name in ("a", "b"):
        reach(world, L1, name, "proven", claim="claim", height=25)
    world.measured(L1, L2, "bridge_balance_wei", balance)
    return world


def test_bridge__that_holds_what_is_proven__is_fine():
    """What is not proven yet cannot be asked for."""
    assert [] == owing(7 * ETHER).problems


def test_bridge__that_holds_a_wei_less__is_short():
    """It cannot pay everybody."""
    problem = owing(7 * ETHER - 1).only

    assert ("liquidity-short", "bridge:l2", "l2") == (
        problem.kind,
        problem.component,
        problem.subject,
    )
    assert ("warning", 2, 7 * ETHER) == (
        problem.severity,
        problem.impact.messages,
        problem.impact.value,
    )


def test_bridge__that_paid__is_fine_within_a_minute():
    """Balance and debt fall together; an unchanged balance is not told again."""
    world = owing(5 * ETHER)
    reach(world, L1, "a", "finalized", executes=True, height=40)
    world.wait(MINUTE)

    assert [] == world.problems


def test_bridge__of_which_another_withdrawal_is_proven__is_short_within_a_minute():
    """No new balance is needed to see it."""
    world = owing(7 * ETHER)
    reach(world, L1, "c", "proven", claim="claim", height=40)
    world.wait(MINUTE)

    assert 107 * ETHER == world.only.impact.value


def test_bridge__whose_balance_nobody_knows__is_not_judged():
    """Nothing is said without a measure."""
    world = scene(LIQUIDITY_SHORT, lifecycles=LIFECYCLES)
    see_all(world)
    withdraw(world, "a", ETHER)

    assert [] == world.problems
