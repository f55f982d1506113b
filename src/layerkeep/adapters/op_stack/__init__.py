"""The OP Stack: deposits through the portal, withdrawals proven against games or outputs."""

from layerkeep.adapters.op_stack.contracts import PARAMETERS, ROLES
from layerkeep.adapters.op_stack.decode import EVENTS, decode_receipt
from layerkeep.adapters.op_stack.lifecycles import LIFECYCLES
from layerkeep.adapters.op_stack.probes import PROBES
from layerkeep.core.adapter import Adapter, Rhythm
from layerkeep.core.units import HOUR, MINUTE, Duration

RHYTHM = Rhythm(
    final_lag_max=Duration(6 * HOUR),
    reorg_depth=2,
    safe_lag_max=Duration(4 * HOUR),
    drift_max=Duration(30 * MINUTE),
    batch_deadline=Duration(12 * HOUR),
    claims_every=Duration(24 * HOUR),
    inclusion_max=Duration(12 * HOUR),
)
"""A third of the sequencing window of 3,600 parent blocks for batches, half for finality; the drift
limit since Fjord; games at least daily (https://specs.optimism.io/protocol/configurability.html).
"""

ADAPTER = Adapter(
    name="op_stack",
    kind="stack",
    roles=ROLES,
    events=EVENTS,
    lifecycles=LIFECYCLES,
    probes=PROBES,
    parameters=PARAMETERS,
    decode_receipt=decode_receipt,
    rhythm=RHYTHM,
    jobs={"batcher": "batcher", "proposer": "proposer"},
)
