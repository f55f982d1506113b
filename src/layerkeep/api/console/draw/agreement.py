"""The agreement matrix: a row for each upstream, a column for each height, newest at the right."""

from collections.abc import Iterable
from dataclasses import dataclass

from layerkeep.api.shapes.chains import AgreementShown, NodeRow

COLUMNS_MAX = 48
"""More columns would be narrower than the cross in a cell that differs."""

COLUMNS_MIN = 16
"""A few heights do not swell: cells stay cells, at the right."""

FILLED = 0.83
"""The part of a column that its cell takes; the rest is the gap to the next."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What one upstream says of one height: left, width and middle in percent."""

    height: int
    state: str
    x: float
    width: float
    middle: float


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One upstream with its cells; heights it was not asked for have none."""

    node: NodeRow
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """The drawing. `parting` is where the line stands, in percent from the left: on the edge of the
    first column at which they differ; None if they agree. `edge` is the left end of the oldest
    column, `beyond` true if they part below all that is shown, `states` those that occur.
    """

    rows: tuple[MatrixRow, ...]
    heights: tuple[int, ...]
    edge: float
    parting: float | None
    beyond: bool
    states: frozenset[str]


def matrix(agreement: AgreementShown) -> Matrix:
    """The matrix of a chain's upstreams, those first that are preferred."""
    heights = tuple(sorted(agreement.heights))[-COLUMNS_MAX:]
    pitch = 100 / max(len(heights), COLUMNS_MIN)
    left = 100 - pitch * len(heights)
    starts = {height: left + pitch * nth for nth, height in enumerate(heights)}
    rows = tuple(
        MatrixRow(
            node,
            tuple(
                _cell(cell.height, cell.state, starts[cell.height], pitch)
                for cell in node.cells
                if cell.height in starts
            ),
        )
        for node in agreement.rows
    )
    parted = agreement.parted
    return Matrix(
        rows=rows,
        heights=heights,
        edge=round(left, 2),
        parting=_parting(starts.items(), parted) if parted is not None else None,
        beyond=parted is not None and bool(heights) and parted < heights[0],
        states=frozenset(cell.state for row in rows for cell in row.cells),
    )


def _cell(height: int, state: str, start: float, pitch: float) -> Cell:
    gap = pitch * (1 - FILLED) / 2
    width = pitch * FILLED
    return Cell(height, state, round(start + gap, 2), round(width, 2), round(start + pitch / 2, 2))


def _parting(starts: Iterable[tuple[int, float]], parted: int) -> float | None:
    """The edge of the first column from there on; None if that lies above all that is shown."""
    return next((round(start, 2) for height, start in starts if height >= parted), None)
