"""Links between messages are found, and never guessed."""

from telling import L1, L2, L3, engine, executed, observe, reached, said, sent_down, sent_up

from layerkeep.core.engine import Engine
from layerkeep.core.facts import Described, Reached
from layerkeep.core.journeys import all_journeys, following, journeys_through, previous
from layerkeep.core.units import Key


def before(e: Engine, name: str) -> str | None:
    """The id of the message that one continues."""
    found = previous(e.view, e.view.messages[name])
    return found.id if found is not None else None


def finalized(name: str) -> Reached:
    """A message to the parent took effect."""
    return reached(name, "finalized", executes=True)


def two_hops() -> Engine:
    """A message from `l1` to `l2`, continued from there to `l3`."""
    e = engine()
    observe(e, said(L1, 5, sent_down("a")), said(L2, 9, executed("a"), "t"))
    observe(e, said(L2, 9, sent_down("b", child=L3, parent=L2), "t", 1))
    return e


def test_previous__sent_in_the_executing_transaction__is_linked() -> None:
    """Both directions of a link, and the journey's path and end."""
    e = two_hops()
    a, b = e.view.messages["a"], e.view.messages["b"]
    assert (a, None) == (previous(e.view, b), previous(e.view, a))
    assert [b] == following(e.view, a)
    (journey,) = all_journeys(e.view)
    assert ("a", ("l1", "l2", "l3"), False) == (journey.id, journey.path, journey.finished)
    assert [journey] == journeys_through(e.view, b) == journeys_through(e.view, a)


def test_previous__execution_told_twice__is_one_execution() -> None:
    """A log and a receipt, or two keys, may tell of the same execution."""
    e = two_hops()
    observe(e, said(L2, 9, executed("a", 0, 4), "t", 4))
    assert "a" == before(e, "b")


def test_previous__several_executed__the_enclosing_one() -> None:
    """Where a transaction executes several, only the span that encloses the sending log links."""
    e = engine()
    observe(e, *(said(L1, n, sent_down(name)) for n, name in enumerate("acd")))
    observe(e, said(L2, 9, executed("a", 0, 2), "t", 2), said(L2, 9, executed("c", 3, 5), "t", 5))
    for log in (1, 4, 7):
        observe(e, said(L2, 9, sent_down(f"b{log}", child=L3, parent=L2), "t", log))
    assert ["a", "c", None] == [before(e, f"b{log}") for log in (1, 4, 7)]
    observe(e, said(L2, 9, executed("d", 0, 9), "t", 9))
    assert [None, None] == [before(e, f"b{log}") for log in (1, 4)]


def test_previous__several_without_spans__no_link() -> None:
    """Two executions of unknown extent leave it open which one sent."""
    e = two_hops()
    observe(e, said(L1, 6, sent_down("c")), said(L2, 9, executed("c"), "t", 3))
    assert before(e, "b") is None


def test_previous__executed_message_unknown__no_link() -> None:
    """A message that was sent before we looked is no link yet."""
    e = engine()
    observe(e, said(L2, 9, executed("a"), "t"))
    observe(e, said(L2, 9, sent_down("b", child=L3, parent=L2), "t", 1))
    assert before(e, "b") is None
    observe(e, said(L1, 5, sent_down("a")))
    assert "a" == before(e, "b")


def test_previous__no_transaction__no_link() -> None:
    """What no transaction proves continues nothing."""
    e = engine()
    fact = said(L2, 9, sent_down("b", child=L3, parent=L2))
    anchor = type(fact.anchor)(L2, 9, "0x9", 0)
    observe(e, type(fact)(anchor, fact.says))
    assert before(e, "b") is None


def test_previous__execution_of_itself__no_link() -> None:
    """A message never continues itself, whatever a chain may say."""
    e = engine()
    observe(e, said(L2, 9, sent_up("w", 9), "t", 1), said(L2, 9, finalized("w"), "t", 2))
    assert before(e, "w") is None
    assert [] == all_journeys(e.view)


def test_journeys__two_continue_one__two_journeys() -> None:
    """A message may be continued by several; each makes a journey."""
    e = two_hops()
    observe(e, said(L2, 9, sent_up("u", 9), "t", 2), said(L1, 7, Described(Key("l2/msg/u"))))
    assert {("l1", "l2", "l3"), ("l1", "l2", "l1")} == {j.path for j in all_journeys(e.view)}
    assert 2 == len(journeys_through(e.view, e.view.messages["a"]))
    assert 1 == len(journeys_through(e.view, e.view.messages["u"]))


def test_journeys__in_a_circle__end() -> None:
    """Chains that contradict time still make no endless journey."""
    e = engine()
    observe(e, said(L1, 5, sent_down("a"), "s"), said(L2, 9, executed("a"), "t"))
    observe(e, said(L2, 9, sent_up("b", 9), "t", 1), said(L1, 5, finalized("b"), "s"))
    assert "b" == before(e, "a")
    assert ["b"] == [m.id for m in following(e.view, e.view.messages["a"])]
    assert [] == all_journeys(e.view)
    assert 1 == len(journeys_through(e.view, e.view.messages["a"]))
