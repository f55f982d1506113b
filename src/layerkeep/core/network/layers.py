"""Layers: what the rules need to know of each chain besides facts, and how much of it is normal.

A limit comes from the topology where it names one, otherwise from the stack's own rhythm and the
chain's block time. All durations in milliseconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from layerkeep.core.adapter import Adapter, Rhythm
from layerkeep.core.topology import Chain, Topology
from layerkeep.core.units import DAY, HOUR, MINUTE, SECOND, ChainName, Duration

POLL_EVERY = Duration(2 * SECOND)
"""How often a chain's heads and nodes are sampled; of slower chains once a block."""

ACTORS = ("sequencer", "batcher", "proposer")
"""The jobs that every rollup has, in words that no stack owns."""

RUNWAY_MIN = Duration(3 * DAY)
"""A weekend, and a day to act."""

STUCK_AFTER = Duration(10 * MINUTE)
"""Fifty slots of Ethereum: nobody left out a transaction so long that paid its fee."""

WORTH_WEI = 10**16
"""A hundredth of an ether: what nobody comes back for."""

UNSEEN_BLOCKS = 10
"""So many blocks in a row that nobody made are no bad luck."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is normal on one chain. None: this chain has no such thing, so nobody watches it.

    `halted_after`: no new block for so long. `safe_stalled_after`: blocks older than this that are
    not posted on the parent. `final_stalled_after`: the finalized head is so far behind.
    `drift_max`: the protocol's own limit of a block's time beyond its origin's. `batch_deadline`:
    after so long unposted, the protocol itself steps in. `claims_every`: a claim comes at least so
    often. `inclusion_max`: a message forced through the parent must be in by then.
    `upstream_lag`: a node so far behind the best is no use. `silent_after`: an upstream that gave
    no answer for so long is silent. `runway_min`: an account's funds last longer.
    `stuck_after`: a transaction waits so long at most. `reorg_depth`: blocks, deeper is news.
    `failures_max`: failed relays on one route within `failures_within`, more are no background.
    `news_for`: so long a deep reorg or a lie is news. `worth_wei`: a message that carries less, and
    no token, may expire without a page.
    """

    halted_after: Duration
    final_stalled_after: Duration
    upstream_lag: Duration
    silent_after: Duration = MINUTE
    runway_min: Duration = RUNWAY_MIN
    stuck_after: Duration = STUCK_AFTER
    news_for: Duration = HOUR
    worth_wei: int = WORTH_WEI
    failures_within: Duration = DAY
    reorg_depth: int = 3
    failures_max: int = 5
    safe_stalled_after: Duration | None = None
    drift_max: Duration | None = None
    batch_deadline: Duration | None = None
    claims_every: Duration | None = None
    inclusion_max: Duration | None = None


@dataclass(frozen=True, slots=True)
class Layer:
    """One chain as rules see it; `parent` is None for a chain that settles on nothing.

    `poll_every` is how often its heads and nodes are sampled. `empty_blocks` is false where a
    chain makes no blocks while nobody uses it: its silence proves nothing. `actors` are the jobs
    known to be done there: `sequencer`, `batcher`, `proposer`. `upstreams` by name, with roles.
    `budgets` overrides the budgets of stages by `<lifecycle>.<stage>`.
    """

    name: ChainName
    stack: str
    parent: ChainName | None
    block_time: Duration
    poll_every: Duration
    limits: Limits
    empty_blocks: bool = True
    actors: tuple[str, ...] = ()
    upstreams: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    budgets: Mapping[str, Duration] = field(default_factory=dict)


Layers = Mapping[ChainName, Layer]


def layers_of(topology: Topology, adapters: Mapping[str, Adapter]) -> dict[ChainName, Layer]:
    """The layers of a topology, parents first."""
    return {
        chain.name: _layer(chain, adapters[chain.stack].rhythm)
        for chain in topology.chains.values()
    }


def usual_limits(rhythm: Rhythm, block_time: Duration, poll_every: Duration = POLL_EVERY) -> Limits:
    """The limits of a chain whose topology names none."""
    halted = max(30 * SECOND, UNSEEN_BLOCKS * block_time)
    return Limits(
        halted_after=Duration(halted),
        final_stalled_after=rhythm.final_lag_max,
        upstream_lag=Duration(max(halted, 2 * poll_every)),
        silent_after=Duration(max(MINUTE, 3 * poll_every)),
        reorg_depth=rhythm.reorg_depth,
        safe_stalled_after=rhythm.safe_lag_max,
        drift_max=rhythm.drift_max,
        batch_deadline=rhythm.batch_deadline,
        claims_every=rhythm.claims_every,
        inclusion_max=rhythm.inclusion_max,
    )


def _layer(chain: Chain, rhythm: Rhythm) -> Layer:
    poll_every = Duration(max(POLL_EVERY, chain.block_time))
    usual = usual_limits(rhythm, chain.block_time, poll_every)
    limits = replace(usual, **{name: Duration(value) for name, value in chain.limits.items()})
    return Layer(
        chain.name,
        chain.stack,
        chain.settles_on,
        chain.block_time,
        poll_every,
        limits,
        empty_blocks=rhythm.empty_blocks,
        actors=ACTORS if chain.settles_on is not None else (),
        upstreams={upstream.name: upstream.roles for upstream in chain.upstreams},
        budgets=chain.budgets,
    )
