"""Teams, people and ownership, as the topology declares them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

IN_HOUSE = "in-house"
PROVIDER = "provider"
KINDS = (IN_HOUSE, PROVIDER)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be told. `contacts` maps a channel's name to the address there.

    An address may be a reference to a secret; the edge resolves it. `token` names the API token
    that is theirs.
    """

    name: str
    title: str = ""
    timezone: str = "UTC"
    token: str = ""
    contacts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Team:
    """People who own something together; `kind` is `in-house` or `provider`.

    `rotation` says who of them is on call, `backup` which team stands behind this one, `policy`
    how a page climbs; each is empty where none is named.
    """

    name: str
    title: str = ""
    kind: str = IN_HOUSE
    people: tuple[str, ...] = ()
    rotation: str = ""
    backup: str = ""
    policy: str = ""


@dataclass(frozen=True, slots=True)
class Owns:
    """What a team owns: every key that is not empty must match. `component` may be a glob."""

    team: str
    component: str = ""
    chain: str = ""
    stack: str = ""
    rule: str = ""
    severity: str = ""


@dataclass(frozen=True, slots=True)
class People:
    """Everybody the topology names, and who owns what."""

    people: Mapping[str, Person] = field(default_factory=dict)
    teams: Mapping[str, Team] = field(default_factory=dict)
    owns: tuple[Owns, ...] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """What is asked about: a problem of this rule and severity on this component."""

    component: str
    chain: str = ""
    stack: str = ""
    rule: str = ""
    severity: str = ""
