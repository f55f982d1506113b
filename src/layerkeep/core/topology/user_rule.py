"""A rule of the operator's own, as the topology declares it."""

from dataclasses import dataclass

from layerkeep.core.units import Address, ChainName, Duration

NO_DURATION = Duration(0)

COMPARES = ("<", "<=", ">", ">=", "==", "!=")

GROWING = (">", ">=")
"""How a count or a lag may be compared: how long ago it fell below something nobody can tell."""

COUNTED_MAX = 63
"""Events of one rule that are remembered; a rule that waits for more would wait for ever."""


@dataclass(frozen=True, slots=True)
class What:
    """What a rule may look at: what its own key holds, the keys it needs, and how it compares."""

    about: str
    needs: tuple[str, ...]
    compares: tuple[str, ...] = COMPARES
    takes_for: bool = True


WHATS = {
    "parameter": What("a measured quantity by its name", ("chain",)),
    "balance": What("the native balance of an address", ("chain",)),
    "call": What("a view function; arguments as TYPE VALUE", ("chain", "contract")),
    "event": What(
        "an event as declared in Solidity, counted within a duration",
        ("chain", "contract", "within"),
        GROWING,
        takes_for=False,
    ),
    "messages": What(
        "count or value of the open messages of a route in a stage", ("route", "stage"), GROWING
    ),
    "head-lag": What("how far latest, safe or finalized is behind now", ("chain",), GROWING),
}
"""By the key that names it; a rule has exactly one."""

HEADS = ("latest", "safe", "finalized")
SUMS = ("count", "value")


@dataclass(frozen=True, slots=True)
class UserRule:
    """One rule: a problem while `subject`, looked at as `what`, compares so with the threshold.

    `subject` is what the key named by `what` holds: a parameter's name, an address, a function, an
    event, `count` or `value`, a head. `threshold` is in the quantity's own unit: wei for balances
    and values, milliseconds for a lag. `hold` is how long it must be so (for messages: how long
    each has rested in the stage), `within` the window of events. `route` is `source->target`.
    """

    name: str
    what: str
    subject: str
    compare: str
    threshold: int
    component: str
    chain: ChainName
    contract: Address | None = None
    route: str = ""
    stage: str = ""
    within: Duration = NO_DURATION
    hold: Duration = NO_DURATION
    severity: str = "warning"
    owner: str = ""
    runbook: str = ""

    @property
    def measure(self) -> str:
        """The name of the quantity it reads, where it reads one."""
        return self.subject if self.what == "parameter" else f"rule.{self.name}"
