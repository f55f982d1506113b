"""The operator's own rules at work."""

from typing import Any

import pytest
from crossing import ETHER, LIFECYCLES, claim, reach, see_all, withdraw
from grounds import L1, L2, START, Scene, scene

from layerkeep.core.facts import HeadSeen, Measured
from layerkeep.core.rules import RULES
from layerkeep.core.rules.user_rule import rule_of, rules_of
from layerkeep.core.topology import Topology
from layerkeep.core.topology.user_rule import UserRule
from layerkeep.core.units import HOUR, MINUTE, SECOND, Duration


def watched(**declared: Any) -> Scene:
    """A scene with one rule; a parameter of l2 above 10 if nothing else is said."""
    plain: dict[str, Any] = {
        "name": "own",
        "what": "parameter",
        "subject": "gas_limit",
        "compare": ">",
        "threshold": 10,
        "component": "chain:l2",
        "chain": L2,
    }
    world = scene(rule_of(UserRule(**{**plain, **declared})), lifecycles=LIFECYCLES)
    see_all(world)
    return world


def measure(world: Scene, value: int, name: str = "gas_limit", height: int = 1) -> None:
    """A number of l2."""
    world.tell(L2, Measured(L2, name, value), height=height)


@pytest.mark.parametrize(
    ("compare", "below", "equal", "above"),
    [
        ("<", 1, 0, 0),
        ("<=", 1, 1, 0),
        (">", 0, 0, 1),
        (">=", 0, 1, 1),
        ("==", 0, 1, 0),
        ("!=", 1, 0, 1),
    ],
)
def test_parameter__compared__is_a_problem_while_it_holds(compare, below, equal, above):
    """Each way to compare, on either side of the threshold."""
    found = []
    for value in (9, 10, 11):
        world = watched(compare=compare)
        measure(world, value)
        found.append(len(world.problems))

    assert [below, equal, above] == found


def test_problem__of_an_own_rule__says_what_its_operator_wrote():
    """Kind, component, severity, runbook."""
    world = watched(severity="critical", component="bridge:l2", runbook="call the foundation")
    measure(world, 11)

    problem = world.only
    assert ("custom:own", "bridge:l2", "own", "critical") == (
        problem.kind,
        problem.component,
        problem.subject,
        problem.severity,
    )
    assert "parameter gas_limit of l2 is 11; call the foundation" == problem.summary
    assert (START, 11) == (problem.since, problem.proof[0].says.value)

    measure(world, 10)
    assert [] == world.problems


def test_parameter__that_has_to_hold_for_a_time__is_no_problem_before():
    """And a moment in between starts the time anew."""
    world = watched(hold=Duration(10 * MINUTE))
    measure(world, 11)
    world.wait(5 * MINUTE)
    measure(world, 5)
    measure(world, 12)
    since = world.now
    world.wait(4 * MINUTE)
    measure(world, 13)
    world.wait(6 * MINUTE - 1)
    assert [] == world.problems
    world.wait(1)

    assert since == world.only.since


def test_parameter__never_measured__is_not_judged():
    """Nothing known is neither good nor bad."""
    world = watched()
    world.engine.start(world.now)
    measure(world, 50, "another")

    assert [] == world.problems
    rule = next(iter(world.engine.watch.rules.values()))
    assert "nothing measured gas_limit yet" == world.lacks(rule, "own")


def test_parameter__of_another_name_or_chain__touches_nothing():
    """A rule is looked at for its own quantity only."""
    world = watched()
    (rule,) = world.engine.watch.rules.values()
    facts = [
        world.tell(chain, Measured(chain, name, 50), height=1)
        for chain, name in ((L1, "gas_limit"), (L2, "another"), (L2, "gas_limit"))
    ]

    assert [(), (), ("own",)] == [rule.touched(world.engine.watch.ground, f) for f in facts]


def test_chain__nobody_answers_for__leaves_the_rule_open():
    """Blind is not healthy, and no news is no recovery."""
    world = watched(hold=Duration(HOUR))
    measure(world, 11)
    world.standing.pop(L2)
    world.wait(2 * HOUR)

    assert [] == world.problems


