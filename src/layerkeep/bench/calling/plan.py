"""What goes wrong in the hour, and who has to be called for it: as people would write it down.

Nothing here asks the topology or the pager. `world.tables` says the same to layerkeep, in its own
words; `told.compared` holds against each other what came of both. Times in milliseconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from layerkeep.core.topology import Chain
from layerkeep.core.units import HOUR, MINUTE, SECOND

COUNT = 1_000
"""Incidents in the hour."""

STRIDE = 379
"""Has no divisor in common with `COUNT`: neighbours in time are of different chains and rules."""

WARM_UP = 3 * MINUTE
"""From the start of the clock to the first incident: everything is read and judged by then."""

SETTLES = 2 * MINUTE
"""From the end of a trouble to the end of its incident."""

SHORT, LONG, LONGEST = 2 * MINUTE + 30 * SECOND, 11 * MINUTE, 20 * MINUTE
LASTS = (*(SHORT,) * 10, *(LONG,) * 7, *(LONGEST,) * 3)
"""How long troubles last: most end before the second level, some reach the third."""

LEVELS = (0, 6 * MINUTE, 15 * MINUTE)
"""When the team's on-call is called, the desk's, and the team's lead."""

SUMMARY_WITHIN = 3 * MINUTE
"""A call that is put off into a summary comes so late at most."""

GROUPED = {"south": 30 * SECOND}
"""Teams whose calls are gathered, and for how long."""

LATE_MAX = MINUTE
"""So late the daemon may come to a level, counted from the one before: its pager sleeps for a
second of the wall, which is forty by a clock that runs so much faster."""

BY_CHAIN = ("north", "east", "south", "west")
NITRO, POSTING, GRAVE, FUNDS, DESK = "nitro", "posting", "grave", "funds", "desk"
TEAMS = (*BY_CHAIN, NITRO, POSTING, GRAVE, FUNDS)
"""Who owns something; the desk stands behind all of them."""

STANDS_IN = ("east", 20 * MINUTE, 35 * MINUTE)
"""In this team its third person is on call, whatever the turns say, from and until then."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that goes wrong: from `begins` after the clock's start on, for so long."""

    rule: str
    chain: str
    component: str
    severity: str
    team: str
    begins: int
    lasts: int


@dataclass(frozen=True, slots=True)
class Step:
    """Somebody who has to be called for an incident: any of these people, who have `level`.

    `is_needed` is false where the incident may be over before.
    """

    level: int
    people: frozenset[str]
    is_needed: bool


def troubles(chains: Sequence[Chain], count: int = COUNT) -> list[Trouble]:
    """Everything that goes wrong in the hour, each on a chain and by a rule of its own."""
    return [
        _trouble(number, chains[number % len(chains)], chains, count) for number in range(count)
    ]


def _trouble(number: int, chain: Chain, chains: Sequence[Chain], count: int) -> Trouble:
    kind = number // len(chains)
    severity = "critical" if kind % 5 == 0 else "warning"
    posts = kind % 4 == 1 and chain.settles_on is not None
    team = owner(chains.index(chain), chain, severity, posts=posts)
    slot = number * STRIDE % count
    return Trouble(
        rule=f"low-{chain.name}-{kind}",
        chain=chain.name,
        component=f"batcher:{chain.name}" if posts else f"chain:{chain.name}",
        severity=severity,
        team=team,
        begins=WARM_UP + HOUR * slot // count,
        lasts=LASTS[slot // 3 % len(LASTS)],
    )


def owner(number: int, chain: Chain, severity: str, *, posts: bool) -> str:
    """Whose this is: batchers, the root's funds, a stack, what is critical, or a chain's team."""
    if posts:
        return POSTING
    if chain.settles_on is None:
        return FUNDS
    if chain.stack == "nitro":
        return NITRO
    if is_grave(number) and severity == "critical":
        return GRAVE
    return BY_CHAIN[number % len(BY_CHAIN)]


def is_grave(number: int) -> bool:
    """True for a chain of which a team of its own has what is critical."""
    return number % 5 == 0


def handover(team: str) -> int:
    """When this team's turn changes, after the first incident may come."""
    return WARM_UP + (5 + 6 * (*TEAMS, DESK).index(team)) * MINUTE


def person(team: str, number: int) -> str:
    """One of a team's people: three take turns."""
    return f"{team}-{'abc'[number]}"


def lead(team: str) -> str:
    """Who is called last."""
    return f"{team}-lead"


def on_call(team: str, at: int) -> str:
    """Who has this team's turn at a moment after the clock's start."""
    name, since, until = STANDS_IN
    if team == name and since <= at < until:
        return person(team, 2)
    return person(team, 1 if at >= handover(team) else 0)


def steps(trouble: Trouble, opened: int, over: int) -> list[Step]:
    """Whom an incident needs that was opened and over at these moments after the clock's start."""
    found = []
    for level, after in enumerate(LEVELS):
        due, late = opened + after, LATE_MAX * (level + 1) + GROUPED.get(trouble.team, 0)
        if due > over:
            break
        people = {_called(trouble.team, level, at) for at in (due, due + late)}
        found.append(Step(level, frozenset(people), due + late + SUMMARY_WITHIN <= over))
    return found


def _called(team: str, level: int, at: int) -> str:
    if level == len(LEVELS) - 1:
        return lead(team)
    return on_call(DESK if level else team, at)
