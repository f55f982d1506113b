"""Contracts that stand at the same address on every chain of a stack.

OP Stack predeploys: https://specs.optimism.io/protocol/predeploys.html. Nitro precompiles:
https://docs.arbitrum.io/build-decentralized-apps/precompiles/reference. A topology may name them,
and names others on chains that moved them.
"""

from collections.abc import Mapping

from layerkeep.core.units import Address

STANDARD_ADDRESSES: Mapping[str, Mapping[str, Address]] = {
    "op_stack": {
        "l2_messenger": Address("0x4200000000000000000000000000000000000007"),
        "l2_standard_bridge": Address("0x4200000000000000000000000000000000000010"),
        "l2_erc721_bridge": Address("0x4200000000000000000000000000000000000014"),
        "l1_block": Address("0x4200000000000000000000000000000000000015"),
        "message_passer": Address("0x4200000000000000000000000000000000000016"),
    },
    "nitro": {
        "arb_sys": Address("0x0000000000000000000000000000000000000064"),
        "arb_retryable_tx": Address("0x000000000000000000000000000000000000006e"),
    },
}
"""By stack and role; every one of them lives on the child chain."""
