"""Reading `[paging]`, `[channels]` and `[policies]`, every fault at its spot."""

import re
from collections.abc import Mapping
from typing import Any

from layerkeep.core.acting.oncall.walltime import zones
from layerkeep.core.acting.paging.model import (
    ALERTMANAGER,
    APPRISE,
    BACKUP,
    CHANNEL_KINDS,
    MAIL,
    ON_CALL,
    PAGERDUTY,
    SHARED_KINDS,
    WEBHOOK,
    Channel,
    Heartbeat,
    Hours,
    Level,
    Paging,
    Peer,
    Policy,
    Rate,
)
from layerkeep.core.acting.people.model import People
from layerkeep.core.acting.people.tables import entries, read_declared
from layerkeep.core.errors import Fault
from layerkeep.core.topology.rule_tables import SEVERITIES
from layerkeep.core.topology.spot import (
    DURATION,
    DURATION_WORDS,
    Field,
    Spot,
    read_duration,
    read_table,
    read_word,
    shown,
)
from layerkeep.core.topology.urls import REFERENCE, read_url
from layerkeep.core.units import SECOND, Duration

CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MAIL_ADDRESS = re.compile(r"[^@\s<>]+@[^@\s<>]+")
PAGERDUTY_URL = "https://events.pagerduty.com"
URL_SCHEMES = {
    ALERTMANAGER: ("http", "https"),
    PAGERDUTY: ("http", "https"),
    WEBHOOK: ("http", "https"),
    MAIL: ("smtp", "smtps"),
}
BEAT_MIN = Duration(SECOND)

PAGING_FIELDS: Mapping[str, Field] = {
    "policy": Field(str, "the policy of teams that name none"),
    "team": Field(str, "the team that is called for what nobody owns"),
    "instance": Field(str, "this layerkeep's name among its peers"),
    "link": Field(str, "the console's address for people, for links in notices"),
    "secret": Field(str, "what signs acknowledge links: env:NAME or file:PATH"),
    "rate": Field(int, "calls one person gets at most within `rate_within`", least=2),
    "rate_within": Field(str, "the time for `rate`, for example 10m"),
    "heartbeat": Field(dict, "where we say that we live, and how often"),
    "peers": Field(dict, "other layerkeeps that watch us and that we watch, by name"),
    "quorum": Field(int, "instances that have to see the same before anybody is paged", least=1),
}
HEARTBEAT_FIELDS: Mapping[str, Field] = {
    "url": Field(str, "an outside URL that calls somebody when we fall silent"),
    "every": Field(str, "how often, for example 30s"),
}
PEER_FIELDS: Mapping[str, Field] = {
    "url": Field(str, "the other's address; heartbeats go there", required=True),
    "secret": Field(str, "what both sign by: env:NAME or file:PATH", required=True),
    "silent_after": Field(str, "it is reported when it was silent for so long"),
}
CHANNEL_FIELDS: Mapping[str, Field] = {
    "kind": Field(str, "one of " + ", ".join(CHANNEL_KINDS), required=True),
    "url": Field(str, "where it is: a URL, env:NAME or file:PATH"),
    "secret": Field(str, "key or password: env:NAME or file:PATH"),
    "sender": Field(str, "the address that mail comes from"),
    "login": Field(str, "the user name for mail; `secret` is the password"),
    "shared": Field(str, "`yes`: it needs no address of a person, as a chat room"),
    "silences": Field(str, "`no`: what this Alertmanager silences is paged by other channels"),
}
POLICY_FIELDS: Mapping[str, Field] = {
    "levels": Field(list, "who is called, one after the other", required=True),
    "severities": Field(list, "what it pages for: " + ", ".join(SEVERITIES)),
    "again": Field(str, "the last level is called again after this time"),
    "group": Field(str, "what comes up within this time is one notice"),
    "quiet": Field(dict, "hours in which what is of a severity in `hushed` waits"),
    "hushed": Field(list, "severities that wait in quiet hours"),
    "resolved": Field(str, "`no`: nobody is told when it is over"),
}
LEVEL_FIELDS: Mapping[str, Field] = {
    "after": Field(str, "how long after it came up, for example 5m; 0s for at once", required=True),
    "to": Field(list, "on-call, backup, person:NAME or team:NAME", required=True),
    "by": Field(list, "channels: the first that works", required=True),
    "hours": Field(dict, "the only hours in which this level is called"),
}
HOURS_FIELDS: Mapping[str, Field] = {
    "from": Field(str, "HH:MM", required=True),
    "to": Field(str, "HH:MM", required=True),
    "timezone": Field(str, "for example Europe/Zurich"),
    "days": Field(list, "the weekdays on which they begin: " + ", ".join(DAYS)),
}


