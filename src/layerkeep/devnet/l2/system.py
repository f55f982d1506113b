"""The L2 as a whole: its chain and its operators, wired."""

from dataclasses import dataclass

from layerkeep.devnet.accounts import account
from layerkeep.devnet.actor import Actor
from layerkeep.devnet.deployer import Land
from layerkeep.devnet.l1.contracts import L1Contracts
from layerkeep.devnet.l1.producer import L1Producer
from layerkeep.devnet.l2.batcher import Batcher
from layerkeep.devnet.l2.builder import Builder
from layerkeep.devnet.l2.chain import SequencedChain
from layerkeep.devnet.l2.challenger import Challenger
from layerkeep.devnet.l2.derivation import Derivation
from layerkeep.devnet.l2.forger import L2Forger
from layerkeep.devnet.l2.games import Games
from layerkeep.devnet.l2.mempool import Mempool
from layerkeep.devnet.l2.outputs import Outputs
from layerkeep.devnet.l2.proposer import Proposer
from layerkeep.devnet.l2.relayer import Relayer
from layerkeep.devnet.l2.sequencer import Sequencer
from layerkeep.devnet.node import Anvil
from layerkeep.devnet.plan import DevnetPlan
from layerkeep.devnet.purse import Purse
from layerkeep.devnet.sender import Sender

LANDING_BLOCKS_MAX = 25
BASE_FEE_WEI = 10**6


@dataclass(frozen=True, slots=True)
class L2:
    """One L2: its chain, and everybody who keeps it going."""

    chain: SequencedChain
    sequencer: Sequencer
    derivation: Derivation
    batcher: Batcher
    games: Games
    proposer: Proposer
    challenger: Challenger
    relayer: Relayer
    forger: L2Forger
    purse: Purse

    def actors(self) -> list[Actor]:
        """Everybody, in the order in which their work depends on each other."""
        return [
            self.sequencer,
            self.derivation,
            self.batcher,
            self.proposer,
            self.challenger,
            self.relayer,
            self.forger,
            self.purse,
        ]

    def landing(self) -> Land:
        """Puts raw transactions into L2 blocks made at once, ahead of the clock if need be."""

        async def land(raws: list[str]) -> None:
            for raw in raws:
                self.chain.mempool.add(raw)
            for _ in range(LANDING_BLOCKS_MAX):
                if len(self.chain.mempool) == 0:
                    return
                await self.sequencer.build_next()

        return land


async def open_l2(
    plan: DevnetPlan, producer: L1Producer, contracts: L1Contracts, nodes: list[Anvil]
) -> L2:
    """The L2 at its genesis, anchored to L1's head."""
    chain = SequencedChain(Builder(nodes[0], nodes[1:], BASE_FEE_WEI), Mempool(plan.l2_chain_id))
    l1 = producer.node
    sequencer = Sequencer(l1, chain, contracts, round(plan.l2_block_s))
    await sequencer.begin(await l1.rpc("eth_getBlockByNumber", "latest", False))
    derivation = Derivation(producer, sequencer)
    games, outputs = Games(l1, contracts), Outputs(chain)
    return L2(
        chain=chain,
        sequencer=sequencer,
        derivation=derivation,
        batcher=Batcher(l1, derivation, plan.l1_chain_id, blobs=plan.blob_batches),
        games=games,
        proposer=Proposer(plan, contracts, derivation, outputs),
        challenger=Challenger(plan, games, outputs),
        relayer=Relayer(plan, contracts, games, sequencer),
        forger=L2Forger(contracts, Sender(l1, account("forger"), plan.l1_chain_id)),
        purse=Purse(
            "l2_batcher_purse",
            Sender(l1, account("batcher"), plan.l1_chain_id),
            Sender(l1, account("vault"), plan.l1_chain_id),
        ),
    )
