"""What makes an answer unbelievable. Each check returns a stable reason, or an empty text."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from layerkeep.core.chain_data import Header, Log
from layerkeep.core.follower.exchange import UNKNOWN_HASH, LogFilter, Point
from layerkeep.core.units import Height, Timestamp

HASH_LENGTH = 66


def header_fault(header: Header, *, asked: Height | None, latest_time: Timestamp) -> str:
    """Why a header cannot be believed whatever our chain is; empty if it can."""
    try:
        height, time = header.height, header.time
    except ValueError:
        return "header-malformed"
    if len(header.hash) != HASH_LENGTH or len(header.parent_hash) != HASH_LENGTH:
        return "header-malformed"
    if header.hash.lower() == header.parent_hash.lower():
        return "header-malformed"
    if asked is not None and height != asked:
        return "header-of-another-height"
    if time > latest_time:
        return "time-in-the-future"
    return ""


def links(header: Header, parent: Point) -> bool:
    """True if the header names this point as its parent."""
    return parent.hash == UNKNOWN_HASH or header.parent_hash.lower() == parent.hash


def linked(headers: Sequence[Header]) -> bool:
    """True if each header is the parent of the next."""
    return all(
        later.parent_hash.lower() == earlier.hash.lower() for earlier, later in pairwise(headers)
    )


class LogCheck:
    """Holds logs against the filter they were asked with and the blocks they claim to be of."""

    def __init__(self, watched: LogFilter) -> None:
        self._addresses = frozenset(word.lower() for word in watched.addresses)
        self._topics = frozenset(word.lower() for word in watched.topics)

    def fault(self, logs: Sequence[Log], *, first: Height, last: Height) -> str:
        """Why logs cannot be the answer for a range; empty if they can."""
        places = set()
        for log in logs:
            fault = self._log_fault(log, first=first, last=last)
            if fault:
                return fault
            places.add((height_of(log), log.log_index))
        return "" if len(places) == len(logs) else "logs-twice"

    def fault_of_block(self, logs: Sequence[Log], block: str) -> str:
        """Why logs cannot be those of the block with this hash; empty if they can."""
        if any(log.block_hash.lower() != block.lower() for log in logs):
            return "logs-of-another-block"
        try:
            heights = [height_of(log) for log in logs] or [Height(0)]
        except ValueError:
            return "log-malformed"
        return self.fault(logs, first=heights[0], last=heights[0])

    def _log_fault(self, log: Log, *, first: Height, last: Height) -> str:
        try:
            height, _, _ = place_of(log)
        except ValueError:
            return "log-malformed"
        if log.removed or not first <= height <= last:
            return "logs-of-another-block"
        if self._addresses and log.address.lower() not in self._addresses:
            return "logs-not-asked-for"
        if self._topics and (not log.topics or log.topics[0].lower() not in self._topics):
            return "logs-not-asked-for"
        return ""


def height_of(log: Log) -> Height:
    """The height a log claims."""
    return Height(int(log.block_number, 16))


def place_of(log: Log) -> tuple[int, int, int]:
    """Where a log stands in its chain."""
    return (int(log.block_number, 16), int(log.transaction_index, 16), int(log.log_index, 16))


def foreign(logs: Iterable[Log], headers: Mapping[Height, Header]) -> bool:
    """True if a log is of another block than the header of its height."""
    return any(log.block_hash.lower() != headers[height_of(log)].hash.lower() for log in logs)
