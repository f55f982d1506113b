"""Journeys: one transfer over all its hops, told from the store, with what proves it."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from layerkeep.api.shapes.journeys import (
    AwaitedShown,
    CheckedShown,
    Found,
    HopShown,
    JourneyShown,
    ProofShown,
    StepShown,
)
from layerkeep.api.source import NotKnown
from layerkeep.app.answers.checked import checked_of, subjects_of
from layerkeep.app.answers.listing import FAILED
from layerkeep.app.answers.marks import USUAL, Marks
from layerkeep.app.answers.names.seeking import FOUND_MAX, Cut, claims_meant
from layerkeep.app.answers.proofs import proof_of
from layerkeep.app.answers.shown import message_shown
from layerkeep.app.answers.stages import (
    UP,
    Spot,
    band_of,
    budget_of,
    fill_of,
    middle_of,
    whole_way,
)
from layerkeep.app.answers.verdicts import judged
from layerkeep.app.stories import Teller, facts_about, journeys_of, stage_told
from layerkeep.core.facts import Fact
from layerkeep.core.journeys import Journey
from layerkeep.core.lifecycle import Stage
from layerkeep.core.messages import Message, Step, steps
from layerkeep.core.outlook import Outlook
from layerkeep.core.view import View
from layerkeep.edge.store.listing import LATE, OVERDUE
from layerkeep.edge.store.rows import row_of

if TYPE_CHECKING:
    from layerkeep.app.daemon import Daemon

HASH_DIGITS = 64
NOT_BEGUN = "not-begun"


class Journeys:
    """Journeys and facts by any hash that occurs in them."""

    def __init__(self, daemon: "Daemon") -> None:
        self._daemon = daemon

    async def journeys(self, name: str) -> tuple[JourneyShown, ...]:
        """The journeys that a hash belongs to; NotKnown if it belongs to none."""
        daemon = self._daemon
        network, engine = daemon.network, daemon.engine
        teller = Teller(network.adapters, network.topology, engine.experience)
        view, found = await journeys_of(daemon.store, teller, name)
        if not found:
            raise NotKnown("journey", name)
        now = daemon.now()
        subjects = {each for journey in found for each in subjects_of(journey)}
        said = await judged(daemon.store, engine.sightings.judged, sorted(subjects))
        marks = Marks(engine.incidents, now)
        reasons = {each.subject: each.reason for each in engine.watch.problems.values()}
        shown: list[JourneyShown] = []
        for journey in found:
            telling = _Telling(teller, view, journey, now)
            troubles = [
                (reasons.get(message.id, ""), marks.behind(message.id))
                for message in journey.messages
            ]
            checked = checked_of(journey, said, engine.view.final)
            about = [one for each in subjects_of(journey) for one in said.get(each, ())]
            words = [fact for one in about for fact in one.words]
            shown.append(telling.shown(troubles, checked, words))
        return tuple(shown)

    async def facts(self, name: str) -> tuple[ProofShown, ...]:
        """The facts in which a hash occurs; NotKnown if it occurs in none."""
        found = await facts_about(self._daemon.store, name)
        if not found:
            raise NotKnown("fact", name)
        return tuple(map(proof_of, found))

    async def by_hash(self, text: str) -> tuple[Found, ...]:
        """What a hash means, in any case and with spaces in it: journeys, claims, or else facts."""
        name = hash_in(text)
        if not name:
            return ()
        network = self._daemon.network
        teller = Teller(network.adapters, network.topology, self._daemon.engine.experience)
        view, journeys = await journeys_of(self._daemon.store, teller, name)
        if journeys:
            return tuple(_found(teller.tell(view, each).where, each, name) for each in journeys)
        facts = await facts_about(self._daemon.store, name)
        if not facts:
            return ()
        if claims := claims_meant(facts, Cut(name)):
            return tuple(claims[:FOUND_MAX])
        first = facts[0]
        title = f"{first.says.__struct_config__.tag} on {first.anchor.chain}"
        more = f" and {len(facts) - 1} more facts" if len(facts) > 1 else ""
        return (Found(kind="facts", name=name, title=title + more, matched=_matched(first, name)),)


def hash_in(text: str) -> str:
    """The hash that a text is, as it is stored; empty if it is none."""
    digits = "".join(text.split()).lower().removeprefix("0x")
    is_hash = len(digits) == HASH_DIGITS and set(digits) <= set("0123456789abcdef")
    return f"0x{digits}" if is_hash else ""


@dataclass(frozen=True, slots=True)
class _Telling:
    """One journey, and what telling it takes."""

    teller: Teller
    view: View
    journey: Journey
    now: int

    def shown(
        self,
        troubles: list[tuple[str, str]],
        checked: tuple[CheckedShown, ...],
        words: Iterable[Fact],
    ) -> JourneyShown:
        """The whole journey."""
        journey, story = self.journey, self.teller.tell(self.view, self.journey)
        outlooks = [self.teller.outlook(self.view, each) for each in journey.messages]
        hops = tuple(
            self._hop(message, ahead, trouble)
            for message, ahead, trouble in zip(journey.messages, outlooks, troubles, strict=True)
        )
        last = outlooks[-1]
        ways = [whole_way(self.teller, self.view, self._spot(each)) for each in journey.messages]
        known = [way for way in ways if way is not None]
        facts = {id(fact): fact for each in journey.messages for fact in each.all_facts()}
        facts |= {id(fact): fact for fact in (*self._claimed(), *words)}
        return JourneyShown(
            id=journey.id,
            path=journey.path,
            state=hops[-1].message.state,
            where=story.where,
            began=journey.messages[0].sent.anchor.time,
            ended=last.since if journey.finished else None,
            eta=None if journey.finished else story.eta,
            usual=sum(known) if len(known) == len(ways) else None,
            incident=next((incident for _, incident in troubles if incident), ""),
            hops=hops,
            awaited=self._awaited(journey.messages[-1], last),
            checked=checked,
            facts=tuple(
                proof_of(fact)
                for fact in sorted(facts.values(), key=lambda f: (f.anchor.time, f.order))
            ),
        )

    def _hop(self, message: Message, ahead: Outlook, trouble: tuple[str, str]) -> HopShown:
        row = row_of(self.view, message, 0, ahead)
        passed = steps(message)
        told = [self._passed(message, step, after) for step, after in _with_next(passed)]
        shown = message_shown(row, message.lifecycle, ahead, self.now, trouble)
        return HopShown(
            message=shown,
            steps=(*told, *self._ahead(message, ahead)),
            keys=tuple(message.keys),
        )

    def _passed(self, message: Message, step: Step, after: Step | None) -> StepShown:
        """A step that was reached, and how long the message rested there, if need be until now."""
        spot, told = self._spot(message, step.stage), stage_told(step)
        until = after.anchor.time if after is not None else self.now
        is_here = step.counts and not (after is None and step.stage.final)
        took = max(0, until - told.time) if is_here else None
        band = band_of(self.teller, self.view, spot) if not step.stage.final else None
        usual = band[1] if band is not None else None
        budget = budget_of(self.teller, spot)
        return StepShown(
            stage=told.stage,
            chain=told.chain,
            fill=fill_of(message.lifecycle, told.stage),
            duty=step.stage.duty,
            mark=FAILED if step.stage.failed else _mark(took, usual, budget),
            time=told.time,
            height=told.height,
            block=told.block,
            tx=told.tx,
            proof=told.proof,
            detail=told.detail,
            took=took,
            usual=usual,
            budget=budget,
            counts=told.counts,
        )

    def _ahead(self, message: Message, ahead: Outlook) -> list[StepShown]:
        """The steps of the happy path that lie ahead, each expected a usual time after the last."""
        expected: int | None = ahead.since
        before, found = ahead.stage, list[StepShown]()
        for stage in _left(message):
            usual = middle_of(self.teller, self.view, self._spot(message, before))
            expected = None if expected is None or usual is None else expected + usual
            expected = expected and max(self.now, expected)
            spot = self._spot(message, stage)
            band = band_of(self.teller, self.view, spot) if not stage.final else None
            found.append(
                StepShown(
                    stage=stage.name,
                    chain=chain_of_stage(message, stage),
                    fill=fill_of(message.lifecycle, stage.name),
                    duty=before.duty,
                    mark=NOT_BEGUN,
                    usual=band[1] if band is not None else None,
                    budget=budget_of(self.teller, spot),
                    expected=expected,
                )
            )
            before = stage
        return found

    def _awaited(self, message: Message, ahead: Outlook) -> tuple[AwaitedShown, ...]:
        """What is awaited now, then what follows from it."""
        if message.finished:
            return ()
        left = _left(message)
        rests = [ahead.stage, *(stage for stage in left if not stage.final)]
        return tuple(
            AwaitedShown(
                what=stage.awaited,
                duty=stage.duty,
                until=ahead.due if stage is ahead.stage else None,
                why=stage.why,
                chain=chain_of_stage(message, left[number]) if number < len(left) else "",
            )
            for number, stage in enumerate(rests)
        )

    def _claimed(self) -> list[Fact]:
        """What was said of the claims that the journey's steps rest on."""
        found: list[Fact] = []
        for message in self.journey.messages:
            for step in steps(message):
                claim = self.view.claims.by_id.get(step.claim)
                found += claim.facts() if claim is not None else ()
        return found

    def _spot(self, message: Message, stage: Stage | None = None) -> Spot:
        says, lifecycle = message.says, message.lifecycle
        return Spot(says.source, says.target, lifecycle, stage or lifecycle.stages[0])


