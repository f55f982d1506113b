"""What children posted on their parents: batches and state claims, each with what was judged."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, select

from layerkeep.api.shapes.chains import BatchShown, ClaimShown
from layerkeep.app.answers.stages import UP
from layerkeep.app.answers.verdicts import Said, gravest, judged
from layerkeep.app.stories import believed
from layerkeep.core.claims import CONFIRMED, DISPUTED, VOIDED, Claim
from layerkeep.core.facts import Claimed, Fact
from layerkeep.core.facts import Posted as PostedFact
from layerkeep.core.units import ChainName
from layerkeep.core.view import View
from layerkeep.edge.store.family import add_words_on_claims
from layerkeep.edge.store.mentions import batches_of, digest
from layerkeep.edge.store.reading import Numbered, facts_of, named_facts
from layerkeep.edge.store.tables import claims, facts, mentions

if TYPE_CHECKING:
    from layerkeep.app.daemon import Daemon

CLAIMED = "claimed"
CLAIM_CHECKS = ("claim",)
BATCH_CHECKS = ("batch", "placement")


class Posted:
    """Batches and claims in the store, newest first.

    A page ends where a height of the parent ends, so it may be longer than asked for.
    """

    def __init__(self, daemon: "Daemon") -> None:
        self._daemon = daemon

    async def claims(self, chain: str, before: int | None, count: int) -> tuple[ClaimShown, ...]:
        """State claims of a chain, newest first, from below this height of its parent."""
        store = self._daemon.store
        query = (
            select(facts.c.seq, facts.c.body)
            .join(claims, claims.c.seq == facts.c.seq)
            .where(claims.c.lane.in_(self._lanes(chain)))
        )
        found = await self._page(chain, query, claims.c.seq, before, count)
        made = list(found.values())
        await add_words_on_claims(store, found)
        view = believed((await named_facts(store) | found).values(), self._lifecycles)
        names = [fact.says.claim for fact in made if isinstance(fact.says, Claimed)]
        said = await judged(store, self._daemon.engine.sightings.judged, names)
        return tuple(_claim(fact, view, said) for fact in made)

    async def batches(self, chain: str, before: int | None, count: int) -> tuple[BatchShown, ...]:
        """Batches of a chain, newest first, from below this height of its parent."""
        query = (
            select(facts.c.seq, facts.c.body)
            .join(mentions, mentions.c.seq == facts.c.seq)
            .where((mentions.c.name == digest(batches_of(chain))) & (facts.c.kind == "posted"))
        )
        found = await self._page(chain, query, mentions.c.seq, before, count)
        subjects = {seq: _batch_subject(fact) for seq, fact in found.items()}
        live = self._daemon.engine.sightings.judged
        said = await judged(self._daemon.store, live, list(subjects.values()))
        return tuple(_batch(fact, said.get(subjects[seq], [])) for seq, fact in found.items())

    @property
    def _lifecycles(self) -> list[Any]:
        return list(self._daemon.engine.view.lifecycles.values())

    def _lanes(self, chain: str) -> list[str]:
        """The lanes in which the chain's state is claimed; batches have lanes of their own."""
        network = self._daemon.network
        stack = network.adapters[network.topology.chains[ChainName(chain)].stack]
        names = {each.lane for each in stack.lifecycles if each.lane and each.direction == UP}
        return [f"{chain}/{name}" for name in sorted(names)]

    async def _page(
        self, chain: str, query: "Select[Any]", seq: Any, before: int | None, count: int
    ) -> Numbered:
        """The newest facts below a height of the chain's parent, the last height whole."""
        store, parent = self._daemon.store, self._parent(chain)
        if parent is None:
            return {}
        query = query.where(facts.c.chain == parent)
        below = query if before is None else query.where(facts.c.height < before)
        found = await facts_of(store, below.order_by(seq.desc()).limit(count))
        if len(found) == count:
            lowest = min(fact.anchor.height for fact in found.values())
            found |= await facts_of(store, query.where(facts.c.height == lowest))
        return dict(sorted(found.items(), key=lambda one: one[1].order, reverse=True))

    def _parent(self, chain: str) -> str | None:
        return self._daemon.network.topology.chains[ChainName(chain)].settles_on


def _claim(fact: Fact, view: View, said: dict[str, list[Said]]) -> ClaimShown:
    says = fact.says
    assert isinstance(says, Claimed), "what made a claim"
    claim = view.claims.by_id.get(says.claim)
    checked = [each for each in said.get(says.claim, ()) if each.check in CLAIM_CHECKS]
    verdict, nodes, detail = _verdict(checked)
    return ClaimShown(
        claim=says.claim,
        lane=says.lane,
        covers=claim.covers if claim is not None else says.covers,
        root=says.root,
        by=says.by,
        height=fact.anchor.height,
        tx=fact.anchor.tx,
        time=fact.anchor.time,
        status=_status(view, claim),
        verdict=verdict,
        nodes=nodes,
        detail=detail or says.detail,
    )


def _status(view: View, claim: Claim | None) -> str:
    if claim is None:
        return CLAIMED
    if not view.claims.lanes[claim.lane].counts(claim):
        return VOIDED
    return claim.status if claim.status in (CONFIRMED, DISPUTED) else CLAIMED


def _batch(fact: Fact, said: list[Said]) -> BatchShown:
    says = fact.says
    assert isinstance(says, PostedFact), "what posted a batch"
    verdict, nodes, detail = _verdict([each for each in said if each.check in BATCH_CHECKS])
    return BatchShown(
        batch=says.batch,
        height=fact.anchor.height,
        tx=fact.anchor.tx,
        time=fact.anchor.time,
        location=says.location,
        by=says.by,
        verdict=verdict,
        nodes=nodes,
        detail=detail,
    )


def _batch_subject(fact: Fact) -> str:
    says = fact.says
    assert isinstance(says, PostedFact), "what posted a batch"
    return f"{says.child}/batch/{says.batch}"


def _verdict(said: list[Said]) -> tuple[str, int, str]:
    """What the checks find, by how many nodes, and why; empty where nothing was judged."""
    worst = gravest(said)
    if worst is None:
        return "", 0, ""
    says = worst.says
    differs = f"expected {says.expected}, found {says.found}" if worst.verdict == "false" else ""
    return worst.verdict, worst.nodes, "; ".join(filter(None, (differs, says.detail)))
