"""A batch on the parent does not hold the blocks that the child's own nodes have."""

from layerkeep.core.facts import Judged
from layerkeep.core.network.graph import actor_of
from layerkeep.core.rules.integrity.judged import Comparison
from layerkeep.core.rules.rule import Rule


def _component(child: str) -> str:
    return actor_of("batcher", child)


COMPARED = Comparison(
    "batch", "batch-false", _component, "a batch holds other blocks than the chain", mends=True
)

BATCH_FALSE = Rule(
    name="batch_false",
    about="A batch on the parent holds other blocks than the child's own nodes.",
    kinds=("batch-false",),
    review=COMPARED.review,
    causes=("safe-stalled", "claim-false", "claims-stalled", "finalized-stalled"),
    wakes=(Judged,),
    touched=COMPARED.touched,
    subjects=COMPARED.subjects,
)
