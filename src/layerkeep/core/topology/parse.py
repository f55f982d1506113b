"""From topology files, already read into tables, to one validated Topology.

1. Gather: each chain's keys from every file that speaks of it. A key may stand in one file only;
   lists of upstreams are joined.
2. Read: each chain by itself, against the fields below and its adapter's roles and lifecycles.
3. Relate: chains to each other (topology/rules.py).

All faults are collected and raised together.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from layerkeep.core.acting.oncall.tables import read_oncall
from layerkeep.core.acting.paging.tables import read_paging
from layerkeep.core.acting.people.tables import read_people
from layerkeep.core.acting.runs.tables import read_acting
from layerkeep.core.adapter import CHILD, PARENT, Adapter, Genesis
from layerkeep.core.errors import Fault, TopologyError
from layerkeep.core.topology import (
    ACTORS,
    COUNTS,
    LIMITS,
    UPSTREAM_ROLES,
    Chain,
    Topology,
    Upstream,
)
from layerkeep.core.topology.access_table import read_api
from layerkeep.core.topology.contracts import read_contracts
from layerkeep.core.topology.rule_tables import Known, read_rules
from layerkeep.core.topology.rules import check_relations, parents_first
from layerkeep.core.topology.spot import (
    Field,
    Spot,
    close_match,
    is_kind,
    one_of,
    read_address,
    read_duration,
    read_known,
    read_table,
    read_word,
    require,
    shown,
)
from layerkeep.core.topology.tokens import read_token_names
from layerkeep.core.topology.traces import read_traces
from layerkeep.core.topology.urls import read_url
from layerkeep.core.units import SECOND, Address, ChainName, Duration, Timestamp

CHAIN_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")

DOCUMENT_FIELDS: Mapping[str, Field] = {
    "include": Field(list, "other topology files, relative to this one, or preset:NAME"),
    "network": Field(dict, "what the chains are together"),
    "chains": Field(dict, "the chains by name"),
    "rules": Field(dict, "the operator's own rules by name"),
    "api": Field(dict, "where the API and the console are served, and who may use them"),
    "tokens": Field(dict, "what tokens are called and how many digits they have, by address"),
    "traces": Field(dict, "where finished journeys are told as traces, over OTLP/HTTP"),
    "people": Field(dict, "everybody who can be told, by name"),
    "channels": Field(dict, "the ways to reach people, by name"),
    "policies": Field(dict, "who is called and when it climbs to others, by name"),
    "paging": Field(dict, "calling people: links, limits, heartbeats, quorum"),
    "teams": Field(dict, "the teams by name"),
    "owns": Field(list, "which team owns what; the most specific wins"),
    "rotations": Field(dict, "who is on call by turns, by the rotation's name"),
    "acting": Field(dict, "what may be done about incidents, how often, and when not"),
    "runners": Field(dict, "places where host steps of runbooks run, by name"),
    "endpoints": Field(dict, "places that steps of runbooks may call, by name"),
    "signers": Field(dict, "who signs the transactions that runbooks prepare, by name"),
}

NETWORK_FIELDS: Mapping[str, Field] = {
    "name": Field(str, "the network's name", required=True),
}

CHAIN_FIELDS: Mapping[str, Field] = {
    "title": Field(str, "the chain's name for people"),
    "chain_id": Field(int, "the EIP-155 chain id", required=True, least=1),
    "stack": Field(str, "the adapter that speaks this chain's language", required=True),
    "settles_on": Field(str, "the chain this one settles on; left out for an L1"),
    "block_time_ms": Field(int, "milliseconds between two blocks", required=True, least=1),
    "owner": Field(str, "who looks after the chain"),
    "upstreams": Field(list, "the RPC endpoints"),
    "contracts": Field(dict, "addresses by role, under the chain they live on"),
    "actors": Field(dict, "addresses of those who run the chain, by their job"),
    "budgets": Field(dict, "how long a message may rest in a stage, by lifecycle.stage"),
    "limits": Field(dict, "how much is normal here, for the rules"),
    "hardforks": Field(dict, "activation times in Unix seconds, by name"),
    "genesis": Field(dict, "the rollup's first block, which those it posts are counted from"),
}

GENESIS_FIELDS: Mapping[str, Field] = {
    "block": Field(int, "its height; 0 unless the chain was another before", required=True),
    "time_s": Field(int, "its time in Unix seconds"),
}

UPSTREAM_FIELDS: Mapping[str, Field] = {
    "name": Field(str, "the upstream's name, unique in the network", required=True),
    "url": Field(str, "http(s) URL, env:NAME or file:PATH", required=True),
    "ws_url": Field(str, "ws(s) URL, env:NAME or file:PATH"),
    "roles": Field(list, "what the upstream is besides a source: " + ", ".join(UPSTREAM_ROLES)),
    "requests_per_second": Field(int, "the most it allows; 0 for no limit"),
    "concurrency": Field(int, "the most requests under way at once", least=1),
}


@dataclass(slots=True)
class _Draft:
    """One chain's keys and the files they stand in."""

    name: str
    file: str
    values: dict[str, Any]
    files: dict[str, str]
    upstreams: list[tuple[Spot, object]]

    def spot(self, key: str, faults: list[Fault]) -> Spot:
        return Spot(self.files.get(key, self.file), f"chains.{self.name}.{key}", faults)


