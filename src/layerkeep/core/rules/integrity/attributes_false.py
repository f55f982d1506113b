"""A block's attributes (deposits, origin, time) are not those its parent chain demands."""

from layerkeep.core.facts import Judged
from layerkeep.core.network.graph import actor_of
from layerkeep.core.rules.integrity.judged import Comparison
from layerkeep.core.rules.rule import Rule


def _component(child: str) -> str:
    return actor_of("sequencer", child)


COMPARED = Comparison(
    "attributes",
    "attributes-false",
    _component,
    "a block is not built as its parent demands",
    mends=True,
)

ATTRIBUTES_FALSE = Rule(
    name="attributes_false",
    about="A block's attributes are not those that its parent chain demands.",
    kinds=("attributes-false",),
    review=COMPARED.review,
    causes=("claim-false", "batch-false", "safe-stalled"),
    wakes=(Judged,),
    touched=COMPARED.touched,
    subjects=COMPARED.subjects,
)
