"""The L3 as its operators' programs share it."""

from dataclasses import dataclass

from layerkeep.devnet.l2.chain import SequencedChain
from layerkeep.devnet.l3.contracts import L3Contracts
from layerkeep.devnet.l3.ledger import L3Block, Ledger, new_ledger
from layerkeep.devnet.l3.messages import read_parent
from layerkeep.devnet.l3.transactions import TxIds
from layerkeep.devnet.node import Rpc


@dataclass(frozen=True, slots=True)
class L3:
    """One L3: where its blocks come from, its contracts on the L2, and what is known of it."""

    chain_id: int
    chain: SequencedChain
    contracts: L3Contracts
    ledger: Ledger
    ids: TxIds


async def open_l3(chain: SequencedChain, parent: Rpc, contracts: L3Contracts, chain_id: int) -> L3:
    """The L3 at its genesis block, about to follow the L2 from the rollup's creation."""
    first = await chain.rpc("eth_getBlockByNumber", "0x0", False)
    genesis = L3Block(
        number=0,
        hash=first["hash"],
        timestamp=int(first["timestamp"], 16),
        parent_number=contracts.created_at,
        delayed_read=1,
        send_count=0,
        send_root=bytes(32),
        from_inbox=True,
    )
    created = await read_parent(parent, contracts, contracts.created_at)
    assert created is not None, "the rollup's creation is in a block"
    return L3(chain_id, chain, contracts, new_ledger(genesis, created), TxIds())
