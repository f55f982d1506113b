"""Reading `[rules.NAME]`: the operator's own rules, every fault at its spot."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from layerkeep.core.adapter import Adapter
from layerkeep.core.errors import Fault
from layerkeep.core.network.graph import actor_of, bridge_of, chain_of, route_of, upstream_of
from layerkeep.core.topology import Chain
from layerkeep.core.topology.measures import call_data, event_of
from layerkeep.core.topology.spot import (
    Field,
    Spot,
    one_of,
    read_address,
    read_duration,
    read_known,
    read_word,
    require,
    shown,
)
from layerkeep.core.topology.user_rule import (
    COUNTED_MAX,
    HEADS,
    NO_DURATION,
    SUMS,
    WHATS,
    UserRule,
)
from layerkeep.core.units import Address, ChainName, Duration

RULE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")

SEVERITIES = ("info", "warning", "critical")
JOBS = ("sequencer", "batcher", "proposer")

WATCHED = (
    "bridge_balance_wei",
    "origin_time_s",
    *(f"{job}.{name}" for job in JOBS for name in ("balance_wei", "nonce", "nonce_pending")),
)
"""Quantities measured of every rollup, besides its stack's own parameters."""

UNITS = {"wei": 0, "gwei": 9, "ether": 18}
AMOUNT = re.compile(r"(\d+)(?:\.(\d+))? ?(wei|gwei|ether)")
AMOUNT_WORDS = 'a whole number, or an amount such as "100 ether", "0.5 ether" or "3 gwei"'

RULE_FIELDS: Mapping[str, Field] = {
    **{key: Field(str, what.about) for key, what in WHATS.items()},
    "chain": Field(str, "the chain it looks at"),
    "contract": Field(str, "the contract's address, for call and event"),
    "route": Field(str, "SOURCE->TARGET, for messages"),
    "stage": Field(str, "the stage the messages rest in"),
    "within": Field(str, "how long events count"),
    "compare": Field(str, "the problem is there while this holds", required=True),
    "threshold": Field(int, "the number to compare with; for head-lag a duration", required=True),
    "for": Field(str, "how long it must hold; a message, how long it rests in the stage"),
    "severity": Field(str, "info, warning (if left out) or critical"),
    "component": Field(str, "whose problem it is; the chain or route if left out"),
    "owner": Field(str, "who is told"),
    "runbook": Field(str, "what to do, in words"),
}


@dataclass(frozen=True, slots=True)
class Known:
    """What rules may speak of: the chains that could be read, and their adapters."""

    chains: Mapping[ChainName, Chain]
    adapters: Mapping[str, Adapter]

    def routes(self) -> list[str]:
        """Every direction of every bridge."""
        pairs = [(c.settles_on, c.name) for c in self.chains.values() if c.settles_on is not None]
        return [f"{a}->{b}" for pair in pairs for a, b in (pair, pair[::-1])]

    def stages(self, route: str) -> list[str]:
        """The stages in which a message of this route may rest."""
        source, target = (ChainName(name) for name in route.split("->"))
        down = self.chains[target].settles_on == source
        adapter = self.adapters.get(self.chains[target if down else source].stack)
        wanted = "parent-to-child" if down else "child-to-parent"
        lifecycles = adapter.lifecycles if adapter is not None else ()
        return sorted(
            {
                stage.name
                for lifecycle in lifecycles
                for stage in lifecycle.stages
                if lifecycle.direction == wanted and not stage.final
            }
        )

    def parameters(self, chain: ChainName) -> list[str]:
        """The numbers measured of a chain."""
        adapter = self.adapters.get(self.chains[chain].stack)
        own = adapter.parameters if adapter is not None else ()
        rollup = WATCHED if self.chains[chain].settles_on is not None else ()
        return sorted({*(each.name for each in own if each.kind == "uint"), *rollup})

    def components(self) -> list[str]:
        """Everything a problem can be on."""
        found = [chain_of(name) for name in self.chains]
        for chain in self.chains.values():
            found += [upstream_of(upstream.name) for upstream in chain.upstreams]
            if chain.settles_on is not None:
                found += [actor_of(job, chain.name) for job in JOBS]
                found += [bridge_of(chain.name), route_of(chain.settles_on, chain.name)]
                found += [route_of(chain.name, chain.settles_on)]
        return found


def read_rules(
    tables: Mapping[str, Mapping[str, Any]], known: Known, faults: list[Fault]
) -> dict[str, UserRule]:
    """Every rule of every file, by name."""
    found: dict[str, UserRule] = {}
    files: dict[str, str] = {}
    for file, table in tables.items():
        for name, entry in table.get("rules", {}).items():
            spot = Spot(file, f"rules.{name}", faults)
            if not RULE_NAME.fullmatch(name):
                spot.fault(shown(name), "a name of lower-case letters, digits, - and _")
            elif name in files:
                spot.fault("a second one", f"only the one in {files[name]}")
            elif not isinstance(entry, dict):
                spot.fault(shown(entry), "a table")
            else:
                files[name] = file
                rule = _rule(name, entry, known, spot)
                found |= {name: rule} if rule is not None else {}
    return found