def read_topology(
    documents: Mapping[str, Mapping[str, Any]], adapters: Mapping[str, Adapter]
) -> Topology:
    """The topology these documents declare; TopologyError with every fault if they declare none."""
    faults: list[Fault] = []
    tables = {
        file: read_table(document, DOCUMENT_FIELDS, Spot(file, "", faults))
        for file, document in documents.items()
    }
    network = _network(tables, faults)
    drafts = _gather(tables, faults)
    if not drafts:
        Spot(next(iter(documents), "topology"), "chains", faults).fault("nothing", "a chain")
    chains = {ChainName(d.name): _chain(d, adapters, faults) for d in drafts.values()}
    check_relations(chains, adapters, lambda name, key: drafts[name].spot(key, faults))
    rules = read_rules(tables, Known(chains, adapters), faults)
    api = read_api(tables, faults)
    traces = read_traces(tables, faults)
    people = read_people(tables, Known(chains, adapters), faults)
    oncall = read_oncall(tables, people, faults)
    paging = read_paging(tables, people, faults)
    acting = read_acting(tables, chains, faults)
    tokens = read_token_names(tables, faults)
    if faults:
        raise TopologyError(faults)
    told = (network, parents_first(chains), rules, traces, api)
    return Topology(*told, tokens, people, oncall, acting=acting, paging=paging)


def _network(tables: Mapping[str, Mapping[str, Any]], faults: list[Fault]) -> str:
    named = [file for file, table in tables.items() if "network" in table]
    if not named:
        Spot(next(iter(tables), "topology"), "network.name", faults).fault("nothing", "a name")
        return ""
    for file in named[1:]:
        Spot(file, "network", faults).fault("a second network", f"only the one in {named[0]}")
    spot = Spot(named[0], "network", faults)
    values = read_table(tables[named[0]]["network"], NETWORK_FIELDS, spot)
    name: str = values.get("name", "")
    if "name" in values and not name.strip():
        spot.at("name").fault(shown(name), "a name")
    return name


def _gather(tables: Mapping[str, Mapping[str, Any]], faults: list[Fault]) -> dict[str, _Draft]:
    drafts: dict[str, _Draft] = {}
    for file, table in tables.items():
        for name, entry in table.get("chains", {}).items():
            spot = Spot(file, f"chains.{name}", faults)
            if not CHAIN_NAME.fullmatch(name):
                spot.fault(shown(name), "a name of lower-case letters, digits, - and _")
            elif not isinstance(entry, dict):
                spot.fault(shown(entry), "a table")
            else:
                draft = drafts.setdefault(name, _Draft(name, file, {}, {}, []))
                _merge(draft, entry, spot)
    return drafts


def _merge(draft: _Draft, entry: Mapping[str, Any], spot: Spot) -> None:
    for key, value in entry.items():
        if key == "upstreams" and isinstance(value, list):
            inner = spot.at(key)
            draft.upstreams += [(inner.at(index), item) for index, item in enumerate(value)]
        elif key in draft.values:
            there = draft.files[key]
            spot.at(key).fault("a second one", f"only the one in {there}, chain {draft.name!r}")
        else:
            draft.values[key] = value
            draft.files[key] = spot.file


def _chain(draft: _Draft, adapters: Mapping[str, Adapter], faults: list[Fault]) -> Chain:
    """The chain as far as it can be read; what cannot be read is a fault and left out."""
    values = _fields(draft, faults)
    stack, settles_on = values.get("stack", ""), values.get("settles_on")
    if "stack" in values:
        read_word(stack, adapters, draft.spot("stack", faults))
    adapter = adapters.get(stack)
    sides = {CHILD: draft.name} | ({} if settles_on is None else {PARENT: settles_on})
    return Chain(
        name=ChainName(draft.name),
        chain_id=values.get("chain_id", 0),
        stack=stack,
        block_time=Duration(values.get("block_time_ms", 1)),
        settles_on=None if settles_on is None else ChainName(settles_on),
        title=values.get("title", ""),
        upstreams=_upstreams(draft),
        contracts=read_contracts(
            values.get("contracts", {}), sides, adapter, draft.spot("contracts", faults)
        ),
        actors=_actors(values.get("actors", {}), draft.spot("actors", faults)),
        budgets={}
        if adapter is None
        else _budgets(
            values.get("budgets", {}), budget_keys(adapter, adapters), draft.spot("budgets", faults)
        ),
        limits=_limits(values.get("limits", {}), draft.spot("limits", faults)),
        hardforks=_hardforks(values.get("hardforks", {}), draft.spot("hardforks", faults)),
        genesis=_genesis(values.get("genesis"), draft.spot("genesis", faults)),
        owner=values.get("owner", ""),
    )


