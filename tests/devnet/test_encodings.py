"""What the L2's operators write to L1, and what waits for a block."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerkeep.core.keccak import keccak256
from layerkeep.devnet.accounts import account, sign
from layerkeep.devnet.actor import Actor
from layerkeep.devnet.l2.blobs import BYTES_MAX, pack, unpack
from layerkeep.devnet.l2.channels import Batch, batches_in, payload_of
from layerkeep.devnet.l2.deposits import alias, attributes_deposit, user_deposit
from layerkeep.devnet.l2.mempool import GAS_MAX, Mempool, decode_signed

CHAIN = 901
HASH = "0x" + "ab" * 32
OTHER_FEES = {0: {"gasPrice": 7}, 2: {"maxFeePerGas": 7, "maxPriorityFeePerGas": 1}}


def raw_tx(role: str, nonce: int, *, kind: int = 2, gas: int = 21_000, chain: int = CHAIN) -> str:
    """A signed payment of one wei."""
    tx = {"chainId": chain, "nonce": nonce, "gas": gas, "to": account("user_spare").address}
    return sign(account(role), tx | {"value": 1, "data": "0x"} | OTHER_FEES[kind])


@settings(max_examples=20, deadline=None)
@given(st.integers(0, BYTES_MAX), st.integers(0, 2**32))
def test_blob__packed__holds_its_payload(size: int, seed: int) -> None:
    """Whatever its length, the payload comes back, and every element is in the field."""
    payload = random.Random(seed).randbytes(size)

    blob = pack(payload)

    assert unpack(blob) == payload
    assert all(top < 0x40 for top in blob[::32])


def test_blob__too_much_payload__is_refused() -> None:
    """One byte more than a blob carries is an error, not a cut."""
    with pytest.raises(ValueError, match="do not fit"):
        pack(bytes(BYTES_MAX + 1))


@pytest.mark.parametrize("use_brotli", [True, False])
def test_channel__of_many_frames__decodes_to_its_batches(use_brotli: bool) -> None:
    """Batches come back as they were written, over as many frames as they take."""
    noise = random.Random(1)
    batches = [
        Batch(HASH, number, HASH, 1000 + number, ("0x02" + noise.randbytes(40_000).hex(),))
        for number in range(4)
    ]

    payload = payload_of(batches, bytes(16), use_brotli=use_brotli)

    assert payload.count(bytes(16)) >= 3
    assert batches_in(payload) == batches


@pytest.mark.parametrize("garbage", [b"", b"\x07", b"\x00\x01", b"\x00" + keccak256(b"") * 4])
def test_payload__that_is_no_batch__is_a_value_error(garbage: bytes) -> None:
    """What somebody else writes to the inbox never stops a reader."""
    if garbage[:1] != b"\x00":
        with pytest.raises(ValueError, match="version"):
            batches_in(garbage)
    else:
        with pytest.raises(ValueError, match="cut short"):
            batches_in(garbage)


def test_deposit__from_a_portal_log__is_read_at_its_fixed_places() -> None:
    """Mint, value, gas and payload stand one behind the other in opaqueData."""
    opaque = (7).to_bytes(32, "big") + (5).to_bytes(32, "big") + (9).to_bytes(8, "big") + b"\0\xfe"
    body = (32).to_bytes(32, "big") + len(opaque).to_bytes(32, "big") + opaque.ljust(96, b"\0")
    word = "0x" + "00" * 12
    topic = "0xb3813568d9991fc951961fcb4c784893574240a28925604d09fc577c55bb7c32"
    log = {
        "topics": [topic, word + "11" * 20, word + "22" * 20, "0x" + "00" * 32],
        "data": "0x" + body.hex(),
        "blockHash": HASH,
        "logIndex": "0x3",
    }

    deposit = user_deposit(log)

    assert (deposit.mint_wei, deposit.value_wei, deposit.gas) == (7, 5, 9)
    assert (deposit.target, deposit.payload) == (b"\x22" * 20, b"\xfe")
    assert deposit.raw().startswith("0x7ef8")


def test_attributes__of_two_blocks_of_an_epoch__have_different_hashes() -> None:
    """The sequence number is part of what makes the transaction unique."""
    header = {"hash": HASH, "number": "0x5", "timestamp": "0x9", "baseFeePerGas": "0x1"}

    first, second = (attributes_deposit(header, number, "0x" + "33" * 20) for number in (0, 1))

    assert len(first.payload) == 164
    assert first.hash() != second.hash()


def test_alias__of_a_high_address__wraps_around() -> None:
    """The offset is added within twenty bytes."""
    assert alias("0x" + "ff" * 20) == "0x1111000000000000000000000000000000001110"


@pytest.mark.parametrize("kind", [0, 2])
def test_signed__transaction__names_its_sender(kind: int) -> None:
    """The signer is recovered from the raw bytes."""
    pending = decode_signed(raw_tx("relayer", 4, kind=kind), CHAIN)

    assert (pending.sender, pending.nonce) == (account("relayer").address, 4)


def test_signed__for_another_chain__is_refused() -> None:
    """A transaction for another chain never waits here."""
    for kind in OTHER_FEES:
        with pytest.raises(ValueError, match="chain 900"):
            decode_signed(raw_tx("relayer", 0, kind=kind, chain=900), CHAIN)


def test_mempool__behind_a_gap__waits_until_it_is_filled() -> None:
    """What cannot run yet stays, and runs in the right order once it can."""
    pool = Mempool(CHAIN)
    relayer = account("relayer").address
    late, early = pool.add(raw_tx("relayer", 1)), raw_tx("relayer", 0)

    assert pool.take({relayer: 0}) == []
    assert pool.next_nonce(relayer, 0) == 0

    pool.add(early)
    assert pool.next_nonce(relayer, 0) == 2
    taken = pool.take({relayer: 0})
    assert [one.nonce for one in taken] == [0, 1]
    assert pool.find(late) == taken[1]
    assert pool.next_nonce(relayer, 0) == 2

    pool.settle()
    assert pool.find(late) is None


def test_mempool__used_nonce__is_dropped_and_counted() -> None:
    """What can never run does not wait for ever."""
    pool = Mempool(CHAIN)
    pool.add(raw_tx("relayer", 0))

    assert pool.take({account("relayer").address: 3}) == []
    assert (len(pool), pool.dropped["nonce-used"]) == (0, 1)


def test_mempool__more_gas_than_a_block_has__takes_what_fits() -> None:
    """The rest waits for the next block."""
    pool = Mempool(CHAIN)
    roles = ("relayer", "redeemer", "guardian")
    for role in roles:
        pool.add(raw_tx(role, 0, gas=GAS_MAX // 2))
    nonces = {account(role).address: 0 for role in roles}

    assert len(pool.take(nonces)) == 2
    assert len(pool.take(nonces)) == 1


class Idle(Actor):
    """Does nothing, and could lie about it."""

    LIES = ("sleep",)

    async def step(self) -> None:
        pass


def test_actor__wrong_switch__changes_nothing() -> None:
    """Switches are set all or none, and the error names what is allowed."""
    actor = Idle("idle", 1.0)

    with pytest.raises(ValueError, match="enabled, slow_s, lie"):
        actor.apply({"enabled": False, "volume": 11})
    with pytest.raises(ValueError, match="sleep"):
        actor.apply({"enabled": False, "lie": "dream"})
    with pytest.raises(ValueError, match="slow_s"):
        actor.apply({"slow_s": -1})

    assert actor.enabled
    actor.apply({"enabled": False, "lie": "sleep", "slow_s": 2})
    assert (actor.enabled, actor.lie, actor.slow_s) == (False, "sleep", 2.0)
