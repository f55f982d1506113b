"""The rollup contract on the L2, as validators call it."""

from typing import Any

from layerkeep.devnet.artifacts import nitro, op, upgrade_executor
from layerkeep.devnet.l3.assertions import STATE_ABI, Assertion, State, from_log
from layerkeep.devnet.l3.contracts import WETH, L3Contracts
from layerkeep.devnet.node import Rpc
from layerkeep.devnet.sender import Sender

CONFIG_ABI = "(bytes32,uint256,address,uint64,uint64)"
INPUTS_ABI = f"((bytes32,bytes32,{CONFIG_ABI}),{STATE_ABI},{STATE_ABI})"
NEW_STAKE = f"newStakeOnNewAssertion(uint256,{INPUTS_ABI},bytes32)"
NO_EDGE = bytes(32)
GAS = 1_500_000
FIRST_CHILD, SECOND_CHILD, STATUS = 0, 1, 4  # places in the answer of getAssertion


class Rollup:
    """Reads of the rollup, and its validators' and owner's transactions."""

    def __init__(self, parent: Rpc, contracts: L3Contracts) -> None:
        self.parent = parent
        self.contracts = contracts
        self.user = nitro("RollupUserLogic")

    async def read(self, function: str, *args: Any) -> Any:
        """What a view function of the rollup answers."""
        call = {"to": self.contracts.rollup, "data": self.user.encode(function, *args)}
        answer = await self.parent.rpc("eth_call", call, "latest")
        return self.user.decode_output(function, answer)

    async def exists(self, assertion_hash: bytes) -> bool:
        """Whether the assertion is on the L2."""
        return int((await self.read("getAssertion", assertion_hash))[STATUS]) != 0

    async def has_rivals(self, parent_hash: bytes) -> bool:
        """Whether the assertion has two children, which contradict each other."""
        return int((await self.read("getAssertion", parent_hash))[SECOND_CHILD]) != 0

    async def may_stake(self, staker: str, on: Assertion) -> bool:
        """Whether the account may stake on a child of `on`: its last stake is there or built on."""
        if not await self.read("isStaked", staker):
            return True
        last = await self.read("latestStakedAssertion", staker)
        return last == on.hash or int((await self.read("getAssertion", last))[FIRST_CHILD]) != 0

    async def inbox_acc(self, position: int) -> bytes:
        """The accumulator of all batches before `position`."""
        bridge = nitro("Bridge")
        data = bridge.encode("sequencerInboxAccs", position - 1)
        answer = await self.parent.rpc("eth_call", {"to": self.contracts.bridge, "data": data})
        return bytes.fromhex(answer[2:])

    async def confirmed(self) -> Assertion:
        """The newest confirmed assertion: at first the one that the rollup was created with."""
        return await self._logged(await self.read("latestConfirmed"))

    async def find(self, on: Assertion, after: State) -> Assertion | None:
        """The assertion of this state, if it is on the L2 already."""
        expected = on.child_hash(after, await self.inbox_acc(after.inbox_position))
        return await self._logged(expected) if await self.exists(expected) else None

    async def _logged(self, assertion_hash: bytes) -> Assertion:
        created = self.user.event("AssertionCreated")
        query = {
            "fromBlock": hex(self.contracts.created_at),
            "address": self.contracts.rollup,
            "topics": [created.topic, "0x" + assertion_hash.hex()],
        }
        (log,) = await self.parent.rpc("eth_getLogs", query)
        return from_log(created.decode(log), int(log["blockNumber"], 16))

    async def stake(self, sender: Sender, on: Assertion, after: State) -> Assertion:
        """A new assertion with the sender's stake on it, its first stake if need be."""
        expected = on.child_hash(after, await self.inbox_acc(after.inbox_position))
        inputs = on.inputs(after)
        if await self.read("isStaked", sender.address):
            data = self.user.encode("stakeOnNewAssertion", inputs, expected)
        else:
            amount_wei: int = on.config[1]
            await self._wrap(sender, amount_wei)
            data = self.user.encode(NEW_STAKE, amount_wei, inputs, expected)
        return await self._created(sender, data)

    async def fast_confirm(self, sender: Sender, on: Assertion, after: State) -> Assertion:
        """A new assertion, confirmed in the same transaction by the trusted fast confirmer."""
        expected = on.child_hash(after, await self.inbox_acc(after.inbox_position))
        data = self.user.encode("fastConfirmNewAssertion", on.inputs(after), expected)
        return await self._created(sender, data)

    async def confirm(self, sender: Sender, on: Assertion, one: Assertion) -> None:
        """The assertion is confirmed, its time being over and no rival there."""
        data = self.user.encode(
            "confirmAssertion",
            one.hash,
            on.hash,
            one.state.values(),
            NO_EDGE,
            on.config,
            one.inbox_acc,
        )
        await sender.call(self.contracts.rollup, data, gas=GAS)

    async def force_confirm(self, owner: Sender, on: Assertion, one: Assertion) -> None:
        """The owner decides for the assertion: pause, confirm by force, resume."""
        admin = nitro("RollupAdminLogic")
        state = one.state.values()
        confirm = admin.encode("forceConfirmAssertion", one.hash, on.hash, state, one.inbox_acc)
        if not await self.read("paused"):
            await self.as_owner(owner, self.contracts.rollup, admin.encode("pause"))
        await self.as_owner(owner, self.contracts.rollup, confirm)
        await self.as_owner(owner, self.contracts.rollup, admin.encode("resume"))

    async def as_owner(self, owner: Sender, target: str, data: str) -> None:
        """The owner's call of one of the rollup's contracts is carried out."""
        call = upgrade_executor().encode("executeCall", target, bytes.fromhex(data[2:]))
        await owner.call(self.contracts.upgrade_executor, call, gas=GAS)

    async def _wrap(self, sender: Sender, amount_wei: int) -> None:
        weth = op("WETH")
        await sender.call(WETH, weth.encode("deposit"), value=amount_wei)
        await sender.call(WETH, weth.encode("approve", self.contracts.rollup, amount_wei))

    async def _created(self, sender: Sender, data: str) -> Assertion:
        receipt = await sender.call(self.contracts.rollup, data, gas=GAS)
        created = self.user.event("AssertionCreated")
        log = next(log for log in receipt["logs"] if log["topics"][0] == created.topic)
        return from_log(created.decode(log), int(receipt["blockNumber"], 16))
