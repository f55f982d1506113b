"""How long after its beginning each kind of problem is found at the latest: the rule's own bound.

On top come two polls: a fault may begin just after one, and its proof may need another.
"""

from collections.abc import Callable, Mapping

from layerkeep.core.network.accounts import accounts_every
from layerkeep.core.network.layers import Layer
from layerkeep.core.rules.chains.chain_slow import window
from layerkeep.core.rules.chains.sequencer_drift import WARN_PERCENT
from layerkeep.core.rules.rule import patience
from layerkeep.core.units import Duration

POLLS = 2

NOTHING = Duration(0)


def _safe(layer: Layer) -> Duration:
    """A batch is due within this, and with it what is wrong with it."""
    return layer.limits.safe_stalled_after or NOTHING


def _claim(layer: Layer) -> Duration:
    """A claim is due so long after blocks became safe, which a batch has to make them first."""
    return Duration((layer.limits.claims_every or NOTHING) + _safe(layer))


def _sample(layer: Layer) -> Duration:
    """Accounts are sampled by the parent's blocks, which are no faster than a minute here."""
    return accounts_every(layer.block_time)


_OF: Mapping[str, Callable[[Layer], int]] = {
    "attributes-false": _safe,
    "batch-false": _safe,
    "batch-misplaced": _safe,
    "batches-stalled": lambda layer: _safe(layer) + _sample(layer),
    "blind": patience,
    "bridge-paused": lambda layer: layer.poll_every,
    "chain-halted": lambda layer: layer.limits.halted_after,
    "chain-slow": window,
    "claim-disputed": _claim,
    "claim-false": _claim,
    "claims-stalled": _claim,
    "delivery-forged": _safe,
    "finalized-stalled": lambda layer: layer.limits.final_stalled_after,
    "funds-out": lambda layer: _safe(layer) + _sample(layer),
    "inclusion-delayed": lambda layer: (layer.limits.inclusion_max or 0) // 2,
    "node-split": lambda layer: POLLS * layer.poll_every,
    "nonce-stuck": lambda layer: layer.limits.stuck_after + _sample(layer),
    "relays-failing": lambda layer: layer.limits.failures_within,
    "reorg-deep": lambda layer: layer.poll_every,
    "safe-stalled": _safe,
    "sequencer-down": lambda layer: layer.limits.halted_after,
    "sequencer-drift": lambda layer: (layer.limits.drift_max or 0) * WARN_PERCENT // 100,
    "upstream-frozen": lambda layer: layer.limits.upstream_lag,
    "upstream-lagging": lambda layer: layer.limits.upstream_lag,
    "upstream-lying": lambda layer: layer.limits.news_for,
    "upstream-silent": lambda layer: layer.limits.silent_after,
    "withdrawal-forged": _safe,
}


def bound_of(kind: str, layer: Layer) -> Duration | None:
    """The rule's bound and two polls; None where it depends on the message's own lifetime."""
    bound = _OF.get(kind)
    return None if bound is None else Duration(bound(layer) + POLLS * layer.poll_every)
