"""The placeholders a runbook's values may hold, and filling them in.

A value that is one placeholder and nothing else still becomes text. What cannot be filled in is
named, so that a person knows what is missing.
"""

import re
from collections.abc import Mapping
from typing import Any

PLACEHOLDER = re.compile(r"\{([a-z0-9_.]+)\}")

NAMES: Mapping[str, str] = {
    "incident": "the incident's id",
    "kind": "the kind of its root problem",
    "component": "the component the root problem is on",
    "name": "the component's name without its kind",
    "subject": "the root problem's subject",
    "chain": "the chain the component belongs to",
    "parent": "the chain that one settles on",
    "job": "the component's kind, such as batcher",
    "account": "the address of the actor that the component is",
    "runner": "the runner that has the component among its units",
    "unit": "the component's unit or workload there",
    "chain.head_hash": "the hash of the chain's newest block as it was last seen",
    "chain.head_height": "its height",
    "message.id": "the message's id, if the root problem is about one",
    "message.source": "the chain it was sent from",
    "message.target": "the chain it goes to",
    "message.tx": "the transaction that sent it",
    "message.log": "the log that sent it, by its index in the block",
    "message.sender": "who sent it",
    "message.recipient": "for whom",
}
"""What is known by name, each with what it stands for."""

FAMILIES = ("role.parent.", "role.child.", "actor.", "amount.", "message.tx.")
"""Beginnings of names whose rest the topology decides."""


class Unfilled(Exception):
    """A placeholder has no value here; the name is its message."""


def names_in(value: Any) -> list[str]:
    """Every placeholder in a value and in all it holds."""
    if isinstance(value, str):
        return PLACEHOLDER.findall(value)
    if isinstance(value, Mapping):
        return [name for each in value.values() for name in names_in(each)]
    if isinstance(value, list | tuple):
        return [name for each in value for name in names_in(each)]
    return []


def is_known(name: str) -> bool:
    """True if a placeholder of this name can ever be filled in."""
    return name in NAMES or any(name.startswith(each) for each in FAMILIES)


def filled(value: Any, known: Mapping[str, str]) -> Any:
    """The value with every placeholder filled in; Unfilled names the first that cannot be."""
    if isinstance(value, str):
        return PLACEHOLDER.sub(lambda found: _value(found[1], known), value)
    if isinstance(value, Mapping):
        return {key: filled(each, known) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [filled(each, known) for each in value]
    return value


def _value(name: str, known: Mapping[str, str]) -> str:
    if name not in known:
        raise Unfilled(name)
    return known[name]
