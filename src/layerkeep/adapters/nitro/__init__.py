"""Arbitrum Nitro and Orbit: tickets and deposits through the inbox, sends through the outbox."""

from layerkeep.adapters.nitro.contracts import EVENTS, PARAMETERS, ROLES
from layerkeep.adapters.nitro.decode import decode_receipt
from layerkeep.adapters.nitro.lifecycles import LIFECYCLES
from layerkeep.adapters.nitro.probes import PROBES
from layerkeep.core.adapter import Adapter, Rhythm
from layerkeep.core.units import HOUR, Duration

RHYTHM = Rhythm(
    final_lag_max=Duration(6 * HOUR),
    reorg_depth=2,
    empty_blocks=False,
    safe_lag_max=Duration(4 * HOUR),
    batch_deadline=Duration(24 * HOUR),
    claims_every=Duration(12 * HOUR),
    inclusion_max=Duration(24 * HOUR),
)
"""The sequencer inbox's `maxTimeVariation.delaySeconds` of Arbitrum One for batches and for forced
inclusion; assertions are posted hourly at the slowest where there is anything to assert.
"""

ADAPTER = Adapter(
    name="nitro",
    kind="stack",
    roles=ROLES,
    events=EVENTS,
    lifecycles=LIFECYCLES,
    probes=PROBES,
    parameters=PARAMETERS,
    decode_receipt=decode_receipt,
    counts_own_blocks=False,
    rhythm=RHYTHM,
    jobs={"batcher": "batch_poster", "proposer": "validator"},
)
