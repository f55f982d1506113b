"""Drills: how faults that were put on a devnet on purpose were found."""

from layerkeep.api.shapes import Shown


class DrillShown(Shown, frozen=True, gc=False, kw_only=True):
    """The newest drill of one fault on one component.

    `found` is how long after the fault's first trace an incident named it, `bound` how long the
    rule promises, `resolved` how long after healing all was well again: durations, None for what
    did not happen. `named` is what the incident named and `right` whether that was the fault.
    `false_pages` are the causes of other incidents meanwhile. `by_hand` is true if an operator's
    word ended it. `passed` is the verdict, `ended` the moment at which the run was over.
    """

    fault: str
    component: str
    kind: str
    bound: int
    ended: int
    found: int | None = None
    named: str = ""
    right: bool = False
    false_pages: tuple[str, ...] = ()
    resolved: int | None = None
    by_hand: bool = False
    passed: bool = False
