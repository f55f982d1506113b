"""What operators write down, and to whom they hand an incident."""

from storm import T0, Desk, down

from layerkeep.core.facts import Anchor, Fact, Operated
from layerkeep.core.units import MINUTE, ChainName, Timestamp


def said(desk: Desk, action: str, at: int, **more: str) -> None:
    """Ann says so, and it is heard twice, as after a restart."""
    name = desk.only().id
    word = Operated(action, name, "ann", **more)
    fact = Fact(Anchor(ChainName(""), -1, "", Timestamp(at)), word)
    for _ in range(2):
        desk.incidents.operate(fact, desk.now)


def told(desk: Desk, *which: str) -> list[tuple[str, str, str]]:
    """The entries of these names in the history."""
    return [(e.name, e.reason, e.by) for e in desk.only().history if e.name in which]


def test_note__of_an_open_incident__stands_in_its_history_once_each() -> None:
    """Two notes of the same words at different moments are two; nothing else changes."""
    desk = Desk()
    desk.take(down())
    said(desk, "note", T0, reason="disk was full")
    said(desk, "note", T0 + 1, reason="disk was full")

    assert [("noted", "disk was full", "ann")] * 2 == told(desk, "noted")
    assert ("open", "") == (desk.only().state, desk.only().owner)


def test_hand_over__to_somebody__makes_it_theirs_and_calls_nobody() -> None:
    """Nobody had it, or another had; it counts once, and the history says from whom to whom."""
    desk = Desk()
    desk.take(down())
    assert desk.only().pages(desk.now)
    said(desk, "hand-over", T0 + MINUTE, to="bob", reason="shift ends")
    assert ("acknowledged", "bob") == (desk.only().state, desk.only().owner)
    assert not desk.only().pages(desk.now)
    said(desk, "hand-over", T0 + 2 * MINUTE, to="cleo")

    assert "cleo" == desk.only().owner
    expected = [("handed-over", "bob: shift ends", "ann"), ("handed-over", "cleo", "ann")]
    assert expected == told(desk, "handed-over")


def test_hand_over__to_nobody_or_said_before__changes_nothing() -> None:
    """A word without a name, and one that is older than what was decided since."""
    desk = Desk()
    desk.take(down())
    said(desk, "hand-over", T0 + MINUTE, to="bob")
    said(desk, "hand-over", T0 + 2 * MINUTE)
    said(desk, "hand-over", T0, to="cleo")

    assert "bob" == desk.only().owner
