"""Ethereum itself, and any chain that settles on nothing: a stack without a bridge of its own."""

from layerkeep.adapters.ethereum.contracts import PARAMETERS, ROLES
from layerkeep.adapters.ethereum.decode import EVENTS
from layerkeep.adapters.ethereum.lifecycles import LIFECYCLES
from layerkeep.adapters.ethereum.probes import PROBES
from layerkeep.core.adapter import Adapter, Rhythm
from layerkeep.core.units import HOUR, Duration

RHYTHM = Rhythm(final_lag_max=Duration(HOUR // 2), reorg_depth=3)
"""Two epochs make 13 to 19 min; reorgs of one or two blocks happen (consensus-specs)."""

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
