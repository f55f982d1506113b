"""Questions that logs cannot answer: about games and proofs, and whether claims are true."""

from layerkeep.adapters.op_stack.probes.deliveries import inspect
from layerkeep.adapters.op_stack.probes.games import GAME_PROBES
from layerkeep.adapters.op_stack.probes.origins import spot_check
from layerkeep.adapters.op_stack.probes.posts import Posting
from layerkeep.adapters.op_stack.probes.truth import TRUTH_PROBES

__all__ = ["PROBES", "Posting", "inspect", "spot_check"]

PROBES = (*GAME_PROBES, *TRUTH_PROBES)
