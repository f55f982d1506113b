"""The topology: which chains there are, what each settles on, and who serves and runs them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from layerkeep.core.acting.oncall.model import Oncall
from layerkeep.core.acting.paging.model import Paging
from layerkeep.core.acting.people.model import People
from layerkeep.core.acting.runs.model import Acting
from layerkeep.core.adapter import CHILD, PARENT, Genesis, Scope, Terms
from layerkeep.core.topology.access import Api
from layerkeep.core.topology.tokens import TokenName
from layerkeep.core.topology.traces import Traces
from layerkeep.core.topology.user_rule import UserRule
from layerkeep.core.units import SECOND, Address, ChainName, Duration, Timestamp

UPSTREAM_ROLES = ("sequencer", "replica", "archive", "beacon")

ACTORS = (
    "batcher",
    "batch_poster",
    "challenger",
    "guardian",
    "owner",
    "proposer",
    "prover",
    "relayer",
    "sequencer",
    "unsafe_block_signer",
    "validator",
)
"""The jobs a chain's accounts can have, in the stacks' own words."""


LIMITS = {
    "halted_after": "no new block for so long",
    "safe_stalled_after": "blocks older than this that are not posted on the parent",
    "final_stalled_after": "the finalized head is so far behind",
    "drift_max": "a block's time beyond its origin's",
    "batch_deadline": "after so long unposted, the protocol itself steps in",
    "claims_every": "a claim comes at least so often",
    "inclusion_max": "a message forced through the parent must be in by then",
    "upstream_lag": "an upstream so far behind the best is no use",
    "silent_after": "an upstream gave no answer for so long",
    "runway_min": "an actor's funds last longer",
    "news_for": "a deep reorg or a lie of an upstream is news for so long",
    "failures_within": "the time within which failed relays are counted",
    "stuck_after": "an actor's transaction waits so long at most",
}
"""How much is normal on a chain, in durations; what is left out its stack's rhythm says."""

COUNTS = {
    "worth_wei": "a message that carries less, and no token, may expire without a page",
    "reorg_depth": "blocks; a deeper reorg is news",
    "failures_max": "failed relays on one route within that time; more are no background",
}
"""How much is normal on a chain, in numbers."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """One RPC endpoint. `url` may be a reference to a secret; the edge resolves it."""

    name: str
    url: str
    ws_url: str = ""
    roles: tuple[str, ...] = ()
    requests_per_second: int = 0
    concurrency: int = 8


@dataclass(frozen=True, slots=True)
class Chain:
    """One chain. `contracts` maps the chain they live on to addresses by role."""

    name: ChainName
    chain_id: int
    stack: str
    block_time: Duration
    settles_on: ChainName | None = None
    title: str = ""
    upstreams: tuple[Upstream, ...] = ()
    contracts: Mapping[ChainName, Mapping[str, Address]] = field(default_factory=dict)
    actors: Mapping[str, Address] = field(default_factory=dict)
    budgets: Mapping[str, Duration] = field(default_factory=dict)
    limits: Mapping[str, int] = field(default_factory=dict)
    hardforks: Mapping[str, int] = field(default_factory=dict)
    genesis: Genesis | None = None
    owner: str = ""

    @property
    def terms(self) -> Terms:
        """What reading its posts takes besides them."""
        forks = {name: Timestamp(time_s * SECOND) for name, time_s in self.hardforks.items()}
        return Terms(self.block_time, self.genesis, forks)


@dataclass(frozen=True, slots=True)
class Topology:
    """A network of chains, parents before children, and the operator's own rules by name.

    `traces` is where finished journeys are told, if anywhere. `tokens` are names by address.
    """

    network: str
    chains: Mapping[ChainName, Chain]
    rules: Mapping[str, UserRule] = field(default_factory=dict)
    traces: Traces | None = None
    api: Api = field(default_factory=Api)
    tokens: Mapping[str, TokenName] = field(default_factory=dict)
    people: People = field(default_factory=People)
    oncall: Oncall = field(default_factory=Oncall)
    paging: Paging = field(default_factory=Paging)
    acting: Acting = field(default_factory=Acting)

    def scope(self, child: ChainName, here: ChainName) -> Scope:
        """The bridge between a child chain and its parent, seen from the chain `here`."""
        chain = self.chains[child]
        assert chain.settles_on is not None, f"{child} settles on nothing"
        return Scope(
            child=child,
            parent=chain.settles_on,
            child_id=chain.chain_id,
            parent_id=self.chains[chain.settles_on].chain_id,
            here=here,
            contracts={
                PARENT: chain.contracts.get(chain.settles_on, {}),
                CHILD: chain.contracts.get(child, {}),
            },
        )

    def children(self, parent: ChainName) -> tuple[Chain, ...]:
        """The chains that settle on this one."""
        return tuple(chain for chain in self.chains.values() if chain.settles_on == parent)

    def depth(self, name: ChainName) -> int:
        """1 for a chain that settles on nothing, 2 for one that settles on that, and so on."""
        settles_on = self.chains[name].settles_on
        return 1 if settles_on is None else 1 + self.depth(settles_on)
