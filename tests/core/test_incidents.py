"""Incidents: one for each root fault, from its first symptom to its end."""

import random
from dataclasses import replace

import msgspec
import pytest
from storm import CRITICAL, T0, Desk, calls, down, names, note, overdue, problem

from layerkeep.core.effects import IncidentMoved
from layerkeep.core.incidents import Incidents
from layerkeep.core.incidents.books import RECENT_MAX
from layerkeep.core.incidents.incident import HISTORY_MAX, Incident
from layerkeep.core.incidents.patience import (
    CONFIRM_WITHIN,
    HOLD,
    OUTLIVE,
    REOPEN_WITHIN,
    SETTLE,
    STILL_THERE,
)
from layerkeep.core.rules.problems import Impact, Problem
from layerkeep.core.units import DAY, HOUR, MINUTE, SECOND, Timestamp

DOWN = "sequencer-down sequencer:l2"
LATE = "message-overdue route:l1->l2"
ETHER = 10**18


def opened(*problems: Problem) -> Desk:
    """A desk with these problems, gathered."""
    desk = Desk()
    desk.take(*problems)
    desk.wait(HOLD)
    return desk


def transitions(incident: Incident) -> list[tuple[str, int]]:
    """The history's names and counts."""
    return [(each.name, each.count) for each in incident.history]


def stored(incident: Incident) -> Incident:
    """The incident through a store and back."""
    return msgspec.json.decode(msgspec.json.encode(incident), type=Incident)


def picture(incidents: Incidents) -> object:
    """Who belongs to which incident, and how bad it is."""
    return {
        each.key: (each.severity, each.impact, sorted(each.members), each.since)
        for each in incidents.open.values()
    }


def test_critical__opens_at_once() -> None:
    """What cannot wait does not."""
    desk = Desk()
    moved = desk.take(down())

    incident = desk.only()
    assert [IncidentMoved(incident.id, "opened")] == moved
    assert (DOWN, "open", "critical") == (incident.key, incident.state, incident.severity)
    assert "root" == incident.members[down().id].role
    assert incident is desk.incidents.incident_of(down().id)
    assert incident.pages(desk.now)


def test_warning__is_held_then_opens() -> None:
    """A warning waits for its cause; nothing came, so it is one itself."""
    desk = Desk()
    assert [] == desk.take(overdue(1))
    assert [] == desk.wait(HOLD - 1)
    assert ["opened"] == names(desk.wait(1))
    assert LATE == desk.only().key


def test_warning__cleared_while_held__opens_nothing() -> None:
    """What is over before anybody is told is told to nobody; coming back, it waits anew."""
    desk = Desk()
    desk.take(overdue(1))
    desk.wait(HOLD - 2)
    desk.clear(overdue(1))
    desk.take(overdue(1))
    assert [] == desk.wait(HOLD - 1)
    desk.clear(overdue(1))
    assert [] == desk.wait(HOUR)
    assert {} == desk.incidents.open


def test_warning__cause_comes_while_held__opens_under_it() -> None:
    """A storm that tells its symptoms first is one incident from the start."""
    desk = Desk()
    desk.take(overdue(1), overdue(2))
    desk.wait(SECOND)
    assert ["opened"] == names(desk.take(down()))
    assert [("opened", 1)] == transitions(desk.only())
    assert 3 == len(desk.only().members)
    assert [] == desk.wait(HOLD)


def test_same_kind__on_one_component__is_one_incident() -> None:
    """Five hundred late messages on one route are one trouble."""
    desk = opened(*(overdue(each) for each in range(500)))

    incident = desk.only()
    assert {"root": 1, "same": 499} == _roles(incident)
    assert Impact(500, 500, 500 * ETHER) == incident.impact
    assert "message-overdue of route:l1->l2 (and 499 more)" == incident.title


def test_root__when_an_elder_is_told__is_the_elder() -> None:
    """The root problem is the one that began first, and there is one."""
    desk = opened(overdue(1), overdue(2))
    desk.take(overdue(3, since=-HOUR))

    incident = desk.only()
    assert {"root": 1, "same": 2} == _roles(incident)
    assert ("root", T0 - HOUR) == (incident.members[overdue(3).id].role, incident.since)


def test_note__beside_grave_ones_of_its_kind__stays_out() -> None:
    """That others are late on the same route makes a user's own delay no trouble."""
    desk = opened(overdue(1), note(2))
    desk.take(note(3))
    assert [overdue(1).id] == list(desk.only().members)


