"""The rules, one file each. A rule is found by being listed here; its page is in docs/rules."""

from layerkeep.core.rules.actors.actor_funds import ACTOR_FUNDS
from layerkeep.core.rules.actors.actor_stuck import ACTOR_STUCK
from layerkeep.core.rules.actors.batches_stalled import BATCHES_STALLED
from layerkeep.core.rules.actors.claims_stalled import CLAIMS_STALLED
from layerkeep.core.rules.chains.blind import BLIND
from layerkeep.core.rules.chains.chain_halted import CHAIN_HALTED
from layerkeep.core.rules.chains.chain_slow import CHAIN_SLOW
from layerkeep.core.rules.chains.heads_stalled import HEADS_STALLED
from layerkeep.core.rules.chains.reorg_deep import REORG_DEEP
from layerkeep.core.rules.chains.sequencer_drift import SEQUENCER_DRIFT
from layerkeep.core.rules.integrity.attributes_false import ATTRIBUTES_FALSE
from layerkeep.core.rules.integrity.batch_false import BATCH_FALSE
from layerkeep.core.rules.integrity.batch_misplaced import BATCH_MISPLACED
from layerkeep.core.rules.integrity.bridge_paused import BRIDGE_PAUSED
from layerkeep.core.rules.integrity.claim_disputed import CLAIM_DISPUTED
from layerkeep.core.rules.integrity.claim_false import CLAIM_FALSE
from layerkeep.core.rules.integrity.delivery_forged import DELIVERY_FORGED
from layerkeep.core.rules.integrity.withdrawal_forged import WITHDRAWAL_FORGED
from layerkeep.core.rules.messages.finalized_early import FINALIZED_EARLY
from layerkeep.core.rules.messages.inclusion_delayed import INCLUSION_DELAYED
from layerkeep.core.rules.messages.liquidity_short import LIQUIDITY_SHORT
from layerkeep.core.rules.messages.message_expiring import MESSAGE_EXPIRING
from layerkeep.core.rules.messages.message_overdue import MESSAGE_OVERDUE
from layerkeep.core.rules.messages.relays_failing import RELAYS_FAILING
from layerkeep.core.rules.nodes.node_split import NODE_SPLIT
from layerkeep.core.rules.nodes.upstream_lying import UPSTREAM_LYING
from layerkeep.core.rules.nodes.upstream_unfit import UPSTREAM_UNFIT
from layerkeep.core.rules.rule import Rule

RULES: tuple[Rule, ...] = (
    ACTOR_FUNDS,
    ACTOR_STUCK,
    ATTRIBUTES_FALSE,
    BATCHES_STALLED,
    BATCH_FALSE,
    BATCH_MISPLACED,
    BLIND,
    BRIDGE_PAUSED,
    CHAIN_HALTED,
    CHAIN_SLOW,
    CLAIMS_STALLED,
    CLAIM_DISPUTED,
    CLAIM_FALSE,
    DELIVERY_FORGED,
    FINALIZED_EARLY,
    HEADS_STALLED,
    INCLUSION_DELAYED,
    LIQUIDITY_SHORT,
    MESSAGE_EXPIRING,
    MESSAGE_OVERDUE,
    NODE_SPLIT,
    RELAYS_FAILING,
    REORG_DEEP,
    SEQUENCER_DRIFT,
    UPSTREAM_LYING,
    UPSTREAM_UNFIT,
    WITHDRAWAL_FORGED,
)
