"""Posts the L2's blocks to L1, as calldata and as blobs by turns."""

import asyncio
from collections import deque
from dataclasses import dataclass

from layerkeep.core.keccak import keccak256
from layerkeep.devnet.accounts import account, sign
from layerkeep.devnet.actor import Actor
from layerkeep.devnet.l1.contracts import BATCH_INBOX
from layerkeep.devnet.l2.blobs import pack, sign_blob_tx
from layerkeep.devnet.l2.channels import CHANNEL_ID_BYTES, altered, batch_of, payload_of
from layerkeep.devnet.l2.derivation import Derivation
from layerkeep.devnet.l2.ledger import L2Block
from layerkeep.devnet.node import Anvil
from layerkeep.devnet.sender import FEE_WEI_MAX, TIP_WEI, Sender

POLL_S = 0.25
BLOCKS_MIN = 2  # a channel waits for so many L2 blocks
BLOCKS_MAX = 40
POSTS_KEPT = 1000
RESEND_AFTER_L1_BLOCKS = 4  # a post that did not move the safe head by then is made again
GAS_BASE = 60_000
GAS_PER_BYTE = 40
WRONG_INBOX = "0xff00000000000000000000000000000000000902"


@dataclass(frozen=True, slots=True)
class Post:
    """A batch transaction on its way, and where it ends."""

    tx_hash: str
    last: int
    last_hash: str


@dataclass(frozen=True, slots=True)
class Stuck:
    """A transaction without a tip, which no producer has to take."""

    nonce: int
    inbox: str
    payload: bytes


class Batcher(Actor):
    """Posts what is not safe yet, and posts again what did not become safe."""

    LIES = ("wrong-inbox", "wrong-key", "garbage", "altered-batch", "no-tip")

    def __init__(self, l1: Anvil, derivation: Derivation, chain_id: int, *, blobs: bool) -> None:
        super().__init__("l2_batcher", POLL_S)
        self.l1 = l1
        self.derivation = derivation
        self.blobs = blobs
        self.posts: deque[Post] = deque(maxlen=POSTS_KEPT)
        self._senders = {
            role: Sender(l1, account(role), chain_id) for role in ("batcher", "intruder")
        }
        self._in_flight: Post | None = None
        self._progress = (0, 0)  # safe L2 block, and the L1 height at which it last moved
        self._channels = 0
        self._stuck: Stuck | None = None

    async def step(self) -> None:
        """Posts the next channel once enough blocks wait and no post of its own stands before."""
        if self._stuck is not None:
            await self._unstick(self._stuck)
            return
        l1_height = int(await self.l1.rpc("eth_blockNumber"), 16)
        waiting = self._waiting(l1_height)
        if len(waiting) < BLOCKS_MIN:
            return
        self._channels += 1
        tx_hash = await self._post(self._payload(waiting))
        last = waiting[-1]
        self._in_flight = Post(tx_hash, last.number, last.hash)
        self.posts.append(self._in_flight)

    def _waiting(self, l1_height: int) -> list[L2Block]:
        """The blocks behind those that are safe or on their way."""
        ledger = self.derivation.sequencer.ledger
        start = self.derivation.safe
        flying = self._in_flight
        if flying is None or start >= flying.last or start != self._progress[0]:
            self._progress = (start, l1_height)
        if flying is not None and l1_height < self._progress[1] + RESEND_AFTER_L1_BLOCKS:
            block = ledger.block(flying.last)
            if block is not None and block.hash == flying.last_hash:
                start = max(start, flying.last)
        if start == self.derivation.safe:
            self._in_flight = None
        end = min(ledger.head.number, start + BLOCKS_MAX)
        blocks = (ledger.block(number) for number in range(start + 1, end + 1))
        return [block for block in blocks if block is not None]

    def _payload(self, blocks: list[L2Block]) -> bytes:
        seed = f"channel {self._channels} from {blocks[0].hash}".encode()
        channel_id = keccak256(seed)[:CHANNEL_ID_BYTES]
        batches = [batch_of(block) for block in blocks]
        if self.lie == "altered-batch":
            batches = altered(batches)
        payload = payload_of(batches, channel_id, use_brotli=self._channels % 4 == 3)
        return keccak256(payload) * 4 if self.lie == "garbage" else payload

    async def _post(self, payload: bytes) -> str:
        inbox = WRONG_INBOX if self.lie == "wrong-inbox" else BATCH_INBOX
        sender = self._senders["intruder" if self.lie == "wrong-key" else "batcher"]
        if self.lie == "no-tip":
            return await self._post_untipped(sender, inbox, payload)
        if not (self.blobs and self._channels % 2 == 0):
            gas = GAS_BASE + GAS_PER_BYTE * len(payload)
            return await sender.send(inbox, "0x" + payload.hex(), gas=gas)
        return await _send_blob(sender, inbox, payload)

    async def _post_untipped(self, sender: Sender, inbox: str, payload: bytes) -> str:
        """Offers the least: no tip, and half the usual fee so that it can be outbid."""

        async def raw(nonce: int) -> str:
            self._stuck = Stuck(nonce, inbox, payload)
            return _signed(sender, self._stuck, tip_wei=0, fee_wei_max=FEE_WEI_MAX // 2)

        return await sender.submit_with(raw)

    async def _unstick(self, stuck: Stuck) -> None:
        """Waits for the post; outbids it once the batcher may pay tips again."""
        sender = self._senders["batcher"]
        used = int(await self.l1.rpc("eth_getTransactionCount", sender.address, "latest"), 16)
        if used > stuck.nonce:
            self._stuck = None
        elif self.lie != "no-tip":
            raw = _signed(sender, stuck, tip_wei=TIP_WEI, fee_wei_max=FEE_WEI_MAX)
            await self.l1.rpc("eth_sendRawTransaction", raw)
            self._stuck = None


def _signed(sender: Sender, stuck: Stuck, *, tip_wei: int, fee_wei_max: int) -> str:
    tx = {
        "chainId": sender.chain_id,
        "nonce": stuck.nonce,
        "maxPriorityFeePerGas": tip_wei,
        "maxFeePerGas": fee_wei_max,
        "to": stuck.inbox,
        "value": 0,
        "gas": GAS_BASE + GAS_PER_BYTE * len(stuck.payload),
        "data": stuck.payload,
    }
    return sign(sender.account, tx)


async def _send_blob(sender: Sender, inbox: str, payload: bytes) -> str:
    async def raw(nonce: int) -> str:
        tx = {
            "chainId": sender.chain_id,
            "nonce": nonce,
            "maxPriorityFeePerGas": TIP_WEI,
            "maxFeePerGas": FEE_WEI_MAX,
            "gas": GAS_BASE,
            "to": inbox,
            "value": 0,
            "data": "0x",
        }
        return await asyncio.to_thread(sign_blob_tx, sender.account, tx, pack(payload))

    return await sender.submit_with(raw)
