"""What happened to real systems, each by its observable signature on the network of `trying`.

Systems whose stack has no adapter here are played on an equivalent place: a mint without a source
event is a delivery that was never sent, an escrow drained is a release that does not exist on the
child. Dates, lengths and signatures are those of the public post-mortems.
"""

from dataclasses import dataclass

from layerkeep.core.units import HOUR, MINUTE

ROOT, OP_STACK, NITRO = "c1", "c2", "c3"
"""The chains of the network on which they are played."""


@dataclass(frozen=True, slots=True)
class Part:
    """One fault of it: its kind, where, how long, and how long after the beginning."""

    fault: str
    place: str
    length: int
    after: int = 0


@dataclass(frozen=True, slots=True)
class Past:
    """One incident: when, what system, what happened in a few words, and how it showed."""

    date: str
    system: str
    what: str
    parts: tuple[Part, ...]


def _past(date: str, system: str, what: str, *parts: Part) -> Past:
    return Past(date, system, what, parts)


def _forged(kind: str, *, after: int = 0) -> Part:
    return Part(kind, OP_STACK, 3 * HOUR, after)


PAST = (
    _past(
        "2020-11-11",
        "Ethereum, old Geth nodes",
        "an unannounced consensus fix forked old nodes off",
        Part("node-split", ROOT, 4 * HOUR),
    ),
    _past(
        "2021-08-27",
        "Ethereum, Geth before 1.10.8",
        "memory corruption split nodes by client version",
        Part("node-split", ROOT, 4 * HOUR),
    ),
    _past(
        "2022-02-02",
        "Wormhole",
        "120,000 wrapped ether minted without a message from Ethereum",
        _forged("delivery-forged"),
    ),
    _past(
        "2022-03-23",
        "Ronin bridge",
        "173,600 ether released without a burn, noticed six days later",
        _forged("withdrawal-forged"),
    ),
    _past(
        "2022-06-24",
        "Harmony Horizon",
        "a series of unlocks signed with two stolen keys",
        _forged("withdrawal-forged"),
    ),
    _past(
        "2022-08-01",
        "Nomad",
        "an upgrade made the zero root count, messages were processed unproven",
        _forged("delivery-forged"),
    ),
    _past(
        "2022-10-06",
        "BNB bridge",
        "a forged proof minted 2 million BNB, then validators halted the chain",
        _forged("delivery-forged"),
        Part("sequencer-down", OP_STACK, 6 * HOUR, 4 * HOUR),
    ),
    _past(
        "2023-05-11",
        "Ethereum",
        "no finality for 25 minutes, while the head advanced",
        Part("finalized-stalled", ROOT, 25 * MINUTE),
    ),
    _past(
        "2023-05-12",
        "Ethereum",
        "no finality for 64 minutes, while the head advanced",
        Part("finalized-stalled", ROOT, 64 * MINUTE),
    ),
    _past(
        "2023-06-07",
        "Arbitrum One",
        "the batch poster's transactions reverted until its wallet was empty",
        Part("batches-stalled", NITRO, 9 * HOUR),
    ),
    _past(
        "2023-07-06",
        "Multichain",
        "large outflows that nobody had asked for",
        _forged("withdrawal-forged"),
    ),
    _past(
        "2023-12-15",
        "Arbitrum One",
        "sequencer and feed stood still for about 78 minutes",
        Part("sequencer-down", NITRO, 78 * MINUTE),
    ),
    _past(
        "2023-12-25",
        "ZKsync Era",
        "a safety stop: no commits, then no blocks, for about 5 hours",
        Part("sequencer-down", OP_STACK, 5 * HOUR),
    ),
    _past(
        "2023-12-31",
        "Orbit Bridge",
        "unlocks on Ethereum without a source event",
        _forged("withdrawal-forged"),
    ),
    _past(
        "2024-01-21",
        "Ethereum, Nethermind 1.23 to 1.25",
        "a consensus bug, nodes of one client diverged",
        Part("node-split", ROOT, 3 * HOUR),
    ),
    _past(
        "2024-02-15",
        "OP Mainnet",
        "the unsafe head stalled for about 2 hours, with a one-block reorg",
        Part("sequencer-down", OP_STACK, 2 * HOUR),
    ),
    _past(
        "2024-04-08",
        "Polygon zkEVM",
        "the posted batches were not the trusted state",
        Part("batch-false", OP_STACK, 2 * HOUR),
    ),
    _past(
        "2024-06-02",
        "Linea",
        "the sequencer was stopped by its operator during an attack",
        Part("sequencer-down", OP_STACK, 60 * MINUTE),
    ),
    _past(
        "2024-08-06",
        "Ronin bridge",
        "an upgrade left no signature needed, 12 million dollars were withdrawn",
        _forged("withdrawal-forged"),
    ),
    _past(
        "2025-02-24",
        "Holesky",
        "wrong configuration in three clients: a bad fork",
        Part("node-split", ROOT, 12 * HOUR),
    ),
    _past(
        "2025-09-02",
        "Starknet",
        "halts, then reorgs of an hour",
        Part("sequencer-down", OP_STACK, 2 * HOUR),
        Part("reorg-deep", OP_STACK, HOUR, 4 * HOUR),
    ),
    _past(
        "2025-09-02",
        "Ethereum, Reth nodes",
        "a trie bug, nodes of one client stood still at one block",
        Part("upstream-frozen", f"{ROOT}-b", 6 * HOUR),
    ),
    _past(
        "2025-09-10",
        "Linea",
        "the sequencer halted for 46 minutes",
        Part("sequencer-down", OP_STACK, 46 * MINUTE),
    ),
    _past(
        "2026-01-05",
        "Starknet",
        "18 minutes of blocks could not be proven and were reverted",
        Part("reorg-deep", OP_STACK, HOUR),
    ),
    _past(
        "2026-02-27",
        "Base, op-reth nodes",
        "state root mismatch: some nodes stuck at one block, alive",
        Part("upstream-frozen", f"{OP_STACK}-b", 6 * HOUR),
    ),
    _past(
        "2026-04-13",
        "Hyperbridge",
        "a proof check without bounds: a billion tokens minted",
        _forged("delivery-forged"),
    ),
    _past(
        "2026-06-25",
        "Base",
        "an invalid block that every validator refused: 116 minutes without progress",
        Part("sequencer-down", OP_STACK, 116 * MINUTE),
    ),
    _past(
        "2026-06-26",
        "Base",
        "the same again for 20 minutes",
        Part("sequencer-down", OP_STACK, 20 * MINUTE),
    ),
)
