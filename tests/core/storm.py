"""Three layers, tiny rules with the causes of the table, and short ways to raise problems."""

import sys
from collections.abc import Callable
from dataclasses import replace

from layerkeep.core.effects import IncidentMoved
from layerkeep.core.facts import Anchor, Fact, HeadSeen, Operated
from layerkeep.core.incidents import Incidents
from layerkeep.core.incidents.incident import Incident
from layerkeep.core.network.graph import Graph
from layerkeep.core.network.layers import ACTORS, Layer, Limits
from layerkeep.core.rules.problems import CRITICAL, INFO, WARNING, Impact, Problem, Verdict
from layerkeep.core.rules.rule import Rule
from layerkeep.core.rules.watch import Changes
from layerkeep.core.units import HOUR, MINUTE, SECOND, ChainName, Duration, Timestamp

T0 = Timestamp(1_000 * HOUR)
LIMITS = Limits(Duration(MINUTE), Duration(30 * MINUTE), Duration(MINUTE))

MAY_CAUSE = {
    "chain-halted": "sequencer-down sequencer-drift batches-stalled safe-stalled finalized-stalled"
    " claims-stalled message-overdue message-expiring inclusion-delayed nonce-stuck",
    "sequencer-down": "sequencer-drift batches-stalled safe-stalled finalized-stalled"
    " claims-stalled message-overdue message-expiring inclusion-delayed nonce-stuck",
    "sequencer-drift": "sequencer-down message-overdue inclusion-delayed",
    "batches-stalled": "safe-stalled finalized-stalled claims-stalled message-overdue",
    "safe-stalled": "finalized-stalled claims-stalled message-overdue",
    "finalized-stalled": "finalized-stalled safe-stalled claims-stalled message-overdue",
    "claims-stalled": "message-overdue",
    "funds-out": "batches-stalled claims-stalled nonce-stuck safe-stalled finalized-stalled"
    " message-overdue",
    "claim-false": "claim-disputed message-overdue",
    "claim-disputed": "message-overdue claims-stalled",
    "node-split": "claim-false reorg-deep",
    "reorg-deep": "reorg-deep message-overdue node-split",
    "bridge-paused": "message-overdue message-expiring claims-stalled",
    "message-overdue": "",
    "upstream-silent": "",
}


def layer(name: str, parent: str | None) -> Layer:
    """A chain with two upstreams."""
    return Layer(
        ChainName(name),
        "stack",
        ChainName(parent) if parent else None,
        Duration(2 * SECOND),
        Duration(2 * SECOND),
        LIMITS,
        actors=ACTORS if parent else (),
        upstreams={f"{name}-a": (), f"{name}-b": ()},
    )


def graph() -> Graph:
    """l3 on l2 on l1."""
    layers = (layer("l1", None), layer("l2", "l1"), layer("l3", "l2"))
    return Graph({each.name: each for each in layers})


def rules() -> list[Rule]:
    """One for each kind; they review nothing."""
    return [
        Rule(kind.replace("-", "_"), kind, (kind,), lambda *_: Verdict(), tuple(may.split()))
        for kind, may in MAY_CAUSE.items()
    ]


def problem(
    kind: str, component: str, subject: str = "", since: int = 0, severity: str = WARNING
) -> Problem:
    """A problem that began `since` ms after T0; a message's subject counts as one message."""
    impact = Impact(1, 1, 10**18) if kind == "message-overdue" else Impact()
    began = Timestamp(T0 + since)
    fact = Fact(Anchor(ChainName("l1"), 7, "0x07", T0, "0xabc", 0, 3), HeadSeen(7), via="l1-a")
    summary = f"{kind} of {component}"
    name = subject or component
    return Problem(kind, component, name, began, severity, summary, "", (fact,), impact)


def down(since: int = 0, chain: str = "l2") -> Problem:
    """A sequencer that makes no blocks."""
    return problem("sequencer-down", f"sequencer:{chain}", chain, since, CRITICAL)


def overdue(name: object, since: int = MINUTE, route: str = "l1->l2", **more: object) -> Problem:
    """A message that is late."""
    late = problem("message-overdue", f"route:{route}", f"m{name}", since)
    late = replace(late, exposed=T0)
    return replace(late, **more)  # type: ignore[arg-type]


def note(name: object, since: int = MINUTE) -> Problem:
    """A message that its user does not care for."""
    return overdue(name, since, severity=INFO)


class Desk:
    """Incidents, and the time."""

    def __init__(self) -> None:
        self.incidents = Incidents(graph(), rules())
        self.now = T0

    def take(self, *raised: Problem, cleared: tuple[Problem, ...] = ()) -> list[IncidentMoved]:
        """Problems come and go now."""
        changes = Changes(list(raised), [each.id for each in cleared])
        return self.incidents.take(changes, self.now)

    def clear(self, *cleared: Problem) -> list[IncidentMoved]:
        """Problems go now."""
        return self.take(cleared=cleared)

    def wait(self, duration: int) -> list[IncidentMoved]:
        """Time passes; whatever is due in between happens when it is due."""
        end = Timestamp(self.now + duration)
        moved: list[IncidentMoved] = []
        while (due := self.incidents.next_due()) is not None and due <= end:
            self.now = max(self.now, due)
            moved += self.incidents.tick(self.now)
        self.now = end
        return moved

    def say(self, action: str, target: str, lasts: int = 0, by: str = "ann") -> list[IncidentMoved]:
        """An operator speaks; `lasts` in ms from now."""
        until = self.now + lasts if lasts else 0
        says = Operated(action, target, by, until, "because")
        return self.incidents.operate(Fact(Anchor(ChainName(""), 0, "", self.now), says), self.now)

    def only(self) -> Incident:
        """The one open incident."""
        assert len(self.incidents.open) == 1, self.roots()
        return next(iter(self.incidents.open.values()))

    def roots(self) -> list[str]:
        """The roots of all open incidents."""
        return sorted(each.key for each in self.incidents.open.values())


def names(moved: list[IncidentMoved]) -> list[str]:
    """The transitions."""
    return [each.transition for each in moved]


def calls(run: Callable[[], object]) -> int:
    """How many Python functions of the incidents were entered meanwhile."""
    count = 0

    def look(frame: object, event: str, _arg: object) -> None:
        nonlocal count
        code = frame.f_code  # type: ignore[attr-defined]
        count += event == "call" and "incidents" in code.co_filename

    sys.setprofile(look)
    try:
        run()
    finally:
        sys.setprofile(None)
    return count
