"""Walks over RLP without building anything: what stands where, in its only valid form.

A hostile batch may hold millions of empty lists; as places in the bytes they cost nothing.
"""

from collections.abc import Iterator
from typing import NamedTuple


class Item(NamedTuple):
    """Where an item starts, where its body starts, and where it ends."""

    start: int
    body: int
    end: int
    is_list: bool


def item_at(data: bytes, start: int, limit: int) -> Item:
    """The item that starts at `start` and ends by `limit`; ValueError if it is malformed."""
    if start >= limit:
        raise ValueError(f"RLP item is missing at byte {start}")
    head = data[start]
    if head < 0x80:
        return Item(start, start, start + 1, is_list=False)
    is_list = head >= 0xC0
    short = head - (0xC0 if is_list else 0x80)
    body, length = start + 1, short
    if short >= 56:
        body += short - 55
        length = int.from_bytes(data[start + 1 : body])
        if body > limit or data[start + 1] == 0 or length < 56:
            raise ValueError(f"RLP length at byte {start} is cut short or longer than need be")
    if body + length > limit:
        raise ValueError(f"RLP item at byte {start} has {length} bytes, more than there are")
    if length == 1 and not is_list and data[body] < 0x80:
        raise ValueError(f"RLP byte at {start} stands for itself but has a length")
    return Item(start, body, body + length, is_list)


def items_in(data: bytes, outer: Item) -> Iterator[Item]:
    """The items of a list, one after the other; ValueError at a malformed one or if it is none."""
    if not outer.is_list:
        raise ValueError(f"RLP item at byte {outer.start} is no list")
    start = outer.body
    while start < outer.end:
        item = item_at(data, start, outer.end)
        yield item
        start = item.end


def fields_of(data: bytes, outer: Item, count: int) -> list[Item]:
    """The items of a list of exactly `count`; ValueError if there are fewer or more."""
    found: list[Item] = []
    for item in items_in(data, outer):
        if len(found) == count:
            raise ValueError(f"RLP list at byte {outer.start} has more than {count} fields")
        found.append(item)
    if len(found) < count:
        raise ValueError(f"RLP list at byte {outer.start} has {len(found)} fields, not {count}")
    return found


def string_of(data: bytes, item: Item, length: int | None = None) -> bytes:
    """The bytes of a string, of this length if one is given; ValueError if it is something else."""
    if item.is_list:
        raise ValueError(f"RLP item at byte {item.start} is a list")
    if length is not None and item.end - item.body != length:
        raise ValueError(f"RLP string at byte {item.start} has not {length} bytes")
    return data[item.body : item.end]


def number_of(data: bytes, item: Item, bytes_max: int) -> int:
    """The unsigned integer of a string; ValueError if it has leading zeros or is too large."""
    content = string_of(data, item)
    if len(content) > bytes_max or content[:1] == b"\x00":
        raise ValueError(f"RLP string at byte {item.start} is no integer of {bytes_max} bytes")
    return int.from_bytes(content)
