"""Users who send messages between the layers, each kind at its own pace."""

import random
from collections.abc import Awaitable, Callable, Sequence

from layerkeep.devnet.accounts import account
from layerkeep.devnet.actor import Actor
from layerkeep.devnet.artifacts import op
from layerkeep.devnet.l1.contracts import L1Contracts
from layerkeep.devnet.l2.genesis import L2_MESSENGER, L2_STANDARD_BRIDGE, MESSAGE_PASSER
from layerkeep.devnet.sender import Sender

Send = Callable[[], Awaitable[str]]  # one message of one kind; answers the transaction's hash

DEPOSIT_GAS = 1_200_000
WITHDRAWAL_GAS = 600_000
MIN_GAS = 200_000
LEGACY_ETHER = "0xdeaddeaddeaddeaddeaddeaddeaddeaddead0000"
MILLIETHER = 10**15
FAILING_CALL = bytes.fromhex("deadbeef")  # no function of the messenger


class Traffic(Actor):
    """One route's messages, the kinds by turns; waits for each to be in a block."""

    def __init__(self, name: str, interval_s: float, sender: Sender, kinds: Sequence[Send]) -> None:
        super().__init__(name, interval_s)
        self.sender = sender
        self.kinds = kinds
        self.sent: list[str] = []

    async def step(self) -> None:
        """Sends one message."""
        tx_hash = await self.kinds[len(self.sent) % len(self.kinds)]()
        self.sent.append(tx_hash)
        await self.sender.receipt(tx_hash)


def l1_to_l2(sender: Sender, contracts: L1Contracts, chance: random.Random) -> list[Send]:
    """Deposits: through the messenger, the bridge, the bare portal, and to a target that fails."""
    messenger, bridge = op("L1CrossDomainMessenger"), op("L1StandardBridge")
    portal = op("OptimismPortal2")
    target = account("user_spare").address

    async def message() -> str:
        data = messenger.encode("sendMessage", target, b"", MIN_GAS)
        return await _pay(sender, contracts.l1_messenger, data, chance)

    async def bridged() -> str:
        data = bridge.encode("depositETHTo", target, MIN_GAS, b"")
        return await _pay(sender, contracts.l1_standard_bridge, data, chance)

    async def raw() -> str:
        amount = _amount(chance)
        data = portal.encode("depositTransaction", target, amount, 100_000, False, b"")
        return await sender.send(contracts.portal, data, value=amount, gas=DEPOSIT_GAS)

    async def failing() -> str:
        data = messenger.encode("sendMessage", L2_STANDARD_BRIDGE, FAILING_CALL, MIN_GAS)
        return await _pay(sender, contracts.l1_messenger, data, chance)

    return [message, bridged, raw, message, bridged, raw, failing]


def l2_to_l1(sender: Sender, chance: random.Random) -> list[Send]:
    """Withdrawals: through the bridge, the messenger, and the bare message passer."""
    messenger, bridge = op("L2CrossDomainMessenger"), op("L2StandardBridge")
    passer = op("L2ToL1MessagePasser")
    target = account("user_spare").address

    async def bridged() -> str:
        amount = _amount(chance)
        args = (LEGACY_ETHER, target, amount, MIN_GAS, b"")
        data = bridge.encode("withdrawTo", *args)
        return await sender.send(L2_STANDARD_BRIDGE, data, value=amount, gas=WITHDRAWAL_GAS)

    async def message() -> str:
        data = messenger.encode("sendMessage", target, b"", MIN_GAS)
        amount = _amount(chance)
        return await sender.send(L2_MESSENGER, data, value=amount, gas=WITHDRAWAL_GAS)

    async def raw() -> str:
        data = passer.encode("initiateWithdrawal", target, 100_000, b"")
        amount = _amount(chance)
        return await sender.send(MESSAGE_PASSER, data, value=amount, gas=WITHDRAWAL_GAS)

    return [bridged, message, raw]


def _amount(chance: random.Random) -> int:
    return chance.randrange(1, 50) * MILLIETHER


async def _pay(sender: Sender, to: str, data: str, chance: random.Random) -> str:
    return await sender.send(to, data, value=_amount(chance), gas=DEPOSIT_GAS)
