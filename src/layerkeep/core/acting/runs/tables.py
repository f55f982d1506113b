"""Reading `[acting]`, `[runners.NAME]`, `[endpoints.NAME]` and `[signers.NAME]`, every fault at its
spot."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from layerkeep.core.acting.runs.model import Acting, Command, Endpoint, Freeze, Runner, Signer
from layerkeep.core.errors import Fault
from layerkeep.core.topology.access_table import MOMENT_WORDS, Moment
from layerkeep.core.topology.spot import (
    Field,
    Spot,
    read_address,
    read_duration,
    read_table,
    read_word,
    shown,
)
from layerkeep.core.topology.urls import REFERENCE, read_url
from layerkeep.core.units import SECOND, Duration, Timestamp

NAME = re.compile(r"[a-z0-9][a-z0-9_:>.-]{0,94}")
NAME_WORDS = "a name of lower-case letters, digits, -, _ and :"
RUNNER_KINDS = ("command", "systemd", "kubernetes")
SIGNER_KINDS = ("safe", "remote")
WEI = re.compile(r"\d{1,30}")
ARGUMENT = re.compile(r"\{([a-z0-9_]+)\}")
UNIT = re.compile(r"[A-Za-z0-9@._:/-]{1,200}")

ACTING_FIELDS: Mapping[str, Field] = {
    "automatic": Field(list, "the runbooks that may run without a person"),
    "automatic_max": Field(int, "at most so many automatic runs", least=1),
    "automatic_within": Field(str, "within so long"),
    "amounts": Field(dict, "the amounts that runbooks move, by name, in wei as digits"),
    "runbooks": Field(str, "a folder with runbooks of your own"),
    "freezes": Field(list, "times in which no run starts: name, from, to"),
}

FREEZE_FIELDS: Mapping[str, Field] = {
    "name": Field(str, "why", required=True),
    "from": Field(Moment, "when it begins", required=True),
    "to": Field(Moment, "when it ends", required=True),
}

RUNNER_FIELDS: Mapping[str, Field] = {
    "kind": Field(str, "one of " + ", ".join(RUNNER_KINDS), required=True),
    "commands": Field(dict, "the programs it may start, by name"),
    "units": Field(dict, "component = unit or workload that may be restarted"),
    "namespace": Field(str, "the Kubernetes namespace"),
    "prefix": Field(list, "what stands before every program, such as ssh, its options and a host"),
}

COMMAND_FIELDS: Mapping[str, Field] = {
    "argv": Field(list, "the program and its arguments; {NAME} is a whole argument", required=True),
    "arguments": Field(dict, "what each NAME may be, as a regular expression"),
    "rehearse": Field(list, "what a dry run starts instead"),
}

ENDPOINT_FIELDS: Mapping[str, Field] = {
    "url": Field(str, "http(s) URL, env:NAME or file:PATH", required=True),
    "methods": Field(list, "what may be called: JSON-RPC methods, or `POST /path`", required=True),
    "headers": Field(dict, "headers by name: env:NAME or file:PATH"),
}

SIGNER_FIELDS: Mapping[str, Field] = {
    "kind": Field(str, "safe, or remote: a node or Web3Signer that keeps the key", required=True),
    "chain": Field(str, "the chain it signs for", required=True),
    "address": Field(str, "the account it signs with, or the Safe", required=True),
    "url": Field(str, "where a remote signer is asked: http(s) URL, env:NAME or file:PATH"),
    "jobs": Field(list, "by which words runbooks name it, such as guardian", required=True),
}

Tables = Mapping[str, Mapping[str, Any]]
Made = TypeVar("Made")


def read_acting(tables: Tables, chains: Iterable[str], faults: list[Fault]) -> Acting:
    """The policy on acting, and what may be used for it."""
    named = [file for file, table in tables.items() if "acting" in table]
    for file in named[1:]:
        Spot(file, "acting", faults).fault("a second one", f"only the one in {named[0]}")
    spot = Spot(named[0] if named else "", "acting", faults)
    table = tables[named[0]]["acting"] if named else {}
    halted = table.get("halted", False) if isinstance(table, dict) else False
    if not isinstance(halted, bool):
        spot.at("halted").fault(shown(halted), "true or false")
    rest = {k: v for k, v in table.items() if k != "halted"} if isinstance(table, dict) else table
    values, usual = read_table(rest, ACTING_FIELDS, spot), Acting()
    within = _duration(values, "automatic_within", usual.automatic_within, spot)

    def signer(name: str, entry: Mapping[str, Any], spot: Spot) -> Signer:
        return _signer(name, entry, spot, chains)

    return Acting(
        halted=halted is True,
        automatic=_texts(values.get("automatic", []), spot.at("automatic")),
        automatic_max=values.get("automatic_max", usual.automatic_max),
        automatic_within=within,
        amounts=_amounts(values.get("amounts", {}), spot.at("amounts")),
        runbooks=values.get("runbooks", ""),
        freezes=_freezes(values.get("freezes", []), spot.at("freezes")),
        runners=_each(tables, "runners", _runner, faults),
        endpoints=_each(tables, "endpoints", _endpoint, faults),
        signers=_each(tables, "signers", signer, faults),
    )


def _each(
    tables: Tables,
    key: str,
    make: Callable[[str, Mapping[str, Any], Spot], Made],
    faults: list[Fault],
) -> dict[str, Made]:
    """The named tables under a key, each from one file only; those without a fault."""
    found: dict[str, Made] = {}
    for file, table in tables.items():
        for name, entry in table.get(key, {}).items():
            spot, before = Spot(file, f"{key}.{name}", faults), len(faults)
            if not NAME.fullmatch(name):
                spot.fault(shown(name), NAME_WORDS)
            elif name in found:
                spot.fault("a second one", "one only")
            elif not isinstance(entry, dict):
                spot.fault(shown(entry), "a table")
            else:
                made = make(name, entry, spot)
                found |= {name: made} if len(faults) == before else {}
    return found


def _runner(name: str, entry: Mapping[str, Any], spot: Spot) -> Runner:
    values = read_table(entry, RUNNER_FIELDS, spot)
    kind = read_word(values["kind"], RUNNER_KINDS, spot.at("kind")) if "kind" in values else ""
    inner = spot.at("commands")
    commands = {
        each: _command(each, table, inner.at(each))
        for each, table in values.get("commands", {}).items()
    }
    units = values.get("units", {})
    for component, unit in units.items():
        if not isinstance(unit, str) or not UNIT.fullmatch(unit):
            spot.at("units").at(component).fault(shown(unit), "the name of a unit or workload")
    if kind == "command" and units:
        spot.at("units").fault("units", "none: a runner of kind command starts its commands only")
    prefix = _texts(values.get("prefix", []), spot.at("prefix"))
    return Runner(name, kind or "", commands, units, values.get("namespace", ""), prefix)


def _command(name: str, entry: object, spot: Spot) -> Command:
    values = read_table(entry, COMMAND_FIELDS, spot)
    argv = _texts(values.get("argv", []), spot.at("argv"))
    rehearse = _texts(values.get("rehearse", []), spot.at("rehearse"))
    arguments = values.get("arguments", {})
    if "argv" in values and not argv:
        spot.at("argv").fault("nothing", "a program")
    for each, pattern in arguments.items():
        _check_pattern(pattern, spot.at("arguments").at(each))
    for part in (*argv, *rehearse):
        held = ARGUMENT.fullmatch(part)
        if held is not None and held[1] not in arguments:
            spot.at("arguments").at(held[1]).fault("nothing", "a regular expression: it is in argv")
        elif held is None and ARGUMENT.search(part):
            spot.at("argv").fault(shown(part), "a placeholder that is a whole argument")
    return Command(name, argv, arguments, rehearse)


def _check_pattern(pattern: object, spot: Spot) -> None:
    try:
        re.compile(pattern if isinstance(pattern, str) else "(")
    except re.error:
        spot.fault(shown(pattern), "a regular expression that the whole argument must fit")


def _endpoint(name: str, entry: Mapping[str, Any], spot: Spot) -> Endpoint:
    values = read_table(entry, ENDPOINT_FIELDS, spot)
    url = values.get("url", "")
    if "url" in values:
        read_url(url, ("http", "https"), spot.at("url"))
    headers = values.get("headers", {})
    for each, value in headers.items():
        if not isinstance(value, str) or not REFERENCE.fullmatch(value):
            spot.at("headers").at(each).fault("text that is no reference", "env:NAME or file:PATH")
    return Endpoint(name, url, _texts(values.get("methods", []), spot.at("methods")), headers)


def _signer(name: str, entry: Mapping[str, Any], spot: Spot, chains: Iterable[str]) -> Signer:
    values = read_table(entry, SIGNER_FIELDS, spot)
    kind = read_word(values["kind"], SIGNER_KINDS, spot.at("kind")) if "kind" in values else ""
    chain = read_word(values["chain"], chains, spot.at("chain")) if "chain" in values else ""
    address = read_address(values.get("address"), spot.at("address")) if "address" in values else ""
    url = values.get("url", "")
    if url:
        read_url(url, ("http", "https"), spot.at("url"))
    if kind == "remote" and not url:
        spot.at("url").fault("nothing", "where the remote signer is asked")
    jobs = _texts(values.get("jobs", []), spot.at("jobs"))
    return Signer(name, kind or "", chain or "", address or "", url, jobs)


def _freezes(found: list[Any], spot: Spot) -> tuple[Freeze, ...]:
    freezes = []
    for index, entry in enumerate(found):
        inner = spot.at(index)
        values = read_table(entry, FREEZE_FIELDS, inner)
        start = _moment(values.get("from"), inner.at("from"))
        end = _moment(values.get("to"), inner.at("to"))
        if start is not None and end is not None:
            if end <= start:
                inner.at("to").fault("a time before `from`", "a later one")
            freezes.append(Freeze(values.get("name", ""), start, end))
    return tuple(freezes)


def _moment(value: Moment | None, spot: Spot) -> Timestamp | None:
    if value is None:
        return None
    if value.tzinfo is None:
        spot.fault("a date-time without its offset", MOMENT_WORDS)
        return None
    return Timestamp(int(value.timestamp()) * SECOND)


def _amounts(table: Mapping[str, Any], spot: Spot) -> dict[str, int]:
    for name, value in table.items():
        if not isinstance(value, str) or not WEI.fullmatch(value):
            spot.at(name).fault(shown(value), 'wei, as digits in quotes: "250000000000000000"')
    return {k: int(v) for k, v in table.items() if isinstance(v, str) and WEI.fullmatch(v)}


def _texts(found: list[Any], spot: Spot) -> tuple[str, ...]:
    for index, value in enumerate(found):
        if not isinstance(value, str) or not value:
            spot.at(index).fault(shown(value), "text")
    return tuple(value for value in found if isinstance(value, str))


def _duration(values: Mapping[str, Any], key: str, usual: Duration, spot: Spot) -> Duration:
    if key not in values:
        return usual
    return read_duration(values[key], spot.at(key)) or usual
