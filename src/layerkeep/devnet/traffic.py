"""Users who send messages between the layers, each kind at its own pace."""

import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from layerkeep.devnet.accounts import account
from layerkeep.devnet.actor import Actor
from layerkeep.devnet.artifacts import nitro, op, own
from layerkeep.devnet.contract import Contract
from layerkeep.devnet.l1.contracts import L1Contracts
from layerkeep.devnet.l2.genesis import L2_MESSENGER, L2_STANDARD_BRIDGE, MESSAGE_PASSER, WETH
from layerkeep.devnet.l3.contracts import ARB_SYS, L3Contracts
from layerkeep.devnet.node import Rpc
from layerkeep.devnet.sender import Sender

Send = Callable[[], Awaitable[str]]  # one message of one kind; answers the transaction's hash

DEPOSIT_GAS = 1_200_000
WITHDRAWAL_GAS = 600_000
MIN_GAS = 200_000
TWO_HOP_GAS = 600_000
L3_SEND_GAS = 1_000_000
L3_CALL_GAS = 100_000
L3_FEE_WEI = 10**9
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
        """Sends one message, once there is money to send."""
        if not self.sent and not await self._is_funded():
            return
        tx_hash = await self.kinds[len(self.sent) % len(self.kinds)]()
        self.sent.append(tx_hash)
        await self.sender.receipt(tx_hash)

    async def _is_funded(self) -> bool:
        balance = await self.sender.node.rpc("eth_getBalance", self.sender.address, "latest")
        return int(balance, 16) > 0

    def status(self) -> dict[str, Any]:
        """The switches, and how many messages were sent."""
        return super().status() | {"sent": len(self.sent)}


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

    failing = failing_deposit(sender, contracts)
    return [message, bridged, raw, message, bridged, raw, failing]


def failing_deposit(sender: Sender, contracts: L1Contracts) -> Send:
    """A deposit through the messenger to a target that refuses it."""

    async def failing() -> str:
        call = ("sendMessage", L2_STANDARD_BRIDGE, FAILING_CALL, MIN_GAS)
        data = op("L1CrossDomainMessenger").encode(*call)
        return await sender.send(contracts.l1_messenger, data, value=MILLIETHER, gas=DEPOSIT_GAS)

    return failing


def refused_deposit(sender: Sender, contracts: L1Contracts) -> Send:
    """A deposit that moves wrapped ether of the L2 messenger, which reverts while it has none."""

    async def refused() -> str:
        move = op("WETH").encode("transfer", account("user_spare").address, MILLIETHER)
        call = ("sendMessage", WETH, bytes.fromhex(move[2:]), MIN_GAS)
        data = op("L1CrossDomainMessenger").encode(*call)
        return await sender.send(contracts.l1_messenger, data, gas=DEPOSIT_GAS)

    return refused


def refused_no_more(sender: Sender) -> list[Send]:
    """Wraps ether on L2 and gives it to the messenger: what was refused works when tried again."""
    weth, amount = op("WETH"), 100 * MILLIETHER

    async def wrap() -> str:
        return await sender.send(WETH, weth.encode("deposit"), value=amount, gas=WITHDRAWAL_GAS)

    async def give() -> str:
        data = weth.encode("transfer", L2_MESSENGER, amount)
        return await sender.send(WETH, data, gas=WITHDRAWAL_GAS)

    return [wrap, give]


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


def l2_to_l3(sender: Sender, l3: L3Contracts, chance: random.Random) -> list[Send]:
    """Deposits and retryable tickets; one kind has to be redeemed by somebody else."""
    inbox = nitro("Inbox")

    async def deposit() -> str:
        data = inbox.encode("depositEth()")
        return await sender.send(l3.inbox, data, value=_amount(chance), gas=WITHDRAWAL_GAS)

    async def redeemed_at_once() -> str:
        return await _ticket(sender, l3, _amount(chance), L3_CALL_GAS)

    async def left_open() -> str:
        return await _ticket(sender, l3, _amount(chance), 0)

    return [redeemed_at_once, deposit, redeemed_at_once, left_open]


def stranded_ticket(sender: Sender, l3: L3Contracts) -> Send:
    """A retryable ticket without gas, which somebody else has to redeem."""

    async def stranded() -> str:
        return await _ticket(sender, l3, MILLIETHER, 0)

    return stranded


async def _ticket(sender: Sender, l3: L3Contracts, amount: int, gas: int) -> str:
    """Asks for a retryable ticket; without gas it asks for no attempt either."""
    target, fee_wei = account("user_spare").address, L3_FEE_WEI if gas else 0
    submission = await submission_fee(sender.node, l3, 0)
    args = (target, amount, submission, target, target, gas, fee_wei, b"")
    data = nitro("Inbox").encode("createRetryableTicket", *args)
    value = amount + submission + gas * fee_wei
    return await sender.send(l3.inbox, data, value=value, gas=WITHDRAWAL_GAS)


def l3_to_l2(sender: Sender, chance: random.Random) -> list[Send]:
    """Messages of the L3: ether for an account on L2, and a call of a contract there."""
    target = account("user_spare").address

    async def withdraw() -> str:
        data = own("ArbSysEmu").encode("withdrawEth", target)
        return await sender.send(ARB_SYS, data, value=_amount(chance), gas=L3_SEND_GAS)

    async def message() -> str:
        wrap = bytes.fromhex(op("WETH").encode("deposit")[2:])
        data = own("ArbSysEmu").encode("sendTxToL1", WETH, wrap)
        return await sender.send(ARB_SYS, data, value=_amount(chance), gas=L3_SEND_GAS)

    return [withdraw, message]


def l1_to_l3(sender: Sender, l1: L1Contracts, stop: str, chance: random.Random) -> list[Send]:
    """Deposits whose transaction on L2 itself creates a retryable ticket for the L3."""
    target = account("user_spare").address

    async def journey() -> str:
        to_l3 = own("TwoHop").encode("toL3", target, L3_CALL_GAS, L3_FEE_WEI, b"")
        args = (stop, bytes.fromhex(to_l3[2:]), TWO_HOP_GAS)
        data = op("L1CrossDomainMessenger").encode("sendMessage", *args)
        return await _pay(sender, l1.l1_messenger, data, chance)

    return [journey]


def l3_to_l1(sender: Sender, stop: str, chance: random.Random) -> list[Send]:
    """Messages whose execution on L2 itself starts a withdrawal to L1."""
    target = account("user_spare").address

    def journey(*, via_messenger: bool) -> Send:
        async def send() -> str:
            to_l1 = own("TwoHop").encode("toL1", target, MIN_GAS, b"", via_messenger)
            args = (stop, bytes.fromhex(to_l1[2:]))
            data = own("ArbSysEmu").encode("sendTxToL1", *args)
            return await sender.send(ARB_SYS, data, value=_amount(chance), gas=L3_SEND_GAS)

        return send

    return [journey(via_messenger=False), journey(via_messenger=True)]


async def submission_fee(node: Rpc, l3: L3Contracts, length: int) -> int:
    """What a ticket with so many bytes of payload costs, with room for a rising base fee."""
    inbox = Contract(nitro("Inbox"), l3.inbox)
    fee_wei: int = await inbox.read(node, "calculateRetryableSubmissionFee", length, 0)
    return 2 * fee_wei


def _amount(chance: random.Random) -> int:
    return chance.randrange(1, 50) * MILLIETHER


async def _pay(sender: Sender, to: str, data: str, chance: random.Random) -> str:
    return await sender.send(to, data, value=_amount(chance), gas=DEPOSIT_GAS)
