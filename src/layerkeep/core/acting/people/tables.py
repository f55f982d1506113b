"""Reading `[people.NAME]`, `[teams.NAME]` and `[[owns]]`, every fault at its spot."""

import re
from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from layerkeep.core.acting.oncall.walltime import zones
from layerkeep.core.acting.people.model import IN_HOUSE, KINDS, Owns, People, Person, Team
from layerkeep.core.acting.people.rule_kinds import FINDS, OWN, RULE_OF
from layerkeep.core.acting.people.rule_kinds import KINDS as RULE_KINDS
from layerkeep.core.errors import Fault
from layerkeep.core.topology.rule_tables import SEVERITIES, Known
from layerkeep.core.topology.spot import (
    Field,
    Spot,
    close_match,
    one_of,
    read_table,
    read_word,
    shown,
)

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
NAME_WORDS = "a name of lower-case letters, digits, - and _"
MAIL = "mail"
"""A person's mail may be named without a channel of that name: calendars know people by it."""

PERSON_FIELDS: Mapping[str, Field] = {
    "title": Field(str, "the name for people"),
    "timezone": Field(str, "where the person's clock is, for example Europe/Zurich"),
    "token": Field(str, "the name under [api.tokens] that is theirs"),
    "contacts": Field(dict, "addresses by the channel's name; text, env:NAME or file:PATH"),
}

TEAM_FIELDS: Mapping[str, Field] = {
    "title": Field(str, "the name for people"),
    "kind": Field(str, "in-house (if left out) or provider"),
    "people": Field(list, "who is in it", required=True),
    "rotation": Field(str, "the rotation that says who is on call"),
    "backup": Field(str, "the team that stands behind this one"),
    "policy": Field(str, "the escalation policy, if not the default one"),
}

OWNS_FIELDS: Mapping[str, Field] = {
    "team": Field(str, "the team that owns it", required=True),
    "component": Field(str, "a component such as sequencer:l2, or a glob such as batcher:*"),
    "chain": Field(str, "a chain"),
    "stack": Field(str, "chains of this stack"),
    "rule": Field(str, "a rule, or a kind of rule: " + ", ".join(RULE_KINDS)),
    "severity": Field(str, "problems of this severity: " + ", ".join(SEVERITIES)),
}

Tables = Mapping[str, Mapping[str, Any]]
Entries = dict[str, tuple[Mapping[str, Any], Spot]]


def read_people(tables: Tables, known: Known, faults: list[Fault]) -> People:
    """Everybody these files name, and who owns what."""
    persons = entries(tables, "people", faults)
    teams = entries(tables, "teams", faults)
    people = {name: _person(name, *entry, tables) for name, entry in persons.items()}
    _check_tokens(people, persons)
    found = {name: _team(name, *entry) for name, entry in teams.items()}
    _check_teams(found, {name: spot for name, (_, spot) in teams.items()}, people, tables)
    return People(people, found, _owns(tables, known, found, faults))


def entries(tables: Tables, key: str, faults: list[Fault]) -> Entries:
    """The named tables under a key, each from one file only."""
    found: Entries = {}
    for file, table in tables.items():
        for name, entry in table.get(key, {}).items():
            spot = Spot(file, f"{key}.{name}", faults)
            if not NAME.fullmatch(name):
                spot.fault(shown(name), NAME_WORDS)
            elif name in found:
                spot.fault("a second one", f"only the one in {found[name][1].file}")
            elif not isinstance(entry, dict):
                spot.fault(shown(entry), "a table")
            else:
                found[name] = (entry, spot)
    return found


def named(tables: Tables, *path: str) -> list[str]:
    """The keys that any file has under this path, however they are read."""
    found: list[str] = []
    for table in tables.values():
        inner: Any = table
        for key in path:
            inner = inner.get(key, {}) if isinstance(inner, dict) else {}
        found += inner if isinstance(inner, dict) else ()
    return found


def read_zone(value: str, spot: Spot) -> str:
    """The name of a time zone; UTC in place of one that is none."""
    known = zones()
    if value in known:
        return value
    spot.fault(shown(value), "a time zone such as Europe/Zurich", close_match(value, known))
    return "UTC"


def read_names(values: Iterable[object], known: Iterable[str], spot: Spot) -> tuple[str, ...]:
    """A list of names that are all known and stand there once."""
    known = tuple(known)
    found: list[str] = []
    for index, value in enumerate(values):
        name = read_declared(value, known, spot.at(index))
        if name and name in found:
            spot.at(index).fault(f"{name} again", "each name once")
        elif name:
            found.append(name)
    return tuple(found)


def read_declared(value: object, known: Iterable[str], spot: Spot) -> str:
    """A name that is declared somewhere; empty with a fault if it is not."""
    known = tuple(known)
    if known:
        return read_word(value, known, spot) or ""
    table = spot.key.rpartition(".")[2].partition("[")[0]
    spot.fault(shown(value), f"a name that is declared; there is none yet ({table})")
    return ""


def _person(name: str, table: Mapping[str, Any], spot: Spot, tables: Tables) -> Person:
    values = read_table(table, PERSON_FIELDS, spot)
    zone = values.get("timezone")
    token = values.get("token", "")
    if token:
        read_declared(token, named(tables, "api", "tokens"), spot.at("token"))
    return Person(
        name,
        values.get("title", ""),
        read_zone(zone, spot.at("timezone")) if zone is not None else "UTC",
        token,
        _contacts(values.get("contacts", {}), spot.at("contacts"), named(tables, "channels")),
    )


