"""Reading one value of a topology: where it stands, what it must be, what is wrong with it.

Every reader records a fault at its spot and answers None instead of raising, so that all faults of
a topology are found in one go.
"""

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from layerkeep.core.acting.oncall.walltime import Date
from layerkeep.core.errors import Fault
from layerkeep.core.keccak import keccak256
from layerkeep.core.units import DAY, HOUR, MINUTE, SECOND, ZERO_ADDRESS, Address, Duration

SHOWN_MAX = 60  # letters of a value in a fault: enough to find it by
UNITS = {"ms": 1, "s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}
DURATION = re.compile(r"(?:\d+(?:ms|s|m|h|d))+")
DURATION_PART = re.compile(r"(\d+)(ms|s|m|h|d)")
DURATION_WORDS = 'a duration such as "250ms", "90s", "5m", "2h" or "7d"'
KINDS = {str: "text", int: "a whole number", list: "a list", dict: "a table", Date: "a date"}


@dataclass(frozen=True, slots=True)
class Field:
    """What one key of a table holds; both the reader and the schema follow it."""

    kind: type
    about: str
    required: bool = False
    least: int = 0


@dataclass(frozen=True, slots=True)
class Spot:
    """A file, a key in it, and the list that faults found there go to."""

    file: str
    key: str
    faults: list[Fault]

    def at(self, key: str | int) -> "Spot":
        """The spot one key or one list index further in."""
        if isinstance(key, int):
            return Spot(self.file, f"{self.key}[{key}]", self.faults)
        return Spot(self.file, f"{self.key}.{key}" if self.key else key, self.faults)

    def fault(self, found: str, expected: str, close_match: str = "") -> None:
        """Something is wrong here."""
        self.faults.append(Fault(self.file, self.key, found, expected, close_match))


def close_match(word: str, known: Iterable[str]) -> str:
    """The known word nearest to this one, or nothing."""
    return next(iter(difflib.get_close_matches(word, sorted(known), n=1)), "")


def shown(value: object) -> str:
    """A value as a fault names it."""
    if isinstance(value, str):
        return repr(value if len(value) <= SHOWN_MAX else value[:SHOWN_MAX] + "…")
    if isinstance(value, bool):
        return str(value).lower()
    return KINDS.get(type(value), repr(value)) if isinstance(value, list | dict) else repr(value)


def read_table(value: object, fields: Mapping[str, Field], spot: Spot) -> dict[str, Any]:
    """The well-typed values of a table; unknown, missing and wrongly typed keys are faults."""
    if not isinstance(value, dict):
        spot.fault(shown(value), "a table")
        return {}
    require(value, fields, spot)
    return read_known(value, fields, spot)


def read_known(table: Mapping[str, Any], fields: Mapping[str, Field], spot: Spot) -> dict[str, Any]:
    """The well-typed values of a table that may be a part only; missing keys are no faults."""
    values = {}
    for key, entry in table.items():
        if key not in fields:
            spot.at(key).fault("an unknown key", one_of(fields), close_match(key, fields))
        elif is_kind(entry, fields[key], spot.at(key)):
            values[key] = entry
    return values


def require(table: Mapping[str, Any], fields: Mapping[str, Field], spot: Spot) -> None:
    """A required key that is missing is a fault."""
    for key, field in fields.items():
        if field.required and key not in table:
            spot.at(key).fault("nothing", f"{KINDS.get(field.kind, 'a date-time')}: {field.about}")


def is_kind(value: object, field: Field, spot: Spot) -> bool:
    """True if a value has its field's type and size; otherwise a fault."""
    if not isinstance(value, field.kind) or isinstance(value, bool):
        spot.fault(shown(value), f"{KINDS.get(field.kind, 'a date-time')}: {field.about}")
        return False
    if isinstance(value, int) and value < field.least:
        spot.fault(shown(value), f"at least {field.least}")
        return False
    return True


def read_word(value: object, known: Iterable[str], spot: Spot) -> str | None:
    """One of a fixed set of words."""
    known = tuple(known)
    if isinstance(value, str) and value in known:
        return value
    match = close_match(value, known) if isinstance(value, str) else ""
    spot.fault(shown(value), one_of(known), match)
    return None


def read_address(value: object, spot: Spot) -> Address | None:
    """A 20-byte address; in mixed case its EIP-55 checksum must be right."""
    expected = "an address: 0x and 40 hex digits, in quotes"
    if not isinstance(value, str):
        spot.fault(shown(value), expected)
        return None
    if not re.fullmatch(r"0x[0-9a-fA-F]{40}", value):
        spot.fault(shown(value) + _wrong_length(value), expected)
        return None
    address = Address(value.lower())
    if address == ZERO_ADDRESS:
        spot.fault("the zero address", "an address of its own; leave the key out if there is none")
        return None
    digits = value[2:]
    if digits not in (digits.lower(), digits.upper()) and value != checksummed(address):
        spot.fault(shown(value), f"the EIP-55 checksum {checksummed(address)}")
        return None
    return address


def _wrong_length(value: str) -> str:
    if re.fullmatch(r"0x[0-9a-fA-F]*", value):
        return f" ({len(value) - 2} hex digits)"
    return ""


def checksummed(address: Address) -> str:
    """An address in the mixed case of EIP-55."""
    digits = address[2:].lower()
    digest = keccak256(digits.encode()).hex()
    return "0x" + "".join(
        letter.upper() if int(nibble, 16) >= 8 else letter
        for letter, nibble in zip(digits, digest, strict=False)
    )


def read_duration(value: object, spot: Spot) -> Duration | None:
    """A positive duration in words of number and unit."""
    if not isinstance(value, str) or not DURATION.fullmatch(value):
        spot.fault(shown(value), DURATION_WORDS)
        return None
    total = sum(int(count) * UNITS[unit] for count, unit in DURATION_PART.findall(value))
    if total == 0:
        spot.fault(shown(value), "a duration longer than nothing")
        return None
    return Duration(total)


def one_of(words: Iterable[str]) -> str:
    """The words a fault offers."""
    return "one of " + ", ".join(words)
