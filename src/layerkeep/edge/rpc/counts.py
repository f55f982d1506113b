"""How much an upstream is asked: requests and calls."""

from collections import Counter
from collections.abc import Sequence

from layerkeep.core.adapter import Call


class Counts:
    """Requests by upstream, and calls by upstream and method, of one chain."""

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        self.calls: Counter[tuple[str, str]] = Counter()

    def add(self, name: str, calls: Sequence[Call]) -> None:
        """One request with these calls went to an upstream."""
        self.requests[name] += 1
        for call in calls:
            self.calls[name, call.method] += 1
