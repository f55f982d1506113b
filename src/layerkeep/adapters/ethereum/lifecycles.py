"""No message kind: messages belong to the child whose bridge they take."""

from layerkeep.core.adapter import Rhythm
from layerkeep.core.lifecycle import Lifecycle
from layerkeep.core.units import HOUR, Duration

LIFECYCLES: tuple[Lifecycle, ...] = ()

RHYTHM = Rhythm(final_lag_max=Duration(HOUR // 2), reorg_depth=3)
"""Two epochs make 13 to 19 min; reorgs of one or two blocks happen (consensus-specs)."""
