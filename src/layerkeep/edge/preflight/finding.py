"""What preflight says: one finding per thing that was looked at."""

from dataclasses import dataclass, field
from typing import Literal

from layerkeep.core.units import ChainName

Verdict = Literal["ok", "warn", "fail", "unwatched"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict on one subject of a chain; `reason` is a stable word, `detail` is for people.

    `upstream` is empty where the subject is the chain's own. `unwatched` is no fault: it says what
    layerkeep will not see, and why.
    """

    chain: ChainName
    upstream: str
    subject: str
    verdict: Verdict
    reason: str
    detail: str


@dataclass(slots=True)
class Notes:
    """The findings on one chain, or on one upstream of it."""

    chain: ChainName
    upstream: str = ""
    findings: list[Finding] = field(default_factory=list)

    def ok(self, subject: str, reason: str, detail: str) -> None:
        """It is as it should be."""
        self._add("ok", subject, reason, detail)

    def warn(self, subject: str, reason: str, detail: str) -> None:
        """It works, with less than it should have."""
        self._add("warn", subject, reason, detail)

    def fail(self, subject: str, reason: str, detail: str) -> None:
        """It must be changed before layerkeep can follow this chain."""
        self._add("fail", subject, reason, detail)

    def unwatched(self, subject: str, reason: str, detail: str) -> None:
        """It will not be seen."""
        self._add("unwatched", subject, reason, detail)

    def _add(self, verdict: Verdict, subject: str, reason: str, detail: str) -> None:
        finding = Finding(self.chain, self.upstream, subject, verdict, reason, detail)
        self.findings.append(finding)
