"""A pager's single steps: levels, quiet hours, mutes, groups, rates, endings."""

from dataclasses import replace

from pager_world import START, Rota, matter, paging

from layerkeep.core.acting.paging.model import ENDED, TAKEN, Hours, Level, Rate
from layerkeep.core.acting.paging.pager import Pager
from layerkeep.core.units import MINUTE, SECOND

FIRST = Level(0, ("on-call",), ("chat", "sms"))
SECOND_LEVEL = Level(5 * MINUTE, ("backup",), ("sms",))
ROTA = {"on-call": ("ann",), "backup": ("bob",)}


def pager(*levels, rota=None, **more):
    """A pager of one policy."""
    return Pager(paging(*levels, **more), rota or Rota(dict(ROTA)))


def told(notices):
    """Kind, person, channel and matters of each."""
    return [
        (each.kind, each.person, each.channel, [call.matter for call in each.calls])
        for each in notices
    ]


def test_incident__that_nobody_takes__climbs_and_is_told_again():
    """At once, after five minutes, and from then on every thirty."""
    subject = pager(FIRST, SECOND_LEVEL)

    first = subject.take(matter("a", START), START)
    assert [("page", "ann", "chat", ["a"])] == told(first)
    subject.sent(first[0].id)
    assert START + 5 * MINUTE == subject.next_due()
    second = subject.tick(START + 5 * MINUTE)
    assert [("page", "bob", "sms", ["a"])] == told(second)
    subject.sent(second[0].id)
    assert [] == subject.tick(START + 34 * MINUTE)
    assert [("again", "bob", "sms", ["a"])] == told(subject.tick(START + 35 * MINUTE))


def test_incident__taken__calls_nobody_any_more_and_its_end_is_told_once():
    """Whoever was called hears that it is over."""
    subject = pager(FIRST, SECOND_LEVEL)
    (page,) = subject.take(matter("a", START), START)
    subject.sent(page.id)
    taken = replace(matter("a", START), state=TAKEN)

    assert [] == subject.take(taken, START + 1)
    assert [] == subject.tick(START + 60 * MINUTE)
    over = subject.take(replace(taken, state=ENDED), START + 61 * MINUTE)
    assert [("resolved", "ann", "chat", ["a"])] == told(over)
    assert {} == subject.cases


def test_incident__that_ended_before_anybody_was_reached__is_told_to_nobody():
    """No page, no end of one; a page that is under way is told when it arrives."""
    subject = pager(FIRST)
    (page,) = subject.take(matter("a", START), START)

    assert [] == subject.take(replace(matter("a", START), state=ENDED), START + 1)
    assert not subject.is_wanted(page, START + 1)
    subject.sent(page.id)
    assert [("resolved", "ann", "chat", ["a"])] == told(subject.tick(START + 2))


def test_channel__failed_or_unsure__is_followed_by_the_next_then_the_next_person():
    """The same person by another channel, then the next level at once."""
    for outcome in ("failed", "unsure"):
        subject = pager(FIRST, SECOND_LEVEL)
        (page,) = subject.take(matter("a", START), START)
        (other,) = getattr(subject, outcome)(page.id, START + SECOND)
        assert [("page", "ann", "sms", ["a"])] == told([other])
        found = getattr(subject, outcome)(other.id, START + 2 * SECOND)
        assert [("page", "bob", "sms", ["a"])] == told(found)


def test_level__where_one_of_two_was_reached__does_not_hurry():
    """One who heard is enough until the next level is due anyway."""
    subject = pager(FIRST, SECOND_LEVEL, rota=Rota({"on-call": ("ann", "cid"), "backup": ("bob",)}))
    one, two = subject.take(matter("a", START), START)
    subject.sent(one.id)
    (other,) = subject.failed(two.id, START + 1)

    assert [] == subject.failed(other.id, START + 2)


def test_gap__in_a_rotation__calls_the_next_in_line_at_once():
    """Nobody is on call: the backup is, without waiting."""
    subject = pager(FIRST, SECOND_LEVEL, rota=Rota({"backup": ("bob",)}))

    assert [("page", "bob", "sms", ["a"])] == told(subject.take(matter("a", START), START))


