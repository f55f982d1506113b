"""Transactions of a span batch, put together again from its columns (Delta specification).

What is alike in many transactions lies together in the batch; only amounts, calldata and lists
stay with the transaction. The result is the very form its sender signed, so that its hash is the
real one. Set-code transactions are valid since Isthmus; whether a chain is past that is not told
here, a node drops a batch that has one too early.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from layerkeep.adapters.op_stack.batches.walk import (
    Item,
    fields_of,
    item_at,
    items_in,
    number_of,
    string_of,
)
from layerkeep.core.encoding import rlp

LEGACY = 0
ACCESS_LIST = 1
DYNAMIC_FEE = 2
SET_CODE = 4

FEES = {LEGACY: 1, ACCESS_LIST: 1, DYNAMIC_FEE: 2, SET_CODE: 2}
"""How many fee fields a transaction of each type has."""

LISTS = {LEGACY: 0, ACCESS_LIST: 1, DYNAMIC_FEE: 1, SET_CODE: 2}
"""How many lists follow its calldata: the access list, then the authorizations."""

AUTHORIZATION_BYTES_MAX = (32, 20, 8, 1, 32, 32)
"""Chain id, address, nonce, parity, r, s."""

WORD = 32
ADDRESS_BYTES = 20


@dataclass(frozen=True, slots=True)
class Stem:
    """What stays with a transaction in a span batch: its type and its own fields, still in RLP."""

    kind: int
    value: bytes
    fees: bytes
    calldata: bytes
    lists: bytes


@dataclass(frozen=True, slots=True)
class Columns:
    """What lies in the batch's columns for one transaction."""

    nonce: int
    gas: int
    to: bytes
    """Twenty bytes, or none if it creates a contract."""

    parity: int
    signature: bytes
    """r and s, 32 bytes each."""

    is_protected: bool = True
    """Whether a legacy transaction is bound to the chain (EIP-155)."""


def stem_at(content: bytes, start: int) -> tuple[Stem, int]:
    """The stem that starts at `start`, and where it ends; ValueError if it is malformed."""
    kind = LEGACY
    if start < len(content) and content[start] < 0x80:
        kind = content[start]
        start += 1
        if kind == LEGACY or kind not in FEES:
            raise ValueError(f"transaction of type {kind}, which a span batch cannot hold")
    outer = item_at(content, start, len(content))
    fees, lists = FEES[kind], LISTS[kind]
    fields = fields_of(content, outer, 2 + fees + lists)
    for number in fields[: 1 + fees]:
        number_of(content, number, WORD)
    string_of(content, fields[1 + fees])
    if lists > 0:
        _check_access_list(content, fields[2 + fees])
    if lists > 1:
        _check_authorizations(content, fields[3 + fees])
    after = [field.end for field in fields]
    return Stem(
        kind=kind,
        value=content[outer.body : after[0]],
        fees=content[after[0] : after[fees]],
        calldata=content[after[fees] : after[fees + 1]],
        lists=content[after[fees + 1] : outer.end],
    ), outer.end


def whole(stem: Stem, columns: Columns, chain_id: int) -> bytes:
    """The signed transaction; ValueError if its parts do not make one."""
    if stem.kind == SET_CODE and not columns.to:
        raise ValueError("a set-code transaction cannot create a contract")
    chain = b"" if stem.kind == LEGACY else _number(chain_id)
    body = _list(
        (
            chain,
            _number(columns.nonce),
            stem.fees,
            _number(columns.gas),
            rlp.encode(columns.to),
            stem.value,
            stem.calldata,
            stem.lists,
            _number(_parity(stem, columns, chain_id)),
            _number(int.from_bytes(columns.signature[:WORD])),
            _number(int.from_bytes(columns.signature[WORD:])),
        )
    )
    return body if stem.kind == LEGACY else bytes((stem.kind,)) + body


def _parity(stem: Stem, columns: Columns, chain_id: int) -> int:
    """The `v` of the signature."""
    if stem.kind != LEGACY:
        return columns.parity
    if not columns.is_protected:
        return 27 + columns.parity
    return 2 * chain_id + 35 + columns.parity


def _number(value: int) -> bytes:
    return rlp.encode(rlp.integer(value))


def _list(parts: Iterable[bytes]) -> bytes:
    """The RLP of a list of items that are encoded already."""
    body = b"".join(parts)
    if len(body) < 56:
        return bytes((0xC0 + len(body),)) + body
    size = rlp.integer(len(body))
    return bytes((0xF7 + len(size),)) + size + body


def _check_access_list(content: bytes, outer: Item) -> None:
    """ValueError unless it is a list of addresses, each with a list of storage keys."""
    for entry in items_in(content, outer):
        address, keys = fields_of(content, entry, 2)
        string_of(content, address, ADDRESS_BYTES)
        for key in items_in(content, keys):
            string_of(content, key, WORD)


def _check_authorizations(content: bytes, outer: Item) -> None:
    """ValueError unless it is a list of signed authorizations (EIP-7702)."""
    for entry in items_in(content, outer):
        fields = fields_of(content, entry, len(AUTHORIZATION_BYTES_MAX))
        string_of(content, fields.pop(1), ADDRESS_BYTES)
        sizes = [size for size in AUTHORIZATION_BYTES_MAX if size != ADDRESS_BYTES]
        for number, size in zip(fields, sizes, strict=True):
            number_of(content, number, size)
