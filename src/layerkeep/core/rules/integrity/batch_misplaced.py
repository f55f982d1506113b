"""A batch went to the wrong place, or somebody else than the chain's batcher posted it.

Over once a later batch of the chain is where it belongs.
"""

from collections.abc import Collection, Iterable, Sequence

from layerkeep.core.facts import Fact, Judged, Posted
from layerkeep.core.network.graph import actor_of
from layerkeep.core.rules.integrity.judged import Comparison
from layerkeep.core.rules.problems import CRITICAL, Problem, Verdict
from layerkeep.core.rules.rule import Ground, Rule
from layerkeep.core.units import MINUTE, ChainName, Timestamp
from layerkeep.core.view import POSTED

WRONG_INBOX = "wrong-inbox"
WRONG_SENDER = "wrong-sender"

LOOK_EVERY = MINUTE
"""How soon it is seen that batches go to the right place again."""


def _component(child: str) -> str:
    return actor_of("batcher", child)


COMPARED = Comparison(
    "placement", "batch-misplaced", _component, "a batch is out of place", mends=True
)


def _subjects(ground: Ground) -> Iterable[str]:
    newest = [fact.says for fact in ground.sightings.posted.values()]
    posted = [f"{s.child}/batch/{s.batch}" for s in newest if isinstance(s, Posted)]
    return dict.fromkeys((*posted, *COMPARED.subjects(ground)))


def _touched(ground: Ground, fact: Fact) -> Collection[str]:
    says = fact.says
    if isinstance(says, Posted):
        standing = [p for p in ground.standing.values() if p.kind == COMPARED.kind]
        over = [p.subject for p in standing if p.component == _component(says.child)]
        return (f"{says.child}/batch/{says.batch}", *over)
    return COMPARED.touched(ground, fact)


def _needs(ground: Ground, subject: str) -> Sequence[str]:
    layer = ground.layers.get(ChainName(subject.split("/", 1)[0]))
    return (layer.parent,) if layer is not None and layer.parent is not None else ()


def _review(ground: Ground, subject: str, now: Timestamp) -> Verdict:
    child = subject.split("/", 1)[0]
    judged = COMPARED.review(ground, subject, now)
    fact = _posted(ground, child, subject)
    wrong = _wrong(ground, fact) if fact is not None else ""
    newest = ground.sightings.posted.get(child)
    since = max((problem.since for problem in judged.problems), default=0)
    began = max(since, fact.anchor.time if fact is not None and wrong else 0)
    if newest is not None and newest.anchor.time > began and not _wrong(ground, newest):
        return Verdict()
    if fact is None or not wrong or judged.problems:
        return judged
    says = fact.says
    assert isinstance(says, Posted)
    problem = Problem(
        "batch-misplaced",
        _component(child),
        subject,
        _began(ground, child, fact),
        CRITICAL,
        f"batch {says.batch} of {child} is {_words(wrong, says)}",
        wrong,
        (fact,),
    )
    return Verdict(Timestamp(now + LOOK_EVERY), (problem,))


def _posted(ground: Ground, child: str, subject: str) -> Fact | None:
    """The fact of this batch; what is long final and not the newest is known no more."""
    for fact in reversed(ground.view.named.get((child, POSTED), [])):
        if isinstance(fact.says, Posted) and f"{child}/batch/{fact.says.batch}" == subject:
            return fact
    return None


def _began(ground: Ground, child: str, fact: Fact) -> Timestamp:
    """When the first batch went wrong since one was right: that one may be forgotten by now."""
    key = (COMPARED.kind, _component(child))
    known = [each.since for each in ground.standing.values() if (each.kind, each.component) == key]
    return Timestamp(min([fact.anchor.time, *known]))


def _wrong(ground: Ground, fact: Fact) -> str:
    """What is wrong with a batch by itself; empty if nothing is."""
    says = fact.says
    assert isinstance(says, Posted)
    if says.location == WRONG_INBOX:
        return WRONG_INBOX
    batcher = ground.view.value(says.child, "batcher")
    known = isinstance(batcher, str) and says.by
    return WRONG_SENDER if known and says.by.lower() != str(batcher).lower() else ""


def _words(wrong: str, says: Posted) -> str:
    return f"posted by {says.by}" if wrong == WRONG_SENDER else "not in the chain's inbox"


BATCH_MISPLACED = Rule(
    name="batch_misplaced",
    about="A batch went to the wrong place, or somebody else than the chain's batcher posted it.",
    kinds=("batch-misplaced",),
    review=_review,
    causes=(
        "batches-stalled",
        "safe-stalled",
        "finalized-stalled",
        "claims-stalled",
        "message-overdue",
    ),
    wakes=(Posted, Judged),
    touched=_touched,
    subjects=_subjects,
    needs=_needs,
)
