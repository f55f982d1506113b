"""Users whose messages come to grief; idle until they are switched on."""

import asyncio
import time

from layerkeep.devnet.accounts import account
from layerkeep.devnet.actor import Actor
from layerkeep.devnet.l2.system import L2
from layerkeep.devnet.layers import Ethereum, Orbit
from layerkeep.devnet.plan import DevnetPlan
from layerkeep.devnet.sender import Sender
from layerkeep.devnet.traffic import Send, failing_deposit, stranded_ticket

POLL_S = 0.25
FAILING_AT_ONCE = 4  # deposits that fail one right after the other
FAILING_EVERY_S = 2.0
STRANDED_EVERY_S = 10.0


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


def troubles(plan: DevnetPlan, l1: Ethereum, l2: L2, orbit: Orbit) -> list[Actor]:
    """Deposits whose target reverts on L2, and tickets without gas that nobody redeems at once."""
    on_l1 = Sender(l1.node, account("user_failing"), plan.l1_chain_id)
    on_l2 = Sender(l2.chain, account("user_stranded"), plan.l2_chain_id)
    failing = failing_deposit(on_l1, l1.contracts)
    stranded = stranded_ticket(on_l2, orbit.l3.contracts)
    return [
        Trouble("trouble_l1_l2", FAILING_EVERY_S, on_l1, [failing] * FAILING_AT_ONCE),
        Trouble("trouble_l2_l3", STRANDED_EVERY_S, on_l2, [stranded]),
    ]
