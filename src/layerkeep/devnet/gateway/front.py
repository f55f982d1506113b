"""The gateway of a whole devnet: every chain and replica, with what each layer knows of itself."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from layerkeep.devnet.accounts import account
from layerkeep.devnet.actor import Actor
from layerkeep.devnet.gateway.admin import Admin, Reorg
from layerkeep.devnet.gateway.arbitrum import ArbitrumDialect
from layerkeep.devnet.gateway.beacon import Beacon
from layerkeep.devnet.gateway.chain import Chain
from layerkeep.devnet.gateway.operators import Operators
from layerkeep.devnet.gateway.optimism import OptimismDialect
from layerkeep.devnet.gateway.server import Gateway
from layerkeep.devnet.gateway.source import Source
from layerkeep.devnet.l1.contracts import BATCH_INBOX, L2_GAS_LIMIT
from layerkeep.devnet.l1.producer import L1Producer
from layerkeep.devnet.l2.builder import Builder, Replica
from layerkeep.devnet.l2.system import L2
from layerkeep.devnet.l3.heads import l3_heads
from layerkeep.devnet.l3.sequencer import L3Sequencer
from layerkeep.devnet.l3.validator import L3Validator
from layerkeep.devnet.layers import Ethereum, Orbit
from layerkeep.devnet.node import free_port
from layerkeep.devnet.plan import DevnetPlan

DRIFT_S_MAX = 1800
SEQUENCING_WINDOW_BLOCKS = 3600
CHANNEL_TIMEOUT_BLOCKS = 50
NO_ROOT = "0x" + "00" * 32
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Floors:
    """The three layers that a gateway stands before."""

    plan: DevnetPlan
    l1: Ethereum
    l2: L2
    orbit: Orbit
    port: int = 0  # any free one if zero


def front_door(
    floors: Floors, actors: Mapping[str, Actor], reorgs: Mapping[str, Reorg] | None = None
) -> Gateway:
    """The gateway, not started yet; `reorgs` adds to or replaces those of L1 and L3."""
    sequencer = _operator(floors.orbit, L3Sequencer)
    validator = _operator(floors.orbit, L3Validator)
    own_reorgs: dict[str, Reorg] = {"l1": _l1_reorg(floors.l1), "l3": sequencer.reorg}
    l2_chain, l3 = floors.l2.chain, floors.orbit.l3
    l2_heads = floors.l2.derivation.heads
    chains = [
        Chain(
            name="l1",
            sources={letter: Source(floors.l1.node) for letter in "ab"},
            heads=floors.l1.producer.heads,
        ),
        Chain(
            name="l2",
            sources=_sources(l2_chain.builder),
            dialect=OptimismDialect(SettledL1(floors.l1.producer), l2_heads, rollup_config(floors)),
            mempool=l2_chain.mempool,
            heads=l2_heads,
        ),
        Chain(
            name="l3",
            sources=_sources(l3.chain.builder),
            dialect=ArbitrumDialect(l3, l2_chain, sequencer, validator),
            mempool=l3.chain.mempool,
            heads=l3_heads(l3.ledger, l2_heads),
        ),
    ]
    admin = Admin(actors, own_reorgs | dict(reorgs or {}))
    beacon = Beacon(floors.l1.node, floors.plan.l1_block_s)
    ids = list(floors.plan.chain_ids().values())
    operators = Operators(floors.l2.sequencer, floors.l2.batcher, ids)
    port = floors.port or free_port()
    return Gateway(port, chains, admin, beacon=beacon, operators=operators)


@dataclass(frozen=True, slots=True)
class SettledL1:
    """The L1 node as a rollup node asks it: the producer knows what is safe and finalized."""

    producer: L1Producer

    async def rpc(self, method: str, *params: Any) -> Any:
        """The node's answer, the settled tags made numbers first."""
        heads = self.producer.heads()
        resolved = [hex(heads[one]) if one in heads else one for one in params]
        return await self.producer.node.rpc(method, *resolved)


def rollup_config(floors: Floors) -> dict[str, Any]:
    """The L2's configuration as op-node answers it."""
    plan, contracts = floors.plan, floors.l1.contracts
    genesis = floors.l2.sequencer.ledger.block(0)
    assert genesis is not None, "the L2 has begun"
    return {
        "genesis": {
            "l1": {"hash": genesis.origin.hash, "number": genesis.origin.number},
            "l2": {"hash": genesis.hash, "number": 0},
            "l2_time": genesis.timestamp,
            "system_config": {
                "batcherAddr": account("batcher").address,
                "overhead": NO_ROOT,
                "scalar": NO_ROOT,
                "gasLimit": L2_GAS_LIMIT,
            },
        },
        "block_time": round(plan.l2_block_s),
        "max_sequencer_drift": DRIFT_S_MAX,
        "seq_window_size": SEQUENCING_WINDOW_BLOCKS,
        "channel_timeout": CHANNEL_TIMEOUT_BLOCKS,
        "l1_chain_id": plan.l1_chain_id,
        "l2_chain_id": plan.l2_chain_id,
        "regolith_time": 0,
        "canyon_time": 0,
        "delta_time": 0,
        "ecotone_time": 0,
        "batch_inbox_address": BATCH_INBOX,
        "deposit_contract_address": contracts.portal,
        "l1_system_config_address": contracts.system_config,
    }


def _operator(orbit: Orbit, kind: type[T]) -> T:
    return next(one for one in orbit.operators if isinstance(one, kind))


def _sources(builder: Builder) -> dict[str, Source]:
    """The sequencer's node as replica a, its followers as b and on."""
    found = {"a": Source(builder.node, builder.lock)}
    for letter, replica in zip("bcdefgh", builder.replicas, strict=False):
        fork = _fork(builder, replica)
        found[letter] = Source(replica.node, replica.lock, fork, replica.status)
    return found


def _fork(builder: Builder, replica: Replica) -> Callable[[bool], Awaitable[None]]:
    async def fork(leave: bool) -> None:
        if leave:
            replica.forked = True
        else:
            await replica.heal(builder.history)

    return fork


def _l1_reorg(l1: Ethereum) -> Reorg:
    async def reorg(depth: int, keep: bool) -> None:
        await l1.producer.reorg(depth, keep=keep)

    return reorg
