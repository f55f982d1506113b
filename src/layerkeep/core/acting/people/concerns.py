"""What an operator should mend before the next night: orphans, single people, gaps."""

from collections.abc import Iterator
from dataclasses import dataclass

from layerkeep.core.acting.oncall.coverage import CLOCKS, GAP, NOT_STARTED, OVERLAP, Coverage
from layerkeep.core.acting.oncall.rotation import rotations_asked, takes_part
from layerkeep.core.acting.oncall.walltime import wall_text
from layerkeep.core.acting.people.matrix import Matrix, owned_text
from layerkeep.core.acting.people.model import PROVIDER, Team
from layerkeep.core.topology import Topology
from layerkeep.core.units import duration_text

ORPHAN = "orphan"
IDLE = "team-owns-nothing"
SINGLE = "single-person"
UNREACHABLE = "unreachable"
UNUSED = "rotation-unused"
UNCOVERED = "rotation-gap"
DOUBLED = "rotation-double"


@dataclass(frozen=True, slots=True)
class Concern:
    """`reason` is a stable word, `subject` a chain, team, person or rotation, `detail` for people.

    `chain` is set where it is about a chain.
    """

    reason: str
    subject: str
    detail: str
    chain: str = ""


def concerns(topology: Topology, found: Matrix, cover: Coverage) -> tuple[Concern, ...]:
    """Everything, orphans first. `cover` is the coverage of the time that matters."""
    return (
        *_orphans(found),
        *_idle(found),
        *_single(topology, found),
        *_unreachable(topology),
        *_unused(topology),
        *_uncovered(topology, cover),
    )


def stand_behind(topology: Topology, team: Team) -> tuple[Team, ...]:
    """A team and those that back it, nearest first."""
    line = [team]
    while (behind := topology.people.teams.get(line[-1].backup)) and behind not in line:
        line.append(behind)
    return tuple(line)


def _orphans(found: Matrix) -> Iterator[Concern]:
    """One for each chain, with what nobody owns there."""
    for chain in dict.fromkeys(cell.chain for cell in found.orphans):
        cells = [cell for cell in found.orphans if cell.chain == chain]
        parts = []
        for component in dict.fromkeys(cell.component for cell in cells):
            there = sum(cell.component == component for cell in found.cells)
            own = [cell for cell in cells if cell.component == component]
            what = "" if len(own) == there else f" ({', '.join(map(owned_text, own))})"
            parts.append(component + what)
        yield Concern(ORPHAN, chain, "nobody owns " + ", ".join(parts), chain)


def _idle(found: Matrix) -> Iterator[Concern]:
    for name in found.idle:
        yield Concern(IDLE, name, "owns nothing, backs no team, and no rotation asks it")


def _single(topology: Topology, found: Matrix) -> Iterator[Concern]:
    """A provider's desk is not one human, so a team of a provider stands for several."""
    owning = dict.fromkeys(cell.team for cell in found.cells if cell.team)
    for name in owning:
        line = stand_behind(topology, topology.people.teams[name])
        humans = {person for team in line for person in _reached(topology, team)}
        if len(humans) <= 1 and all(team.kind != PROVIDER for team in line):
            behind = "no team behind it" if len(line) == 1 else "the same person behind it"
            who = ", ".join(humans) or "nobody"
            yield Concern(SINGLE, name, f"is {who} alone, with {behind}")


def _reached(topology: Topology, team: Team) -> tuple[str, ...]:
    """Those whom a page to the team can reach: who takes turns, or else everybody in it."""
    oncall = topology.oncall
    if team.rotation not in oncall.rotations:
        return team.people
    asked = (team.rotation, *sorted(rotations_asked(oncall, topology.people, team.rotation)))
    found = (takes_part(oncall.rotations[name], topology.people) for name in asked)
    return tuple(dict.fromkeys(person for names in found for person in names))


def _unreachable(topology: Topology) -> Iterator[Concern]:
    named = _named(topology)
    for person in topology.people.people.values():
        if not person.contacts and person.name in named:
            yield Concern(UNREACHABLE, person.name, "is to be told, and has no contact")


def _named(topology: Topology) -> set[str]:
    teams = topology.people.teams.values()
    found = {name for team in teams for name in team.people}
    for rotation in topology.oncall.rotations.values():
        found |= set(takes_part(rotation, topology.people))
    return found


def _unused(topology: Topology) -> Iterator[Concern]:
    used = {team.rotation for team in topology.people.teams.values()}
    for name in topology.oncall.rotations:
        if name not in used:
            yield Concern(UNUSED, name, "no team is on call by this rotation")


def _uncovered(topology: Topology, cover: Coverage) -> Iterator[Concern]:
    """The first gap and the first overlap of each rotation, and how many more there are."""
    for name, rotation in topology.oncall.rotations.items():
        for kind, reason in ((GAP, UNCOVERED), (OVERLAP, DOUBLED)):
            odd = [f for f in cover.findings if f.kind == kind and f.rotations == (name,)]
            if not odd:
                continue
            first = odd[0]
            who = " and ".join(first.people) or "nobody"
            clocks = " because clocks changed apart" if first.reason == CLOCKS else ""
            late = " because it has not begun" if first.reason == NOT_STARTED else ""
            more = f", and {len(odd) - 1} more" if len(odd) > 1 else ""
            since = wall_text(first.since, rotation.timezone)
            lasts = duration_text(first.until - first.since)
            yield Concern(reason, name, f"{who} from {since} for {lasts}{clocks}{late}{more}")
