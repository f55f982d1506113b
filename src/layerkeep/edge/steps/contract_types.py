"""Contract calls and events by their signatures (Contract ABI specification, Solidity docs).

Values come from runbooks as JSON: whole numbers as digits or 0x text, bytes as 0x text, tuples and
arrays as lists. Decoded numbers are digits, so that no JSON reader rounds them. A text that is no
signature, or a value that does not fit its type, raises ValueError.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from layerkeep.core.encoding.abi import encode_bytes, encode_uint
from layerkeep.core.keccak import keccak_hex

ELEMENT = re.compile(r"(u?int)(\d{1,3})|bytes(\d{1,2})|address|bool|bytes|string")
LIST = re.compile(r"(.+)\[(\d{0,4})\]", re.DOTALL)
SIGNATURE = re.compile(r"\s*([A-Za-z_$][\w$]*)\s*\((.*)\)\s*", re.DOTALL)
ANY = -1
"""The size of an array that has no fixed one."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A type: `form` is `word`, `bytes`, `string`, `tuple` or `list`; `name` where it has one."""

    text: str
    form: str
    inner: tuple["Kind", ...] = ()
    size: int = 0
    name: str = ""
    indexed: bool = False

    @property
    def is_dynamic(self) -> bool:
        """True if its value stands in the tail."""
        if self.form == "list":
            return self.size == ANY or self.inner[0].is_dynamic
        return self.form in ("bytes", "string") or any(each.is_dynamic for each in self.inner)

    @property
    def head(self) -> int:
        """Bytes it takes in the head."""
        if self.is_dynamic or self.form == "word":
            return 32
        if self.form == "list":
            return self.size * self.inner[0].head
        return sum(each.head for each in self.inner)


@dataclass(frozen=True, slots=True)
class Signature:
    """A function or an event: its name and its fields."""

    name: str
    fields: tuple[Kind, ...]

    @property
    def hash(self) -> str:
        """keccak-256 of its canonical text: an event's first topic, a selector's 10 characters."""
        return keccak_hex(f"{self.name}({','.join(each.text for each in self.fields)})".encode())


def signature_of(text: str) -> Signature:
    """The signature in a text such as `redeem(bytes32)` or `E(uint256 indexed a, bytes b)`."""
    found = SIGNATURE.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no signature such as redeem(bytes32)")
    return Signature(found[1], tuple(map(_field, _split(found[2]))))


def calldata(signature: Signature, args: Sequence[Any]) -> str:
    """The call as 0x-prefixed hex."""
    return signature.hash[:10] + encode(signature.fields, args).hex()


def decoded_call(signature: Signature, data: str) -> list[dict[str, Any]]:
    """The arguments that calldata really holds: what a signer is shown."""
    if data[:10] != signature.hash[:10]:
        raise ValueError("the calldata is of another function")
    values = decode(signature.fields, bytes.fromhex(data[10:]))
    return [
        {"type": kind.text, "value": value}
        for kind, value in zip(signature.fields, values, strict=True)
    ]


def log_fields(event: Signature, topics: Sequence[str], data: str) -> dict[str, Any]:
    """The fields of a log by name; of an indexed field of dynamic type only its hash is there."""
    indexed = [each for each in event.fields if each.indexed]
    if len(topics) != len(indexed) + 1 or topics[0].lower() != event.hash:
        raise ValueError(f"the log is no {event.name} with {len(indexed)} indexed fields")
    found: dict[str, Any] = {}
    for kind, topic in zip(indexed, topics[1:], strict=True):
        content = bytes.fromhex(topic[2:])
        found[kind.name] = decode((kind,), content)[0] if kind.form == "word" else topic
    rest = tuple(each for each in event.fields if not each.indexed)
    values = decode(rest, bytes.fromhex(data[2:]))
    return found | {kind.name: value for kind, value in zip(rest, values, strict=True)}


def encode(kinds: Sequence[Kind], values: Sequence[Any]) -> bytes:
    """The values one after another, heads before tails."""
    if not isinstance(values, list | tuple) or len(values) != len(kinds):
        count = len(values) if isinstance(values, list | tuple) else "no list of"
        raise ValueError(f"{count} values for {len(kinds)} fields")
    heads, tails = b"", b""
    start = sum(kind.head for kind in kinds)
    for kind, value in zip(kinds, values, strict=True):
        content = _encoded(kind, value)
        if kind.is_dynamic:
            heads += encode_uint(start + len(tails))
            tails += content
        else:
            heads += content
    return heads + tails


def decode(kinds: Sequence[Kind], data: bytes) -> list[Any]:
    """The values that `data` holds."""
    found, place = [], 0
    for kind in kinds:
        at = _number(data, place) if kind.is_dynamic else place
        if at > len(data):
            raise ValueError(f"{kind.text}: its offset is behind the end")
        found.append(_decoded(kind, data[at:]))
        place += kind.head
    return found


# ---- one value


