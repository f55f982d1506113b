"""What comes next for a message, and when."""

from bisect import bisect_left

from telling import (
    BLOCK,
    L1,
    L2,
    UP,
    at,
    claimed,
    engine,
    executed,
    moved,
    observe,
    reached,
    said,
    sent_down,
    sent_up,
)

from layerkeep.core.engine import Engine
from layerkeep.core.facts import Measured
from layerkeep.core.messages import steps
from layerkeep.core.outlook import BOUNDS, Outlook, Terms, outlook
from layerkeep.core.units import DAY, HOUR, MINUTE, SECOND, Duration, Timestamp


def look(e: Engine, name: str, **budgets: Duration) -> Outlook:
    """The outlook of a message."""
    overrides = {budget.replace("_", "."): value for budget, value in budgets.items()}
    terms = Terms(overrides, Duration(BLOCK))
    return outlook(e.view, e.view.messages[name], e.experience, terms)


def test_outlook__just_sent__usual_time_and_budget() -> None:
    """While nothing was measured, the table's times count."""
    e = engine()
    observe(e, said(L1, 5, sent_down("a")))
    seen, since = look(e, "a"), at(L1, 5).time
    assert ("initiated", since, "sequencer") == (seen.stage.name, seen.since, seen.duty)
    assert (since + HOUR, since + MINUTE) == (seen.due, seen.eta)
    assert not seen.overdue(Timestamp(since + HOUR))
    assert seen.overdue(Timestamp(since + HOUR + 1))
    assert since + 2 * HOUR == look(e, "a", down_initiated=Duration(2 * HOUR)).due


def test_outlook__others_finished__their_median_time() -> None:
    """How long recent messages took tells how long this one takes."""
    e = engine()
    for number, blocks in enumerate((1, 7, 3)):
        began = 5 + number
        observe(
            e,
            said(L1, began, sent_down(f"m{number}")),
            said(L2, began + blocks, executed(f"m{number}")),
        )
    observe(e, said(L1, 9, sent_down("a")))
    assert at(L1, 9).time + 3 * BLOCK == look(e, "a").eta


def test_outlook__others_finished_at_once__one_of_them_tells() -> None:
    """Of messages sent in the same block the first to finish tells how long they take."""
    e = engine()
    for number, blocks in enumerate((1, 7, 3)):
        observe(
            e, said(L1, 5, sent_down(f"m{number}")), said(L2, 5 + blocks, executed(f"m{number}"))
        )
    observe(e, said(L1, 9, sent_down("a")))
    assert at(L1, 9).time + 1 * BLOCK == look(e, "a").eta


def test_experience__of_messages_sent_at_once__counts_the_first() -> None:
    """One of them tells how long they take, for what is usual and for what is counted."""
    e = engine()
    for number, blocks in enumerate((1, 1, 3)):
        observe(
            e, said(L1, 5, sent_down(f"m{number}")), said(L2, 5 + blocks, executed(f"m{number}"))
        )
    ((spot, spread),) = e.experience.spreads.items()

    assert ("down", "l1->l2", "initiated") == spot
    assert 1 == spread.counts[bisect_left(BOUNDS, BLOCK)]
    assert (1, 1 * BLOCK) == (sum(spread.counts), spread.total)


def test_outlook__finished__nothing_is_awaited() -> None:
    """A finished message has neither a due time nor an expected one."""
    e = engine()
    observe(e, said(L1, 5, sent_down("a")), said(L2, 6, executed("a", 0, 0)))
    seen = look(e, "a")
    assert (None, None, None) == (seen.due, seen.eta, seen.deadline)
    assert not seen.overdue(Timestamp(1 << 60))


def test_outlook__clock_read_from_contracts__is_the_least_time() -> None:
    """A stage lasts at least what the contracts say; where nobody knows, there is no estimate."""
    e = engine()
    observe(e, said(L2, 3, sent_up("w", 3)))
    assert look(e, "w").eta is None
    observe(e, said(L1, 5, reached("w", "proven", deadline=99)))
    assert (None, 99) == (look(e, "w").eta, look(e, "w").deadline)
    observe(e, said(L1, 6, Measured(L2, "delay_s", 7)))
    seen = look(e, "w")
    assert (at(L1, 5).time + 7 * SECOND, at(L1, 5).time + DAY) == (seen.eta, seen.due)


def test_outlook__clock_that_counts_blocks__needs_their_pace() -> None:
    """A period in blocks lasts as long as so many blocks; without their pace nobody knows."""
    e = engine()
    observe(e, said(L2, 3, sent_up("w", 3)), said(L1, 5, claimed("g1", 5)))
    observe(
        e, said(L1, 6, Measured(L2, "delay_s", 7)), said(L1, 6, Measured(L2, "period_blocks", 2))
    )
    assert at(L1, 5).time + 2 * BLOCK + 7 * SECOND == look(e, "w").eta
    assert outlook(e.view, e.view.messages["w"], e.experience, Terms({})).eta is None


def test_outlook__stage_without_a_step__since_the_last_step() -> None:
    """A proof whose claim was voided does not count; the message rests where it was before."""
    e = engine()
    observe(e, said(L2, 3, sent_up("w", 3)), said(L1, 5, claimed("g1", 5)))
    observe(e, said(L1, 6, reached("w", "proven", "g1")), said(L1, 7, moved("g1", "voided")))
    seen = look(e, "w")
    assert ("initiated", at(L2, 3).time) == (seen.stage.name, seen.since)


def test_steps__claims_and_words__in_order_of_time() -> None:
    """Every step is told once with its proof; the claim's own facts prove its stages."""
    e = engine()
    observe(e, said(L2, 3, sent_up("w", 3)), said(L1, 5, claimed("g1", 5)))
    observe(e, said(L1, 7, moved("g1", "confirmed")))
    observe(
        e, said(L1, 6, reached("w", "proven"), log=1), said(L1, 6, reached("w", "proven", "g1"))
    )
    observe(e, said(L1, 6, reached("w", "proven"), log=2))
    message = e.view.messages["w"]
    told = [(s.stage.name, s.anchor.height, s.claim) for s in steps(message)]
    expected = [
        ("initiated", 3, ""),
        ("claimed", 5, "g1"),
        ("proven", 6, "g1"),
        ("confirmed", 7, "g1"),
    ]
    assert expected == told
    assert "l2->l1" == message.route
    assert UP is message.lifecycle
