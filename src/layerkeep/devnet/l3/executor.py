"""The outbox executor: carries out on the L2 what L3 messages ask for, once they are confirmed."""

import time
from typing import Any

from layerkeep.devnet.actor import Actor
from layerkeep.devnet.artifacts import nitro
from layerkeep.devnet.l3 import merkle
from layerkeep.devnet.l3.chain import L3
from layerkeep.devnet.l3.ledger import Send
from layerkeep.devnet.node import NodeError
from layerkeep.devnet.sender import Sender

RETRY_S = 10.0  # before a message whose call fails is tried again
GAS = 2_000_000
RECHECK_BLOCKS = 12  # L2 blocks in which a spent message might become unspent by a reorg


class OutboxExecutor(Actor):
    """Executes every message under a confirmed send root, oldest first."""

    def __init__(
        self, l3: L3, sender: Sender, *, delay_s: float = 0.0, interval_s: float = 0.5
    ) -> None:
        super().__init__("l3_executor", interval_s)
        self.l3 = l3
        self.sender = sender
        self.delay_s = delay_s
        self.executed = 0
        self._latest = b""
        self._provable = 0  # sends under the latest confirmed root
        self._seen: dict[int, float] = {}  # when a message was first found provable
        self._retry_at: dict[int, float] = {}
        self._spent: dict[int, int] = {}  # in which L2 block it was found spent

    async def step(self) -> None:
        """All messages that can be executed now are sent to the Outbox."""
        await self._look_up_confirmed()
        head = int(await self.sender.node.rpc("eth_blockNumber"), 16)
        now = time.monotonic()
        for position in range(min(self._provable, len(self.l3.ledger.sends))):
            settled = self._spent.get(position, head) < head - RECHECK_BLOCKS
            if settled or await self._is_spent(position, head):
                continue
            first_seen = self._seen.setdefault(position, now)
            waiting = now < max(first_seen + self.delay_s, self._retry_at.get(position, 0.0))
            if not waiting:
                await self._execute(self.l3.ledger.sends[position])

    def status(self) -> dict[str, Any]:
        """The switches, and how far execution is."""
        return super().status() | {
            "executed": self.executed,
            "provable": self._provable,
            "failing": sorted(self._retry_at),
        }

    async def _look_up_confirmed(self) -> None:
        """How many messages the latest confirmed assertion covers."""
        latest = await self._call("RollupUserLogic", self.l3.contracts.rollup, "latestConfirmed")
        if latest == self._latest:
            return
        confirmed = nitro("RollupUserLogic").event("AssertionConfirmed")
        query = {
            "fromBlock": hex(self.l3.contracts.created_at),
            "address": self.l3.contracts.rollup,
            "topics": [confirmed.topic, "0x" + latest.hex()],
        }
        logs = await self.sender.node.rpc("eth_getLogs", query)
        if not logs:
            return
        block = self.l3.ledger.by_hash("0x" + confirmed.decode(logs[-1])["blockHash"].hex())
        if block is not None:
            self._latest, self._provable = latest, block.send_count

    async def _is_spent(self, position: int, head: int) -> bool:
        if await self._call("Outbox", self.l3.contracts.outbox, "isSpent", position):
            self._spent.setdefault(position, head)
            return True
        self._spent.pop(position, None)
        return False

    async def _execute(self, send: Send) -> None:
        data = nitro("Outbox").encode(
            "executeTransaction",
            merkle.proof(self.l3.ledger.leaves(self._provable), send.position),
            send.position,
            send.caller,
            send.destination,
            send.block,
            send.parent_number,
            send.timestamp,
            send.value_wei,
            send.data,
        )
        call = {"from": self.sender.address, "to": self.l3.contracts.outbox, "data": data}
        try:
            await self.sender.node.rpc("eth_call", call, "latest")
        except NodeError as error:
            self._retry_at[send.position] = time.monotonic() + RETRY_S
            self.last_error = f"message {send.position}: {error}"
            return
        await self.sender.call(self.l3.contracts.outbox, data, gas=GAS)
        self._retry_at.pop(send.position, None)
        self.executed += 1

    async def _call(self, artifact: str, to: str, function: str, *args: Any) -> Any:
        contract = nitro(artifact)
        call = {"to": to, "data": contract.encode(function, *args)}
        answer = await self.sender.node.rpc("eth_call", call, "latest")
        return contract.decode_output(function, answer)
