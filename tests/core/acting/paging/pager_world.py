"""A roster that tests set, and a world with incidents, people and channels that fail."""

import random
from dataclasses import dataclass, field, replace

from layerkeep.core.acting.paging.model import (
    CALLS,
    ENDED,
    FAILED,
    MOOT,
    OPEN,
    PLANNED,
    SENDING,
    SENT,
    TAKEN,
    UNSURE,
    Call,
    Channel,
    Hours,
    Level,
    Matter,
    Notice,
    Paging,
    Policy,
    Rate,
    Told,
)
from layerkeep.core.acting.paging.pager import Pager
from layerkeep.core.units import HOUR, MINUTE, SECOND

START = 1_700_000_000_000
CHANNELS = ("chat", "sms", "mail")


@dataclass
class Rota:
    """Who is on call now, and who can be reached how."""

    names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    contacts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    until: dict[int, int] = field(default_factory=dict)

    def people(self, to: str, matter: Matter, now: int) -> tuple[str, ...]:
        """As the test says."""
        return self.names.get(to, ())

    def channels(self, person: str, by: tuple[str, ...]) -> tuple[str, ...]:
        """All of them, unless the test says which."""
        return tuple(each for each in by if each in self.contacts.get(person, CHANNELS))

    def inside(self, hours: Hours, now: int) -> int | None:
        """Until when the hours that begin at this minute last."""
        until = self.until.get(hours.since, 0)
        return until if now < until else None


def matter(name: str, time: int, **more: object) -> Matter:
    """An open critical incident of team t."""
    found = Matter(name, f"chain-halted chain:{name}", "t", "", "critical", OPEN, time)
    return replace(found, **more)


def paging(*levels: Level, **more: object) -> Paging:
    """One policy of these levels."""
    rate = more.pop("rate", Rate(1_000))
    policy = Policy("urgent", levels, **more)
    channels = {name: Channel(name, "apprise", "env:X") for name in CHANNELS}
    return Paging(channels, {"urgent": policy}, "urgent", rate=rate)


@dataclass
class Row:
    """What the store knows of a notice."""

    told: Told
    begun: list[int] = field(default_factory=list)


