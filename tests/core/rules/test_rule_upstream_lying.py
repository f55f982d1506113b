"""upstream_lying: answers that no delay explains."""

import pytest
from grounds import L2, START, scene

from layerkeep.core.facts import Lied
from layerkeep.core.rules.nodes.upstream_lying import EXPLAINED_BY_LAG, UPSTREAM_LYING
from layerkeep.core.units import HOUR, MINUTE


def begun():
    """A scene in which l2 is seen."""
    made = scene(UPSTREAM_LYING)
    made.head(L2, 100)
    made.all_answer(L2, 100)
    return made


def lie(made, reason="logs-missing", upstream="l2-b"):
    """An answer was refused, just now."""
    made.tell(L2, Lied(upstream, reason))


def test_upstream_lying__once__is_a_mishap():
    """One is not enough, nor are two an hour apart."""
    made = begun()
    lie(made)
    made.wait(HOUR)
    lie(made)
    assert [] == made.kinds


def test_upstream_lying__twice_within_the_hour__is_found_and_forgotten_an_hour_later():
    """The hour counts from the second last."""
    made = begun()
    lie(made)
    made.wait(HOUR - 1)
    lie(made, "broken-link")
    found = made.only
    assert ("upstream-lying", "upstream:l2-b", "critical") == _what(found)
    assert START == found.since
    assert "broken-link, logs-missing" in found.summary
    made.wait(1)
    assert [] == made.kinds


def test_upstream_lying__goes_on__is_the_same_problem():
    """More lies for the same reason are no news."""
    made = begun()
    lie(made)
    lie(made)
    found = made.only
    made.wait(30 * MINUTE)
    lie(made)
    assert found is made.only
    made.wait(30 * MINUTE)
    assert [] == made.kinds


@pytest.mark.parametrize("reason", sorted(EXPLAINED_BY_LAG))
def test_upstream_lying__explained_by_lag__is_no_lie(reason):
    """An honest node that is behind is refused too."""
    made = begun()
    for _ in range(5):
        lie(made, reason)
    assert [] == made.kinds


def test_upstream_lying__each_once__is_nobody():
    """Each upstream answers for itself, and one we do not know for nobody."""
    made = begun()
    for name in ("l2-a", "l2-b", "elsewhere", "elsewhere"):
        lie(made, upstream=name)
    assert [] == made.kinds


def test_upstream_lying__nobody_answers__stands():
    """While nobody answers it is not forgotten."""
    made = begun()
    lie(made)
    lie(made)
    made.standing.clear()
    made.wait(2 * HOUR)
    assert ["upstream-lying"] == made.kinds
    assert "nobody answers for l2" == made.lacks(UPSTREAM_LYING, "l2-b")


def _what(problem):
    return (problem.kind, problem.component, problem.severity)
