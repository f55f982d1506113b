"""Who is called when: the policies carried out, without a clock and without a wire.

    matter open ──due──► level called ──due──► next level … last level ──again──► last level
         ▲                   │ every channel failed, nobody there
         │                   └──────────────► next level at once
      muted, quiet hours, held: waits

`take`, `tick`, `sent`, `failed` and `unsure` give back notices. Whoever carries them out writes
them down before he sends them, and tells what became of each. A person is called once on a level
of a round; by another channel only if the one before failed or nobody knows whether it worked.
"""

from collections.abc import Iterable

from layerkeep.core.acting.paging.agenda import Agenda, Endings
from layerkeep.core.acting.paging.case import Case, Roster, reached_by, recalled
from layerkeep.core.acting.paging.model import (
    AGAIN,
    CALLS,
    ENDED,
    FAILED,
    MOOT,
    OVER,
    PAGE,
    PLANNED,
    SENDING,
    SUMMARY,
    UNSURE,
    Call,
    Matter,
    Notice,
    Paging,
    Policy,
    Told,
    notice_id,
)
from layerkeep.core.acting.paging.throttle import Throttle
from layerkeep.core.units import MINUTE, Duration, Timestamp

NOBODY_RETRY = Duration(MINUTE)
"""Where nobody is on call or no channel works, all of it is tried again after this."""


