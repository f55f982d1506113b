"""What stood before a stop stands after it: every rule finds its subjects in what is believed."""

import pytest
from crossing import LIFECYCLES, claim, deposit, move, reach, see_all, withdraw
from grounds import L1, L2, Scene, scene

from layerkeep.core.facts import Judged, Posted, Switched
from layerkeep.core.rules import RULES

KINDS = (
    "attributes-false",
    "batch-false",
    "batch-misplaced",
    "bridge-paused",
    "claim-disputed",
    "claim-false",
    "delivery-forged",
    "liquidity-short",
    "message-overdue",
    "relays-failing",
    "withdrawal-forged",
)


def happen(world: Scene) -> None:
    """One of each."""
    see_all(world)
    withdraw(world, "w", 100)
    claim(world, "c")
    reach(world, L1, "w", "proven", claim="c", height=25)
    move(world, "c", "disputed")
    world.measured(L1, L2, "bridge_balance_wei", 1)
    world.tell(L1, Switched(L2, "paused", True), height=5, tx="p")
    world.tell(L1, Posted(L2, "1", location="wrong-inbox"), height=6, tx="b")
    for check in ("attributes", "batch", "claim", "delivery", "withdrawal"):
        world.tell(L1, Judged(check, L2, "l2/x/1", "false"), height=7, via="l2-a")
    for number in range(6):
        deposit(world, f"m{number}")
        reach(world, L2, f"m{number}", "failed")
    deposit(world, "late", time=world.now - 3_600_000)


@pytest.mark.parametrize("kind", KINDS)
def test_problem__from_before_a_stop__is_found_at_the_start(kind):
    """All facts are believed first, then everything is looked at once."""
    rules = [rule for rule in RULES if kind in rule.kinds]
    live, later = (scene(*rules, lifecycles=LIFECYCLES, start=start) for start in (True, False))
    happen(live)
    later.engine.watch.asleep = True
    happen(later)
    assert [] == later.problems

    later.engine.start(later.now)

    assert [problem.id for problem in live.problems] == [p.id for p in later.problems]
    assert [kind] == later.kinds


def test_problem__of_what_is_gone_while_nobody_judged__ends_at_the_next_start():
    """Meanwhile it stands and nothing is due; then all that was judged before is looked at."""
    rules = [rule for rule in RULES if "message-overdue" in rule.kinds]
    world = scene(*rules, lifecycles=LIFECYCLES)
    see_all(world)
    deposit(world, "late", time=world.now - 3_600_000)
    stood = world.kinds
    world.engine.watch.asleep = True
    world.engine.retract(L1, 0, world.now)
    world.engine.tick(world.now)
    meanwhile, due = world.kinds, world.engine.watch.next_due()

    world.engine.start(world.now)

    assert ["message-overdue"] == stood == meanwhile
    assert due is None
    assert [] == world.kinds
