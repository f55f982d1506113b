"""The users' transactions in a sequencer's L2 message (nitro `arbos/parse_l2.go`)."""

from collections.abc import Callable, Iterator

from layerkeep.core.encoding import rlp
from layerkeep.core.encoding.rlp import Decoded
from layerkeep.core.units import SECOND, Timestamp

MESSAGE_BYTES_MAX = 256 * 1024
"""`MaxL2MessageSize`."""

DEPTH_MAX = 16
"""Batches in batches."""

UNSIGNED = 0
CONTRACT = 1
CALL = 2
BATCH = 3
SIGNED = 4
HEARTBEAT = 6
COMPRESSED = 7

UNSIGNED_TYPE = b"\x65"
SEQUENCER = bytes.fromhex("a4b000000000000000000073657175656e636572")
"""Whom a sequencer's unsigned transaction is from (`BatchPosterAddress`)."""

HEARTBEATS_UNTIL = Timestamp(1_659_974_400 * SECOND)
WORD = 32
NUMBER_MAX = 2**64 - 1
ADDRESS_BYTES = 20


def transactions_of(message: bytes, timestamp: Timestamp, chain_id: int) -> tuple[bytes, ...]:
    """The raw transactions of an L2 message, in order.

    ValueError if nodes make none of it: one bad transaction voids the whole message, and the block
    it makes has no users' transactions.
    """
    if len(message) > MESSAGE_BYTES_MAX:
        raise ValueError(f"message has {len(message)} bytes, more than {MESSAGE_BYTES_MAX}")
    return tuple(_parsed(message, timestamp, chain_id, 0))


def _parsed(message: bytes, timestamp: Timestamp, chain_id: int, depth: int) -> Iterator[bytes]:
    if not message:
        raise ValueError("message has no kind")
    kind, content = message[0], message[1:]
    if kind == BATCH:
        if depth >= DEPTH_MAX:
            raise ValueError(f"batches lie deeper than {DEPTH_MAX} in each other")
        for inner in _inner(content):
            yield from _parsed(inner, timestamp, chain_id, depth + 1)
    elif kind == SIGNED:
        _check_signed(content)
        yield content
    elif kind == UNSIGNED:
        yield _unsigned(content, chain_id)
    elif kind != HEARTBEAT or timestamp >= HEARTBEATS_UNTIL:
        raise ValueError(f"message of kind {kind}: {REASONS.get(kind, 'unknown')}")


REASONS = {
    CONTRACT: "only the parent can send it",
    CALL: "not implemented by nodes",
    HEARTBEAT: "abolished",
    COMPRESSED: "not implemented by nodes",
}


def _inner(content: bytes) -> Iterator[bytes]:
    """The messages of a batch; it ends where a length is missing, too large or not met."""
    start = 0
    while start + 8 <= len(content):
        end = start + 8 + int.from_bytes(content[start : start + 8])
        if end > len(content):
            return
        yield content[start + 8 : end]
        start = end


def _unsigned(content: bytes, chain_id: int) -> bytes:
    """The transaction that nodes make of an unsigned message: its signer is the sequencer."""
    if len(content) < 5 * WORD:
        raise ValueError("unsigned transaction is cut short")
    words = [content[start : start + WORD] for start in range(0, 5 * WORD, WORD)]
    gas, fee, nonce, _, value = (int.from_bytes(word) for word in words)
    if gas > NUMBER_MAX or nonce > NUMBER_MAX:
        raise ValueError("unsigned transaction has a gas limit or nonce of more than 64 bits")
    target = words[3][-ADDRESS_BYTES:]
    numbers = [rlp.integer(each) for each in (chain_id, nonce, fee, gas, value)]
    chain, count, price, limit, amount = numbers
    receiver = target if target != bytes(ADDRESS_BYTES) else b""
    fields = [chain, SEQUENCER, count, price, limit, receiver, amount, content[5 * WORD :]]
    return UNSIGNED_TYPE + rlp.encode(fields)


# ---- what a signed transaction must look like


def _number(item: Decoded) -> bool:
    return isinstance(item, bytes) and item[:1] != b"\x00"


def _small(item: Decoded) -> bool:
    return _number(item) and len(item) <= 8


def _text(item: Decoded) -> bool:
    return isinstance(item, bytes)


def _account(item: Decoded) -> bool:
    return isinstance(item, bytes) and len(item) == ADDRESS_BYTES


def _receiver(item: Decoded) -> bool:
    return item == b"" or _account(item)


def _hashes(item: Decoded) -> bool:
    return isinstance(item, list) and all(_text(each) and len(each) == WORD for each in item)


def _accesses(item: Decoded) -> bool:
    entries = item if isinstance(item, list) else [item]
    return isinstance(item, list) and all(_fits(each, (_account, _hashes)) for each in entries)


def _authorizations(item: Decoded) -> bool:
    shape = (_number, _account, _small, _small, _number, _number)
    return isinstance(item, list) and all(_fits(each, shape) for each in item)


Shape = tuple[Callable[[Decoded], bool], ...]

SIGNATURE: Shape = (_number, _number, _number)
CALL_SHAPE: Shape = (_small, _receiver, _number, _text)
SHAPES: dict[int, Shape] = {
    1: (_number, _small, _number, *CALL_SHAPE, _accesses, *SIGNATURE),
    2: (_number, _small, _number, _number, *CALL_SHAPE, _accesses, *SIGNATURE),
    3: (
        *(_number, _small, _number, _number, _small, _account, _number, _text, _accesses),
        *(_number, _hashes, *SIGNATURE),
    ),
    4: (
        *(_number, _small, _number, _number, _small, _account, _number, _text, _accesses),
        *(_authorizations, *SIGNATURE),
    ),
}
LEGACY: Shape = (_small, _number, *CALL_SHAPE, *SIGNATURE)


def _fits(item: Decoded, shape: Shape) -> bool:
    """Whether an item is a list whose fields have these shapes."""
    if not isinstance(item, list) or len(item) != len(shape):
        return False
    return all(suits(field) for suits, field in zip(shape, item, strict=True))


def _check_signed(raw: bytes) -> None:
    """ValueError unless nodes can read this as a transaction; signatures are not looked at."""
    kind = raw[0] if b"" < raw[:1] < b"\x80" else None
    if not raw or (kind is not None and kind not in SHAPES):
        raise ValueError(f"signed transaction starts with 0x{raw[:1].hex()}: of no known type")
    shape = LEGACY if kind is None else SHAPES[kind]
    if not _fits(rlp.decode(raw if kind is None else raw[1:]), shape):
        raise ValueError("signed transaction has not the fields of its type")
