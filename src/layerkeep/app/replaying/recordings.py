"""Recorded transactions and receipts, brought into the shape that nodes answer with.

Recordings come from many tools: numbers as JSON numbers or hex, addresses with or without checksum
case, a receipt alone, in a list, or beside its transaction and block.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from layerkeep.core.chain_data import Receipt
from layerkeep.core.errors import OperatorError

HEX_FIELDS = ("blockNumber", "transactionIndex", "logIndex", "status", "type")


@dataclass(frozen=True, slots=True)
class Recording:
    """One transaction's receipt, its chain, and its block's time (milliseconds, 0 if unknown)."""

    chain_id: int | None
    receipt: Receipt
    time: int
    source: str


def read_recordings(path: Path) -> list[Recording]:
    """Every receipt in a file; OperatorError naming the file and entry if one is malformed."""
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise OperatorError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise OperatorError(f"{path}: is no JSON: {error}") from error
    found = list(_entries(content))
    if not found:
        raise OperatorError(
            f"{path}: found no receipt; expected a receipt, a list of receipts, or a list of "
            '{"chainId", "transaction", "receipt", "block"}'
        )
    return [_recording(entry, f"{path.name}[{index}]") for index, entry in enumerate(found)]


def _entries(content: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(content, list):
        for each in content:
            yield from _entries(each)
    elif isinstance(content, Mapping):
        if isinstance(content.get("receipt"), Mapping):
            yield content
        elif "transactionHash" in content and "logs" in content:
            yield {"receipt": content}
        elif isinstance(content.get("result"), list | dict):
            yield from _entries(content["result"])


def _recording(entry: Mapping[str, Any], source: str) -> Recording:
    raw = entry["receipt"]
    try:
        receipt = msgspec.convert(_normal(raw), Receipt)
        chain_id = entry.get("chainId")
        return Recording(
            None if chain_id is None else int(_number(chain_id), 16),
            receipt,
            _time(entry),
            source,
        )
    except (msgspec.ValidationError, ValueError, TypeError, AttributeError) as error:
        raise OperatorError(f"{source}: is no receipt: {error}") from error


def _normal(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A receipt or log with hex numbers and lower-case hex text."""
    found: dict[str, Any] = {}
    for name, value in raw.items():
        if name == "logs":
            found[name] = [_normal({**_place(raw), **log}) for log in value]
        elif name == "topics":
            found[name] = [topic.lower() for topic in value]
        elif name in HEX_FIELDS and value is not None:
            found[name] = _number(value)
        else:
            found[name] = value.lower() if isinstance(value, str) else value
    return found


def _place(raw: Mapping[str, Any]) -> dict[str, Any]:
    """What a log may leave out because its receipt says it."""
    names = ("blockNumber", "blockHash", "transactionHash", "transactionIndex")
    return {name: raw[name] for name in names if name in raw}


def _number(value: str | int) -> str:
    return hex(value) if isinstance(value, int) else hex(int(value, 0))


def _time(entry: Mapping[str, Any]) -> int:
    for holder, name in (("block", "timestamp"), ("transaction", "blockTimestamp")):
        value = (entry.get(holder) or {}).get(name)
        if value is not None:
            return int(_number(value), 16) * 1000
    return 0
