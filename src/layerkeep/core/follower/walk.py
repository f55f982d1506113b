"""The way back along a chain that is not ours, to the block both have in common."""

from collections.abc import Iterable

from layerkeep.core.chain_data import Header
from layerkeep.core.follower.checks import linked
from layerkeep.core.units import Height

FIRST_STEP = 8
"""Headers in the first batch: most reorgs are shallower, and one batch finds them."""


class Walk:
    """Linked headers from `top` downwards, in batches that double."""

    def __init__(self, top: Height) -> None:
        self.top = top
        self.headers: list[Header] = []
        self._width = FIRST_STEP

    @property
    def low(self) -> Height:
        """The lowest block walked so far; above the top before the first step."""
        return self.headers[0].height if self.headers else Height(self.top + 1)

    def heights(self, *, lowest: Height, most: int) -> tuple[Height, ...]:
        """The blocks to look at next, none below `lowest`."""
        start = max(lowest, 0, self.low - min(self._width, most))
        return tuple(Height(height) for height in range(start, self.low))

    def extend(self, below: Iterable[Header]) -> bool:
        """Go on with the blocks asked for; False if they are not linked to what was walked."""
        longer = [*below, *self.headers]
        if not linked(longer):
            return False
        self.headers = longer
        self._width *= 2
        return True
