"""The OP Stack: deposits through the portal, withdrawals proven against games or outputs."""

from layerkeep.adapters.op_stack.contracts import PARAMETERS, ROLES
from layerkeep.adapters.op_stack.decode import EVENTS, decode_receipt
from layerkeep.adapters.op_stack.lifecycles import LIFECYCLES, RHYTHM
from layerkeep.adapters.op_stack.probes import PROBES, Posting, inspect, spot_check
from layerkeep.core.adapter import Adapter

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
    treasuries=("portal", "eth_lockbox"),
    checks=("claim", "batch", "placement", "attributes", "withdrawal", "delivery"),
    inspect=inspect,
    spot_check=spot_check,
    posting=Posting,
)
