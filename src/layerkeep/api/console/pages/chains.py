"""Every chain with its heads, in the order of the topology: state never reorders them."""

from collections.abc import Sequence

from layerkeep.api.console.page import Page, Place
from layerkeep.api.console.words import many, of
from layerkeep.api.shapes.chains import ChainShown
from layerkeep.api.source import Source

PARTS = {"answer": "lists/answer.html", "list": "lists/chains.html"}

RANKS = ("false", "cause", "overdue", "blind", "symptom", "late")
"""Which state of a chain the page's answer speaks of first."""

_WORDS = {
    "false": "told something that is false",
    "cause": "cause trouble",
    "overdue": "have an overdue head",
    "blind": "are blind",
    "symptom": "stand behind another",
    "late": "are late",
}
_ONE = {
    "false": "told something that is false",
    "cause": "causes trouble",
    "overdue": "has an overdue head",
    "blind": "is blind",
    "symptom": "stands behind another",
    "late": "is late",
}


async def page(source: Source, _: Place) -> Page:
    """All chains."""
    shown = await source.chains()
    state, sentence = answer_of(shown)
    names = {rank: [c.name for c in shown if state_of(c) == rank] for rank in RANKS}
    cost = "; ".join(f"{rank}: {', '.join(found)}" for rank, found in names.items() if found)
    context = {"now": source.now(), "shown": shown, "state": state, "cost": cost}
    context["state_of"] = {chain.name: state_of(chain) for chain in shown}
    return Page(sentence, "Chains", "lists/list.html", PARTS, context)


def state_of(chain: ChainShown) -> str:
    """The gravest that can be said of a chain, of its mark and its heads."""
    told = {chain.mark, *(head.state for head in chain.heads)}
    if chain.mark == "symptom":
        told.discard("overdue")  # what makes it so is another's to mend
    if chain.blind_since is not None:
        told.add("blind")
    return next((rank for rank in RANKS if rank in told), "usual")


def answer_of(chains: Sequence[ChainShown]) -> tuple[str, str]:
    """How many chains are in the gravest state that there is."""
    states = [state_of(chain) for chain in chains]
    worst = next((rank for rank in RANKS if rank in states), "")
    if worst:
        found = [chain.name for chain, state in zip(chains, states, strict=True) if state == worst]
        mark = {"overdue": "cause"}.get(worst, worst)
        if len(found) == 1:
            return mark, f"{found[0]} {_ONE[worst]}"
        return mark, f"{of(len(found), len(chains))} chains {_WORDS[worst]}"
    known = all(head.state == "usual" for chain in chains for head in chain.heads[:1])
    if not known or not chains:
        return "quiet", "Not every chain was seen yet"
    return "quiet", f"All {many(len(chains), 'chain')} move inside usual"
