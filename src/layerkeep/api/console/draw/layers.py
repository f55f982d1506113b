"""The drawing of the layers: where each slab, band of routes and contour stands.

Up to three columns the chains stand in a grid, a child under its parent; beyond that each layer is
a list that wraps. Chains stand in the topology's order, whatever their state.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from layerkeep.api.shapes.chains import ChainShown
from layerkeep.api.shapes.overview import Overview

COLUMNS_MAX = 3
"""Narrower than a third of the page a gauge cannot be read."""

OPEN_MAX = 6
"""With more chains at one layer those inside usual fold to one line."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One chain with its place: `column` of `width` columns, `row` of its slab.

    The band of its routes to the parent stands in the row above. `touched` and `routed` say whether
    slab and band lie inside the contour.
    """

    chain: ChainShown
    column: int
    width: int
    row: int
    folded: bool
    touched: bool
    routed: bool


@dataclass(frozen=True, slots=True)
class Contour:
    """A dashed line around what an incident touches; `says` stands on its edge, on one of them."""

    row: int
    height: int
    column: int
    width: int
    says: str = ""


@dataclass(frozen=True, slots=True)
class Drawing:
    """All cells, each parent before its children; `depth` layers, `columns` 0 where they wrap."""

    cells: tuple[Cell, ...]
    layers: tuple[tuple[Cell, ...], ...]
    columns: int
    contours: tuple[Contour, ...]
    said: str


def draw_layers(shown: Overview) -> Drawing:
    """The drawing of a network."""
    children = _children(shown.chains)
    places: dict[str, tuple[int, int]] = {}
    leaf = 0
    for root in children.get("", ()):
        leaf += _place(root, leaf, children, places)
    touched, routed = _touched(shown)
    waited = _waited(shown)
    crowd: dict[int, int] = {}
    for chain in shown.chains:
        crowd[chain.depth] = crowd.get(chain.depth, 0) + 1
    cells = tuple(
        Cell(
            chain=chain,
            column=places[chain.name][0] + 1,
            width=places[chain.name][1] if leaf <= COLUMNS_MAX else 1,
            row=2 * chain.depth,
            folded=crowd[chain.depth] > OPEN_MAX and is_quiet(chain) and chain.name not in waited,
            touched=chain.name in touched,
            routed=chain.name in routed,
        )
        for name in _deep(children, "")
        for chain in (next(each for each in shown.chains if each.name == name),)
    )
    columns = leaf if leaf <= COLUMNS_MAX else 0
    said = _size(shown, len(touched), _routes(shown))
    layers = tuple(
        tuple(cell for cell in cells if cell.chain.depth == depth) for depth in sorted(crowd)
    )
    contours = _contours(cells, said) if columns else ()
    return Drawing(cells, layers, columns, contours, said if touched else "")


def is_quiet(chain: ChainShown) -> bool:
    """True if nothing about a chain wants to be looked at."""
    if chain.mark != "usual" or chain.blind_since is not None:
        return False
    return all(head.state in ("usual", "untold") for head in chain.heads)


def _children(chains: Sequence[ChainShown]) -> dict[str, list[str]]:
    names = {chain.name for chain in chains}
    found: dict[str, list[str]] = {}
    for chain in chains:
        found.setdefault(chain.parent if chain.parent in names else "", []).append(chain.name)
    return found


def _place(
    name: str,
    first: int,
    children: Mapping[str, Sequence[str]],
    places: dict[str, tuple[int, int]],
) -> int:
    """Give a chain and all below it their columns; returns how many they take."""
    taken = 0
    for child in children.get(name, ()):
        taken += _place(child, first + taken, children, places)
    places[name] = (first, max(taken, 1))
    return places[name][1]


def _deep(children: Mapping[str, Sequence[str]], name: str) -> list[str]:
    return [each for child in children.get(name, ()) for each in (child, *_deep(children, child))]


def _touched(shown: Overview) -> tuple[set[str], set[str]]:
    """The chains that the gravest incident touches, and those whose bridge it touches."""
    if not shown.incidents:
        return set(), set()
    incident = shown.incidents[0].id
    seen = [chain for chain in shown.chains if chain.blind_since is None]
    touched = {chain.name for chain in seen if _is_touched(chain, incident)}
    below = {chain.name: chain.parent for chain in seen}
    routed = {
        child
        for route in shown.routes
        if route.incident == incident
        for child, parent in ((route.source, route.target), (route.target, route.source))
        if below.get(child) == parent
    }
    return touched, routed


def _waited(shown: Overview) -> set[str]:
    """The chains on whose bridge to the parent a message is late or overdue."""
    parents = {chain.name: chain.parent for chain in shown.chains}
    return {
        child
        for route in shown.routes
        if route.overdue or route.mark != "usual" or any(panel.late for panel in route.stages)
        for child, parent in ((route.source, route.target), (route.target, route.source))
        if parents.get(child) == parent
    }


def _is_touched(chain: ChainShown, incident: str) -> bool:
    marked = [chain.incident if chain.mark != "usual" else ""]
    marked += [part.incident for part in chain.parts if part.mark != "usual"]
    return incident in marked


def _routes(shown: Overview) -> int:
    if not shown.incidents:
        return 0
    return sum(route.incident == shown.incidents[0].id for route in shown.routes)


def _size(shown: Overview, chains: int, routes: int) -> str:
    if not shown.incidents:
        return ""
    first = shown.incidents[0]
    counted = ((chains, "chain"), (routes, "route"), (first.messages, "message"))
    told = ", ".join(f"{n:,} {word}{'' if n == 1 else 's'}" for n, word in counted)
    return f"blast radius of {first.id[:6]}: {told}"


def _contours(cells: Sequence[Cell], said: str) -> tuple[Contour, ...]:
    """One around each touched chain that stands under none, down to the deepest touched below."""
    found: list[Contour] = []
    inside: dict[str, int] = {}
    for cell in cells:
        if not cell.touched:
            continue
        bottom = cell.row
        if cell.chain.parent in inside:
            nth = inside[cell.chain.parent]
            top = found[nth]
            height = max(top.height, bottom - top.row + 1)
            found[nth] = Contour(top.row, height, top.column, top.width)
        else:
            nth = len(found)
            row = cell.row - 1 if cell.routed else cell.row
            found.append(Contour(row, bottom - row + 1, cell.column, cell.width))
        inside[cell.chain.name] = nth
    if found:
        last = found[-1]
        found[-1] = Contour(last.row, last.height, last.column, last.width, said)
    return tuple(found)
