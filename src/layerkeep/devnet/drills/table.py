"""Every fault by its name, and the way from what somebody typed to one of them."""

from layerkeep.core.errors import SettingsError
from layerkeep.core.topology.spot import close_match
from layerkeep.devnet.drills.bridges import BRIDGE_FAULTS
from layerkeep.devnet.drills.chains import CHAIN_FAULTS
from layerkeep.devnet.drills.fault import Fault
from layerkeep.devnet.drills.operators import OPERATOR_FAULTS

FAULTS = {fault.name: fault for fault in (*OPERATOR_FAULTS, *BRIDGE_FAULTS, *CHAIN_FAULTS)}


def fault_named(name: str) -> Fault:
    """The fault of this name; SettingsError with the nearest one if there is none."""
    if name not in FAULTS:
        near = close_match(name, FAULTS)
        hint = f"did you mean {near!r}?" if near else "`layerkeep devnet faults` lists them all"
        raise SettingsError(f"there is no fault {name!r}; {hint}")
    return FAULTS[name]


def component_of(fault: Fault, asked: str | None) -> str:
    """The component asked for, or the fault's default; SettingsError if it cannot be put there."""
    if asked is None:
        return fault.default
    if asked not in fault.places:
        known = ", ".join(fault.places)
        raise SettingsError(f"{fault.name} cannot be put on {asked!r}; it can on {known}")
    return asked
