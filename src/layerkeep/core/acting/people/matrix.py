"""The responsibility matrix: which team owns which kind of rule on which component."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from layerkeep.core.acting.oncall.rotation import teams_asked
from layerkeep.core.acting.people.model import Subject
from layerkeep.core.acting.people.ownership import chain_of_component, free_text, owner_of
from layerkeep.core.acting.people.rule_kinds import CUSTOM, FINDS, KINDS, OWN
from layerkeep.core.network.graph import Graph
from layerkeep.core.topology import Topology

SEVERITIES = ("info", "warning", "critical")


@dataclass(frozen=True, slots=True)
class Cell:
    """Who owns the problems of these rules and severities on a component.

    `team` is empty where no team does; `owner` is then the topology's free text, and without that
    it is an orphan. `whole` is true where these are all rules of the kind there.
    """

    component: str
    chain: str
    kind: str
    team: str
    owner: str
    rules: tuple[str, ...]
    severities: tuple[str, ...]
    whole: bool

    @property
    def orphan(self) -> bool:
        """True if nobody at all owns it."""
        return not self.team and not self.owner


@dataclass(frozen=True, slots=True)
class Matrix:
    """Every cell, by chain and component, and those that nobody owns.

    `idle` are the teams that own nothing, back nobody and are asked by no rotation.
    """

    cells: tuple[Cell, ...]
    orphans: tuple[Cell, ...]
    idle: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One line for a person: components that are alike, their owner, and where another owns.

    `but` maps what is owned otherwise (`integrity`, `chain_halted critical`) to who owns it.
    """

    chain: str
    components: tuple[str, ...]
    owner: str
    but: Mapping[str, str]


def matrix(topology: Topology, graph: Graph) -> Matrix:
    """Every component of the graph against every kind of rule that can find something there."""
    cells = tuple(cell for component in graph for cell in _cells(topology, component))
    orphans = tuple(cell for cell in cells if cell.orphan)
    return Matrix(cells, orphans, _idle(topology, cells))


def rows(found: Matrix) -> tuple[Row, ...]:
    """The matrix as compactly as it can be read: components that are owned alike share a line."""
    by_component: dict[str, list[Cell]] = {}
    for cell in found.cells:
        by_component.setdefault(cell.component, []).append(cell)
    lines: dict[tuple[str, str, tuple[tuple[str, str], ...]], list[str]] = {}
    for component, cells in by_component.items():
        owner, but = _line(cells)
        lines.setdefault((cells[0].chain, owner, but), []).append(component)
    return tuple(
        Row(chain, tuple(components), owner, dict(but))
        for (chain, owner, but), components in lines.items()
    )


def owned_text(cell: Cell) -> str:
    """What a cell is about: `integrity`, `chain_halted critical`."""
    named = cell.kind if cell.whole else "+".join(cell.rules)
    grave = "" if cell.severities == SEVERITIES else " " + "+".join(cell.severities)
    return named + grave


def _cells(topology: Topology, component: str) -> Iterable[Cell]:
    chain = chain_of_component(topology, component)
    stack = next((each.stack for each in topology.chains.values() if each.name == chain), "")
    for kind in KINDS:
        rules = _rules(topology, component, kind)
        owners = {
            rule: tuple(
                _owner(topology, Subject(component, chain, stack, rule, severity))
                for severity in SEVERITIES
            )
            for rule in rules
        }
        for row in dict.fromkeys(owners.values()):
            alike = tuple(rule for rule in rules if owners[rule] == row)
            for team, owner in dict.fromkeys(row):
                grave = tuple(
                    severity
                    for severity, each in zip(SEVERITIES, row, strict=True)
                    if each == (team, owner)
                )
                whole = alike == rules
                yield Cell(component, chain, kind, team, owner, alike, grave, whole)


def _rules(topology: Topology, component: str, kind: str) -> tuple[str, ...]:
    """The rules of this kind that can find something on the component."""
    if kind == CUSTOM:
        own = topology.rules.values()
        return tuple(OWN + each.name for each in own if each.component == component)
    place = component.partition(":")[0]
    return tuple(name for name, finds in FINDS.items() if finds.kind == kind and place in finds.on)


def _owner(topology: Topology, subject: Subject) -> tuple[str, str]:
    team = owner_of(topology.people, subject)
    return (team.name, "") if team is not None else ("", free_text(topology, subject))


def _idle(topology: Topology, cells: Iterable[Cell]) -> tuple[str, ...]:
    teams = topology.people.teams
    busy = {cell.team for cell in cells} | {team.backup for team in teams.values()}
    for rotation in topology.oncall.rotations.values():
        busy |= set(teams_asked(rotation))
    return tuple(name for name in teams if name not in busy)


def _line(cells: list[Cell]) -> tuple[str, tuple[tuple[str, str], ...]]:
    shares = Counter[str]()
    for cell in cells:
        shares[cell.team or cell.owner] += len(cell.rules) * len(cell.severities)
    owner = shares.most_common(1)[0][0]
    others = [cell for cell in cells if (cell.team or cell.owner) != owner]
    return owner, tuple((owned_text(cell), cell.team or cell.owner) for cell in others)