def read_paging(
    tables: Mapping[str, Mapping[str, Any]], people: People, faults: list[Fault]
) -> Paging:
    """How people are called."""
    ways, how = entries(tables, "channels", faults), entries(tables, "policies", faults)
    channels = {name: _channel(name, *entry) for name, entry in ways.items()}
    known = {name: each for name, each in channels.items() if each is not None}
    reader = _Levels(tuple(channels), people)
    policies = {name: _policy(name, *entry, reader) for name, entry in how.items()}
    found = {name: each for name, each in policies.items() if each is not None}
    named = [file for file, table in tables.items() if "paging" in table]
    for file in named[1:]:
        Spot(file, "paging", faults).fault("a second table", f"only the one in {named[0]}")
    spot = Spot(named[0] if named else "", "paging", faults)
    table = tables[named[0]]["paging"] if named else {}
    return _paging(table, spot, (known, found), people)


def _paging(
    table: Mapping[str, Any],
    spot: Spot,
    declared: tuple[Mapping[str, Channel], Mapping[str, Policy]],
    people: People,
) -> Paging:
    values = read_table(table, PAGING_FIELDS, spot)
    channels, policies = declared
    first = next(iter(policies), "")
    default = values.get("policy", first)
    if "policy" in values:
        read_declared(default, policies, spot.at("policy"))
    if "team" in values:
        read_declared(values["team"], people.teams, spot.at("team"))
    if values.get("link"):
        read_url(values["link"], ("http", "https"), spot.at("link"))
    peers = {
        name: each
        for name, entry in values.get("peers", {}).items()
        if (each := _peer(name, entry, spot.at("peers").at(name))) is not None
    }
    quorum = values.get("quorum", 1)
    if quorum > 1 + len(peers):
        spot.at("quorum").fault(str(quorum), f"at most {1 + len(peers)}: us and our peers")
    within = _duration(values.get("rate_within"), Rate().within, spot.at("rate_within"))
    return Paging(
        channels,
        policies,
        default,
        values.get("team", ""),
        values.get("instance", Paging().instance),
        values.get("link", "").rstrip("/"),
        _secret(values.get("secret", ""), spot.at("secret")),
        Rate(values.get("rate", Rate().count), within),
        _heartbeat(values.get("heartbeat"), spot.at("heartbeat"), has_peers=bool(peers)),
        peers,
        quorum,
    )


def _heartbeat(table: Any, spot: Spot, *, has_peers: bool) -> Heartbeat | None:
    if table is None:
        return Heartbeat() if has_peers else None
    values = read_table(table, HEARTBEAT_FIELDS, spot)
    url = values.get("url", "")
    if url:
        read_url(url, ("http", "https"), spot.at("url"))
    every = _duration(values.get("every"), Heartbeat().every, spot.at("every"))
    if every < BEAT_MIN:
        spot.at("every").fault(shown(values["every"]), "a second or more")
    return Heartbeat(url, every)


def _peer(name: str, entry: Any, spot: Spot) -> Peer | None:
    values = read_table(entry, PEER_FIELDS, spot)
    if not {"url", "secret"} <= values.keys():
        return None
    url = read_url(values["url"], ("http", "https"), spot.at("url"))
    secret = _secret(values["secret"], spot.at("secret"))
    after = values.get("silent_after")
    silent_after = _duration(after, Peer("", "", "").silent_after, spot.at("silent_after"))
    return Peer(name, url, secret, silent_after)


def _channel(name: str, entry: Any, spot: Spot) -> Channel | None:
    values = read_table(entry, CHANNEL_FIELDS, spot)
    kind = read_word(values.get("kind"), CHANNEL_KINDS, spot.at("kind")) if values else None
    if kind is None:
        return None
    url = values.get("url", PAGERDUTY_URL if kind == PAGERDUTY else "")
    if not url:
        spot.at("url").fault("nothing", f"text: {CHANNEL_FIELDS['url'].about}")
    elif kind == APPRISE:
        _secret(url, spot.at("url"))  # an Apprise URL is a secret by nature
    else:
        read_url(url, URL_SCHEMES[kind], spot.at("url"))
    secret = _secret(values.get("secret", ""), spot.at("secret"))
    if kind in (WEBHOOK, PAGERDUTY) and not secret:
        spot.at("secret").fault("nothing", "what signs it (webhook) or its routing key (pagerduty)")
    sender = values.get("sender", "")
    if kind == MAIL and not MAIL_ADDRESS.fullmatch(sender):
        spot.at("sender").fault(shown(sender), "the address that mail comes from")
    return Channel(
        name,
        kind,
        url,
        secret,
        kind in SHARED_KINDS or _yes(values, "shared", spot, default=False),
        sender,
        values.get("login", ""),
        kind == ALERTMANAGER and _yes(values, "silences", spot, default=True),
    )


