"""Each layer brought up on the one below: nodes, contracts, chain, operators."""

from dataclasses import dataclass
from pathlib import Path

from layerkeep.devnet.accounts import account
from layerkeep.devnet.actor import Actor
from layerkeep.devnet.artifacts import own
from layerkeep.devnet.deployer import Deployer
from layerkeep.devnet.l1.contracts import L1Contracts
from layerkeep.devnet.l1.deploy import deploy_l1
from layerkeep.devnet.l1.guardian import Guardian
from layerkeep.devnet.l1.producer import L1Producer
from layerkeep.devnet.l2.builder import Builder
from layerkeep.devnet.l2.chain import SequencedChain
from layerkeep.devnet.l2.genesis import l2_genesis
from layerkeep.devnet.l2.mempool import Mempool
from layerkeep.devnet.l2.system import L2, open_l2
from layerkeep.devnet.l3.chain import L3, open_l3
from layerkeep.devnet.l3.deploy import L3Setup, deploy_l3
from layerkeep.devnet.l3.executor import OutboxExecutor
from layerkeep.devnet.l3.forger import L3Forger
from layerkeep.devnet.l3.genesis import l3_args, l3_genesis
from layerkeep.devnet.l3.owner import RollupOwner
from layerkeep.devnet.l3.poster import L3BatchPoster
from layerkeep.devnet.l3.redeemer import RetryableRedeemer
from layerkeep.devnet.l3.sequencer import L3Sequencer
from layerkeep.devnet.l3.validator import L3Validator
from layerkeep.devnet.node import Anvil
from layerkeep.devnet.nodes import start_l1, start_l2, start_l3
from layerkeep.devnet.plan import DevnetPlan
from layerkeep.devnet.purse import Purse
from layerkeep.devnet.sender import Sender


@dataclass(frozen=True, slots=True)
class Ethereum:
    """The L1: its node, the contracts of the L2 on it, and who makes its blocks."""

    node: Anvil
    contracts: L1Contracts
    producer: L1Producer
    guardian: Guardian
    began_at: int

    def actors(self) -> list[Actor]:
        """Who makes blocks, and who may stop withdrawals."""
        return [self.producer, self.guardian]

    async def begin(self) -> None:
        """From now on L1's clock is the wall clock."""
        await self.node.rpc("anvil_removeBlockTimestampInterval")


@dataclass(frozen=True, slots=True)
class Orbit:
    """The L3: its chain, the stop for journeys over all layers, and its operators."""

    l3: L3
    two_hop: str
    operators: list[Actor]


class Nodes(list[Anvil]):
    """Every node started so far, so that a start that fails can stop them."""


async def raise_l1(plan: DevnetPlan, root: Path, nodes: Nodes) -> Ethereum:
    """The L1 with the OP Stack's contracts; its clock still stands."""
    node = await start_l1(plan, root)
    nodes.append(node)
    contracts = await deploy_l1(node, plan)
    head = await node.rpc("eth_getBlockByNumber", "latest", False)
    floor = int(head["number"], 16)
    producer = L1Producer(node, plan.l1_block_s, plan.l1_blocks_to_finality, floor)
    guardian = Guardian(node, contracts, plan.l1_chain_id)
    return Ethereum(node, contracts, producer, guardian, int(head["timestamp"], 16))


async def raise_l2(plan: DevnetPlan, root: Path, nodes: Nodes, l1: Ethereum) -> L2:
    """The L2 at its genesis block."""
    genesis = l2_genesis(l1.contracts, plan.l2_chain_id, l1.began_at)
    own_nodes = await start_l2(plan, root, genesis, 1 + plan.replicas)
    nodes += own_nodes
    return await open_l2(plan, l1.producer, l1.contracts, own_nodes)


async def raise_l3(plan: DevnetPlan, root: Path, nodes: Nodes, l2: L2) -> Orbit:
    """The L3 at its genesis block, its rollup's contracts in L2 blocks."""
    began_at = l2.sequencer.ledger.head.timestamp
    genesis = l3_genesis(plan.l3_chain_id, began_at, plan.ticket_lifetime_s)
    own_nodes = await start_l3(l3_args(plan.l3_chain_id), root, genesis, 1 + plan.replicas)
    nodes += own_nodes
    chain = SequencedChain(Builder(own_nodes[0], own_nodes[1:]), Mempool(plan.l3_chain_id))
    first = await chain.rpc("eth_getBlockByNumber", "0x0", False)
    l2_node = l2.chain.builder.node
    deployer = Deployer(l2_node, account("deployer"), plan.l2_chain_id, l2.landing())
    setup = L3Setup(chain_id=plan.l3_chain_id, genesis_hash=first["hash"])
    contracts = await deploy_l3(deployer, setup)
    two_hop = deployer.create(own("TwoHop"), contracts.inbox, contracts.bridge)
    await deployer.land()
    l3 = await open_l3(chain, l2.chain, contracts, plan.l3_chain_id)
    return Orbit(l3, two_hop, _l3_operators(plan, l2, l3))


def _l3_operators(plan: DevnetPlan, l2: L2, l3: L3) -> list[Actor]:
    def on_l2(role: str) -> Sender:
        return Sender(l2.chain, account(role), plan.l2_chain_id)

    redeemer = Sender(l3.chain, account("redeemer"), plan.l3_chain_id)
    return [
        L3Sequencer(l3, l2.chain, interval_s=plan.l3_block_s),
        L3BatchPoster(l3, on_l2("l3_poster")),
        L3Validator(l3, on_l2("l3_validator")),
        OutboxExecutor(l3, on_l2("l3_executor")),
        RetryableRedeemer(l3, sender=redeemer, funder=on_l2("redeemer")),
        RollupOwner(l3, on_l2("deployer")),
        L3Forger(l3, on_l2("forger"), l2.chain.builder),
        Purse("l3_batch_poster_purse", on_l2("l3_poster"), on_l2("vault")),
    ]