def test_incident__that_settles__is_not_merged_for_what_came_after_it() -> None:
    """A new problem of its root's kind that has a cause says nothing of the old one."""
    desk = opened(overdue(1))
    old = desk.only()
    desk.clear(overdue(1))
    desk.take(down())
    desk.take(overdue(2))
    assert [LATE, DOWN] == desk.roots()
    desk.wait(SETTLE)
    assert "resolved" == old.state


def test_kinds__without_declared_cause__are_apart() -> None:
    """On one component two troubles that have nothing to do with each other are two incidents."""
    desk = opened(problem("claim-disputed", "bridge:l2"), problem("bridge-paused", "bridge:l2"))

    assert ["bridge-paused bridge:l2", "claim-disputed bridge:l2"] == desk.roots()


def _roles(incident: Incident) -> dict[str, int]:
    found: dict[str, int] = {}
    for member in incident.members.values():
        found[member.role] = found.get(member.role, 0) + 1
    return found


def test_storm__of_one_root__is_one_incident_whose_work_is_linear() -> None:
    """A thousand dependents are one incident with few lines; twice as many cost twice as much."""

    def storm(count: int) -> Desk:
        desk = Desk()
        desk.take(down())
        for each in range(count):
            desk.take(overdue(each))
        desk.clear(down())
        for each in range(count):
            desk.clear(overdue(each))
        return desk

    desk = storm(1_000)
    assert [
        ("opened", 1),
        ("symptom-added", 1_000),
        ("symptom-gone", 1),
        ("symptom-gone", 1_000),
        ("severity-lowered", 1),
        ("resolving", 1),
    ] == transitions(desk.only())
    assert 1_000 == desk.only().worst.messages
    few, many = calls(lambda: storm(200)), calls(lambda: storm(800))
    assert many < 4.4 * few, (few, many)


def test_cause__told_after_its_symptoms__is_named_and_the_incident_keeps_its_id() -> None:
    """The page that was sent leads to the incident that has the deeper root now."""
    desk = opened(overdue(1), overdue(2))
    before = desk.only().id
    moved = desk.take(down())

    incident = desk.only()
    assert (before, DOWN) == (incident.id, incident.key)
    assert {"root": 1, "symptom": 2} == _roles(incident)
    assert "cause-named" in names(moved)
    assert "severity-raised" in names(moved)
    assert f"{LATE} follows from {DOWN}" == incident.history[1].reason


def test_cause__of_two_incidents__keeps_the_first_and_merges_the_other() -> None:
    """Two incidents that follow from one are one."""
    desk = opened(overdue(1))
    first = desk.only()
    desk.wait(SECOND)
    desk.take(overdue(2, route="l3->l2", severity=CRITICAL))
    other = next(each for each in desk.incidents.open.values() if each is not first)
    moved = desk.take(down())

    assert first is desk.only()
    assert ("merged", first.id) == (other.state, other.merged_into)
    assert {IncidentMoved(first.id, "cause-named"), IncidentMoved(other.id, "merged")} <= set(moved)
    assert other is desk.incidents.recent[other.id]
    assert {} == other.members
    assert 3 == len(first.members)


def test_cause__whose_incident_is_open__takes_over_what_follows_from_it() -> None:
    """The link between two open incidents is found late: one is merged into the other."""
    halted = problem("chain-halted", "chain:l1", severity=CRITICAL)
    desk = Desk()
    desk.take(replace(halted, since=Timestamp(T0 + HOUR)))
    desk.take(problem("safe-stalled", "chain:l2", severity=CRITICAL))
    assert 2 == len(desk.incidents.open)
    moved = desk.take(halted)

    assert "chain-halted chain:l1" == desk.only().key
    assert "merged" in names(moved)


def test_cause__of_only_some_members__takes_those_and_leaves_the_others_theirs() -> None:
    """Merged into the lower root's incident, a member with another root goes to that one."""
    desk = opened(overdue(1))
    desk.wait(HOUR)
    desk.take(overdue(2), problem("chain-halted", "chain:l1", since=3 * HOUR, severity=CRITICAL))
    assert 2 == len(desk.incidents.open)
    desk.take(
        problem("bridge-paused", "bridge:l2", severity=CRITICAL),
        problem("chain-halted", "chain:l1", since=HOUR, severity=CRITICAL),
    )

    assert ["bridge-paused bridge:l2", "chain-halted chain:l1"] == desk.roots()
    _check_books(desk)
    found = [desk.incidents.incident_of(overdue(each).id) for each in (1, 2)]
    assert {"opened", "symptom-added"} == {name for each in found for name, _ in transitions(each)}  # type: ignore[arg-type]
    assert ["bridge-paused", "chain-halted"] == [each.root.kind for each in found if each]


