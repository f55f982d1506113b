"""Faults of bridges and of what travels over them."""

from layerkeep.core.units import SECOND, Duration
from layerkeep.devnet.drills.fault import Fault, lying, started, stopped, together

BRIDGE_FAULTS = (
    Fault(
        name="forged-withdrawal",
        does="A withdrawal that its chain never made is paid: the parent's storage was edited.",
        kind="withdrawal-forged",
        places={
            "bridge:l2": lying("l2_forger", "forge-withdrawal"),
            "bridge:l3": lying("l3_forger", "forge-withdrawal"),
        },
        recovery=Duration(10 * SECOND),
        lasting=True,
    ),
    Fault(
        name="unbacked-mint",
        does="Each L2 block executes a deposit that nobody made, minting ether.",
        kind="delivery-forged",
        places={"bridge:l2": lying("l2_sequencer", "unbacked-mint")},
        recovery=Duration(10 * SECOND),
        lasting=True,
    ),
    Fault(
        name="paused-portal",
        does="Who may stop the bridge does: withdrawals of l2; of l3 deposits and assertions.",
        kind="bridge-paused",
        places={
            "bridge:l2": lying("l1_guardian", "pause"),
            "bridge:l3": lying("l3_owner", "pause"),
        },
        recovery=Duration(20 * SECOND),
    ),
    Fault(
        name="retryable-expiring",
        does="Tickets without gas are created on l3, and nobody redeems them until they expire.",
        kind="message-expiring",
        places={"route:l2->l3": together(stopped("l3_redeemer"), started("trouble_l2_l3"))},
        recovery=Duration(30 * SECOND),
    ),
    Fault(
        name="relay-failing",
        does="Deposits come several in a row whose target reverts.",
        kind="relays-failing",
        places={"route:l1->l2": started("trouble_l1_l2")},
        recovery=Duration(15 * SECOND),
        lasting=True,
    ),
    Fault(
        name="relay-refused",
        does="Six deposits come whose target reverts until it is mended; relayed again they work.",
        kind="relays-failing",
        places={"route:l1->l2": lying("trouble_refused", "send")},
        recovery=Duration(15 * SECOND),
        lasting=True,
    ),
    Fault(
        name="retryable-overlooked",
        does="A ticket without gas is created on l3, and the redeemer overlooks it.",
        kind="message-expiring",
        places={"route:l2->l3": lying("l3_redeemer", "overlook")},
        recovery=Duration(60 * SECOND),
        lasting=True,
    ),
)