def chain_of_stage(message: Message, stage: Stage) -> str:
    """On which chain a message comes to a stage: claims stand on the parent."""
    says, lifecycle = message.says, message.lifecycle
    if stage.claim:
        return says.target if lifecycle.direction == UP else says.source
    return says.source if lifecycle.rank(stage.name) == 0 else says.target


def _left(message: Message) -> list[Stage]:
    """The stages of the happy path behind the one it is in; none once it is finished."""
    if message.finished:
        return []
    lifecycle = message.lifecycle
    rank = lifecycle.rank(message.stage)
    return [lifecycle.stage(name) for name in lifecycle.happy if lifecycle.rank(name) > rank]


def _with_next(passed: list[Step]) -> list[tuple[Step, Step | None]]:
    """Each step with the next one that counts."""
    following: dict[int, Step] = {}
    counted = [step for step in passed if step.counts]
    for step, after in pairwise(counted):
        following[id(step)] = after
    return [(step, following.get(id(step))) for step in passed]


def _mark(took: int | None, usual: int | None, budget: int | None) -> str:
    if took is None:
        return USUAL
    if budget is not None and took > budget:
        return OVERDUE
    return LATE if usual is not None and took > usual else USUAL


def _found(where: str, journey: Journey, name: str) -> Found:
    facts = [fact for message in journey.messages for fact in message.all_facts()]
    matched = next((what for fact in facts if (what := _matched(fact, name))), "a hash of it")
    title = f"{' → '.join(journey.path)}: {where}"
    return Found(kind="journey", name=journey.id, title=title, matched=matched)


def _matched(fact: Fact, name: str) -> str:
    """What the hash is in a fact, empty if that cannot be told."""
    if fact.anchor.tx.lower() == name:
        return f"transaction on {fact.anchor.chain}"
    return "message" if getattr(fact.says, "message", "").lower() == name else ""