def _fields(draft: _Draft, faults: list[Fault]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for file in dict.fromkeys((draft.file, *draft.files.values())):
        part = {key: value for key, value in draft.values.items() if draft.files[key] == file}
        values |= read_known(part, CHAIN_FIELDS, Spot(file, f"chains.{draft.name}", faults))
    require(draft.values, CHAIN_FIELDS, Spot(draft.file, f"chains.{draft.name}", faults))
    return values


def _upstreams(draft: _Draft) -> tuple[Upstream, ...]:
    upstreams = []
    for spot, entry in draft.upstreams:
        values = read_table(entry, UPSTREAM_FIELDS, spot)
        if "name" in values and "url" in values:
            upstreams.append(_upstream(values, spot))
    return tuple(upstreams)


def _upstream(values: Mapping[str, Any], spot: Spot) -> Upstream:
    ws_url = values.get("ws_url", "")
    if values["name"] == "":
        spot.at("name").fault("''", "a name")
    roles = [
        read_word(role, UPSTREAM_ROLES, spot.at("roles").at(index))
        for index, role in enumerate(values.get("roles", []))
    ]
    return Upstream(
        name=values["name"],
        url=read_url(values["url"], ("http", "https"), spot.at("url")),
        ws_url=read_url(ws_url, ("ws", "wss"), spot.at("ws_url")) if ws_url else "",
        roles=tuple(role for role in roles if role is not None),
        requests_per_second=values.get("requests_per_second", 0),
        concurrency=values.get("concurrency", 8),
    )


def _actors(table: Mapping[str, Any], spot: Spot) -> dict[str, Address]:
    actors = {}
    for job, value in table.items():
        if job not in ACTORS:
            spot.at(job).fault("an unknown job", one_of(ACTORS), close_match(job, ACTORS))
        elif (address := read_address(value, spot.at(job))) is not None:
            actors[job] = address
    return actors


def _budgets(table: Mapping[str, Any], stages: tuple[str, ...], spot: Spot) -> dict[str, Duration]:
    """TOML reads a dotted key without quotes as nested tables, which mean the same here."""
    budgets: dict[str, Duration] = {}
    for key, value in table.items():
        inner = spot.at(key)
        if isinstance(value, dict):
            within = tuple(s.removeprefix(f"{key}.") for s in stages if s.startswith(f"{key}."))
            nested = _budgets(value, within, inner)
            budgets |= {f"{key}.{name}": duration for name, duration in nested.items()}
        elif key not in stages:
            expected = "a lifecycle of this chain's adapter and one of its stages"
            inner.fault("a stage that no lifecycle has", expected, close_match(key, stages))
        elif (duration := read_duration(value, inner)) is not None:
            budgets[key] = duration
    return budgets


def _limits(table: Mapping[str, Any], spot: Spot) -> dict[str, int]:
    """Durations and numbers by name."""
    limits: dict[str, int] = {}
    known = (*LIMITS, *COUNTS)
    for key, value in table.items():
        inner = spot.at(key)
        if key in COUNTS:
            if is_kind(value, Field(int, COUNTS[key]), inner):
                limits[key] = value
        elif key not in LIMITS:
            inner.fault("an unknown limit", one_of(known), close_match(key, known))
        elif (duration := read_duration(value, inner)) is not None:
            limits[key] = duration
    return limits


def budget_keys(adapter: Adapter, adapters: Mapping[str, Adapter]) -> tuple[str, ...]:
    """Every budget a chain can override: its own stack's, and those of bridges over any stack."""
    speaking = [other for other in adapters.values() if other.kind == "bridge" or other is adapter]
    return tuple(
        f"{lifecycle.name}.{stage.name}"
        for each in speaking
        for lifecycle in each.lifecycles
        for stage in lifecycle.stages
    )


def _hardforks(table: Mapping[str, Any], spot: Spot) -> dict[str, int]:
    field = Field(int, "an activation time in Unix seconds")
    return {name: time for name, time in table.items() if is_kind(time, field, spot.at(name))}


def _genesis(table: Mapping[str, Any] | None, spot: Spot) -> Genesis | None:
    """The time may be left out where the stack does without."""
    if table is None:
        return None
    values = read_table(table, GENESIS_FIELDS, spot)
    time_s = values.get("time_s")
    made = None if time_s is None else Timestamp(time_s * SECOND)
    return Genesis(values.get("block", 0), made)
