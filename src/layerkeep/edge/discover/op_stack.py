"""Finding an OP Stack chain's bridge from its predeploys, and proving whose child it is."""

from collections.abc import Mapping

from layerkeep.core.adapter import CHILD, PARENT
from layerkeep.core.topology.standard import STANDARD_ADDRESSES
from layerkeep.core.units import Address
from layerkeep.edge.discover.chains import Sight
from layerkeep.edge.discover.links import Bridge, claimed_child, follow
from layerkeep.edge.discover.reads import view, view_uint


async def find_bridge(
    child: Sight, parent: Sight, hints: Mapping[str, Address]
) -> tuple[Bridge, str] | None:
    """The bridge between two chains and what proves it, or None if there is no proof of one.

    `hints` gives contracts of the parent by role; the predeploys usually lead to all of them.
    """
    bridge = Bridge("op_stack", {CHILD: child.rpc, PARENT: parent.rpc})
    for role, address in STANDARD_ADDRESSES["op_stack"].items():
        bridge.found[CHILD, role] = address
    bridge.found |= {(PARENT, role): address for role, address in hints.items()}
    await follow(bridge)
    if (PARENT, "portal") not in bridge.found:
        return None
    claim = await claimed_child(bridge)
    if claim is not None:
        return (bridge, f"{claim[0]} is {claim[1]}") if claim[1] == child.chain_id else None
    proof = await _origin_proof(child, parent)
    return None if proof is None else (bridge, proof)


async def _origin_proof(child: Sight, parent: Sight) -> str | None:
    """The parent's block that the child says it was derived from is a block of the parent."""
    l1_block = STANDARD_ADDRESSES["op_stack"]["l1_block"]
    number = await view_uint(child.rpc, l1_block, "number()")
    origin = await view(child.rpc, l1_block, "hash()")
    if number is None or origin is None:
        return None
    block = await parent.rpc.call("eth_getBlockByNumber", [hex(number), False])
    if not isinstance(block, dict) or block.get("hash") != origin:
        return None
    return f"its origin {origin} is block {number} of {parent.name}"