class _Levels:
    """Reads levels against the channels and people there are."""

    def __init__(self, channels: tuple[str, ...], people: People) -> None:
        self._channels = channels
        self._people = people

    def read(self, entries: list[Any], spot: Spot) -> tuple[Level, ...]:
        """The levels that can be read; those behind come later than those before."""
        found: list[Level] = []
        for index, entry in enumerate(entries):
            inner = spot.at(index)
            values = read_table(entry, LEVEL_FIELDS, inner)
            if not {"after", "to", "by"} <= values.keys():
                continue
            after = _after(values["after"], inner.at("after"))
            if found and after < found[-1].after:
                inner.at("after").fault(shown(values["after"]), "no earlier than the level before")
            to = tuple(self._to(each, inner.at("to").at(n)) for n, each in enumerate(values["to"]))
            words = [read_declared(each, self._channels, inner.at("by")) for each in values["by"]]
            by = tuple(each for each in words if each)
            for name, known in (("to", values["to"]), ("by", values["by"])):
                if not known:
                    inner.at(name).fault("nothing in it", LEVEL_FIELDS[name].about)
            found.append(Level(after, to, by, _hours(values.get("hours"), inner.at("hours"))))
        return tuple(found)

    def _to(self, word: Any, spot: Spot) -> str:
        kind, _, name = str(word).partition(":")
        known = {"person": self._people.people, "team": self._people.teams}.get(kind)
        if known is not None and name:
            read_declared(name, known, spot)
        elif word not in (ON_CALL, BACKUP):
            spot.fault(shown(word), LEVEL_FIELDS["to"].about)
        return str(word)


def _policy(name: str, entry: Any, spot: Spot, levels: _Levels) -> Policy | None:
    values = read_table(entry, POLICY_FIELDS, spot)
    if "levels" not in values:
        return None
    found = levels.read(values["levels"], spot.at("levels"))
    if not found:
        if not values["levels"]:
            spot.at("levels").fault("no level", "at least one: who is called first")
        return None
    usual = Policy("", ())
    group = values.get("group")
    return Policy(
        name,
        found,
        _severities(values.get("severities"), usual.severities, spot.at("severities")),
        _duration(values.get("again"), usual.again, spot.at("again")),
        usual.group if group is None else _after(group, spot.at("group")),
        _hours(values.get("quiet"), spot.at("quiet")),
        _severities(values.get("hushed"), usual.hushed, spot.at("hushed")),
        _yes(values, "resolved", spot, default=True),
    )


def _hours(table: Any, spot: Spot) -> Hours | None:
    if table is None:
        return None
    values = read_table(table, HOURS_FIELDS, spot)
    if not {"from", "to"} <= values.keys():
        return None
    zone = values.get("timezone", "UTC")
    if zone not in zones():
        read_word(zone, zones(), spot.at("timezone"))
    words = [read_word(each, DAYS, spot.at("days")) for each in values.get("days", DAYS)]
    days = tuple(sorted(DAYS.index(each) for each in words if each is not None))
    since, until = (_clock(values[name], spot.at(name)) for name in ("from", "to"))
    return Hours(since, until, zone, days)


def _clock(value: str, spot: Spot) -> int:
    match = CLOCK.fullmatch(value)
    if match is None:
        spot.fault(shown(value), 'a time of the day, for example "22:00"')
        return 0
    return int(match[1]) * 60 + int(match[2])


def _severities(words: Any, usual: tuple[str, ...], spot: Spot) -> tuple[str, ...]:
    if words is None:
        return usual
    found = [read_word(each, SEVERITIES, spot) for each in words]
    return tuple(each for each in found if each is not None)


def _duration(value: Any, usual: Duration, spot: Spot) -> Duration:
    return usual if value is None else read_duration(value, spot) or usual


def _after(value: str, spot: Spot) -> Duration:
    """A duration that may be nothing: `0s`."""
    if not DURATION.fullmatch(value):
        spot.fault(shown(value), DURATION_WORDS)
        return Duration(0)
    return Duration(0) if not value.strip("0smhd") else read_duration(value, spot) or Duration(0)


def _secret(value: str, spot: Spot) -> str:
    """A reference; anything else may be the secret itself, so it is not repeated."""
    if value and not REFERENCE.fullmatch(value):
        spot.fault("text that is no reference", "env:NAME or file:PATH in place of a secret")
        return ""
    return value


def _yes(values: Mapping[str, Any], name: str, spot: Spot, *, default: bool) -> bool:
    if name not in values:
        return default
    return read_word(values[name], ("yes", "no"), spot.at(name)) == "yes"
