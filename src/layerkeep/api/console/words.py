"""How the console says numbers, times, hashes and names.

Every public function is a filter of the templates under its own name. Durations are milliseconds,
moments milliseconds since the epoch, shown in UTC. Two units at most, joined by no-break spaces.
"""

import re
from datetime import UTC, datetime

from layerkeep.core.units import DAY, HOUR, MINUTE, SECOND

GAP = "\u00a0"
"""A no-break space: a figure never parts from its unit."""

_POINT_DIGITS_MAX = 6
"""Digits after the point that are shown of an amount; all of them stand in the title."""

_COMPONENTS = {
    "chain": "{name}",
    "sequencer": "{name} sequencer",
    "batcher": "{name} batcher",
    "proposer": "{name} proposer",
    "bridge": "bridge of {name}",
    "upstream": "upstream {name}",
}

_KINDS = {
    "op_stack.legacy_deposit": "legacy deposit",
    "op_stack.legacy_withdrawal": "legacy withdrawal",
    "nitro.eth_deposit": "deposit",
    "nitro.delayed_message": "delayed message",
    "nitro.send": "withdrawal",
    "nitro.classic_send": "classic withdrawal",
}

_LIFECYCLE = re.compile(r"\b(?:op_stack|nitro)\.[a-z_]+")

_STACKS = {"op_stack": "OP Stack", "nitro": "Nitro", "ethereum": "Ethereum"}


def duration(ms: int) -> str:
    """A duration: `240 ms`, `2 s`, `1 m 04 s`, `11 h 37 m`, `6 d 10 h`."""
    if ms < 0:
        return "\u2212" + duration(-ms)
    if ms < SECOND:
        return f"{ms}{GAP}ms" if ms else f"0{GAP}s"
    for size, word, small, small_word in (
        (DAY, "d", HOUR, "h"),
        (HOUR, "h", MINUTE, "m"),
        (MINUTE, "m", SECOND, "s"),
    ):
        if ms >= size:
            rest = ms % size // small
            return f"{ms // size}{GAP}{word}{GAP}{rest:02d}{GAP}{small_word}"
    return f"{ms // SECOND}{GAP}s"


def age(moment: int, now: int) -> str:
    """How long ago, never under `0 s`: ages are told in whole seconds."""
    return duration(max(0, now - moment) // SECOND * SECOND)


def moment(t: int, now: int) -> str:
    """`03:03:41` today, `19 Nov 22:10` this year, else `2025-11-19`."""
    then, today = _utc(t), _utc(now)
    if then.date() == today.date():
        return f"{then:%H:%M:%S}"
    if then.year == today.year:
        return f"{then.day}{GAP}{then:%b}{GAP}{then:%H:%M}"
    return f"{then:%Y-%m-%d}"


def clock(t: int) -> str:
    """The time of day, as the top bar says it: `03:03:41 UTC`."""
    return f"{_utc(t):%H:%M:%S}{GAP}UTC"


def iso(t: int) -> str:
    """The whole moment, for the attribute `datetime`: `2025-11-23T03:03:41Z`."""
    return f"{_utc(t):%Y-%m-%dT%H:%M:%SZ}"


def eta(low: int, high: int, now: int | None = None) -> str:
    """When it should be done, as a range: `03:12 to 03:20`; with the day if that is not today's."""
    ends = [_utc(low), _utc(high)]
    today = _utc(low if now is None else now).date()
    far = any(end.date() != today for end in ends)
    said = [f"{end.day} {end:%b %H:%M}" if far else f"{end:%H:%M}" for end in ends]
    return said[0] if said[0] == said[1] else f"{said[0]} to {said[1]}"


def amount(wei: int | str, decimals: int = 18) -> str:
    """`4.50`, `880,000`, `0.000123`: cut, never rounded up; two digits unless large and whole."""
    whole, rest = divmod(abs(int(wei)), 10**decimals)
    sign = "\u2212" if int(wei) < 0 else ""
    digits = f"{rest:0{decimals}d}" if decimals else ""
    lead = 0 if whole else len(digits) - len(digits.lstrip("0"))
    shown = digits[: lead + _POINT_DIGITS_MAX].rstrip("0")
    if not shown and whole >= 10_000:
        return f"{sign}{whole:,}"
    return f"{sign}{whole:,}.{shown:0<2}"


def count(n: int) -> str:
    """A count or a height with commas: `18,441,902`."""
    return f"{n:,}"


def short(name: str) -> str:
    """A hash or an address: `0x7be1…30ca`; what is short already stays whole."""
    return f"{name[:6]}…{name[-4:]}" if len(name) > 12 and name.startswith("0x") else name


def of(n: int, m: int) -> str:
    """How many of how many: `3 of 3`."""
    return f"{n:,} of {m:,}"


def many(n: int, one: str, more: str = "") -> str:
    """A count with its noun: `1 message`, `41 messages`."""
    return f"{n:,} {one if n == 1 else more or one + 's'}"


def route(*chains: str) -> str:
    """In the direction of value: `ethereum → op-main → delta`."""
    return " → ".join(chains)


def path(component: str) -> tuple[str, str]:
    """The two chains of a component `route:a->b`; empty names for any other."""
    kind_of, _, name = component.partition(":")
    source, arrow, target = name.partition("->")
    return (source, target) if kind_of == "route" and arrow else ("", "")


def kind(lifecycle: str) -> str:
    """The product's word for a kind of message: `op_stack.withdrawal` is a `withdrawal`."""
    return _KINDS.get(lifecycle, lifecycle.rpartition(".")[2].replace("_", " "))


def stage(name: str) -> str:
    """A stage in words: `redeem-failed` is `redeem failed`."""
    return name.replace("-", " ")


def stack(name: str) -> str:
    """A stack's own name: `op_stack` is `OP Stack`."""
    return _STACKS.get(name, name.replace("_", " "))


def component(name: str) -> str:
    """A component in words: `batcher:l2` is `l2 batcher`, `route:l1->l2` is `l1 → l2`."""
    kind_of, _, rest = name.partition(":")
    source, target = path(name)
    if source:
        return route(source, target)
    return _COMPONENTS.get(kind_of, "{name}").format(name=rest) if rest else name


def told(text: str) -> str:
    """What a rule says, in the console's words: `a op_stack.deposit` is `a deposit`."""
    return _LIFECYCLE.sub(lambda found: kind(found[0]), text)


def headline(text: str) -> str:
    """The first part of what a rule says; the rest is an `aside`."""
    return told(text).partition("; ")[0]


def aside(text: str) -> str:
    """What a rule says behind its headline, as a sentence; empty if that is all."""
    rest = told(text).partition("; ")[2]
    return f"{sentence(rest)}." if rest else ""


def incident_id(name: str) -> str:
    """An incident's id as people say it: its first six digits."""
    return name.removeprefix("0x")[:6]


def sentence(text: str) -> str:
    """The same, beginning with a capital unless it begins with a name that has a digit or dash."""
    first = text.split(" ", 1)[0]
    named = any(not letter.isalpha() for letter in first)
    return text if named or not text else text[0].upper() + text[1:]


def _utc(t: int) -> datetime:
    return datetime.fromtimestamp(t // SECOND, UTC)


FILTERS = (
    duration,
    age,
    moment,
    clock,
    iso,
    eta,
    amount,
    count,
    short,
    of,
    many,
    route,
    kind,
    stage,
    stack,
    component,
    told,
    headline,
    aside,
    incident_id,
    sentence,
)
"""What a template may say things with."""
