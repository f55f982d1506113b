"""A message took effect on its target, and its source never sent it."""

from layerkeep.core.facts import Judged
from layerkeep.core.network.graph import bridge_of
from layerkeep.core.rules.integrity.judged import Comparison
from layerkeep.core.rules.rule import Rule

COMPARED = Comparison(
    "delivery",
    "delivery-forged",
    bridge_of,
    "a message took effect that was never sent",
    irrevocable=True,
)

DELIVERY_FORGED = Rule(
    name="delivery_forged",
    about="A message took effect on its target, and its source never sent it.",
    kinds=("delivery-forged",),
    review=COMPARED.review,
    wakes=(Judged,),
    touched=COMPARED.touched,
    subjects=COMPARED.subjects,
)