def test_nobody__in_line_at_all__is_told_once_and_tried_every_minute():
    """As soon as somebody is there, they are called."""
    rota = Rota({})
    subject = pager(FIRST, SECOND_LEVEL, rota=rota)

    assert [("page", "", "", ["a"])] == told(subject.take(matter("a", START), START))
    assert [] == subject.tick(START + MINUTE)
    rota.names["on-call"] = ("ann",)
    assert [("page", "ann", "chat", ["a"])] == told(subject.tick(START + 2 * MINUTE))


def test_quiet_hours__hold_back_a_warning_and_not_a_critical():
    """What can wait until morning does, and not once it got graver."""
    rota = Rota(dict(ROTA), until={1320: START + 60 * MINUTE})
    subject = pager(FIRST, rota=rota, quiet=Hours(1320, 420))
    low = matter("a", START, severity="warning")

    assert [("page", "ann", "chat", ["b"])] == told(subject.take(matter("b", START), START))
    subject.take(matter("b", START, state=TAKEN), START)
    assert [] == subject.take(low, START)
    assert [] == subject.tick(START + 59 * MINUTE)
    graver = subject.take(replace(low, severity="critical"), START + 59 * MINUTE)
    assert ["a"] == [call.matter for each in graver for call in each.calls if each.kind == "page"]


def test_quiet_hours__over__page_what_is_still_there():
    """At the very end of them."""
    rota = Rota(dict(ROTA), until={1320: START + 60 * MINUTE})
    subject = pager(FIRST, rota=rota, quiet=Hours(1320, 420))
    subject.take(matter("a", START, severity="warning"), START)

    assert [("page", "ann", "chat", ["a"])] == told(subject.tick(START + 60 * MINUTE))


def test_mute__lifted__pages_at_once():
    """Not only when it would have ended."""
    subject = pager(FIRST)
    muted = matter("a", START, muted_until=START + 60 * MINUTE)

    assert [] == subject.take(muted, START)
    found = subject.take(replace(muted, muted_until=0), START + MINUTE)
    assert [("page", "ann", "chat", ["a"])] == told(found)


def test_group__within_its_time__is_one_notice():
    """What comes up within half a minute is told together."""
    subject = pager(FIRST, group=30 * SECOND)

    assert [] == subject.take(matter("a", START), START)
    assert [] == subject.take(matter("b", START), START + 29 * SECOND)
    assert [("page", "ann", "chat", ["a", "b"])] == told(subject.tick(START + 30 * SECOND))


def test_storm__of_a_thousand__is_a_few_pages_and_summaries():
    """No more than the rate allows, and every incident is in one of them."""
    subject = pager(FIRST, rate=Rate(10, 10 * MINUTE))
    found = []
    for number in range(1000):
        now = START + number * 50
        found += subject.take(matter(f"i{number}", now), now)
    for second in range(50, 10 * 60):
        found += subject.tick(START + second * SECOND)
    calls = [call.matter for each in found for call in each.calls]

    assert len(found) <= 10
    assert 1000 == len(calls) == len(set(calls))
    assert {"page", "summary"} == {each.kind for each in found}


def test_severity__below_the_policy__calls_nobody():
    """A note is no page."""
    subject = pager(FIRST)

    assert [] == subject.take(matter("a", START, severity="info"), START)
    assert None is subject.next_due()


def test_incident__that_comes_back__is_called_anew():
    """Another episode is another call, with another name."""
    subject = pager(FIRST)
    (first,) = subject.take(matter("a", START), START)
    subject.sent(first.id)
    subject.take(replace(matter("a", START), state=ENDED), START + MINUTE)
    (again,) = subject.take(matter("a", START + 2 * MINUTE), START + 2 * MINUTE)

    assert ("page", "ann") == (again.kind, again.person)
    assert first.id != again.id


def test_memory__after_a_thousand_incidents__holds_none_of_them():
    """What is over is let go."""
    subject = pager(FIRST, rate=Rate(10, 10 * MINUTE))
    for number in range(1000):
        now = START + number * 4 * SECOND
        for each in subject.take(matter(f"i{number}", now), now):
            subject.sent(each.id)
        for each in subject.take(matter(f"i{number}", now, state=ENDED), now + SECOND):
            subject.sent(each.id)
    subject.tick(START + 10_000 * SECOND)

    assert {} == subject.cases == subject._open
    assert None is subject.next_due()
