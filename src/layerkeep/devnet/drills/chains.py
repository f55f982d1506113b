"""Faults of chains and of the endpoints that serve them."""

from collections.abc import Iterable, Mapping
from typing import Any

from layerkeep.core.units import SECOND, Duration
from layerkeep.devnet.drills.fault import AT_ONCE, Fault, Place, Step, lying, stopped

ENDPOINTS = {"l1": "ab", "l2": "abc", "l3": "abc"}
"""The replicas of each chain that a devnet has by default; `a` of a rollup is its sequencer's."""

FOLLOWERS = {"l2": "bc", "l3": "bc"}
"""Those that are a node of their own, which can leave the chain."""

LAG_BLOCKS = 30
REORG_DEPTHS = {"l1": 10, "l2": 12, "l3": 24}
"""Past L1's finalized block; several times what a node's restart takes back on a rollup."""

ROOM_WITHIN = Duration(20 * SECOND)
"""In so long the L3 makes enough blocks that are in no batch yet, which alone it can take back."""


def _replica(chain: str, letter: str, switches: Mapping[str, Any]) -> Step:
    return Step(f"replicas/{chain}/{letter}", switches)


def _upstreams(
    broken: Mapping[str, Any],
    sound: Mapping[str, Any],
    among: Mapping[str, Iterable[str]] = ENDPOINTS,
) -> dict[str, Place]:
    """The fault's places on each endpoint; a follower of l2 is the one by default."""
    pairs = [(chain, letter) for chain, letters in among.items() for letter in letters]
    pairs.sort(key=lambda pair: pair != ("l2", "b"))
    return {
        f"upstream:{chain}-{letter}": Place(
            (_replica(chain, letter, broken),), (_replica(chain, letter, sound),)
        )
        for chain, letter in pairs
    }


def _blind(chain: str) -> Place:
    letters = ENDPOINTS[chain]
    down = tuple(_replica(chain, letter, {"mode": "down"}) for letter in letters)
    return Place(down, tuple(_replica(chain, letter, {"mode": None}) for letter in letters))


def _reorg(chain: str, patience: Duration = AT_ONCE) -> Step:
    return Step(f"reorg/{chain}", {"depth": REORG_DEPTHS[chain]}, patience)


def _l3_reorg() -> Place:
    """No block that is on the L2 can be taken back, so the poster stands still before."""
    pause = stopped("l3_batch_poster")
    return Place((*pause.inject, _reorg("l3", ROOM_WITHIN), *pause.heal), pause.heal)


CHAIN_FAULTS = (
    Fault(
        name="lagging-upstream",
        does=f"One endpoint shows the chain as it was {LAG_BLOCKS} blocks ago.",
        kind="upstream-lagging",
        places=_upstreams({"lag_blocks": LAG_BLOCKS}, {"lag_blocks": 0}),
        recovery=Duration(10 * SECOND),
    ),
    Fault(
        name="frozen-upstream",
        does="One endpoint's head stands still.",
        kind="upstream-frozen",
        places=_upstreams({"frozen": True}, {"frozen": False}),
        recovery=Duration(10 * SECOND),
    ),
    Fault(
        name="lying-upstream",
        does="One endpoint serves logs whose content was altered.",
        kind="upstream-lying",
        places=_upstreams({"lie": "logs"}, {"lie": None}),
        recovery=Duration(10 * SECOND),
    ),
    Fault(
        name="lying-upstream-headers",
        does="One endpoint serves headers whose state root was altered.",
        kind="upstream-lying",
        places=_upstreams({"lie": "headers"}, {"lie": None}),
        recovery=Duration(10 * SECOND),
    ),
    Fault(
        name="forked-upstream",
        does="One endpoint's node has other blocks than the rest from some block on.",
        kind="node-split",
        places=_upstreams({"forked": True}, {"forked": False}, FOLLOWERS),
        recovery=Duration(20 * SECOND),
    ),
    Fault(
        name="dead-upstream",
        does="One endpoint answers nothing.",
        kind="upstream-silent",
        places=_upstreams({"mode": "down"}, {"mode": None}),
        recovery=Duration(15 * SECOND),
    ),
    Fault(
        name="dead-rpc",
        does="No endpoint of a chain answers.",
        kind="blind",
        places={f"chain:{chain}": _blind(chain) for chain in ("l2", "l1", "l3")},
        recovery=Duration(20 * SECOND),
    ),
    Fault(
        name="reorg-deep",
        does="The chain takes back many blocks at once, and with them its children's.",
        kind="reorg-deep",
        places={
            "chain:l2": Place((_reorg("l2"),)),
            "chain:l1": Place((_reorg("l1"),)),
            "chain:l3": _l3_reorg(),
        },
        recovery=Duration(40 * SECOND),
        lasting=True,
    ),
    Fault(
        name="l1-halted",
        does="The L1 makes no blocks.",
        kind="chain-halted",
        places={"chain:l1": stopped("l1_producer")},
        recovery=Duration(20 * SECOND),
    ),
    Fault(
        name="l1-finality-stalled",
        does="The L1 makes blocks, but none of them becomes safe or finalized.",
        kind="finalized-stalled",
        places={"chain:l1": lying("l1_producer", "withhold-finality")},
        recovery=Duration(10 * SECOND),
    ),
)