def test_id__of_a_second_incident_at_the_same_moment__is_another() -> None:
    """An incident keeps its name when its cause is named, so its root may need another."""
    desk = Desk()
    desk.take(overdue(1, severity=CRITICAL))
    desk.take(down())
    desk.take(replace(down(), severity="info"))

    assert [LATE, DOWN] == desk.roots()
    assert 2 == len({each.id for each in desk.incidents.open.values()})


def test_problem__gone_and_back_in_one_step__was_there_all_the_time() -> None:
    """Two subjects of a rule may hand a problem over; one never told is nothing."""
    desk = opened(down())
    assert [] == desk.take(down(), cleared=(down(), overdue(7)))


def test_symptom__of_an_open_cause__joins_and_leaves_without_paging() -> None:
    """Symptoms come and go inside the incident."""
    desk = opened(down())
    assert ["symptom-added"] == names(desk.take(overdue(1)))
    assert ["symptom-added"] == names(desk.take(overdue(2)))
    assert ["symptom-gone"] == names(desk.clear(overdue(1)))
    assert [("opened", 1), ("symptom-added", 2), ("symptom-gone", 1)] == transitions(desk.only())
    assert Impact(1, 1, ETHER) == desk.only().impact
    assert 2 == desk.only().seen[LATE].count


def test_note__alone__opens_nothing() -> None:
    """A user who never proves is healthy noise; with a cause it is a symptom."""
    desk = opened(note(1))
    assert {} == desk.incidents.open
    assert [note(1)] == desk.incidents.notes()
    desk.take(down())
    assert "symptom" == desk.only().members[note(1).id].role
    assert [] == desk.incidents.notes()


def test_note__left_over__does_not_hold_the_incident() -> None:
    """An incident ends although notes are left, and they are notes again."""
    desk = opened(down(), note(1))
    assert "resolving" in names(desk.clear(down()))
    desk.wait(SETTLE)
    assert {} == desk.incidents.open
    assert [note(1)] == desk.incidents.notes()
    assert [] == desk.wait(HOUR)


def test_note__that_turns_grave__opens() -> None:
    """The same problem is worse now."""
    desk = opened(note(1))
    desk.take(overdue(1))
    desk.wait(HOLD)
    assert LATE == desk.only().key
    assert "resolving" in names(desk.take(note(1)))


def test_symptom__that_outlives_its_cause__is_an_incident_of_its_own() -> None:
    """After its grace what is left is raised by itself, at once."""
    desk = opened(down(), overdue(1), overdue(2))
    old = desk.only()
    desk.clear(down())
    assert [] == desk.wait(OUTLIVE - 1)
    assert old is desk.incidents.incident_of(overdue(1).id)
    assert {"outlived", "opened", "resolving"} == set(names(desk.wait(1)))
    assert LATE == desk.incidents.incident_of(overdue(1).id).key  # type: ignore[union-attr]
    assert ("outlived", 2) in transitions(old)
    desk.wait(SETTLE)
    assert "resolved" == old.state
    assert [LATE] == desk.roots()


def test_symptom__that_comes_late__joins_the_cause_that_ended() -> None:
    """What was delayed while the sequencer was down is due only now."""
    desk = opened(down(), overdue(1))
    desk.clear(down())
    desk.wait(5 * MINUTE)
    assert ["symptom-added"] == names(desk.take(overdue(2)))
    assert DOWN == desk.only().key
    desk.clear(overdue(1), overdue(2))
    desk.wait(SETTLE)
    desk.take(overdue(3))
    assert ["reopened"] == names(desk.wait(HOLD))
    assert "after-effect" == desk.only().history[-1].reason


def test_symptom__that_comes_long_after_all_was_clear__opens_its_incident_again() -> None:
    """While the cause explains others there is no second incident of it; after that there is."""
    desk = opened(down(), overdue(1))
    first = desk.only()
    desk.clear(down(), overdue(1))
    desk.wait(OUTLIVE - HOLD - 1)
    assert "resolved" == first.state
    desk.take(overdue(2))
    assert ["reopened"] == names(desk.wait(HOLD))
    assert ("after-effect", first) == (first.history[-1].reason, desk.only())
    desk.clear(overdue(2))
    desk.wait(OUTLIVE)
    desk.take(overdue(3))
    desk.wait(HOLD)
    assert LATE == desk.only().key


