"""Since when the cause that is told is there, where several of its kind followed each other."""

from storm import CRITICAL, T0, Desk, graph, problem

from layerkeep.app.incidents_told import told
from layerkeep.core.incidents import explain
from layerkeep.core.units import HOUR, MINUTE

ELDER = problem("claims-stalled", "proposer:l2", "one", -HOUR, severity=CRITICAL)
YOUNGER = problem("claims-stalled", "proposer:l2", "two", -MINUTE, severity=CRITICAL)


def test_cause__whose_elder_ended__is_told_from_its_own_beginning() -> None:
    """Claims of one lane stood still for an hour and move; those of another do for a minute."""
    desk = Desk()
    desk.take(ELDER)
    desk.take(YOUNGER)
    desk.clear(ELDER)
    incident = desk.only()
    (root, *_) = explain(incident, graph())

    assert T0 - MINUTE == incident.cause_since == root.since
    assert 0 == root.after
    line = told(incident)
    assert (T0 - MINUTE, T0 - HOUR) == (line.since, line.began)


def test_cause__that_is_over__is_told_from_the_last_one() -> None:
    """When nothing is left, what was told last has been there last."""
    desk = Desk()
    desk.take(ELDER)
    desk.take(YOUNGER)
    desk.clear(ELDER)
    desk.clear(YOUNGER)

    assert T0 - MINUTE == desk.only().cause_since
