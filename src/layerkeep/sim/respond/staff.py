"""Who there is in a simulated house: people, tokens, teams, rotations, policies, what they own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from random import Random

from layerkeep.core.acting.oncall.model import (
    DAILY,
    FOLLOW_THE_SUN,
    WEEKLY,
    Holiday,
    Oncall,
    Override,
    Rotation,
    Shift,
    Swap,
)
from layerkeep.core.acting.paging.model import (
    APPRISE,
    BACKUP,
    LESS_GRAVE,
    ON_CALL,
    WEBHOOK,
    Channel,
    Hours,
    Level,
    Paging,
    Policy,
    Rate,
)
from layerkeep.core.acting.people.model import IN_HOUSE, PROVIDER, Owns, People, Person, Team
from layerkeep.core.units import DAY, HOUR, MINUTE, Duration, Timestamp
from layerkeep.sim.world import EPOCH

ZONES = ("UTC", "Europe/Zurich", "Europe/London", "America/New_York", "Asia/Tokyo")
CHANNELS = ("chat", "sms", "mail")
TEAMS = ("core", "nodes", "outside")
FIRST_DAY = date(1970, 1, 1).toordinal() + EPOCH // DAY - 8
"""The day on which rotations begin: before the world does."""

ROLES = ("viewer", "operator", "operator", "admin", "admin")


@dataclass(frozen=True, slots=True)
class Staff:
    """Everybody, and the role of each token."""

    people: People
    oncall: Oncall
    paging: Paging
    roles: Mapping[str, str]


def draw_staff(chance: Random) -> Staff:
    """The people of a seed. Two of them share a token; at least four are admins of their own."""
    names = [f"p{number}" for number in range(chance.randint(7, 10))]
    people: dict[str, Person] = {}
    roles: dict[str, str] = {}
    for number, name in enumerate(names):
        token = "p0" if number == len(names) - 1 else name
        roles.setdefault(token, "admin" if number < 4 else chance.choice(ROLES))
        reached = [each for each in CHANNELS if chance.random() < 0.8] or ["sms"]
        contacts = {each: f"{name}@{each}" for each in reached}
        people[name] = Person(name, timezone=chance.choice(ZONES), token=token, contacts=contacts)
    policies = {name: _policy(chance, name, names) for name in ("urgent", "calm")}
    teams = {
        name: Team(
            name,
            kind=PROVIDER if name == "outside" else IN_HOUSE,
            people=tuple(chance.sample(names, chance.randint(2, 4))),
            rotation=name if chance.random() < 0.9 else "",
            backup=TEAMS[index + 1] if index + 1 < len(TEAMS) else "",
            policy=chance.choice(("urgent", "calm", "")),
        )
        for index, name in enumerate(TEAMS)
    }
    rotations = {name: _rotation(chance, team) for name, team in teams.items()}
    channels = {
        "chat": Channel("chat", APPRISE, "env:CHAT"),
        "sms": Channel("sms", APPRISE, "env:SMS"),
        "mail": Channel("mail", WEBHOOK, "env:MAIL", shared=True),
    }
    rate = Rate(chance.choice((4, 10)))
    paging = Paging(channels, policies, "urgent", chance.choice(TEAMS), rate=rate)
    return Staff(People(people, teams, _owns(chance)), Oncall(rotations), paging, roles)


def _owns(chance: Random) -> tuple[Owns, ...]:
    drawn = [
        Owns("nodes", component="upstream:*"),
        Owns("outside", rule="actor_funds"),
        Owns("core", chain="c2"),
        Owns("outside", stack="nitro"),
        Owns("core", severity="critical"),
    ]
    kept = [each for each in drawn if chance.random() < 0.7]
    return (*kept, Owns("core")) if chance.random() < 0.7 else tuple(kept)


def _policy(chance: Random, name: str, names: list[str]) -> Policy:
    second = chance.choice((5, 10, 15)) * MINUTE
    third = second + chance.choice((10, 20, 40)) * MINUTE
    night = Hours(22 * 60, 7 * 60, chance.choice(ZONES))
    person = f"person:{chance.choice(names)}"
    last = (BACKUP, person) if chance.random() < 0.7 else ("team:nodes", person)
    levels = (
        Level(Duration(0), (ON_CALL,), tuple(chance.sample(CHANNELS, 2))),
        Level(Duration(second), (ON_CALL,), ("sms", "mail")),
        Level(Duration(third), last, CHANNELS),
    )
    return Policy(
        name,
        levels,
        again=Duration(chance.choice((20, 30, 60)) * MINUTE),
        group=Duration(chance.choice((0, 1, 3)) * MINUTE),
        quiet=night if name == "calm" and chance.random() < 0.5 else None,
        hushed=LESS_GRAVE,
        over=chance.random() < 0.8,
    )


def _rotation(chance: Random, team: Team) -> Rotation:
    people, zone = team.people, chance.choice(ZONES)
    kind = chance.choice((WEEKLY, DAILY, FOLLOW_THE_SUN))
    shifts: tuple[Shift, ...] = ()
    if kind == FOLLOW_THE_SUN:
        gap = chance.choice((0, 0, 60))
        shifts = (
            Shift(8 * 60, 20 * 60, "Europe/Zurich", people=people[:1]),
            Shift(20 * 60, 8 * 60 - gap, "Europe/Zurich", people=people[1:]),
        )
    moments = [EPOCH + chance.randrange(1, 150) * DAY + 3 * HOUR for _ in range(3)]
    over, swap = (Timestamp(moments[0]), Timestamp(moments[1]))
    first = FIRST_DAY + chance.randrange(20, 150)
    return Rotation(
        team.name,
        kind,
        zone,
        FIRST_DAY,
        chance.randrange(24) * 60,
        people if not shifts else (),
        shifts,
        (Override(over, Timestamp(over + 2 * DAY), chance.choice(people)),),
        (Swap(swap, Timestamp(swap + 9 * DAY), people[0], people[1]),),
        (Holiday(first, first + 2, zone, chance.choice(people), instead_of=people[0]),),
    )
