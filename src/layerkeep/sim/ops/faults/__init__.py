"""Every fault that can be done to a network, by name."""

from layerkeep.sim.ops.faults.chains import CHAIN_FAULTS
from layerkeep.sim.ops.faults.fault import Fault, Undo
from layerkeep.sim.ops.faults.messages import MESSAGE_FAULTS
from layerkeep.sim.ops.faults.nodes import NODE_FAULTS
from layerkeep.sim.ops.faults.posting import POSTING_FAULTS

FAULTS: dict[str, Fault] = {
    fault.kind: fault for fault in (*CHAIN_FAULTS, *POSTING_FAULTS, *MESSAGE_FAULTS, *NODE_FAULTS)
}

__all__ = ["FAULTS", "Fault", "Undo"]
