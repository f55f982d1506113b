"""What must hold of pages: nobody is called twice, and everything that pages reaches somebody.

Somebody is reached if a channel says so or may have; who is on call is asked of the rotations anew.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from layerkeep.core.acting.paging.model import (
    CALLS,
    FAILED,
    OPEN,
    OVER,
    SENT,
    UNSURE,
    Matter,
    Notice,
    Paging,
    Policy,
)
from layerkeep.core.acting.paging.roster import Rota
from layerkeep.core.units import MINUTE, Timestamp, duration_text
from layerkeep.sim.ops.scoring import Miss
from layerkeep.sim.respond.pages import Post, Sending
from layerkeep.sim.respond.responded import Responded
from layerkeep.sim.world import EPOCH

TRIED = 3 * MINUTE
"""All channels of a person tried as often as they are take no longer."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in which a matter wanted somebody, and nothing about that changed."""

    matter: Matter
    policy: Policy
    since: int
    until: int


def misses(run: Responded) -> Iterator[Miss]:
    """What did not hold of pages."""
    post, end = run.pages.post, run.world.now
    yield from _twice(post)
    paging, rota = run.pages.topology.paging, Rota(run.pages.topology)
    plans: dict[str, list[tuple[int, Notice]]] = {}
    for time, notice in post.plans:
        for call in notice.calls if notice.kind in CALLS else ():
            plans.setdefault(call.matter, []).append((time, notice))
    tries: dict[str, list[Sending]] = {}
    for sending in post.sendings:
        for call in sending.notice.calls if sending.notice.kind in CALLS else ():
            tries.setdefault(call.matter, []).append(sending)
    for name, phases in post.phases.items():
        yield from _strangers(rota, phases, plans.get(name, []))
        for stretch in _stretches(rota, phases, end):
            yield from _unreached(
                (post, rota, paging), stretch, plans.get(name, []), tries.get(name, [])
            )


def _twice(post: Post) -> Iterator[Miss]:
    """What was begun is begun again only if it surely failed; who was told is not told again."""
    told: dict[object, Sending] = {}
    begun: dict[str, Sending] = {}
    for sending in post.sendings:
        notice = sending.notice
        last = begun.get(notice.id)
        if last is not None and not (last.known and last.state == FAILED):
            yield Miss("once", f"{notice.kind} {notice.id} is begun again, and had not failed")
        begun[notice.id] = sending
        for call in notice.calls:
            key: object = (notice.person, call)
            if notice.kind == OVER:
                key = (notice.person, notice.channel, call.matter, call.episode)
            earlier = told.get(key)
            if earlier is not None and earlier.known < sending.time:
                yield Miss("once", f"{notice.kind} {call.matter} again to {notice.person}")
            if sending.known and sending.state == SENT:
                told.setdefault(key, sending)


def _stretches(rota: Rota, phases: list[tuple[int, Matter]], end: int) -> Iterator[Stretch]:
    """When somebody was wanted: from the moment a matter pages until calls end or begin anew."""
    began: tuple[int, Matter] | None = None
    for time, matter in [*phases, (end, None)]:
        if began is not None and (matter is None or _is_other(rota, began[1], matter, time)):
            yield Stretch(began[1], rota.policy(began[1]), began[0], time)
            began = None
        if matter is not None and began is None:
            began = (time, matter) if _is_wanted(rota, matter) else None


def _is_wanted(rota: Rota, matter: Matter) -> bool:
    return matter.state == OPEN and matter.severity in rota.policy(matter).severities


def _is_other(rota: Rota, one: Matter, other: Matter, time: int) -> bool:
    """True if calls end or begin anew: those under way go on when only the severity changes."""
    keys = ("state", "episode", "team", "policy")
    if any(getattr(one, key) != getattr(other, key) for key in keys):
        return True
    rises = one.severity != other.severity
    return not _is_wanted(rota, other) or (rises and _is_hushed(rota, one, time))


