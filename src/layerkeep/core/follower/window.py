"""The blocks we remember: enough to notice a reorg and to find where it began."""

from collections.abc import Iterable, Sequence

from layerkeep.core.chain_data import Header
from layerkeep.core.follower.exchange import UNKNOWN_HASH, Point
from layerkeep.core.units import Height

KEPT_BELOW_FINAL = 256
"""Blocks remembered below finality, so that a broken finality can still be told exactly."""


REREAD = 64
"""Blocks read again after a restart, as many as one round brings: logs that a node had not indexed
yet are asked for in the round after their block, and a stop may fall between the two."""


def step_back(points: Sequence[Point]) -> Point:
    """Where to go on after a restart, given what was remembered, lowest first."""
    assert points, "a window holds at least the point it started from"
    return points[max(0, len(points) - 1 - REREAD)]


class Window:
    """Believed points by height, the cursor on top; contiguous near it, sparse further down."""

    def __init__(self, points: Iterable[Point]) -> None:
        self._points = {point.height: point for point in sorted(points)}
        assert self._points, "a window holds at least the point it starts from"
        self._top = max(self._points)

    @property
    def cursor(self) -> Point:
        """The last block believed."""
        return self._points[self._top]

    @property
    def lowest(self) -> Height:
        """The lowest block remembered."""
        return next(iter(self._points))

    def points(self) -> tuple[Point, ...]:
        """Everything remembered, lowest first."""
        return tuple(self._points.values())

    def differs(self, point: Point) -> bool:
        """True if another block is remembered at this height."""
        known = self._points.get(point.height)
        return known is not None and known.hash not in (UNKNOWN_HASH, point.hash)

    def add(self, points: Iterable[Point]) -> None:
        """Believe higher blocks."""
        for point in points:
            assert point.height > self._top, "blocks are believed in order"
            self._points[point.height] = point
            self._top = point.height

    def cut(self, ancestor: Point) -> int:
        """Forget what is above the ancestor and say how many blocks that was."""
        dropped = self._top - ancestor.height
        for height in [height for height in self._points if height > ancestor.height]:
            del self._points[height]
        self._top = ancestor.height
        return dropped

    def prune(self, final: Height, most: int) -> None:
        """Forget what finality and the bound no longer need."""
        low = max(final - KEPT_BELOW_FINAL, self._top - most)
        while self.lowest < low and self.lowest < self._top:
            del self._points[self.lowest]

    def below(self, height: Height) -> Point:
        """The highest remembered block under this height, or the lowest there is."""
        known = [point for point in self._points.values() if point.height < height]
        return known[-1] if known else self._points[self.lowest]

    def ancestor(self, headers: Iterable[Header]) -> Point | None:
        """The highest remembered point among these linked blocks or right below them."""
        for header in sorted(headers, key=lambda header: header.height, reverse=True):
            known = self._points.get(header.height)
            if known and known.hash in (UNKNOWN_HASH, header.hash.lower()):
                return known
            below = self._points.get(Height(header.height - 1))
            if below and below.hash in (UNKNOWN_HASH, header.parent_hash.lower()):
                return below
        return None
