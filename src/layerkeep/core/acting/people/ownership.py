"""Which team owns a problem: of all that match, what says it most specifically.

Component > rule > chain > stack > severity > all. A component's name says more than a glob, a
glob more the more letters it has; a rule's name says more than its kind. Of two that say as much,
the one that also names the next key wins, then the one that stands first.
"""

from fnmatch import fnmatchcase

from layerkeep.core.acting.people.model import Owns, People, Subject, Team
from layerkeep.core.acting.people.rule_kinds import KINDS, OWN, kind_of_rule, rule_of_problem
from layerkeep.core.topology import Topology

WILD = "*?["

Weight = tuple[int, ...]


def owner_of(people: People, subject: Subject) -> Team | None:
    """The team that owns this; None for an orphan."""
    found = owns_of(people, subject)
    return people.teams.get(found.team) if found is not None else None


def owns_of(people: People, subject: Subject) -> Owns | None:
    """The declaration by which this is owned."""
    matching = [each for each in people.owns if matches(each, subject)]
    return max(matching, key=weight, default=None)


def subject_of(topology: Topology, component: str, kind: str = "", severity: str = "") -> Subject:
    """A problem of this kind on a component of the topology, as ownership asks about it.

    `kind` may be a kind of problem (`batches-stalled`) or a rule's name (`batches_stalled`).
    """
    chain = chain_of_component(topology, component)
    stack = next((each.stack for each in topology.chains.values() if each.name == chain), "")
    return Subject(component, chain, stack, rule_of_problem(kind), severity)


def responsible(topology: Topology, subject: Subject) -> str:
    """Who owns this, as people say it: the team's title, or else the topology's free text."""
    team = owner_of(topology.people, subject)
    return (team.title or team.name) if team is not None else free_text(topology, subject)


def free_text(topology: Topology, subject: Subject) -> str:
    """What stands under `owner` of the operator's own rule, or of the chain."""
    own = topology.rules.get(subject.rule.removeprefix(OWN)) if OWN in subject.rule else None
    if own is not None and own.owner:
        return own.owner
    return next((c.owner for c in topology.chains.values() if c.name == subject.chain), "")


def chain_of_component(topology: Topology, component: str) -> str:
    """The chain a component belongs to: a bridge's and a route's is the child; empty if unknown."""
    kind, _, name = component.partition(":")
    if kind == "upstream":
        served = (
            chain.name
            for chain in topology.chains.values()
            if any(each.name == name for each in chain.upstreams)
        )
        return next(served, "")
    if kind == "route":
        ends = name.split("->")
        known = (each for each in topology.chains.values() if each.name in ends)
        return next((each.name for each in known if each.settles_on in ends), "")
    return next((each.name for each in topology.chains.values() if each.name == name), "")


def matches(owns: Owns, subject: Subject) -> bool:
    """True if every key that is named matches."""
    return (
        (not owns.component or fnmatchcase(subject.component, owns.component))
        and owns.chain in ("", subject.chain)
        and owns.stack in ("", subject.stack)
        and owns.severity in ("", subject.severity)
        and (not owns.rule or _matches_rule(owns.rule, subject.rule))
    )


def weight(owns: Owns) -> Weight:
    """How much it says: compared from the first number on."""
    exact = not any(letter in owns.component for letter in WILD)
    return (
        bool(owns.component),
        bool(owns.component and exact),
        len(owns.component),
        bool(owns.rule),
        owns.rule not in KINDS,
        bool(owns.chain),
        bool(owns.stack),
        bool(owns.severity),
    )


def _matches_rule(named: str, rule: str) -> bool:
    return rule_of_problem(named) == rule or named == kind_of_rule(rule)
