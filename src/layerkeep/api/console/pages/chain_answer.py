"""The answer of a chain's page: one sentence, and what it costs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from layerkeep.api.console.words import (
    age,
    count,
    incident_id,
    many,
    moment,
    of,
    sentence,
    stage,
    told,
)
from layerkeep.api.shapes.chains import CellShown, ChainPage, ChainShown, HeadShown
from layerkeep.api.shapes.incidents import IncidentPage
from layerkeep.api.shapes.overview import TruthShown

Words = tuple[str, bool]
"""Some words of the second line, and whether they are the weighty ones."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the page says first. `state` is one of the macro `answer`; `incident` leads on."""

    state: str
    sentence: str
    cost: tuple[Words, ...]
    incident: str
    says: str


def answer_of(
    shown: ChainPage, truth: Sequence[TruthShown], behind: IncidentPage | None, now: int
) -> Answer:
    """Whether the chain moves, whether it has settled, and whether it is true, in that order; but
    what is false is said before all else."""
    chain = shown.chain
    heads = {head.tag: head for head in chain.heads}
    state, said = _said(chain, heads, truth, now)
    title = told(behind.incident.title) if behind is not None else ""
    if state in ("calm", "quiet") and chain.mark in ("cause", "symptom"):
        state, said = chain.mark, f"{chain.name} moves, but {title or chain.phrase}"
    elif state == "cause" and chain.mark == "symptom":
        state = "symptom"
    cost = [(f"{sentence(title)}. ", False)] if title and title not in said else []
    if state == "blind":
        cost = [*_unseen(chain, now), *cost]
    else:
        cost = [*cost, *_loss(heads), *_truth(chain, truth), *_parted(shown)]
    incident = chain.incident
    says = f"Open incident {incident_id(incident)}" if incident else ""
    return Answer(state, said, tuple(cost), incident, says)


def _said(
    chain: ChainShown, heads: dict[str, HeadShown], truth: Iterable[TruthShown], now: int
) -> tuple[str, str]:
    false = [each for each in truth if each.verdict == "false"]
    if chain.mark == "false" or false:
        return "false", f"{chain.name} has told something that is false"
    if chain.blind_since is not None:
        return "blind", f"{chain.name} is blind for {age(chain.blind_since, now)}"
    latest = heads.get("latest")
    if latest is None or latest.height is None:
        return "quiet", f"Nothing is known of {chain.name} yet"
    return _slowest(chain, heads, truth, now)


def _slowest(
    chain: ChainShown, heads: dict[str, HeadShown], truth: Iterable[TruthShown], now: int
) -> tuple[str, str]:
    """The first head that is overdue, else the first that is late, else that all is usual."""
    overdue = {
        "latest": "{name} has made no block for {age}",
        "safe": "{name} moves, but nothing of it has settled for {age}",
        "finalized": "{name} moves and settles, but nothing of it was finalized for {age}",
    }
    for state, mark in (("overdue", "cause"), ("late", "late")):
        for tag, words in overdue.items():
            head = heads.get(tag)
            if head is None or head.state != state or head.time is None:
                continue
            late = "{name} moves, but its {tag} head is late: {age} old"
            form = words if state == "overdue" else late
            return mark, form.format(name=chain.name, tag=tag, age=age(head.time, now))
    verdicts = {each.verdict for each in truth}
    if verdicts and verdicts <= {"true"}:
        return "calm", f"{chain.name} moves inside usual, and all that it posted is true"
    return "quiet", f"{chain.name} moves inside usual"


def _unseen(chain: ChainShown, now: int) -> list[Words]:
    assert chain.blind_since is not None, "only what is blind is unseen"
    told = [(f"{of(chain.answering, chain.upstreams)} upstreams answer.", True)]
    told.append((f" Nothing is known since {moment(chain.blind_since, now)}. ", False))
    seen = [f"{h.tag} {count(h.height)}" for h in chain.heads if h.height is not None]
    return [*told, (f"Last seen: {', '.join(seen)}. ", False)] if seen else told


def _loss(heads: dict[str, HeadShown]) -> list[Words]:
    """What is not bound to the parent could still be lost: said when that is more than usual."""
    latest, safe = heads.get("latest"), heads.get("safe")
    if latest is None or safe is None:
        return []
    if safe.state == "untold":
        return [("It has no safe head: what of it has settled is not known. ", False)]
    if safe.state != "overdue" or latest.height is None or safe.height is None:
        return []
    return [(many(latest.height - safe.height, "block"), True), (" could still be lost. ", False)]


def _truth(chain: ChainShown, truth: Sequence[TruthShown]) -> list[Words]:
    if not chain.parent:
        return [("It settles on nothing, so there is no claim to recompute. ", False)]
    false = [each for each in truth if each.verdict == "false"]
    if false:
        found = [each.detail or f"{stage(each.check)} of {each.subject}" for each in false]
        return [("; ".join(found), True), (". ", False)]
    made = [each for each in truth if each.verdict != "never"]
    if not made:
        return [("Nothing that it posted was checked yet. ", False)]
    if all(each.verdict == "true" for each in made):
        told = [("All that was checked of it is ", False), ("true", True), (". ", False)]
        rest = len(truth) - len(made)
        never = f"{many(rest, 'kind of check was', 'kinds of check were')} not made yet. "
        return [*told, (never, False)] if rest else told
    return [("Not all that it posted can be judged now. ", False)]


def _parted(shown: ChainPage) -> list[Words]:
    names = [row.upstream for row in shown.agreement.rows if _parts(row.cells)]
    if shown.agreement.parted is None or not names:
        return []
    who = f"One upstream, {names[0]}, has" if len(names) == 1 else f"{', '.join(names)} have"
    return [(f"{who} parted at {count(shown.agreement.parted)}.", False)]


def _parts(cells: Iterable[CellShown]) -> bool:
    return any(cell.state == "other" for cell in cells)
