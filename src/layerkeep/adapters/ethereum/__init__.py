"""Ethereum itself, and any chain that settles on nothing: a stack without a bridge of its own."""

from layerkeep.adapters.ethereum.contracts import PARAMETERS, ROLES
from layerkeep.adapters.ethereum.decode import EVENTS
from layerkeep.adapters.ethereum.lifecycles import LIFECYCLES, RHYTHM
from layerkeep.adapters.ethereum.probes import PROBES
from layerkeep.core.adapter import Adapter

ADAPTER = Adapter(
    name="ethereum",
    kind="stack",
    roles=ROLES,
    events=EVENTS,
    lifecycles=LIFECYCLES,
    probes=PROBES,
    parameters=PARAMETERS,
    rhythm=RHYTHM,
)