def test_cause__whose_symptom_ended_later__is_remembered_as_long_as_it() -> None:
    """What an after-effect held up is the first fault's too: no second incident is opened."""
    stalled = problem("batches-stalled", "batcher:l2")
    desk = opened(down(), stalled)
    desk.clear(down())
    desk.wait(HOUR)
    desk.clear(stalled)
    desk.wait(OUTLIVE - HOUR - MINUTE)
    desk.take(overdue(1, route="l2->l1"))
    assert not {"outlived", "merged"} & set(names(desk.wait(HOUR)))
    assert [DOWN] == desk.roots()
    assert "outlived" in names(desk.wait(MINUTE))
    assert ["message-overdue route:l2->l1"] == [each for each in desk.roots() if each != DOWN]


def test_cause__whose_symptom_is_still_there__is_forgotten_in_time() -> None:
    """What lives on by itself is no after-effect any more, whatever ended because of it."""
    lasting, ended = problem("batches-stalled", "batcher:l2"), problem("safe-stalled", "chain:l2")
    desk = opened(down(), lasting, ended)
    desk.clear(down())
    desk.wait(HOUR)
    desk.clear(ended)
    assert [DOWN] == desk.roots()
    desk.wait(OUTLIVE - HOUR)
    assert lasting.id in desk.incidents.incident_of(lasting.id).root.id  # type: ignore[union-attr]


def test_cause__that_ended_twice__is_remembered_once() -> None:
    """Of claims disputed one after the other the last explains what is left."""
    one, two = (
        problem("claim-disputed", "bridge:l2", each, severity=CRITICAL) for each in ("c1", "c2")
    )
    desk = opened(one, overdue(1))
    desk.clear(one)
    desk.wait(10 * MINUTE)
    desk.take(two)
    desk.clear(two)
    assert [two.id] == list(desk.only().gone)
    assert [] == desk.wait(OUTLIVE - 1)
    assert "outlived" in names(desk.wait(1))


def test_cause__never_opened__explains_nothing_after_its_end() -> None:
    """A cause that was over while held leaves nothing behind."""
    quick = problem("bridge-paused", "bridge:l2")
    desk = Desk()
    desk.take(quick)
    desk.clear(quick)
    desk.take(overdue(1))
    desk.wait(HOLD)
    assert LATE == desk.only().key


def test_symptom__that_began_after_its_cause_had_ended__is_an_incident_of_its_own() -> None:
    """A later fault is not put down to an earlier one that is over."""
    desk = opened(down())
    desk.clear(down())
    desk.wait(SETTLE)
    desk.take(problem("batches-stalled", "batcher:l2", since=SETTLE))
    desk.wait(HOLD)
    assert "batches-stalled batcher:l2" == desk.only().key


