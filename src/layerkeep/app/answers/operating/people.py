"""Owners, rotations and levels of policies, as the API and the console show them."""

from collections.abc import Iterable

from layerkeep.api.shapes.people import (
    ConcernShown,
    CoverPage,
    ExceptShown,
    FindingShown,
    LevelShown,
    OncallPage,
    OrphanShown,
    OwnedShown,
    OwnersPage,
    RotationShown,
    TeamShown,
    TurnShown,
    TurnsShown,
)
from layerkeep.app.paging.reading import Ladder
from layerkeep.core.acting.oncall.coverage import Finding, coverage
from layerkeep.core.acting.oncall.rotation import Piece, pieces
from layerkeep.core.acting.oncall.walltime import wall_text
from layerkeep.core.acting.paging.roster import Rota
from layerkeep.core.acting.people.concerns import concerns
from layerkeep.core.acting.people.matrix import Cell, Matrix, matrix, owned_text, rows
from layerkeep.core.network.graph import Graph
from layerkeep.core.topology import Topology
from layerkeep.core.units import DAY, Timestamp

AHEAD = 28 * DAY
"""How far ahead turns, gaps and double bookings are told."""

TURNS_SHOWN = 4


def owners_page(topology: Topology, graph: Graph, now: Timestamp) -> OwnersPage:
    """The matrix with its orphans, the teams, and what is to be mended."""
    found = matrix(topology, graph)
    cover = coverage(topology.oncall, topology.people, now, Timestamp(now + AHEAD))
    return OwnersPage(
        rows=tuple(
            OwnedShown(
                chain=row.chain,
                components=row.components,
                owner=row.owner,
                but=tuple(ExceptShown(what=what, owner=who) for what, who in row.but.items()),
            )
            for row in rows(found)
        ),
        orphans=_orphans(found),
        teams=teams_shown(topology, now, found.idle),
        concerns=tuple(
            ConcernShown(reason=each.reason, subject=each.subject, detail=each.detail)
            for each in concerns(topology, found, cover)
        ),
    )


def teams_shown(
    topology: Topology, now: Timestamp, idle: Iterable[str] = ()
) -> tuple[TeamShown, ...]:
    """Every team, with who is on call in it."""
    rota = Rota(topology)
    return tuple(
        TeamShown(
            name=team.name,
            title=team.title,
            kind=team.kind,
            people=team.people,
            rotation=team.rotation,
            backup=team.backup,
            policy=team.policy,
            on_call=rota.on_call(team, now),
            idle=team.name in idle,
        )
        for team in topology.people.teams.values()
    )


def oncall_page(topology: Topology, at: Timestamp) -> OncallPage:
    """Who is on call then, and the next turns."""
    oncall, people = topology.oncall, topology.people
    shown = []
    for name, rotation in oncall.rotations.items():
        parts = pieces(oncall, people, name, at, Timestamp(at + AHEAD))
        teams = tuple(each.name for each in people.teams.values() if each.rotation == name)
        shown.append(
            RotationShown(
                name=name,
                kind=rotation.kind,
                timezone=rotation.timezone,
                teams=teams,
                on_call=parts[0].people,
                until=parts[0].until if len(parts) > 1 else None,
                then=_turns(parts[1 : 1 + TURNS_SHOWN], rotation.timezone),
            )
        )
    return OncallPage(at=at, rotations=tuple(shown), teams=teams_shown(topology, at))


def cover_page(topology: Topology, since: Timestamp, until: Timestamp) -> CoverPage:
    """Everything between the two."""
    oncall = topology.oncall
    found = coverage(oncall, topology.people, since, until)
    turns = [(name, oncall.rotations[name].timezone, parts) for name, parts in found.pieces.items()]
    return CoverPage(
        since=since,
        until=until,
        rotations=tuple(
            TurnsShown(rotation=name, timezone=zone, turns=_turns(parts, zone))
            for name, zone, parts in turns
        ),
        findings=tuple(map(_finding, found.findings)),
    )


def levels_shown(ladder: Ladder | None) -> tuple[LevelShown, ...]:
    """The levels of the policy that an incident climbs."""
    return tuple(
        LevelShown(after=each.after, to=each.to, by=each.by, people=each.people)
        for each in (ladder.levels if ladder is not None else ())
    )


def _orphans(found: Matrix) -> tuple[OrphanShown, ...]:
    by_component: dict[str, list[Cell]] = {}
    for cell in found.orphans:
        by_component.setdefault(cell.component, []).append(cell)
    return tuple(
        OrphanShown(chain=cells[0].chain, component=component, what=tuple(map(owned_text, cells)))
        for component, cells in by_component.items()
    )


def _turns(parts: Iterable[Piece], zone: str) -> tuple[TurnShown, ...]:
    return tuple(
        TurnShown(
            since=part.since,
            until=part.until,
            people=part.people,
            local=wall_text(part.since, zone),
        )
        for part in parts
    )


def _finding(found: Finding) -> FindingShown:
    return FindingShown(
        kind=found.kind,
        rotations=found.rotations,
        since=found.since,
        until=found.until,
        people=found.people,
        reason=found.reason,
    )