def _encoded(kind: Kind, value: Any) -> bytes:
    if kind.form == "word":
        return _word(kind.text, value)
    if kind.form == "bytes":
        return encode_bytes(_hex(value, kind.text))
    if kind.form == "string":
        if not isinstance(value, str):
            raise ValueError(f"{value!r} is no string")
        return encode_bytes(value.encode())
    if kind.form == "tuple":
        return encode(kind.inner, value)
    if not isinstance(value, list | tuple) or kind.size not in (ANY, len(value)):
        raise ValueError(f"{value!r} is no {kind.text}")
    content = encode(kind.inner * len(value), value)
    return encode_uint(len(value)) + content if kind.size == ANY else content


def _word(text: str, value: Any) -> bytes:
    if text == "bool":
        if value not in (True, False, "true", "false"):
            raise ValueError(f"{value!r} is no bool")
        return encode_uint(int(value in (True, "true")))
    if text == "address":
        content = _hex(value, text)
        if len(content) != 20:
            raise ValueError(f"{value!r} is no address")
        return bytes(12) + content
    if text.startswith("bytes"):
        content = _hex(value, text)
        if len(content) != int(text[5:]):
            raise ValueError(f"{value!r} is no {text}")
        return content.ljust(32, b"\0")
    bits = int(text.removeprefix("u")[3:])
    number = _whole(value)
    least, most = (0, 1 << bits) if text[0] == "u" else (-(1 << bits - 1), 1 << bits - 1)
    if not least <= number < most:
        raise ValueError(f"{value!r} is no {text}")
    return number.to_bytes(32, "big", signed=number < 0)


def _decoded(kind: Kind, data: bytes) -> Any:
    if kind.form == "word":
        return _read_word(kind.text, data)
    if kind.form in ("bytes", "string"):
        length = _number(data, 0)
        content = data[32 : 32 + length]
        if len(content) != length:
            raise ValueError(f"{kind.text}: {length} bytes announced, {len(content)} present")
        return "0x" + content.hex() if kind.form == "bytes" else content.decode(errors="replace")
    if kind.form == "tuple":
        return decode(kind.inner, data)
    count = _number(data, 0) if kind.size == ANY else kind.size
    if count * 32 > len(data):
        raise ValueError(f"{kind.text}: {count} items announced, there is no room for them")
    return decode(kind.inner * count, data[32:] if kind.size == ANY else data)


def _read_word(text: str, data: bytes) -> Any:
    number = _number(data, 0)
    if text == "bool":
        return bool(number)
    if text == "address":
        return "0x" + data[12:32].hex()
    if text.startswith("bytes"):
        return "0x" + data[: int(text[5:])].hex()
    if text[0] == "i":
        return str(int.from_bytes(data[:32], "big", signed=True))
    return str(number)


def _number(data: bytes, at: int) -> int:
    if len(data) < at + 32:
        raise ValueError(f"a word at byte {at}, and only {len(data)} bytes")
    return int.from_bytes(data[at : at + 32])


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError(f"{value!r} is no whole number")
    return value if isinstance(value, int) else int(value, 0)


def _hex(value: Any, text: str) -> bytes:
    if not isinstance(value, str) or not value.startswith("0x"):
        raise ValueError(f"{value!r} is no {text}: expected 0x and hex digits")
    return bytes.fromhex(value[2:])


# ---- types


def _field(text: str) -> Kind:
    """A type with `indexed`, a place and a name behind it, each if it is there."""
    depth = text.rfind(")")
    end = text.find(" ", depth + 1)
    kind = _kind(text if end < 0 else text[:end])
    words = [] if end < 0 else text[end:].split()
    rest = [word for word in words if word not in ("indexed", "memory", "calldata", "payable")]
    if len(rest) > 1:
        raise ValueError(f"{text!r} is no field such as `uint256 indexed amount`")
    name = rest[0] if rest else ""
    return Kind(kind.text, kind.form, kind.inner, kind.size, name, "indexed" in words)


def _kind(text: str) -> Kind:
    text = text.strip()
    listed = LIST.fullmatch(text)
    if listed is not None:
        inner = _kind(listed[1])
        return Kind(
            f"{inner.text}[{listed[2]}]", "list", (inner,), int(listed[2]) if listed[2] else ANY
        )
    if text.startswith("(") and text.endswith(")"):
        fields = tuple(map(_field, _split(text[1:-1])))
        return Kind(f"({','.join(each.text for each in fields)})", "tuple", fields)
    text = {"uint": "uint256", "int": "int256"}.get(text, text)
    found = ELEMENT.fullmatch(text)
    if found is None or not _is_size(found):
        raise ValueError(f"{text!r} is no type of the contract ABI")
    return Kind(text, text if text in ("bytes", "string") else "word")


def _is_size(found: re.Match[str]) -> bool:
    if found[2] is not None:
        return int(found[2]) % 8 == 0 and 8 <= int(found[2]) <= 256
    return found[3] is None or 1 <= int(found[3]) <= 32


def _split(text: str) -> list[str]:
    """The parts between commas that are inside no brackets."""
    parts, depth, part = [], 0, ""
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            parts.append(part.strip())
            part = ""
        else:
            part += letter
    if depth:
        raise ValueError(f"{text!r} has a bracket too many")
    return [*parts, part.strip()] if part.strip() or parts else []
