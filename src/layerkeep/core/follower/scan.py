"""One range of finalized blocks: its logs are here, the headers that vouch for them come in parts.

The headers of the first and the last block and of every block with a log are enough: the first
links the range to the cursor, the last becomes the cursor, the others date and prove the logs.
That a range has no logs at all nothing proves, so that is asked twice.
"""

from layerkeep.core.chain_data import Header, Log
from layerkeep.core.follower.checks import foreign, height_of, links
from layerkeep.core.follower.exchange import Point, point_of
from layerkeep.core.units import Height


class Scan:
    """Logs of a range, waiting for headers."""

    def __init__(self, first: Height, last: Height, logs: tuple[Log, ...]) -> None:
        self.first = first
        self.last = last
        self.logs = logs
        self._headers: dict[Height, Header] = {}
        self._wanted = sorted({first, last, *map(height_of, logs)})

    def missing(self, most: int) -> tuple[Height, ...]:
        """The next headers to ask for; none when all are here."""
        return tuple(height for height in self._wanted if height not in self._headers)[:most]

    def again(self) -> tuple[Height, Height] | None:
        """The range if its logs should be asked a second time."""
        return None if self.logs else (self.first, self.last)

    def take(self, headers: dict[Height, Header]) -> None:
        """Keep headers of the range."""
        self._headers.update(headers)

    def blocks(self) -> tuple[Header, ...]:
        """The headers, in order; all of them must be here."""
        return tuple(self._headers[height] for height in self._wanted)

    def fault(self) -> str:
        """Why headers and logs do not fit together; empty if they do."""
        if foreign(self.logs, self._headers):
            return "logs-of-another-block"
        parent: Point | None = None
        for header in self.blocks():
            point = point_of(header)
            if parent and parent.height + 1 == point.height and not links(header, parent):
                return "broken-link"
            if parent and point.time < parent.time:
                return "time-went-back"
            parent = point
        return ""