def test_root__that_flaps__opens_nothing_new() -> None:
    """Within its settling time an incident goes on; its history stays short."""
    desk = opened(down(), overdue(1))
    incident = desk.only()
    for each in range(300):
        desk.clear(down())
        desk.wait(SETTLE // 2)
        desk.take(down(since=each * MINUTE))
    assert incident is desk.only()
    assert 2 == len(incident.members)
    assert len(incident.history) <= 6


def test_incident__without_members__settles_then_resolves() -> None:
    """It is resolved only after a quiet while."""
    desk = opened(down())
    incident = desk.only()
    assert ["symptom-gone", "resolving"] == names(desk.clear(down()))
    assert [] == desk.wait(SETTLE - 1)
    assert ["resolved"] == names(desk.wait(1))
    assert ("resolved", desk.now) == (incident.state, incident.resolved_at)
    assert {incident.id: incident} == desk.incidents.recent
    assert not incident.pages(desk.now)


def test_incident__comes_back_while_settling__goes_on() -> None:
    """It was not resolved yet, so it is not opened again."""
    desk = opened(down())
    desk.clear(down())
    desk.wait(SETTLE - 1)
    assert ["symptom-added", "relapsed"] == names(desk.take(down()))
    desk.clear(down())
    assert [] == desk.wait(SETTLE - 1)
    assert ["resolved"] == names(desk.wait(1))


@pytest.mark.parametrize(("after", "same"), [(REOPEN_WITHIN, True), (REOPEN_WITHIN + 1, False)])
def test_root__back_after_resolution__reopens_the_same_if_soon(after: int, same: bool) -> None:
    """Soon after it is the same incident, open again; later it is another."""
    desk = opened(down())
    first = desk.only()
    desk.clear(down())
    desk.wait(SETTLE)
    desk.wait(after)
    moved = desk.take(down(since=HOUR))

    assert ["reopened" if same else "opened"] == names(moved)
    assert same == (first is desk.only())
    assert "open" == desk.only().state
    assert None is desk.only().resolved_at


@pytest.mark.parametrize(
    ("raised", "severity"),
    [
        (overdue(1, impact=Impact(1, 1, 99 * ETHER)), "warning"),
        (overdue(1, impact=Impact(1, 1, 100 * ETHER)), "critical"),
        (overdue(1, impact=Impact(99)), "warning"),
        (overdue(1, impact=Impact(100)), "critical"),
        (overdue(1, impact=Impact(1, deadline=Timestamp(T0 + 2 * HOUR))), "warning"),
        (overdue(1, impact=Impact(1, deadline=Timestamp(T0 + HOUR))), "critical"),
    ],
)
def test_severity__is_raised_by_impact(raised: Problem, severity: str) -> None:
    """Much value, many messages or a near deadline make it critical."""
    assert severity == opened(raised).only().severity


def test_severity__as_a_deadline_comes_near__is_raised_by_time_and_lowered_after() -> None:
    """Time alone makes it worse; what had the deadline clears, and it is better."""
    urgent = overdue(1, impact=Impact(1, deadline=Timestamp(T0 + 2 * HOUR)))
    desk = opened(urgent, overdue(2))
    assert [] == desk.wait(HOUR - HOLD - 1)
    assert ["severity-raised"] == names(desk.wait(1))
    assert ["symptom-gone", "severity-lowered"] == names(desk.clear(urgent))


def test_impact__of_problems_about_one_message__counts_once() -> None:
    """A message that is late and expiring is one message."""
    twice = replace(overdue(1), kind="message-expiring")
    desk = opened(down(), overdue(1), twice)

    assert Impact(1, 1, ETHER) == desk.only().impact
    desk.clear(twice)
    assert Impact(1, 1, ETHER) == desk.only().impact


def test_history__of_endless_changes__is_bounded() -> None:
    """The first line and the newest stay."""
    desk = opened(overdue(1))
    for each in range(HISTORY_MAX):
        desk.say("silence", "*", HOUR + each)
    history = desk.only().history
    assert HISTORY_MAX == len(history)
    assert 1 == desk.only().history_dropped
    assert "opened" == history[0].name


def test_recent__of_many__is_bounded() -> None:
    """Memory holds what was resolved lately."""
    desk = Desk()
    paused = problem("bridge-paused", "bridge:l2", severity=CRITICAL)
    desk.take(paused)
    desk.clear(paused)
    for each in range(RECENT_MAX):
        desk.take(down(since=each * HOUR))
        desk.clear(down())
        desk.wait(HOUR)
    assert RECENT_MAX == len(desk.incidents.recent)
    assert DOWN == next(iter(desk.incidents.recent.values())).key


def test_acknowledged__has_an_owner_and_pages_no_more() -> None:
    """Somebody took it."""
    desk = opened(down())
    incident = desk.only()
    assert ["acknowledged"] == names(desk.say("acknowledge", incident.id))
    assert ("acknowledged", "ann") == (incident.state, incident.owner)
    assert not incident.pages(desk.now)
    assert [] == desk.say("acknowledge", incident.id)


@pytest.mark.parametrize(
    "target", ["", "sequencer:l2", "chain:l2", "sequencer-down", "*"], ids=lambda each: each or "id"
)
def test_silence__on_what_matches__mutes_until_its_end(target: str) -> None:
    """No page is due while it lasts; its end is told."""
    desk = opened(down())
    incident = desk.only()
    moved = desk.say("silence", target or incident.id, HOUR)

    assert ["silenced"] == names(moved)
    assert (desk.now + HOUR) == incident.muted_until
    assert not incident.pages(desk.now)
    assert ["unsilenced"] == names(desk.wait(HOUR))
    assert incident.pages(desk.now)
    assert "ended" == incident.history[-1].reason


@pytest.mark.parametrize("target", ["sequencer:l3", "chain:l1", "message-overdue"])
def test_silence__on_something_else__mutes_nothing(target: str) -> None:
    """A silence is no maintenance: what stands on its target pages."""
    desk = opened(down())
    assert [] == desk.say("silence", target, HOUR)
    assert desk.only().pages(desk.now)


def test_silence__before_the_incident__mutes_it_when_it_opens() -> None:
    """The incident is there and pages nobody; taken back, it does."""
    desk = Desk()
    desk.say("silence", "chain:l2", HOUR)
    assert ["opened", "silenced"] == names(desk.take(down()))
    assert not desk.only().pages(desk.now)
    assert ["unsilenced"] == names(desk.say("unsilence", "chain:l2"))
    assert desk.only().pages(desk.now)


def test_silence__of_a_symptom_s_kind__ends_when_the_cause_is_named() -> None:
    """What was silenced is not what it turned out to be."""
    desk = opened(overdue(1))
    desk.say("silence", "message-overdue", HOUR)
    assert "unsilenced" in names(desk.take(down()))
    assert desk.only().pages(desk.now)


def test_maintenance__on_a_component__mutes_what_stands_on_it() -> None:
    """Who works on l1 wants no page of what stands on l1."""
    desk = opened(down(), problem("upstream-silent", "upstream:l3-a"))
    moved = desk.say("maintain", "chain:l1", HOUR)

    assert ["maintenance"] == names(moved)
    assert not desk.incidents.incident_of(down().id).pages(desk.now)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("action", "target", "lasts"),
    [
        ("silence", "nobody", HOUR),
        ("silence", "*", 0),
        ("unsilence", "nobody", 0),
        ("acknowledge", "chain:l2", 0),
        ("resolve", "nobody", 0),
        ("dance", "*", HOUR),
    ],
)
def test_word__that_means_nothing__is_kept(action: str, target: str, lasts: int) -> None:
    """It is no error, changes nothing, and can be shown."""
    desk = opened(down())
    assert [] == desk.say(action, target, lasts)
    assert [action] == [fact.says.action for fact in desk.incidents.unheeded]  # type: ignore[union-attr]