def _rule(name: str, table: Mapping[str, Any], known: Known, spot: Spot) -> UserRule | None:
    """The rule, if it has no fault."""
    before = len(spot.faults)
    require(table, RULE_FIELDS, spot)
    rest = {key: value for key, value in table.items() if key != "threshold"}
    values = read_known(rest, RULE_FIELDS, spot)
    named = [key for key in table if key in WHATS]
    if len(named) != 1:
        spot.fault(" and ".join(named) or "nothing to look at", one_of(WHATS))
        return None
    what = named[0]
    _check_keys(what, values, spot)
    threshold = _threshold(what, table.get("threshold"), spot.at("threshold"))
    place = _place(what, values, known, spot)
    if what in values:
        _check_subject(what, values[what], place, known, spot.at(what))
    component = _component(values, known, place, spot.at("component"))
    contract = _address(values, spot.at("contract"))
    within, hold = _duration(values, "within", spot), _duration(values, "for", spot)
    severity = _severity(values, spot.at("severity"))
    if len(spot.faults) > before or threshold is None:
        return None
    return UserRule(
        name,
        what,
        values[what],
        values["compare"],
        threshold,
        component,
        place,
        contract=contract,
        route=values.get("route", ""),
        stage=values.get("stage", ""),
        within=within,
        hold=hold,
        severity=severity,
        owner=values.get("owner", ""),
        runbook=values.get("runbook", ""),
    )


def _check_keys(what: str, values: Mapping[str, Any], spot: Spot) -> None:
    """What the rule needs is there, what it has no use for is not, and it compares as it can."""
    needs = WHATS[what].needs
    for key in needs:
        if key not in values:
            spot.at(key).fault("nothing", f"{RULE_FIELDS[key].about}, which {what} needs")
    for key in ("chain", "contract", "route", "stage", "within"):
        if key in values and key not in needs:
            spot.at(key).fault("a key of other rules", f"nothing: {what} has no use for it")
    if "for" in values and not WHATS[what].takes_for:
        spot.at("for").fault("a key of other rules", f"nothing: `within` says how long for {what}")
    if "compare" in values:
        read_word(values["compare"], WHATS[what].compares, spot.at("compare"))


def _place(what: str, values: Mapping[str, Any], known: Known, spot: Spot) -> ChainName:
    """The chain it is about: that of a route is the chain below; empty if it cannot be told."""
    if what != "messages":
        chain = values.get("chain")
        found = read_word(chain, known.chains, spot.at("chain")) if chain is not None else None
        return ChainName(found or "")
    route = values.get("route")
    if route is None or read_word(route, known.routes(), spot.at("route")) is None:
        return ChainName("")
    if "stage" in values:
        read_word(values["stage"], known.stages(route), spot.at("stage"))
    source, target = (ChainName(name) for name in route.split("->"))
    return target if known.chains[target].settles_on == source else source


def _check_subject(what: str, subject: str, place: ChainName, known: Known, spot: Spot) -> None:
    """The value of the key that says what the rule looks at."""
    if what == "balance":
        read_address(subject, spot)
    elif what == "parameter" and place:
        read_word(subject, known.parameters(place), spot)
    elif what == "messages":
        read_word(subject, SUMS, spot)
    elif what == "head-lag":
        read_word(subject, HEADS, spot)
    elif what in ("call", "event"):
        try:
            call_data(subject) if what == "call" else event_of(subject)
        except ValueError as error:
            spot.fault(shown(subject), str(error))


def _threshold(what: str, value: object, spot: Spot) -> int | None:
    """A number, or text with a unit; None with a fault if it is neither."""
    if value is None:
        return None
    if what == "head-lag":
        return read_duration(value, spot)
    if isinstance(value, str):
        return _amount(value, spot)
    if not isinstance(value, int) or isinstance(value, bool):
        spot.fault(shown(value), AMOUNT_WORDS)
        return None
    if what == "event" and not 0 < value < COUNTED_MAX:
        spot.fault(shown(value), f"from 1 up to {COUNTED_MAX - 1} events")
        return None
    return value


def _amount(text: str, spot: Spot) -> int | None:
    found = AMOUNT.fullmatch(text)
    digits = UNITS[found[3]] if found is not None else 0
    if found is None or len(found[2] or "") > digits:
        spot.fault(shown(text), AMOUNT_WORDS)
        return None
    return int(found[1] + (found[2] or "").ljust(digits, "0"))


def _component(values: Mapping[str, Any], known: Known, place: ChainName, spot: Spot) -> str:
    component: str | None = values.get("component")
    if component is None:
        return f"route:{values['route']}" if values.get("route") else chain_of(place)
    return read_word(component, known.components(), spot) or ""


def _address(values: Mapping[str, Any], spot: Spot) -> Address | None:
    return read_address(values["contract"], spot) if "contract" in values else None


def _duration(values: Mapping[str, Any], key: str, spot: Spot) -> Duration:
    found = read_duration(values[key], spot.at(key)) if key in values else None
    return found or NO_DURATION


def _severity(values: Mapping[str, Any], spot: Spot) -> str:
    return read_word(values.get("severity", "warning"), SEVERITIES, spot) or ""
