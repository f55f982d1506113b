"""Finding a Nitro chain's bridge on its parent, and those who post for it.

A Nitro chain does not know the contracts it settles through. They are found from a hint, or from
who delivers batches on the parent; either way only a rollup that names the child's chain id counts.
"""

from collections.abc import AsyncIterator, Mapping

from layerkeep.core.adapter import CHILD, PARENT
from layerkeep.core.keccak import topic0
from layerkeep.core.topology.standard import STANDARD_ADDRESSES
from layerkeep.core.units import Address
from layerkeep.edge.discover.chains import Sight
from layerkeep.edge.discover.links import ACTOR, Bridge, Place, claimed_child, follow
from layerkeep.edge.discover.reads import Rpc, stretches, view, view_address, view_uint

BATCH_DELIVERED = topic0(
    "SequencerBatchDelivered(uint256,bytes32,bytes32,bytes32,uint256,"
    "(uint64,uint64,uint64,uint64),uint8)"
)
ASSERTION_CREATED = topic0(
    "AssertionCreated(bytes32,bytes32,((bytes32,bytes32,(bytes32,uint256,address,uint64,uint64)),"
    "((bytes32[2],uint64[2]),uint8,bytes32),((bytes32[2],uint64[2]),uint8,bytes32)),"
    "bytes32,uint256,bytes32,uint256,address,uint64)"
)
NODE_CREATED = topic0(
    "NodeCreated(uint64,bytes32,bytes32,bytes32,(((bytes32[2],uint64[2]),uint8),"
    "((bytes32[2],uint64[2]),uint8),uint64),bytes32,bytes32,uint256)"
)
SENDERS_ASKED = 5  # the newest transactions may be forced ones, which anyone may send


async def find_bridge(
    child: Sight, parent: Sight, hints: Mapping[str, Address]
) -> tuple[Bridge, str] | None:
    """The bridge between two chains and what proves it, or None if there is no proof of one.

    `hints` gives contracts of the parent by role; without any, the parent's logs are searched.
    """
    if hints:
        return await _proven({(PARENT, role): at for role, at in hints.items()}, child, parent)
    async for address in _delivering(parent.rpc):
        found = await _proven({(PARENT, "sequencer_inbox"): address}, child, parent)
        if found is not None:
            return found
    return None


async def add_actors(bridge: Bridge) -> None:
    """Who posted the newest batch and the newest assertion, if the contracts confirm the job."""
    wanted = (
        ("batch_poster", "sequencer_inbox", "isBatchPoster(address)", (BATCH_DELIVERED,)),
        ("validator", "rollup", "isValidator(address)", (ASSERTION_CREATED, NODE_CREATED)),
    )
    for job, role, confirm, topics in wanted:
        contract = bridge.found.get((PARENT, role))
        if contract is None:
            continue
        for topic in topics:
            sender = await _confirmed_sender(bridge.rpcs[PARENT], contract, topic, confirm)
            if sender is not None:
                bridge.found[ACTOR, job] = sender
                break


async def _proven(
    start: Mapping[Place, Address], child: Sight, parent: Sight
) -> tuple[Bridge, str] | None:
    bridge = Bridge("nitro", {CHILD: child.rpc, PARENT: parent.rpc}, dict(start))
    for role, address in STANDARD_ADDRESSES["nitro"].items():
        bridge.found[CHILD, role] = address
    await follow(bridge)
    claim = await claimed_child(bridge)
    if claim is None or claim[1] != child.chain_id:
        return None
    await _add_executor(bridge)
    return bridge, f"{claim[0]} is {claim[1]}"


async def _add_executor(bridge: Bridge) -> None:
    """The rollup's owner, if it is a contract that lets executors act and not just an account."""
    rpc = bridge.rpcs[PARENT]
    owner = await view_address(rpc, bridge.found[PARENT, "rollup"], "owner()")
    if owner is not None and await view(rpc, owner, "EXECUTOR_ROLE()") is not None:
        bridge.found[PARENT, "upgrade_executor"] = owner


async def _delivering(rpc: Rpc) -> AsyncIterator[Address]:
    seen: set[Address] = set()
    async for logs in stretches(rpc, BATCH_DELIVERED):
        for log in logs:
            address = Address(str(log["address"]).lower())
            if address not in seen:
                seen.add(address)
                yield address


async def _confirmed_sender(
    rpc: Rpc, contract: Address, topic: str, confirm: str
) -> Address | None:
    async for logs in stretches(rpc, topic, contract):
        for log in logs[:SENDERS_ASKED]:
            tx = await rpc.call("eth_getTransactionByHash", [log["transactionHash"]])
            sender = Address(str(tx["from"]).lower())
            if await view_uint(rpc, contract, confirm, int(sender, 16)):
                return sender
        break
    return None