def test_resolved_by_hand__while_problems_last__comes_back() -> None:
    """The operator's word counts for a while, then what is there counts."""
    desk = opened(down(), overdue(1))
    incident = desk.only()
    desk.say("acknowledge", incident.id)
    assert ["resolved"] == names(desk.say("resolve", incident.id))
    desk.take(overdue(2))
    assert [] == desk.wait(STILL_THERE - 1)
    assert ["reopened"] == names(desk.wait(1))
    assert "still-there" == incident.history[-1].reason
    assert ("open", 3) == (incident.state, len(incident.members))


def test_resolved_by_hand__what_nothing_takes_back__stays_resolved_until_it_happens_again() -> None:
    """A forged delivery stays in history for ever: the operator's word on it stands."""
    forged = replace(down(), irrevocable=True)
    desk = opened(forged)
    desk.say("resolve", desk.only().id)
    assert [] == desk.wait(HOUR)
    again = replace(forged, subject="another", since=desk.now)
    assert ["opened"] == names(desk.take(again))


def test_resolved_by_hand__and_over__stays_resolved() -> None:
    """Nothing is left, so nothing comes back."""
    desk = opened(down())
    desk.say("resolve", desk.only().id)
    desk.clear(down())
    assert [] == desk.wait(HOUR)
    assert {} == desk.incidents.open


def test_resolved_by_hand__root_over_and_symptoms_left__comes_back_as_one() -> None:
    """What is left of it is still part of it."""
    desk = opened(down(), overdue(1), overdue(2))
    incident = desk.only()
    desk.say("resolve", incident.id)
    desk.clear(down())
    assert [] == desk.wait(STILL_THERE - 1)
    assert ["reopened"] == names(desk.wait(1))
    assert (incident, 2) == (desk.only(), len(incident.members))


def test_word__older_than_the_reopening__counts_no_more() -> None:
    """An operator's word told again after a restart concerns what was there when it was said."""
    desk = opened(down())
    incident = desk.only()
    desk.clear(down())
    desk.wait(SETTLE)
    said = desk.now
    desk.wait(MINUTE)
    desk.take(down(since=HOUR))
    now, desk.now = desk.now, said
    assert [] == desk.say("resolve", incident.id)
    desk.now = now
    assert "open" == incident.state
    assert [] == desk.say("silence", incident.id, -MINUTE)
    assert incident.pages(desk.now)


def test_acknowledged__by_another_later__changes_hands() -> None:
    """The newest owner counts; an older word does not."""
    desk = opened(down())
    desk.say("acknowledge", desk.only().id, by="ann")
    desk.now = Timestamp(desk.now + SECOND)
    assert ["acknowledged"] == names(desk.say("acknowledge", desk.only().id, by="bob"))
    desk.now = Timestamp(desk.now - SECOND)
    assert [] == desk.say("acknowledge", desk.only().id, by="ann")
    assert "bob" == desk.only().owner


def test_word__on_a_merged_incident__goes_to_the_one_it_is_part_of() -> None:
    """The page that was sent still leads somewhere."""
    desk = opened(overdue(1))
    desk.take(overdue(2, route="l3->l2", severity=CRITICAL))
    desk.take(down())
    merged = next(each for each in desk.incidents.recent.values())
    assert [IncidentMoved(desk.only().id, "acknowledged")] == desk.say("acknowledge", merged.id)
    assert [IncidentMoved(desk.only().id, "silenced")] == desk.say("silence", merged.id, HOUR)