class Pager:
    """Every matter that people are called for, or may have to be."""

    def __init__(self, paging: Paging, roster: Roster) -> None:
        self.paging = paging
        self.roster = roster
        self.cases: dict[str, Case] = {}
        self._agenda = Agenda()
        self._endings = Endings()
        self._open: dict[str, Notice] = {}
        self._groups: dict[tuple[str, str], Timestamp] = {}
        self._throttles: dict[str, Throttle] = {}

    def take(self, matter: Matter, now: Timestamp) -> list[Notice]:
        """A matter is new or changed; what follows at once is returned."""
        case = self.cases.get(matter.id)
        if case is None:
            self._open_case(matter, now)
        else:
            self._change(case, matter, now)
        return self.tick(now)

    def tick(self, now: Timestamp) -> list[Notice]:
        """What is due by now."""
        calls: dict[tuple[str, tuple[str, ...]], list[Call]] = {}
        notices: list[Notice] = []
        while (case := self._agenda.pop(now)) is not None:
            ready = self._ready_at(case, now)
            if ready is None or ready > now:
                self._agenda.put(case, ready)
            elif not self._climb(case, now, calls):
                notices += self._nobody(case, now)
        notices += self._call(calls, now)
        notices += self._summaries(now)
        for (who, by), over in self._endings.take(now):
            notices.append(self._notice(OVER, who, (by,), over, now))
        return notices

    def next_due(self) -> Timestamp | None:
        """When `tick` is next worth calling."""
        found = [self._agenda.next_due(), self._endings.next_due()]
        found += [each.due for each in self._throttles.values()]
        return min((due for due in found if due is not None), default=None)

    def is_wanted(self, notice: Notice, now: Timestamp) -> bool:
        """True if a notice that was not begun should still be sent."""
        if notice.kind not in CALLS:
            return True
        return any(self._is_called(call, now) for call in notice.calls)

    def sent(self, name: str) -> None:
        """The notice reached its channel."""
        notice = self._open.pop(name, None)
        if notice is not None and notice.kind in CALLS:
            for case in self._reach(notice):
                case.heard = case.heard or name in case.waiting
                case.waiting.discard(name)

    def failed(self, name: str, now: Timestamp) -> list[Notice]:
        """The notice surely did not reach its channel, however often it was tried."""
        notice = self._open.pop(name, None)
        return [] if notice is None else self._fall_back(notice, now, FAILED)

    def unsure(self, name: str, now: Timestamp) -> list[Notice]:
        """Nobody knows whether the notice reached its channel: the next in line is called."""
        notice = self._open.pop(name, None)
        if notice is None:
            return []
        if notice.kind in CALLS:
            self._reach(notice)
        return self._fall_back(notice, now, UNSURE)

    def moot(self, name: str, now: Timestamp) -> None:
        """The notice was not sent, because nobody has to come now; later somebody may."""
        notice = self._open.pop(name, None)
        for call in notice.calls if notice is not None else ():
            case = self._case_of(call)
            if case is not None and case.at == (call.round, call.level):
                case.waiting.discard(name)
                case.level, case.round = call.level, case.round + 1
                self._agenda.put(case, self._ready_at(case, now))

    def restore(
        self, matters: Iterable[Matter], told: Iterable[Told], now: Timestamp
    ) -> list[Notice]:
        """All is as before a stop; what is planned and not begun is returned with what is due.

        What was begun and has no outcome is still open: tell `unsure` of it.
        """
        known = list(told)
        by_matter: dict[str, list[tuple[Call, Told]]] = {}
        for each in known:
            for call in each.notice.calls:
                by_matter.setdefault(call.matter, []).append((call, each))
            if each.notice.kind in CALLS and each.state != MOOT:
                self._throttle(each.notice.person).count(each.time)
            if each.notice.kind == OVER:
                self._endings.know((each.notice.person, each.notice.channel), each.notice.calls)
            if each.state in (PLANNED, SENDING):
                self._open[each.notice.id] = each.notice
        for matter in matters:
            pairs = by_matter.get(matter.id, [])
            own = [(c, each) for c, each in pairs if c.episode == matter.episode]
            self._restore(matter, own, now)
        planned = [each.notice for each in known if each.state == PLANNED]
        return planned + self.tick(now)

    def _open_case(self, matter: Matter, now: Timestamp) -> Case | None:
        policy = self._policy(matter)
        if policy is None or matter.state == ENDED:
            return None
        case = self.cases[matter.id] = Case(matter, policy)
        if case.is_wanted:
            self._agenda.put(case, self._first_due(case, now))
        return case

    def _change(self, case: Case, matter: Matter, now: Timestamp) -> None:
        before, was_wanted = case.matter, case.is_wanted
        was_ready = self._ready_at(case, now)
        policy = self._policy(matter)
        case.matter, case.policy = matter, policy or case.policy
        if matter.state == ENDED or policy is None:
            self._end(case, now)
        elif matter.episode != before.episode:
            self._end(case, now, told=False)
            self._open_case(matter, now)
        elif not case.is_wanted:
            self._agenda.put(case, None)
        elif (policy.name, matter.team) != (self._name(before), before.team):
            self._start_over(case, now)
        elif not was_wanted:
            self._agenda.put(case, self._first_due(case, now))
        elif case.due == was_ready != now and self._ready_at(case, now) == now:
            self._agenda.put(case, now)  # a mute was lifted, or it is too grave now for quiet hours

    def _start_over(self, case: Case, now: Timestamp) -> None:
        """Others are to be called from now on."""
        case.level = 0
        if case.at != (-1, -1):
            case.round = case.at[0] + 1
        self._agenda.put(case, self._first_due(case, now))

    def _end(self, case: Case, now: Timestamp, *, told: bool = True) -> None:
        """It is over: whoever was called is to be told."""
        del self.cases[case.matter.id]
        self._agenda.put(case, None)
        call = Call(case.matter.id, case.matter.episode, *case.at)
        if told and case.policy.over:
            for who in case.reached:
                self._endings.add(who, call, now)

    def _ready_at(self, case: Case, now: Timestamp) -> Timestamp | None:
        """The first moment from now on at which it may call somebody; None if none is known."""
        if not case.is_wanted:
            return None
        quiet = case.policy.quiet
        until = None
        if quiet is not None and case.matter.severity in case.policy.hushed:
            until = self.roster.inside(quiet, now)
        return max(now, case.matter.muted_until, until or now)

    def _first_due(self, case: Case, now: Timestamp) -> Timestamp:
        """When its first level is called: together with what came up shortly before."""
        first = Timestamp(now + case.policy.levels[0].after)
        if not case.policy.group:
            return first
        key = (case.policy.name, case.matter.team)
        due = self._groups.get(key, now)
        if due <= now:
            self._groups = {each: time for each, time in self._groups.items() if time > now}
            due = self._groups[key] = Timestamp(now + case.policy.group)
        return max(first, due)

    def _climb(
        self, case: Case, now: Timestamp, calls: dict[tuple[str, tuple[str, ...]], list[Call]]
    ) -> bool:
        """Call the level that is due, the next at once if nobody is there; false if nobody is."""
        for _ in case.policy.levels:
            place = (case.round, case.level)
            level = case.policy.levels[case.level]
            people = []
            if level.hours is None or self.roster.inside(level.hours, now) is not None:
                people = [p for to in level.to for p in self.roster.people(to, case.matter, now)]
            found = {who: self.roster.channels(who, level.by) for who in dict.fromkeys(people)}
            fresh = [w for w, by in found.items() if by and (*place, w) not in case.called]
            case.waiting, case.heard = set(), False
            case.at = place
            self._advance(case, now)
            for who in fresh:
                case.called.add((*place, who))
                call = Call(case.matter.id, case.matter.episode, *place)
                calls.setdefault((who, found[who]), []).append(call)
            if fresh:
                return True
        return False

    def _advance(self, case: Case, now: Timestamp) -> None:
        """What comes after the level that is called now."""
        levels = case.policy.levels
        if case.level + 1 < len(levels):
            wait = levels[case.level + 1].after - levels[case.level].after
            case.level += 1
        else:
            wait = case.policy.again
            case.round += 1
        self._agenda.put(case, Timestamp(now + wait))

    def _nobody(self, case: Case, now: Timestamp) -> list[Notice]:
        """No level has anybody who can be reached: that is told once, and tried again."""
        self._retry(case, now)
        if case.told_nobody:
            return []
        case.told_nobody = True
        calls = (Call(case.matter.id, case.matter.episode, *case.at),)
        return [Notice(notice_id(PAGE, "", "", calls), PAGE, "", "", now, calls)]

    def _retry(self, case: Case, now: Timestamp) -> None:
        case.level, case.round = 0, case.at[0] + 1
        self._agenda.put(case, Timestamp(now + NOBODY_RETRY))

    def _call(
        self, calls: dict[tuple[str, tuple[str, ...]], list[Call]], now: Timestamp
    ) -> list[Notice]:
        notices = []
        for (who, by), about in calls.items():
            throttle = self._throttle(who)
            if throttle.may_page(now):
                throttle.count(now)
                notices.append(self._notice(self._kind(who, about), who, by, about, now))
            else:
                throttle.put_off(about, by, now)
                for call in about:
                    self.cases[call.matter].waiting.add(f"summary {who}")
        return notices

    def _summaries(self, now: Timestamp) -> list[Notice]:
        notices = []
        for who, throttle in list(self._throttles.items()):
            by = throttle.by
            about = throttle.summary(now)
            for call in about:
                if (case := self._case_of(call)) is not None:
                    case.waiting.discard(f"summary {who}")
            wanted = [call for call in about if self._is_called(call, now)]
            if wanted:
                throttle.count(now)
                notices.append(self._notice(SUMMARY, who, by, wanted, now))
            elif throttle.may_page(now) and throttle.is_idle:
                del self._throttles[who]
        return notices

    def _is_called(self, call: Call, now: Timestamp) -> bool:
        case = self._case_of(call)
        return case is not None and self._ready_at(case, now) == now

    def _notice(
        self, kind: str, who: str, by: tuple[str, ...], about: list[Call], now: Timestamp
    ) -> Notice:
        calls = tuple(about)
        name = notice_id(kind, who, by[0], calls)
        notice = Notice(name, kind, who, by[0], now, calls, by[1:])
        self._open[name] = notice
        for call in about if kind in CALLS else ():
            case = self._case_of(call)
            if case is not None and case.at == (call.round, call.level):
                case.waiting.add(name)
        return notice

    def _fall_back(self, notice: Notice, now: Timestamp, why: str) -> list[Notice]:
        """The next channel of the same person; where there is none, the next in line."""
        if notice.kind not in CALLS:
            return []
        cases = [(call, self._case_of(call)) for call in notice.calls]
        live = [(call, case) for call, case in cases if case is not None]
        for _, case in live:
            case.waiting.discard(notice.id)
        about = [call for call, case in live if case.is_wanted]
        if about and notice.by:
            return [self._notice(notice.kind, notice.person, notice.by, about, now)]
        for call, case in live:
            if case.at == (call.round, call.level) and not case.waiting and not case.heard:
                self._hurry(case, now, why)
        return self.tick(now)

    def _hurry(self, case: Case, now: Timestamp, why: str) -> None:
        """Nobody of the level that was called is known to have heard: the next level is due.

        Behind the last level all begin anew; not if somebody may have heard, who is called again
        in time.
        """
        if case.due is None:
            return
        if case.round == case.at[0]:
            self._agenda.put(case, min(case.due, now))
        elif why == FAILED and not case.reached:
            self._retry(case, now)

    def _reach(self, notice: Notice) -> list[Case]:
        """These people know of it, or may: they are told when it is over, even if it is by now."""
        found = []
        who = (notice.person, notice.channel)
        for call in notice.calls:
            case = self._case_of(call)
            if case is not None:
                case.reached[who] = None
                found.append(case)
            elif call.matter not in self.cases:
                self._endings.add(who, call, notice.due)
        return found

    def _restore(self, matter: Matter, own: list[tuple[Call, Told]], now: Timestamp) -> None:
        case = self._open_case(matter, now)
        if case is None:
            self._restore_over(matter, own, now)
            return
        calls = [(call, each) for call, each in own if each.notice.kind in CALLS]
        if not calls:
            return
        began, is_moot = recalled(case, calls)
        self._advance(case, began)
        if is_moot:
            case.round, case.level = case.at[0] + 1, min(case.at[1], len(case.policy.levels) - 1)
        if not case.waiting and not case.heard:
            self._hurry(case, now, FAILED)
        if not case.is_wanted:
            self._agenda.put(case, None)

    def _restore_over(self, matter: Matter, own: list[tuple[Call, Told]], now: Timestamp) -> None:
        """It ended while we were away: who was called and not told so is told now."""
        policy = self._policy(matter)
        if policy is None or not policy.over:
            return
        for who, call in reached_by(own):
            self._endings.add(who, call, now)

    def _kind(self, who: str, about: list[Call]) -> str:
        """A page, or another one to somebody who was called for all of it before."""
        cases = [self.cases[call.matter] for call in about]
        known = all(any(person == who for person, _ in case.reached) for case in cases)
        return AGAIN if known else PAGE

    def _policy(self, matter: Matter) -> Policy | None:
        return self.paging.policies.get(self._name(matter))

    def _name(self, matter: Matter) -> str:
        return matter.policy or self.paging.default_policy

    def _case_of(self, call: Call) -> Case | None:
        case = self.cases.get(call.matter)
        return case if case is not None and case.matter.episode == call.episode else None

    def _throttle(self, who: str) -> Throttle:
        return self._throttles.setdefault(who, Throttle(self.paging.rate))
