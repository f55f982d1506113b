"""The blocks behind the cursor that headers, logs and bloom together make believable."""

from collections.abc import Mapping, Sequence

from layerkeep.core.chain_data import Header, Log
from layerkeep.core.follower.bloom import Sieve
from layerkeep.core.follower.checks import foreign, height_of, links, place_of
from layerkeep.core.follower.exchange import Given, Point, point_of
from layerkeep.core.units import Height


class Stretch:
    """A growing run of blocks; it stops at the first that is missing or at fault.

    `doubtful` are those whose bloom announces a watched log while none came.
    """

    def __init__(self, cursor: Point, given: Given, sieve: Sieve) -> None:
        self.blocks: list[Header] = []
        self.logs: list[Log] = []
        self.doubtful: list[Header] = []
        self.fault = ""
        self._sieve = sieve
        self._parent = cursor
        self._given = given
        self._by_height = _by_height(given.logs)

    def grow(self, ahead: Mapping[Height, Header], last: Height) -> None:
        """Take blocks up to `last`."""
        for number in range(self._parent.height + 1, last + 1):
            block = ahead.get(Height(number))
            if block is None:
                return
            logs = self._by_height.get(block.height, [])
            self.fault = self._fault_of(block, logs)
            if self.fault:
                return
            if not logs and self._sieve.announces(block.logs_bloom):
                self.doubtful.append(block)
            self.blocks.append(block)
            self.logs += logs
            self._parent = point_of(block)

    def _fault_of(self, block: Header, logs: Sequence[Log]) -> str:
        """Why a block and its logs do not fit; empty if they do."""
        if not links(block, self._parent):
            return "broken-link"
        if block.time < self._parent.time:
            return "time-went-back"
        if foreign(logs, {block.height: block}):
            return "logs-of-another-block"
        second = self._given.confirmed.get(block.hash)
        if second is not None and sorted(map(place_of, second)) != sorted(map(place_of, logs)):
            return "logs-missing"
        return ""


def _by_height(logs: Sequence[Log]) -> dict[Height, list[Log]]:
    """Logs by block, in chain order."""
    found: dict[Height, list[Log]] = {}
    for log in sorted(logs, key=place_of):
        found.setdefault(height_of(log), []).append(log)
    return found