def _contacts(table: Mapping[str, Any], spot: Spot, channels: list[str]) -> dict[str, str]:
    found = {}
    for channel, address in table.items():
        if channels and channel not in channels and channel != MAIL:
            known = one_of([*channels, MAIL])
            spot.at(channel).fault("an unknown channel", known, close_match(channel, channels))
        elif not isinstance(address, str) or not address.strip():
            spot.at(channel).fault(shown(address), "an address there: text, env:NAME or file:PATH")
        else:
            found[channel] = address
    return found


def _check_tokens(people: Mapping[str, Person], persons: Entries) -> None:
    """One token, one person: else one could approve twice."""
    holders: dict[str, str] = {}
    for person in people.values():
        holder = holders.setdefault(person.token, person.name) if person.token else person.name
        if holder != person.name:
            spot = persons[person.name][1].at("token")
            spot.fault(shown(person.token), f"a token of their own; {holder} has this one")


def _team(name: str, table: Mapping[str, Any], spot: Spot) -> Team:
    values = read_table(table, TEAM_FIELDS, spot)
    kind = read_word(values.get("kind", IN_HOUSE), KINDS, spot.at("kind"))
    return Team(
        name,
        values.get("title", ""),
        kind or IN_HOUSE,
        tuple(each for each in values.get("people", ()) if isinstance(each, str)),
        *(values.get(key, "") for key in ("rotation", "backup", "policy")),
    )


def _check_teams(
    teams: Mapping[str, Team],
    spots: Mapping[str, Spot],
    people: Mapping[str, Person],
    tables: Tables,
) -> None:
    rotations, policies = named(tables, "rotations"), named(tables, "policies")
    for name, team in teams.items():
        spot = spots[name]
        read_names(team.people, people, spot.at("people"))
        if not team.people:
            spot.at("people").fault("nobody", "at least one person")
        if team.rotation:
            read_declared(team.rotation, rotations, spot.at("rotation"))
        if team.policy:
            read_declared(team.policy, policies, spot.at("policy"))
        if team.backup:
            others = [other for other in teams if other != name]
            read_declared(team.backup, others, spot.at("backup"))
    _check_circles(teams, spots)


def _check_circles(teams: Mapping[str, Team], spots: Mapping[str, Spot]) -> None:
    def backup(name: str) -> list[str]:
        behind = teams[name].backup
        return [behind] if behind in teams and behind != name else []

    for circle in circles(teams, backup):
        found = " -> ".join([*circle, circle[0]])
        spots[circle[0]].at("backup").fault(found, "backups that end at a team without one")


def circles(
    names: Iterable[str], leads_to: Callable[[str], Iterable[str]]
) -> list[tuple[str, ...]]:
    """Every way that comes back to where it began, each told once, from its first name on."""
    found: list[tuple[str, ...]] = []
    told: set[str] = set()
    for name in names:
        circle = _circle_through(name, leads_to) if name not in told else None
        if circle is not None:
            found.append(circle)
            told |= set(circle)
    return found


def _circle_through(name: str, leads_to: Callable[[str], Iterable[str]]) -> tuple[str, ...] | None:
    """A shortest way from a name back to it."""
    paths: list[tuple[str, ...]] = [(name,)]
    seen = {name}
    for path in paths:
        for after in leads_to(path[-1]):
            if after == name:
                return path
            if after not in seen:
                seen.add(after)
                paths.append((*path, after))
    return None


def _owns(
    tables: Tables, known: Known, teams: Mapping[str, Team], faults: list[Fault]
) -> tuple[Owns, ...]:
    found: list[Owns] = []
    places: dict[Owns, str] = {}
    for file, table in tables.items():
        for index, entry in enumerate(table.get("owns", ())):
            spot = Spot(file, "owns", faults).at(index)
            values = read_table(entry, OWNS_FIELDS, spot)
            owns = Owns(**({"team": ""} | values))
            _check_owns(owns, known, [f"{OWN}{each}" for each in named(tables, "rules")], spot)
            if owns.team:
                read_declared(owns.team, teams, spot.at("team"))
            keys = Owns("", *(getattr(owns, key) for key in OWNS_FIELDS if key != "team"))
            place = places.setdefault(keys, f"{file}: {spot.key}")
            if place != f"{file}: {spot.key}":
                spot.fault("the same keys again", f"keys of its own; {place} has these")
            found.append(owns)
    return tuple(found)


def _check_owns(owns: Owns, known: Known, own_rules: list[str], spot: Spot) -> None:
    """What it names is there."""
    if owns.component:
        components = known.components()
        if not any(fnmatchcase(each, owns.component) for each in components):
            near = close_match(owns.component, components)
            expected = "a component, or a glob that matches one, such as sequencer:*"
            spot.at("component").fault(shown(owns.component), expected, near)
    if owns.chain:
        read_word(owns.chain, known.chains, spot.at("chain"))
    if owns.stack:
        used = sorted({chain.stack for chain in known.chains.values()})
        read_word(owns.stack, used, spot.at("stack"))
    if owns.severity:
        read_word(owns.severity, SEVERITIES, spot.at("severity"))
    rules = (*RULE_KINDS, *FINDS, *RULE_OF, *own_rules)
    if owns.rule and owns.rule not in rules:
        expected = "a rule's name, or a kind of rule: " + ", ".join(RULE_KINDS)
        spot.at("rule").fault(shown(owns.rule), expected, close_match(owns.rule, rules))
