"""Incidents of real systems as scenarios: would they have been told, how soon, as what?"""

from layerkeep.sim.history.past import PAST, Past
from layerkeep.sim.history.trying import Outcome, page, table, tried

__all__ = ["PAST", "Outcome", "Past", "page", "table", "tried"]
