"""Users whose messages come to grief; idle until they are switched on."""

import asyncio
import time
from typing import ClassVar

from layerkeep.devnet.accounts import account
from layerkeep.devnet.actor import Actor
from layerkeep.devnet.l2.system import L2
from layerkeep.devnet.layers import Ethereum, Orbit
from layerkeep.devnet.plan import DevnetPlan
from layerkeep.devnet.sender import Sender
from layerkeep.devnet.traffic import (
    Send,
    failing_deposit,
    refused_deposit,
    refused_no_more,
    stranded_ticket,
)

POLL_S = 0.25
FAILING_AT_ONCE = 4  # deposits that fail one right after the other
FAILING_EVERY_S = 2.0
STRANDED_EVERY_S = 10.0
REFUSED_AT_ONCE = 6


class Trouble(Actor):
    """Sends several messages of one kind at once, again and again while it is enabled."""

    def __init__(self, name: str, every_s: float, sender: Sender, sends: list[Send]) -> None:
        super().__init__(name, POLL_S)
        self.every_s = every_s
        self.sender = sender
        self.sends = sends
        self.enabled = False
        self._due = 0.0

    async def step(self) -> None:
        """One helping is sent if it is time for one, and each of it is in a block."""
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + self.every_s
        hashes = [await send() for send in self.sends]
        await asyncio.gather(*(self.sender.receipt(one) for one in hashes))


class Refused(Actor):
    """Told to, sends deposits that their target refuses; told no more, mends the target."""

    LIES: ClassVar[tuple[str, ...]] = ("send",)

    def __init__(self, sender: Sender, sends: list[Send], mender: Sender, mends: list[Send]):
        super().__init__("trouble_refused", POLL_S)
        self.parts = {"send": (sender, sends), None: (mender, mends)}
        self._last: str | None = None

    async def step(self) -> None:
        """What it was told last is done once, and is in blocks."""
        if self.lie == self._last:
            return
        self._last = self.lie
        sender, sends = self.parts[self.lie]
        for one in [await send() for send in sends]:
            await sender.receipt(one)


def troubles(plan: DevnetPlan, l1: Ethereum, l2: L2, orbit: Orbit) -> list[Actor]:
    """Deposits whose target reverts on L2, for good or until mended; tickets nobody redeems."""
    on_l1 = Sender(l1.node, account("user_failing"), plan.l1_chain_id)
    on_l2 = Sender(l2.chain, account("user_stranded"), plan.l2_chain_id)
    failing = failing_deposit(on_l1, l1.contracts)
    stranded = stranded_ticket(on_l2, orbit.l3.contracts)
    refused_on_l1 = Sender(l1.node, account("user_refused"), plan.l1_chain_id)
    refused_on_l2 = Sender(l2.chain, account("user_refused"), plan.l2_chain_id)
    refused = refused_deposit(refused_on_l1, l1.contracts)
    mended = refused_no_more(refused_on_l2)
    return [
        Trouble("trouble_l1_l2", FAILING_EVERY_S, on_l1, [failing] * FAILING_AT_ONCE),
        Trouble("trouble_l2_l3", STRANDED_EVERY_S, on_l2, [stranded]),
        Refused(refused_on_l1, [refused] * REFUSED_AT_ONCE, refused_on_l2, mended),
    ]