def _lived() -> tuple[Desk, list[Problem]]:
    """A desk after a stormy hour: a cause that ended, a muted one, symptoms, and a resolved one."""
    there = [
        problem("bridge-paused", "bridge:l3", severity=CRITICAL),
        *(overdue(each) for each in range(5)),
        overdue(9, route="l3->l2"),
        problem("batches-stalled", "batcher:l2", since=MINUTE),
    ]
    desk = Desk()
    desk.take(problem("node-split", "chain:l1", severity=CRITICAL))
    desk.clear(problem("node-split", "chain:l1"))
    desk.wait(SETTLE)
    there.append(overdue(8, impact=Impact(1, 1, ETHER, Timestamp(T0 + 3 * HOUR))))
    short = problem("upstream-silent", "upstream:l2-a", severity=CRITICAL)
    desk.take(down(), short, *there)
    desk.say("maintain", "bridge:l3", DAY)
    desk.wait(HOLD)
    desk.clear(down(), short)
    desk.wait(MINUTE)
    return desk, there


def test_restart__with_the_same_problems__tells_nothing_new_and_is_equal() -> None:
    """Put back from the store, the same problems in any order repeat no effect."""
    for seed in range(5):
        desk, there = _lived()
        known = [*desk.incidents.open.values(), *desk.incidents.recent.values()]
        fresh = Desk()
        fresh.now = desk.now
        fresh.incidents.restore([stored(each) for each in known])
        random.Random(seed).shuffle(there)
        moved = [each for one in there for each in fresh.take(one)]

        assert [] == moved
        assert desk.incidents.open == fresh.incidents.open
        assert desk.incidents.recent == fresh.incidents.recent
        both = [_told(each.wait(DAY)) for each in (desk, fresh)]
        assert both[0] == both[1]
        assert picture(desk.incidents) == picture(fresh.incidents)


def _told(moved: list[IncidentMoved]) -> list[tuple[str, str]]:
    return [(each.incident, each.transition) for each in moved]


def test_restart__with_problems_that_ended_meanwhile__clears_them() -> None:
    """What nobody tells again within the time that rules need is over."""
    desk = opened(down(), overdue(1))
    fresh = Desk()
    fresh.now = desk.now
    fresh.incidents.restore([stored(desk.only())])
    fresh.take(overdue(1))
    fresh.wait(CONFIRM_WITHIN)
    assert [overdue(1).id] == list(fresh.only().members)
    assert [down().id] == list(fresh.only().gone)


def test_restart__what_is_proven_for_good__is_not_over_because_nobody_tells_it_again() -> None:
    """The message of a withdrawal may be let go by then: only a person ends it."""
    forged = replace(down(), irrevocable=True)
    desk = opened(forged, overdue(1))
    fresh = Desk()
    fresh.now = desk.now
    fresh.incidents.restore([stored(desk.only())], {forged.id})
    fresh.take(overdue(1))
    fresh.wait(CONFIRM_WITHIN + DAY)
    assert forged.id in fresh.only().members
    assert ["resolved"] == names(fresh.say("resolve", fresh.only().id))


def test_restart__what_nothing_takes_back_and_its_proof_left__is_over() -> None:
    """A node on a fork told it: nobody tells it again, and nothing proves it any more."""
    forged = replace(down(), irrevocable=True)
    desk = opened(forged, overdue(1))
    fresh = Desk()
    fresh.now = desk.now
    fresh.incidents.restore([stored(desk.only())])
    fresh.take(overdue(1))
    assert forged.id in fresh.only().members, "its cause may be told first"
    fresh.wait(SETTLE)
    assert [overdue(1).id] == list(fresh.only().members)


def test_restart__before_a_deadline_comes_near__still_raises_it() -> None:
    """What time alone would have done, it does after a restart too."""
    urgent = overdue(1, impact=Impact(1, deadline=Timestamp(T0 + 2 * HOUR)))
    desk = opened(urgent)
    fresh = Desk()
    fresh.now = desk.now
    fresh.incidents.restore([stored(desk.only())])
    assert [] == fresh.take(urgent)
    assert ["severity-raised"] == names(fresh.wait(HOUR))


def test_restart__after_a_word_of_resolution__keeps_the_doubt() -> None:
    """What an operator resolved shortly before a restart is doubted at the same time."""
    desk = opened(down())
    desk.say("resolve", desk.only().id)
    fresh = Desk()
    fresh.now = desk.now
    fresh.incidents.restore([stored(each) for each in desk.incidents.recent.values()])
    assert [] == fresh.take(down())
    assert _told(desk.wait(STILL_THERE)) == _told(fresh.wait(STILL_THERE))
    assert "still-there" == fresh.only().history[-1].reason


