"""How much an upstream is asked, requests and calls, and how often in vain."""

from collections import Counter
from collections.abc import Sequence

from layerkeep.core.adapter import Call
from layerkeep.core.errors import RpcError, RpcLied, RpcLimited, RpcTimeout

REFUSED = "refused"
REASONS = ((RpcTimeout, "timeout"), (RpcLimited, "limited"), (RpcLied, "lied"))
"""Why an upstream was asked in vain, in one word; `refused` is whatever is none of these."""


class Counts:
    """Requests by upstream, calls by upstream and method, failures by upstream and reason.

    All of one chain.
    """

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        self.calls: Counter[tuple[str, str]] = Counter()
        self.failures: Counter[tuple[str, str]] = Counter()

    def add(self, name: str, calls: Sequence[Call]) -> None:
        """One request with these calls went to an upstream."""
        self.requests[name] += 1
        for call in calls:
            self.calls[name, call.method] += 1

    def failed(self, name: str, error: RpcError) -> None:
        """An upstream gave no answer, or none that is one."""
        reasons = (reason for kind, reason in REASONS if isinstance(error, kind))
        self.failures[name, next(reasons, REFUSED)] += 1
