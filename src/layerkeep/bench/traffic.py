"""What the chains log: every route of the network in a realistic mix, as nodes give it.

Bodies have the length they have on mainnet: a bridge's call inside a messenger's call inside a log.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import msgspec

from layerkeep.adapters.nitro.checks import Item, Ticket, item_hash, ticket_id
from layerkeep.adapters.op_stack.checks import Relay, relay_calldata
from layerkeep.adapters.op_stack.decode.names import aliased
from layerkeep.bench import network
from layerkeep.bench.network import L1, L2, L3
from layerkeep.core.encoding.abi import encode_address, encode_bytes, encode_uint
from layerkeep.core.encoding.rlp import integer
from layerkeep.core.keccak import keccak256, keccak_hex, selector, topic0
from layerkeep.core.units import SECOND, ZERO_HASH, ChainName

BLOCK = 2 * SECOND
PER_BLOCK = 4
"""Messages of each kind that begin in one block."""

LATER = 30
"""Blocks from one step of a message to its next."""

CLAIM_EVERY = 100

ETH_MOVED = bytes.fromhex(selector("finalizeBridgeETH(address,address,uint256,bytes)")[2:])
NITRO_MOVED = bytes.fromhex(
    selector("finalizeInboundTransfer(address,address,address,uint256,bytes)")[2:]
)

DEPOSITED = topic0("TransactionDeposited(address,address,uint256,bytes)")
RELAYED = topic0("RelayedMessage(bytes32)")
SENT = topic0("SentMessage(address,address,bytes,uint256,uint256)")
PASSED = topic0("MessagePassed(uint256,address,address,uint256,uint256,bytes,bytes32)")
PROVEN = topic0("WithdrawalProven(bytes32,address,address)")
PROVEN_BY = topic0("WithdrawalProvenExtension1(bytes32,address)")
FINALIZED = topic0("WithdrawalFinalized(bytes32,bool)")
GAME = topic0("DisputeGameCreated(address,uint32,bytes32)")
DELIVERED = topic0("MessageDelivered(uint256,bytes32,address,uint8,address,bytes32,uint256,uint64)")
INBOX = topic0("InboxMessageDelivered(uint256,bytes)")
CREATED = topic0("TicketCreated(bytes32)")
SCHEDULED = topic0("RedeemScheduled(bytes32,bytes32,uint64,uint64,address,uint256,uint256)")
SEND = topic0("L2ToL1Tx(address,address,uint256,uint256,uint256,uint256,uint256,uint256,bytes)")
OUTBOX = topic0("OutBoxTransactionExecuted(address,address,uint256,uint256)")
CALLED = topic0("BridgeCallTriggered(address,address,uint256,bytes)")
BATCH = topic0(
    "SequencerBatchDelivered(uint256,bytes32,bytes32,bytes32,uint256,"
    "(uint64,uint64,uint64,uint64),uint8)"
)


def named(*words: object) -> str:
    """A hash that stands for these words."""
    return "0x" + blake2b(repr(words).encode(), digest_size=32).hexdigest()


def topic(value: int | str) -> str:
    """A number or an address as a topic."""
    return f"0x{value if isinstance(value, int) else int(value, 16):064x}"


def data(*parts: bytes) -> str:
    """The data of a log."""
    return "0x" + b"".join(parts).hex()


@dataclass
class Traffic:
    """Logs by chain, in chain order once `logs` is called."""

    placed: dict[ChainName, dict[int, list[list[dict[str, Any]]]]] = field(
        default_factory=lambda: {chain: {} for chain in network.CHAINS}
    )
    messages: int = 0

    def put(self, chain: ChainName, height: int, *logs: tuple[str, tuple[str, ...], str]) -> None:
        """One transaction with these logs (address, topics, data)."""
        found = [{"address": a, "topics": list(topics), "data": d} for a, topics, d in logs]
        self.placed[chain].setdefault(height, []).append(found)

    @property
    def heights(self) -> int:
        """A number above every block's."""
        return 1 + max(max(blocks) for blocks in self.placed.values())

    def logs(self, chain: ChainName) -> list[dict[str, Any]]:
        """The chain's logs as a node gives them."""
        return list(self._in_order(chain))

    def _in_order(self, chain: ChainName) -> Iterator[dict[str, Any]]:
        for height, txs in sorted(self.placed[chain].items()):
            index = 0
            for position, logs in enumerate(txs):
                tx = named(chain, height, position)
                for log in logs:
                    yield {
                        **log,
                        "blockNumber": hex(height),
                        "blockHash": block_hash(chain, height),
                        "blockTimestamp": hex(height * BLOCK // 1000),
                        "transactionHash": tx,
                        "transactionIndex": hex(position),
                        "logIndex": hex(index),
                        "removed": False,
                    }
                    index += 1


def block_hash(chain: ChainName, height: int) -> str:
    """The hash of a block."""
    return named(chain, height)


def make(count: int, *, first: int = 0, height: int = 1_000, per_block: int = PER_BLOCK) -> Traffic:
    """So many messages of every route, numbered from `first`, and the claims they need.

    The first of them begin at this height.
    """
    traffic, begun = Traffic(), height
    for number in range(first, first + count // 4):
        height = begun + (number - first) // per_block
        _deposit(traffic, number, height)
        _withdrawal(traffic, number, height)
        _ticket(traffic, number, height)
        _send(traffic, number, height)
        if number % CLAIM_EVERY == 0:
            _game(traffic, number, height)
    traffic.messages = 4 * (count // 4)
    return traffic


def encoded(traffic: Traffic) -> dict[ChainName, bytes]:
    """The JSON of every chain's logs."""
    return {chain: msgspec.json.encode(traffic.logs(chain)) for chain in network.CHAINS}


def _call(number: int) -> bytes:
    """A bridge's call that moves ether."""
    user = network.address(10**9 + number)
    call = ETH_MOVED + encode_address(user) * 2 + encode_uint(number + 1) + encode_uint(128)
    return call + encode_bytes(b"")


def _relay(number: int, *, down: bool) -> bytes:
    """A messenger's call that moves ether between the standard bridges."""
    call = _call(number)
    ends = [network.L1_BRIDGE, network.L2_BRIDGE]
    sender, target = ends if down else ends[::-1]
    nonce = (1 << 240) + number
    return relay_calldata(Relay(nonce, sender, target, number + 1, 200_000, call))


def _told_by(messenger: str, number: int, *, down: bool) -> tuple[str, tuple[str, ...], str]:
    """What a messenger logs beside each message that leaves."""
    sender, target = network.L1_BRIDGE, network.L2_BRIDGE
    if not down:
        sender, target = target, sender
    call = _call(number)
    head = encode_address(sender) + encode_uint(128) + encode_uint((1 << 240) + number)
    body = data(head, encode_uint(200_000), encode_bytes(call))
    return messenger, (SENT, topic(target)), body


def _deposit(traffic: Traffic, number: int, height: int) -> None:
    calldata = _relay(number, down=True)
    opaque = encode_uint(number + 1) * 2 + (500_000).to_bytes(8) + b"\0" + calldata
    sender, target = aliased(network.L1_MESSENGER), network.L2_MESSENGER
    topics = (DEPOSITED, topic(sender), topic(target), ZERO_HASH)
    traffic.put(
        L1,
        height,
        (network.PORTAL, topics, data(encode_uint(32), encode_bytes(opaque))),
        _told_by(network.L1_MESSENGER, number, down=True),
    )
    relayed = (network.L2_MESSENGER, (RELAYED, keccak_hex(calldata)), "0x")
    traffic.put(L2, height + LATER, relayed)


def _withdrawal(traffic: Traffic, number: int, height: int) -> None:
    calldata = _relay(number, down=False)
    withdrawal, user = named("withdrawal", number), topic(network.address(10**9 + number))
    ends = (topic(network.L2_MESSENGER), topic(network.L1_MESSENGER))
    head = encode_uint(number + 1) + encode_uint(300_000) + encode_uint(128)
    body = data(head, bytes.fromhex(withdrawal[2:]), encode_bytes(calldata))
    traffic.put(
        L2,
        height,
        (network.PASSER, (PASSED, topic((1 << 240) + number), *ends), body),
        _told_by(network.L2_MESSENGER, number, down=False),
    )
    traffic.put(
        L1,
        height + 4 * LATER,
        (network.PORTAL, (PROVEN, withdrawal, *ends), "0x"),
        (network.PORTAL, (PROVEN_BY, withdrawal, user), "0x"),
    )
    traffic.put(
        L1,
        height + 8 * LATER,
        (network.L1_MESSENGER, (RELAYED, keccak_hex(calldata)), "0x"),
        (network.PORTAL, (FINALIZED, withdrawal), data(encode_uint(1))),
    )


def _game(traffic: Traffic, number: int, height: int) -> None:
    topics = (GAME, topic(network.address(10**12 + number)), topic(0), named("root", number))
    traffic.put(L1, height + 2 * LATER, (network.GAMES, topics, "0x"))


def _ticket(traffic: Traffic, number: int, height: int) -> None:
    user = network.address(10**9 + number)
    call = NITRO_MOVED + encode_address(user) * 3 + encode_uint(number) + encode_uint(160)
    call += encode_bytes(bytes(64))
    fields = (user, 5, 10**15, 10**14, user, user, 300_000, 10**8, len(call))
    payload = b"".join(
        encode_address(each) if isinstance(each, str) else encode_uint(each) for each in fields
    )
    payload += call
    delivered = data(
        encode_address(network.INBOX),
        encode_uint(9),
        encode_address(aliased(user)),
        keccak256(payload),
        encode_uint(10**9),
        encode_uint(height),
    )
    traffic.put(
        L2,
        height,
        (network.BRIDGE, (DELIVERED, topic(number), named("inbox", number)), delivered),
        (network.INBOX, (INBOX, topic(number)), data(encode_uint(32), encode_bytes(payload))),
    )
    account, sender = bytes.fromhex(user[2:]), bytes.fromhex(aliased(user)[2:])
    told = Ticket(
        *(number, sender, integer(10**9), integer(10**15), integer(10**8), integer(300_000)),
        *(account, integer(5), account, integer(10**14), account, call),
    )
    ticket = ticket_id(42_161, told)
    retry = named("retry", number)
    traffic.put(
        L3,
        height + LATER,
        (network.ARB_RETRYABLE, (CREATED, ticket), "0x"),
        (
            network.ARB_RETRYABLE,
            (SCHEDULED, ticket, retry, topic(0)),
            data(encode_uint(10**6), encode_address(user), encode_uint(1), encode_uint(2)),
        ),
    )


def _send(traffic: Traffic, number: int, height: int) -> None:
    user = network.address(10**9 + number)
    item = Item(user, user, height, height, height * 2, number, bytes(228))
    numbers = (item.child_block, item.parent_block, item.time_s, item.value, 192)
    body = data(encode_address(user), *map(encode_uint, numbers), encode_bytes(item.data))
    topics = (SEND, topic(user), item_hash(item), topic(number))
    traffic.put(L3, height, (network.ARB_SYS, topics, body))
    executed = (OUTBOX, topic(user), topic(user), topic(0))
    traffic.put(
        L2,
        height + 8 * LATER,
        (network.OUTBOX, executed, data(encode_uint(number))),
        (
            network.BRIDGE,
            (CALLED, topic(network.OUTBOX), topic(user)),
            data(encode_uint(number), encode_uint(64), encode_bytes(item.data)),
        ),
    )