def test_restart__what_an_operator_resolved__does_not_follow_from_what_came_later() -> None:
    """It was told before the cause began, also where it is found again after a restart only."""
    forged = replace(problem("claim-false", "proposer:l3", severity=CRITICAL), irrevocable=True)
    desk = opened(forged)
    desk.wait(HOUR)
    desk.say("resolve", desk.only().id)
    split = problem("node-split", "chain:l2", severity=CRITICAL, since=HOUR)
    desk.wait(DAY)
    desk.take(split)
    fresh = Desk()
    fresh.now = desk.now
    known = [*desk.incidents.open.values(), *desk.incidents.recent.values()]
    fresh.incidents.restore([stored(each) for each in known])
    assert [] == fresh.take(split, forged)
    assert [split.id] == list(fresh.only().members)
    for each in (desk, fresh):
        each.clear(split)
    assert _told(desk.wait(DAY)) == _told(fresh.wait(DAY))
    assert {} == fresh.incidents.open


@pytest.mark.parametrize("seed", range(20))
def test_incidents__of_problems_in_any_order__are_the_same(seed: int) -> None:
    """Told together or one by one, in any order, the same incidents stand in the end."""
    chance = random.Random(seed)
    problems = [
        down(),
        problem("chain-halted", "chain:l1", severity=CRITICAL),
        problem("funds-out", "batcher:l2"),
        problem("batches-stalled", "batcher:l2"),
        problem("safe-stalled", "chain:l2"),
        problem("safe-stalled", "chain:l3"),
        problem("claim-false", "proposer:l3", severity=CRITICAL),
        problem("bridge-paused", "bridge:l3", since=chance.randrange(9) * MINUTE),
        problem("upstream-silent", "upstream:l2-a"),
        *(overdue(each) for each in range(8)),
        *(overdue(each, route="l3->l2") for each in range(8, 16)),
        *(note(each) for each in range(16, 20)),
    ]
    problems = chance.sample(problems, 20)
    pictures = []
    for turn in range(5):
        chance.shuffle(problems)
        desk = Desk()
        if turn == 0:
            desk.take(*problems)
        for each in problems if turn else []:
            desk.take(each)
        desk.wait(HOLD)
        pictures.append(picture(desk.incidents))

    assert [pictures[0]] * 5 == pictures


@pytest.mark.parametrize("seed", range(20))
def test_incidents__through_any_life__keep_their_books(seed: int) -> None:
    """After every step each problem is in its root's incident, and all ends resolved."""
    chance = random.Random(seed)
    kinds = ["chain-halted chain:l1", DOWN, "batches-stalled batcher:l2", "safe-stalled chain:l2"]
    pool = [
        problem(*each.split(), severity=chance.choice(["warning", "critical"])) for each in kinds
    ]
    pool += [overdue(each) for each in range(6)] + [note(each) for each in range(6, 9)]
    desk = Desk()
    there: dict[str, Problem] = {}
    for _ in range(200):
        one = replace(chance.choice(pool), since=Timestamp(desk.now - chance.randrange(MINUTE)))
        if one.id in there and chance.random() < 0.7:
            desk.clear(there.pop(one.id))
        else:
            there[one.id] = one
            desk.take(one)
        if chance.random() < 0.3 and desk.incidents.open:
            action = chance.choice(["acknowledge", "resolve", "silence", "unsilence"])
            desk.say(action, chance.choice(sorted(desk.incidents.open)), HOUR)
        desk.wait(chance.choice([0, SECOND, HOLD, MINUTE, 20 * MINUTE]))
        _check_books(desk)
    desk.clear(*there.values())
    desk.wait(DAY)

    assert {} == desk.incidents.open
    assert {} == desk.incidents.causes.nodes
    assert None is desk.incidents.next_due()


def _check_books(desk: Desk) -> None:
    incidents = desk.incidents
    for incident in incidents.open.values():
        for name, member in incident.members.items():
            node = incidents.causes.nodes[name]
            assert incident.key == node.root
            assert (node.problem, node.since) == (member.problem, member.since)
            assert incident is incidents.incident_of(name)
        roots = [each for each in incident.members.values() if each.role == "root"]
        assert len(roots) <= 1
        values = {
            each.problem.subject: each.problem.impact.value for each in incident.members.values()
        }
        assert sum(values.values()) == incident.impact.value
