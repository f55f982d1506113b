"""What our own nodes said of a subject, taken together: the last word of each witness counts."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from layerkeep.core.facts import Fact, Judged
from layerkeep.core.network.judgements import FALSE, TRUE, Judgements
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.mentions import judged_of
from layerkeep.edge.store.reading import facts_mentioning

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Said:
    """One check of one subject: what so many nodes say of it; `words` are their last ones."""

    check: str
    subject: str
    verdict: str
    nodes: int
    words: tuple[Fact, ...]

    @property
    def says(self) -> Judged:
        """The newest word that says so."""
        found = self.words[-1].says
        assert isinstance(found, Judged)
        return found

    @property
    def time(self) -> int:
        """When that was said."""
        return self.words[-1].anchor.time


async def judged(
    store: Store, live: Judgements, subjects: Collection[str]
) -> dict[str, list[Said]]:
    """Every check of these subjects, by subject, from the store and from memory."""
    names = [judged_of(subject) for subject in subjects]
    wanted, words = set(subjects), list((await facts_mentioning(store, names)).values())
    for check, subject in live:
        if subject in wanted:
            words += live.of(check, subject)
    found: dict[str, list[Said]] = {}
    for said in taken_together(words):
        found.setdefault(said.subject, []).append(said)
    return found


def taken_together(words: Iterable[Fact]) -> list[Said]:
    """One verdict by check and subject: false if any witness says so, else true if any does."""
    last: dict[tuple[str, str], dict[str, Fact]] = {}
    for fact in sorted(words, key=lambda each: each.anchor.time):
        if isinstance(fact.says, Judged):
            last.setdefault((fact.says.check, fact.says.subject), {})[fact.via] = fact
    found: list[Said] = []
    for (check, subject), by_witness in last.items():
        verdicts = [_verdict(fact) for fact in by_witness.values()]
        verdict = next((each for each in (FALSE, TRUE) if each in verdicts), UNKNOWN)
        agreeing = tuple(fact for fact in by_witness.values() if _verdict(fact) == verdict)
        nodes = sum(bool(fact.via) for fact in agreeing)
        found.append(Said(check, subject, verdict, nodes, agreeing))
    return found


def gravest(said: Iterable[Said]) -> Said | None:
    """Of several checks of one subject, the one that finds most wrong."""
    order = (TRUE, UNKNOWN, FALSE)
    return max(said, key=lambda each: order.index(each.verdict), default=None)


def _verdict(fact: Fact) -> str:
    assert isinstance(fact.says, Judged)
    return fact.says.verdict
