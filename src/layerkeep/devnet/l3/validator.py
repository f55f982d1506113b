"""The L3's validator: claims on the L2 what each batch makes of the L3, and confirms its claims."""

from typing import Any, ClassVar

from layerkeep.core.keccak import keccak256
from layerkeep.devnet.accounts import account
from layerkeep.devnet.actor import Actor
from layerkeep.devnet.errors import DevnetError
from layerkeep.devnet.l3.assertions import Assertion, State
from layerkeep.devnet.l3.chain import L3
from layerkeep.devnet.l3.deploy import RIVALS, SPARES
from layerkeep.devnet.l3.rollup import Rollup
from layerkeep.devnet.sender import Sender

REMEMBERED_MAX = 200  # assertions; an L2 reorg reaches back over far fewer
FUNDS_WEI = 10**18


class L3Validator(Actor):
    """Keeps a chain of assertions growing; with the lie, a second account contradicts it.

    While two assertions contradict each other none is confirmed. When the lie is over, the
    rollup's owner confirms the true one by force.
    """

    LIES: ClassVar[tuple[str, ...]] = ("wrong-assertion", "withhold")

    def __init__(
        self, l3: L3, sender: Sender, *, fast: bool = False, interval_s: float = 0.5
    ) -> None:
        super().__init__("l3_validator", interval_s)
        self.l3 = l3
        self.sender = sender
        self.fast = fast
        self.rollup = Rollup(sender.node, l3.contracts)
        self.asserted = 0
        self.confirmed = 0
        self._chain: list[Assertion] = []
        self._rivals = list(RIVALS)
        self._spares = list(SPARES)

    async def step(self) -> None:
        """The oldest assertion is confirmed if its time has come, and a new one made if it can.

        Whatever fails, the next step begins with what the L2 says is confirmed.
        """
        try:
            await self._advance()
        except DevnetError:
            self._chain = []
            raise

    async def _advance(self) -> None:
        await self._catch_up()
        latest = await self.rollup.read("latestConfirmed")
        at = next((at for at, one in enumerate(self._chain) if one.hash == latest), None)
        if at is None:
            raise DevnetError(f"assertion 0x{latest.hex()} was confirmed, but is not ours")
        pending = self._chain[at + 1 :]
        if pending:
            await self._decide(self._chain[at], pending[0])
        if self.lie != "withhold":
            await self._assert_next(unconfirmed=len(pending))
        self._chain = self._chain[-REMEMBERED_MAX:]

    def status(self) -> dict[str, Any]:
        """The switches, and how many assertions were made and confirmed."""
        return super().status() | {"asserted": self.asserted, "confirmed": self.confirmed}

    def latest(self) -> State | None:
        """What the newest assertion claims, once there is one."""
        return self._chain[-1].state if self._chain else None

    async def _catch_up(self) -> None:
        """Assertions that an L2 reorg took away are forgotten."""
        if not self._chain:
            self._chain = [await self.rollup.confirmed()]
        while not await self.rollup.exists(self._chain[-1].hash):
            self._chain.pop()
            if not self._chain:
                raise DevnetError("no assertion of ours is left on the L2")

    async def _decide(self, on: Assertion, one: Assertion) -> None:
        """Confirms `one`, the child of the latest confirmed assertion, or disputes it."""
        disputed = await self.rollup.has_rivals(on.hash)
        if self.lie == "wrong-assertion":
            if not disputed:
                await self._contradict(on, one)
            return
        if disputed:
            owner = Sender(self.sender.node, account("deployer"), self.sender.chain_id)
            await self.rollup.force_confirm(owner, on, one)
        elif await self._due(on, one):
            await self.rollup.confirm(self.sender, on, one)
        else:
            return
        self.confirmed += 1

    async def _due(self, on: Assertion, one: Assertion) -> bool:
        confirm_blocks: int = on.config[3]
        head = int(await self.sender.node.rpc("eth_blockNumber"), 16)
        return head + 1 >= one.created_at + confirm_blocks

    async def _contradict(self, on: Assertion, one: Assertion) -> None:
        """A rival stakes on another state than `one`."""
        if not self._rivals:
            raise DevnetError("every rival's stake is lost; start the devnet anew for more")
        rival = await self._funded(self._rivals.pop(0))
        wrong = State(
            block_hash=keccak256(b"wrong" + one.state.block_hash),
            send_root=one.state.send_root,
            inbox_position=one.state.inbox_position,
        )
        await self.rollup.stake(rival, on, wrong)

    async def _take_over(self, tip: Assertion) -> None:
        """Another account goes on where a reorg has left this one's stake on a dead branch."""
        if await self.rollup.may_stake(self.sender.address, tip):
            return
        if not self._spares:
            raise DevnetError("every spare stake is on a dead branch; start the devnet anew")
        self.sender = await self._funded(self._spares.pop(0))

    async def _funded(self, role: str) -> Sender:
        newcomer = Sender(self.sender.node, account(role), self.sender.chain_id)
        await self.sender.call(newcomer.address, value=FUNDS_WEI)
        return newcomer

    async def _assert_next(self, *, unconfirmed: int) -> None:
        tip, batches = self._chain[-1], self.l3.ledger.batches
        position = tip.next_position
        if len(batches) < position:
            return
        block = self.l3.ledger.block(batches[position - 1].last_block)
        if block is None:
            return
        after = State(
            block_hash=bytes.fromhex(block.hash[2:]),
            send_root=block.send_root,
            inbox_position=position,
        )
        found = await self.rollup.find(tip, after)
        if found is not None:  # sent before, landed late
            made = found
        elif self.fast and unconfirmed == 0:
            made = await self.rollup.fast_confirm(self.sender, tip, after)
            self.confirmed += 1
        else:
            await self._take_over(tip)
            made = await self.rollup.stake(self.sender, tip, after)
        self._chain.append(made)
        self.asserted += 1