class World:
    """One seed: what happens to incidents, people and channels, and what the pager does of it."""

    def __init__(self, seed: int, pager: type[Pager] = Pager) -> None:
        self.chance = random.Random(seed)
        self.make = pager
        self.now = START
        self.rota = Rota(
            {
                "on-call": ("ann",) if self.chance.random() < 0.8 else (),
                "backup": tuple(self.chance.sample(["bob", "cid"], self.chance.randint(0, 2))),
                "person:eve": ("eve",),
            },
            {"ann": tuple(self.chance.sample(CHANNELS, self.chance.randint(0, 3)))},
        )
        self.works = {name: self.chance.random() for name in CHANNELS}
        self.paging = paging(
            Level(0, ("on-call",), ("chat", "sms")),
            Level(5 * MINUTE, ("on-call", "backup"), ("sms", "mail")),
            Level(15 * MINUTE, ("person:eve",), ("safe",)),
            again=30 * MINUTE,
            group=self.chance.choice([0, 30 * SECOND]),
            rate=Rate(self.chance.choice([4, 10, 1_000])),
        )
        self.rota.contacts["eve"] = ("safe",)
        self.pager = pager(self.paging, self.rota)
        self.matters: dict[str, Matter] = {}
        self.rows: dict[str, Row] = {}
        self.planned: dict[str, Row] = {}
        self.calls: dict[tuple[str, Call], list[Row]] = {}
        self.waiting_since: dict[str, int] = {}
        self.reached: dict[str, int] = {}
        self.offences: list[str] = []

    def run(self, hours: int = 6) -> "World":
        """Let it happen."""
        end = START + hours * HOUR
        while self.now < end:
            self.happen()
            self.send_some()
            if self.chance.random() < 0.02:
                self.crash()
            self.now += self.chance.randint(1, 40) * SECOND
            self.write(self.pager.tick(self.now))
            self.check_reached()
        return self

    def happen(self) -> None:
        """Incidents come, are taken, muted and resolved, and come back."""
        dice = self.chance.random()
        if dice < 0.05 or (dice < 0.06 and self.chance.random() < 0.2):
            for _ in range(1 if dice < 0.05 else 40):
                name = f"i{len(self.matters)}"
                grave = self.chance.choice(["critical", "warning"])
                self.put(matter(name, self.now, severity=grave))
        elif dice < 0.15 and self.matters:
            known = self.matters[self.chance.choice(sorted(self.matters))]
            if known.state == ENDED:
                if self.chance.random() < 0.2:
                    self.put(replace(known, state=OPEN, episode=self.now, muted_until=0))
                return
            change = self.chance.choice(["take", "end", "end", "mute", "unmute", "raise"])
            changes = {
                "take": {"state": TAKEN},
                "end": {"state": ENDED},
                "mute": {"muted_until": self.now + self.chance.randint(1, 60) * MINUTE},
                "unmute": {"muted_until": 0},
                "raise": {"severity": "critical"},
            }
            self.put(replace(known, **changes[change]))

    def put(self, new: Matter) -> None:
        """The pager hears of it."""
        self.matters[new.id] = new
        if new.state == OPEN and new.muted_until <= self.now:
            self.waiting_since.setdefault(new.id, self.now)
        else:
            self.waiting_since.pop(new.id, None)
        if new.state == ENDED or new.episode == self.now:
            self.reached.pop(new.id, None)
        self.write(self.pager.take(new, self.now))

    def write(self, notices: list[Notice]) -> None:
        """Notices are in the store before anything else; the same one twice is an offence."""
        for notice in notices:
            if notice.id in self.rows:
                self.offences.append(f"written twice: {notice}")
            state = PLANNED if notice.person else FAILED
            row = self.rows[notice.id] = Row(Told(notice, state, self.now, self.now))
            self.planned[notice.id] = row
            for call in notice.calls if notice.kind in CALLS else ():
                self.calls.setdefault((notice.person, call), []).append(row)

    def send_some(self) -> None:
        """What is planned is sent, with one outcome or another."""
        for name, row in list(self.planned.items()):
            if row.told.state != PLANNED:
                del self.planned[name]
                continue
            if self.chance.random() < 0.3:
                continue
            notice = row.told.notice
            if not self.pager.is_wanted(notice, self.now):
                row.told = replace(row.told, state=MOOT)
                self.pager.moot(notice.id, self.now)
                continue
            self.check_once(row)
            row.begun.append(self.now)
            self.outcome(row)

    def outcome(self, row: Row) -> None:
        """Sent, failed, unsure; or it hangs until the next crash."""
        dice = self.chance.random()
        name = row.told.notice.id
        if dice < self.works.get(row.told.notice.channel, 1):
            row.told = replace(row.told, state=SENT)
            self.pager.sent(name)
            for call in row.told.notice.calls if row.told.notice.kind in CALLS else ():
                self.reached.setdefault(call.matter, self.now)
        elif self.chance.random() < 0.7:
            row.told = replace(row.told, state=FAILED)
            self.write(self.pager.failed(name, self.now))
        else:
            row.told = replace(row.told, state=UNSURE)
            self.write(self.pager.unsure(name, self.now))

    def crash(self) -> None:
        """A new pager from what the store holds; one that was being sent has no outcome."""
        for row in list(self.planned.values()):
            if row.told.state == PLANNED and self.chance.random() < 0.1:
                self.check_once(row)
                row.begun.append(self.now)
                row.told = replace(row.told, state=SENDING)
        self.pager = self.make(self.paging, self.rota)
        told = sorted((row.told for row in self.rows.values()), key=lambda t: t.time)
        found = self.pager.restore(self.matters.values(), told, self.now)
        self.write([notice for notice in found if notice.id not in self.rows])
        for row in list(self.rows.values()):
            if row.told.state == SENDING:
                row.told = replace(row.told, state=UNSURE)
                self.write(self.pager.unsure(row.told.notice.id, self.now))

    def check_once(self, row: Row) -> None:
        """Once: on a level of a round a person is called by one channel that may have worked."""
        notice = row.told.notice
        if row.begun:
            self.offences.append(f"begun twice: {notice}")
        if notice.kind not in CALLS:
            return
        for call in notice.calls:
            for other in self.calls[(notice.person, call)]:
                if other is row or not other.begun:
                    continue
                if other.told.notice.channel == notice.channel or other.told.state == SENT:
                    self.offences.append(f"called twice: {notice} and {other.told}")

    def check_reached(self) -> None:
        """Reaches: who is last in line can always be reached, so within that time somebody is."""
        late = 15 * MINUTE + 2 * self.paging.rate.within + 10 * MINUTE
        for name, since in self.waiting_since.items():
            if self.matters[name].muted_until > self.now:
                continue
            if name not in self.reached and self.now - since > late:
                self.offences.append(f"nobody was reached for {name} since {since - START}")
