"""Users' transactions that wait for a block; the node's own pool stays empty."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from eth_keys.datatypes import Signature

from layerkeep.core.encoding import rlp
from layerkeep.core.keccak import keccak256, keccak_hex

TAKE_MAX = 200
GAS_MAX = 40_000_000  # of a block's 60 million; the rest is left to deposits
GAS_FIELD = {0: 2, 1: 3, 2: 4}  # where in a transaction its gas limit stands
FIELDS_SIGNED = {1: 8, 2: 9}  # how many leading fields of a typed transaction its signature covers


@dataclass(frozen=True, slots=True)
class Pending:
    """A decoded transaction that is in no block yet."""

    raw: str
    hash: str
    sender: str
    nonce: int
    gas: int  # the limit, all of which a block has to have room for


class Mempool:
    """First in, first out; what cannot run yet waits, what never can is dropped and counted."""

    def __init__(self, chain_id: int) -> None:
        self.chain_id = chain_id
        self.dropped: Counter[str] = Counter()
        self._waiting: dict[str, Pending] = {}
        self._building: list[Pending] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, raw: str) -> str:
        """The hash of a transaction that now waits; ValueError if it could never run here."""
        pending = decode_signed(raw, self.chain_id)
        self._waiting.setdefault(pending.hash, pending)
        return pending.hash

    def find(self, tx_hash: str) -> Pending | None:
        """The transaction with this hash that waits or is being built into a block."""
        building = (one for one in self._building if one.hash == tx_hash)
        return self._waiting.get(tx_hash) or next(building, None)

    def senders(self) -> list[str]:
        """Who has a transaction waiting, in the order of their oldest."""
        return list(dict.fromkeys(pending.sender for pending in self._waiting.values()))

    def next_nonce(self, sender: str, on_chain: int) -> int:
        """The nonce the sender's next transaction takes behind all that wait without a gap."""
        known = [*self._waiting.values(), *self._building]
        waiting = {one.nonce for one in known if one.sender == sender.lower()}
        while on_chain in waiting:
            on_chain += 1
        return on_chain

    def take(self, nonces: dict[str, int], limit: int = TAKE_MAX) -> list[Pending]:
        """Removes and answers what can run now, given each sender's nonce on the chain.

        A transaction behind a nonce gap goes on waiting; one whose nonce is used up is dropped.
        """
        expected = dict(nonces)
        taken: list[Pending] = []
        room = GAS_MAX
        progress = True
        while progress:
            progress = False
            for pending in list(self._waiting.values()):
                due = expected.get(pending.sender)
                if due is None or pending.nonce > due:
                    continue
                if pending.nonce < due:
                    self.drop(pending.hash, "nonce-used")
                elif len(taken) < limit and pending.gas <= room:
                    room -= pending.gas
                    taken.append(self._waiting.pop(pending.hash))
                    expected[pending.sender] = due + 1
                    progress = True
        self._building = taken
        return taken

    def settle(self) -> None:
        """What was taken last stands in a block now, or was left out for good."""
        self._building = []

    def put_back(self, pending: list[Pending]) -> None:
        """What stood in a block that is no more waits again, before all others."""
        self._waiting = {one.hash: one for one in pending} | self._waiting

    def drop(self, tx_hash: str, reason: str) -> None:
        """Forgets a waiting transaction and counts why."""
        if self._waiting.pop(tx_hash, None) is not None:
            self.dropped[reason] += 1


def decode_signed(raw: str, chain_id: int) -> Pending:
    """A signed transaction of type 0, 1 or 2 for this chain; ValueError says what is wrong."""
    data = bytes.fromhex(raw.removeprefix("0x"))
    if not data:
        raise ValueError("empty transaction")
    kind = 0 if data[0] >= 0xC0 else data[0]
    fields: Any = rlp.decode(data if kind == 0 else data[1:])
    if kind == 0:
        nonce, digest, recovery = _legacy(fields, chain_id)
    elif kind in FIELDS_SIGNED:
        nonce, digest, recovery = _typed(kind, fields, chain_id)
    else:
        raise ValueError(f"transaction type {kind} is not accepted here")
    r, s = (int.from_bytes(field, "big") for field in fields[-2:])
    signed = Signature(vrs=(recovery, r, s))
    sender = signed.recover_public_key_from_msg_hash(digest).to_address()
    gas = _int(fields[GAS_FIELD[kind]])
    if gas > GAS_MAX:
        raise ValueError(f"gas limit {gas} is above {GAS_MAX}")
    return Pending("0x" + data.hex(), keccak_hex(data), sender, nonce, gas)


def _legacy(fields: Any, chain_id: int) -> tuple[int, bytes, int]:
    v = int.from_bytes(fields[6], "big")
    if v < 35:
        return _int(fields[0]), keccak256(rlp.encode(fields[:6])), v - 27
    if (v - 35) // 2 != chain_id:
        raise ValueError(f"signed for chain {(v - 35) // 2}, this is {chain_id}")
    unsigned = [*fields[:6], rlp.integer(chain_id), b"", b""]
    return _int(fields[0]), keccak256(rlp.encode(unsigned)), (v - 35) % 2


def _typed(kind: int, fields: Any, chain_id: int) -> tuple[int, bytes, int]:
    if _int(fields[0]) != chain_id:
        raise ValueError(f"signed for chain {_int(fields[0])}, this is {chain_id}")
    covered = FIELDS_SIGNED[kind]
    digest = keccak256(bytes((kind,)) + rlp.encode(fields[:covered]))
    return _int(fields[1]), digest, _int(fields[covered])


def _int(field: bytes) -> int:
    return int.from_bytes(field, "big")