def test_balance__asked_of_a_node__is_read_by_the_rules_own_name():
    """The dispatch measures it as `rule.own`."""
    world = watched(what="balance", subject="0x" + "aa" * 20, compare="<", threshold=ETHER)
    measure(world, ETHER - 1, "rule.own")

    assert ["custom:own"] == world.kinds


def test_events__more_than_allowed_in_a_window__are_a_problem_until_they_are_old():
    """Three within an hour are too many."""
    world = watched(what="event", subject="Moved()", threshold=2, within=Duration(HOUR))
    for height in (1, 2):
        measure(world, 1, "rule.own", height)
        world.wait(10 * MINUTE)
    assert [] == world.problems
    measure(world, 1, "rule.own", 3)

    assert START + 20 * MINUTE == world.only.since
    assert 3 == len(world.only.proof)
    world.wait(40 * MINUTE - 1)
    assert ["custom:own"] == world.kinds
    world.wait(1)
    assert [] == world.problems


def test_events__that_go_on__are_one_problem_since_they_began():
    """The window moves, the beginning stays."""
    world = watched(what="event", subject="Moved()", compare=">=", threshold=2, within=HOUR)
    for height in range(1, 9):
        measure(world, 1, "rule.own", height)
        world.wait(20 * MINUTE)

    assert START + 20 * MINUTE == world.only.since


def test_events__with_a_gap__begin_anew():
    """A quiet hour ends the one and begins the other."""
    world = watched(what="event", subject="Moved()", compare=">=", threshold=2, within=HOUR)
    for pause in (10 * MINUTE, 2 * HOUR, 10 * MINUTE, 0):
        measure(world, 1, "rule.own", 1 + pause // SECOND)
        world.wait(pause + 1)

    assert ["custom:own"] == world.kinds
    assert START + 2 * HOUR + 20 * MINUTE + 3 == world.only.since


def waiting(**declared: Any) -> Scene:
    """Two withdrawals of 3 and 4 ether wait to be finalized."""
    world = watched(
        what="messages", route="l2->l1", stage="proven", component="route:l2->l1", **declared
    )
    for name, value in (("a", 3), ("b", 4)):
        withdraw(world, name, value * ETHER)
    claim(world, "c")
    for name in ("a", "b"):
        reach(world, L1, name, "proven", claim="c", height=25)
    return world


@pytest.mark.parametrize(
    ("subject", "threshold", "found"),
    [("count", 1, 1), ("count", 2, 0), ("value", 7 * ETHER - 1, 1), ("value", 7 * ETHER, 0)],
)
def test_messages__in_a_stage__are_counted_or_summed(subject, threshold, found):
    """Within a minute."""
    world = waiting(subject=subject, threshold=threshold)
    world.wait(MINUTE)

    assert found == len(world.problems)
    assert all((2, 7 * ETHER) == (p.impact.messages, p.impact.value) for p in world.problems)


def test_messages__that_rest_for_a_time__count_only_then():
    """`for` is how long each of them has rested there."""
    world = waiting(subject="count", threshold=1, hold=Duration(HOUR))
    world.wait(HOUR - 2 * MINUTE)
    assert [] == world.problems
    world.wait(3 * MINUTE)

    assert START == world.only.since


def test_lag__of_a_head__is_a_problem_at_the_moment_it_is_too_much():
    """It grows by itself: nobody has to say so."""
    world = watched(what="head-lag", subject="safe", threshold=20 * MINUTE)
    world.wait(20 * MINUTE)
    assert [] == world.problems
    world.wait(1)
    assert START + 20 * MINUTE + 1 == world.only.since

    world.head(L2, 200, safe=190, finalized=80)
    assert [] == world.problems


def test_lag__of_a_head_nobody_told__is_not_judged():
    """A node may not know what is safe."""
    world = watched(what="head-lag", subject="safe", threshold=1)
    world.wait(MINUTE)
    world.tell(L2, HeadSeen(300), height=300)

    rule = next(iter(world.engine.watch.rules.values()))
    assert "no safe head of l2 is known" == world.lacks(rule, "own")


def test_rules__of_a_topology__are_all_of_them():
    """Layerkeep's own first."""
    own = UserRule("own", "parameter", "gas_limit", ">", 1, "chain:l2", L2)
    found = rules_of(Topology("test", {}, {"own": own}))

    assert (*(rule.name for rule in RULES), "custom:own") == tuple(rule.name for rule in found)