def _unreached(
    around: tuple[Post, Rota, Paging],
    stretch: Stretch,
    plans: list[tuple[int, Notice]],
    tries: list[Sending],
) -> Iterator[Miss]:
    """Each level is called in its time, and until somebody is reached it is tried again."""
    post, rota, paging = around
    policy, since = stretch.policy, stretch.since
    first = policy.levels[0].after
    start = _ready(rota, stretch)
    own = [(time, notice) for time, notice in plans if since <= time < stretch.until]
    rounds = [call.round for _, n in own for call in n.calls if call.matter == stretch.matter.id]
    for number, level in enumerate(policy.levels):
        due = start + policy.group + level.after - first + paging.rate.within + TRIED
        due += _down(post, since, due, policy)
        if due >= stretch.until or _is_quiet(rota, stretch, start, due):
            break
        if not any(
            time <= due
            and call.matter == stretch.matter.id
            and (call.level >= number or call.round > min(rounds))
            for time, notice in own
            for call in notice.calls
        ):
            yield Miss("reaches", f"{_words(stretch)}: level {number} is not called in time")
            return
    yield from _given_up(around, stretch, start, tries)


def _given_up(
    around: tuple[Post, Rota, Paging], stretch: Stretch, start: int, tries: list[Sending]
) -> Iterator[Miss]:
    """Between two tries that reached nobody there is no long silence."""
    post, rota, paging = around
    last = start + stretch.policy.group
    for sending in [s for s in tries if stretch.since <= s.time < stretch.until]:
        if sending.time > _patience(post, paging, last, stretch.policy):
            break
        last = max(last, sending.time)
        if sending.state in (SENT, UNSURE):
            return
    until = _patience(post, paging, last, stretch.policy)
    if until < stretch.until and not _is_quiet(rota, stretch, start, until):
        yield Miss("reaches", f"{_words(stretch)}: nobody is tried any more")


def _patience(post: Post, paging: Paging, last: int, policy: Policy) -> int:
    until = last + paging.rate.within + TRIED
    return until + _down(post, last, until, policy)


def _ready(rota: Rota, stretch: Stretch) -> int:
    """When it may first call: not in quiet hours, not while muted."""
    policy, start = stretch.policy, max(stretch.since, stretch.matter.muted_until)
    if policy.quiet is None or stretch.matter.severity not in policy.hushed:
        return start
    return rota.inside(policy.quiet, Timestamp(start)) or start


def _is_quiet(rota: Rota, stretch: Stretch, start: int, due: int) -> bool:
    """True if quiet hours begin before it is due."""
    times = (*range(start, due, 30 * MINUTE), due)
    return any(_is_hushed(rota, stretch.matter, time) for time in times)


def _is_hushed(rota: Rota, matter: Matter, time: int) -> bool:
    policy = rota.policy(matter)
    if policy.quiet is None or matter.severity not in policy.hushed:
        return False
    return rota.inside(policy.quiet, Timestamp(time)) is not None


def _down(post: Post, since: int, until: int, policy: Policy) -> int:
    """How much time was lost while nobody was there to call anybody."""
    lost = 0
    for start, end in post.downs:
        if start < until + lost and end > since:
            lost += end - start + policy.group + MINUTE
    return lost


def _strangers(
    rota: Rota, phases: list[tuple[int, Matter]], plans: list[tuple[int, Notice]]
) -> Iterator[Miss]:
    """Whoever is called is meant by the level: on call then, or when its first channel failed."""
    for time, notice in plans:
        known = [each for began, each in phases if began <= time]
        for call in notice.calls:
            if not notice.person or call.matter != known[-1].id:
                continue
            meant = {
                person
                for matter in known[-3:]
                for to in rota.policy(matter).levels[call.level].to
                for at in (time, time - 3 * TRIED, time - 6 * TRIED)
                for person in rota.people(to, matter, Timestamp(at))
            }
            if notice.person not in meant:
                yield Miss("reaches", f"{call.matter}: {notice.person} is not on call")


def _words(stretch: Stretch) -> str:
    since = duration_text(stretch.since - EPOCH)
    return f"{stretch.matter.key} of {since}, policy {stretch.policy.name}"
