"""The users of a devnet: who they are, what they own on each layer, which route they use."""

import random

from layerkeep.devnet.accounts import account
from layerkeep.devnet.actor import Actor
from layerkeep.devnet.artifacts import nitro, op
from layerkeep.devnet.l2.system import L2
from layerkeep.devnet.layers import Ethereum, Orbit
from layerkeep.devnet.node import Rpc
from layerkeep.devnet.plan import DevnetPlan
from layerkeep.devnet.sender import Sender
from layerkeep.devnet.traffic import (
    Traffic,
    l1_to_l2,
    l1_to_l3,
    l2_to_l1,
    l2_to_l3,
    l3_to_l1,
    l3_to_l2,
)

L3_USERS = ("user_l3_sends", "user_two_hop", "treasury")
L3_FUNDS_WEI = 100 * 10**18
BACKING_WEI = 100 * 10**18
DEPOSIT_GAS = 600_000


async def fund_l3_users(plan: DevnetPlan, l2: L2, orbit: Orbit) -> None:
    """Deposits to the L3 wait for the next L2 block: the L3 has no other money."""
    deposit = nitro("Inbox").encode("depositEth()")
    for role in L3_USERS:
        sender = Sender(l2.chain, account(role), plan.l2_chain_id)
        inbox = orbit.l3.contracts.inbox
        await sender.send(inbox, deposit, value=L3_FUNDS_WEI, gas=DEPOSIT_GAS)


async def back_l2_money(plan: DevnetPlan, l1: Ethereum) -> None:
    """What L2 users own from genesis can be withdrawn: the portal has something to pay with."""
    donor = Sender(l1.node, account("user_deposits"), plan.l1_chain_id)
    give = op("OptimismPortal2").encode("donateETH")
    await donor.send(l1.contracts.portal, give, value=BACKING_WEI)


def users(plan: DevnetPlan, l1: Ethereum, l2: L2, orbit: Orbit) -> list[Actor]:
    """One generator for each route and each journey over all three layers."""
    chance = random.Random(plan.seed)
    chains: dict[str, tuple[Rpc, int]] = {
        "l1": (l1.node, plan.l1_chain_id),
        "l2": (l2.chain, plan.l2_chain_id),
        "l3": (orbit.l3.chain, plan.l3_chain_id),
    }

    def user(role: str, layer: str) -> Sender:
        node, chain_id = chains[layer]
        return Sender(node, account(role), chain_id)

    depositor, withdrawer = user("user_deposits", "l1"), user("user_withdrawals", "l2")
    l3_depositor, l3_sender = user("user_l3_deposits", "l2"), user("user_l3_sends", "l3")
    down, up = user("user_two_hop", "l1"), user("user_two_hop", "l3")
    contracts = orbit.l3.contracts
    return [
        Traffic("traffic_l1_l2", 2.0, depositor, l1_to_l2(depositor, l1.contracts, chance)),
        Traffic("traffic_l2_l1", 3.0, withdrawer, l2_to_l1(withdrawer, chance)),
        Traffic("traffic_l2_l3", 3.0, l3_depositor, l2_to_l3(l3_depositor, contracts, chance)),
        Traffic("traffic_l3_l2", 4.0, l3_sender, l3_to_l2(l3_sender, chance)),
        Traffic("traffic_l1_l3", 7.0, down, l1_to_l3(down, l1.contracts, orbit.two_hop, chance)),
        Traffic("traffic_l3_l1", 9.0, up, l3_to_l1(up, orbit.two_hop, chance)),
    ]
