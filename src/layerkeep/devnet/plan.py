"""What one devnet consists of: chain ids, block times, clocks and counts, fixed at the start."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class DevnetPlan:
    """Every number a devnet is built from; `data_dir` receives devnet.json and nothing else."""

    data_dir: Path
    l1_chain_id: int = 900
    l2_chain_id: int = 901
    l3_chain_id: int = 902
    l1_block_s: float = 1.0
    l2_block_s: float = 1.0
    l3_block_s: float = 0.25
    game_clock_s: int = 2  # the longest a player of a dispute game may think
    proof_maturity_s: int = 0  # from proving a withdrawal to finalizing it
    air_gap_s: int = 0  # from a game's resolution to finalizing what rests on it
    blocks_per_game: int = 2  # L2 blocks between two output roots
    l1_blocks_to_finality: int = 8  # two epochs of four slots
    ticket_lifetime_s: int = 120  # of a retryable ticket that nobody redeems
    replicas: int = 2  # followers of L2 and of L3, each its own process
    blob_batches: bool = True  # every second batch travels as a blob instead of calldata
    traffic: bool = True  # generators of cross-layer messages start with the system
    port: int = 0  # of the gateway; any free one if zero
    seed: int = 1  # of the traffic's choices

    def chain_ids(self) -> dict[str, int]:
        """Chain id by layer name."""
        return {"l1": self.l1_chain_id, "l2": self.l2_chain_id, "l3": self.l3_chain_id}

    def block_times_ms(self) -> dict[str, int]:
        """Block time in milliseconds by layer name."""
        seconds = {"l1": self.l1_block_s, "l2": self.l2_block_s, "l3": self.l3_block_s}
        return {layer: round(time_s * 1000) for layer, time_s in seconds.items()}
