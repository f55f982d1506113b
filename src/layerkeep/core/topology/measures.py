"""What is asked of a chain for the operator's own rules: balances, view functions, events.

Each answer is a `Measured` statement of the chain under the rule's own name.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from layerkeep.core.adapter import Call, Event, Probe, Scope
from layerkeep.core.chain_data import Log
from layerkeep.core.encoding import abi
from layerkeep.core.facts import Ask, Measured, Says
from layerkeep.core.keccak import selector
from layerkeep.core.topology.user_rule import UserRule

BITS = "|".join(str(8 * count) for count in range(1, 33))
SIZES = "|".join(str(count) for count in range(1, 33))
TYPE = rf"(?:address|bool|string|bytes(?:{SIZES})?|u?int(?:{BITS}))"
PLAIN = re.compile(TYPE + r"(?:\[\d*\])*(?: indexed)?(?: \w+)?")
NAMED = re.compile(r"([A-Za-z_$][\w$]*)\(([^()]*)\)")

CALL_WORDS = 'a function with its arguments, such as "balanceOf(address 0x…)" or "totalSupply()"'
EVENT_WORDS = 'an event as declared, such as "Paused(address account)", with full types'


def call_data(text: str) -> str:
    """The calldata of a function written with types and values; ValueError if it is no such text.

    `balanceOf(address 0x…)`: arguments are addresses, numbers and words of 32 bytes.
    """
    found = NAMED.fullmatch(text)
    if found is None:
        raise ValueError(CALL_WORDS)
    kinds, words = [], b""
    for argument in _split(found[2]):
        kind, _, value = argument.partition(" ")
        kinds.append(kind)
        words += _word(kind, value.strip())
    return selector(f"{found[1]}({','.join(kinds)})") + words.hex()


def event_of(declaration: str) -> Event:
    """The event of this declaration, decoding to nothing; ValueError if it declares none."""
    found = NAMED.fullmatch(declaration)
    arguments = _split(found[2]) if found is not None else []
    if found is None or not all(PLAIN.fullmatch(each) for each in arguments):
        raise ValueError(EVENT_WORDS)
    written = f"{found[1]}({', '.join(arguments)})"
    return Event("", "", written, lambda _log, _scope, _others: ())


def counted(rule: UserRule) -> Event:
    """The event that a rule counts: each says one."""
    event = event_of(rule.subject)

    def decode(_log: Log, _scope: Scope, _others: Sequence[Log]) -> Iterable[Says]:
        return (Measured(rule.chain, rule.measure, 1),)

    return Event("", "", event.declaration, decode)


def probe_of(rule: UserRule, name: str) -> Probe:
    """The question that a balance or a call is asked by; a balance's subject is the address."""
    data = call_data(rule.subject) if rule.what == "call" else ""

    def build(ask: Ask, _scope: Scope, block: str) -> Call:
        if rule.what == "balance":
            return Call("eth_getBalance", (ask.subject, block))
        return Call("eth_call", ({"to": ask.subject, "data": data}, block))

    def read(_ask: Ask, _scope: Scope, result: Any) -> Iterable[Says]:
        if isinstance(result, str) and len(result) > len("0x"):
            value = abi.uint(result, 0) if rule.what == "call" else int(result, 16)
            yield Measured(rule.chain, rule.measure, value)

    return Probe(name, build, read)


def _split(arguments: str) -> list[str]:
    return [" ".join(each.split()) for each in arguments.split(",")] if arguments.strip() else []


def _word(kind: str, value: str) -> bytes:
    """One argument as a word; ValueError if the value is not of its type."""
    try:
        if kind == "address" and re.fullmatch(r"0x[0-9a-fA-F]{40}", value):
            return abi.encode_address(value)
        if kind == "bytes32" and re.fullmatch(r"0x[0-9a-fA-F]{64}", value):
            return bytes.fromhex(value[2:])
        if re.fullmatch(r"uint\d+", kind) and PLAIN.fullmatch(kind):
            return _number(int(value, 0), int(kind[4:]))
    except (ValueError, OverflowError) as error:
        raise ValueError(CALL_WORDS) from error
    raise ValueError(CALL_WORDS)


def _number(value: int, bits: int) -> bytes:
    if not 0 <= value < 1 << bits:
        raise ValueError(CALL_WORDS)
    return abi.encode_uint(value)
