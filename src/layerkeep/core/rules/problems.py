"""Problems: what a rule found wrong with one component, and what that is worth."""

from dataclasses import dataclass, field

import msgspec

from layerkeep.core.facts import Fact
from layerkeep.core.units import Timestamp

INFO = "info"
WARNING = "warning"
CRITICAL = "critical"
SEVERITIES = (INFO, WARNING, CRITICAL)
"""From what can wait until morning to what cannot wait at all."""


@dataclass(frozen=True, slots=True)
class Impact:
    """Who and what a problem touches. `value` in wei of native tokens; `deadline` in ms, if any."""

    messages: int = 0
    users: int = 0
    value: int = 0
    deadline: Timestamp | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Something is wrong with a component since then.

    `kind` names what (`batches-stalled`), `subject` tells problems of one kind on one component
    apart (a message's id, a claim's name, the chain itself). `reason` is the short cause a rule can
    tell by itself (`waiting-for-user`), `summary` one sentence for a person, `proof` the facts it
    rests on. `exposed` is since when anything could have held its subject up, if that was before it
    became a problem: a late message's stage. What is `irrevocable` stays in the chains' history:
    only an operator's word ends it. It is the same problem as long as its id stays the same,
    whatever else changes.
    """

    kind: str
    component: str
    subject: str
    since: Timestamp
    severity: str
    summary: str
    reason: str = ""
    proof: tuple[Fact, ...] = ()
    impact: Impact = field(default_factory=Impact)
    irrevocable: bool = False
    exposed: Timestamp | None = None

    @property
    def id(self) -> str:
        """A derived name."""
        return f"{self.kind} {self.component} {self.subject}"


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """What a rule says of one subject, and until when that stands by itself.

    `until` None: until a fact touches the subject. `lacks` names what is missing to judge: then
    nothing is said, and what was found before stands.
    """

    until: Timestamp | None = None
    problems: tuple[Problem, ...] = ()
    lacks: str = ""
