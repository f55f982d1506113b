"""The engine: facts in, effects out, time is an argument.

One engine decides for one network. It believes facts, refolds the messages they touch and says what
it wants to know next. It never waits, never asks the clock and never scans all messages.
"""

from collections.abc import Iterable, Mapping

from layerkeep.core.asks import Asks, asks_of
from layerkeep.core.claims import CONFIRMED, VOIDED
from layerkeep.core.effects import Effect, MessageMoved, PutQuestion
from layerkeep.core.facts import Ask, Fact, HeadSeen, Operated
from layerkeep.core.finished import Finished
from layerkeep.core.incidents import Incidents
from layerkeep.core.incidents.patience import patience_of
from layerkeep.core.lifecycle import Lifecycle
from layerkeep.core.network.graph import Graph
from layerkeep.core.network.judgements import CLAIM
from layerkeep.core.network.layers import Layers
from layerkeep.core.network.sightings import Sightings
from layerkeep.core.outlook import Experience
from layerkeep.core.rules import RULES
from layerkeep.core.rules.rule import Ground, Rule
from layerkeep.core.rules.watch import Changes, Watch
from layerkeep.core.units import ChainName, Timestamp
from layerkeep.core.view import View

QUESTIONS_MAX = 64
"""Questions put at once: they ride in the follower's batch, and common nodes take 100 in one."""


class Engine:
    """Everything layerkeep believes about one network, and what it wants done.

    Without `layers` nothing is watched: messages are followed and no rule is asked.
    """

    def __init__(
        self,
        lifecycles: Iterable[Lifecycle],
        chains: Iterable[ChainName] = (),
        layers: Layers | None = None,
        rules: Iterable[Rule] = RULES,
    ) -> None:
        by_name: Mapping[str, Lifecycle] = {each.name: each for each in lifecycles}
        self.view = View(by_name, tuple(chains))
        self.asks = Asks()
        self.experience = Experience()
        self._finished = Finished(self.view)
        self._settled: dict[str, int] = {}
        self.ticked: Timestamp | None = None
        self.sightings = Sightings()
        self.turns = 0
        graph = Graph(layers or {})
        ground = Ground(layers or {}, graph, self.view, self.sightings, self.experience)
        self.watch = Watch(rules if layers else (), ground)
        self.incidents = Incidents(graph, self.watch.rules.values(), patience_of(layers or {}))

    def start(self, now: Timestamp) -> list[Effect]:
        """Look at everything once, after what is known from before was observed."""
        return self._act(self.watch.start(now), now)

    def observe(self, fact: Fact, now: Timestamp) -> list[Effect]:
        """Believe a fact; review only what it touched. `turns` rises with all that changes."""
        self.turns += 1
        if isinstance(fact.says, Operated):
            return [*self.incidents.operate(fact, now)]
        self.sightings.take(fact, now)
        if fact.answers:
            self.asks.answered(fact.answers, now, fact.via)
        touched = self.view.believe(fact)
        asks = asks_of(fact)
        if asks:
            self._put(asks, _answered(self.view.about(fact)), now)
        if isinstance(fact.says, HeadSeen):
            self._let_go(fact.anchor.chain)
        effects = self._review(touched)
        changes = self.watch.touch((fact,), touched, now)
        return effects + self._act(changes, now) if changes else effects

    def retract(self, chain: str, ancestor: int, now: Timestamp) -> list[Effect]:
        """Give up every fact of this chain above the height `ancestor`: those blocks left it.

        What was judged of them goes with them, whatever chain the answer was read on.
        """
        self.turns += 1
        gone = self.view.above(chain, ancestor)
        asked = {ask.id for fact in gone for ask in asks_of(fact)}
        gone += self.sightings.judged.answering(asked) if asked else []
        touched = self.view.retract(chain, ancestor)
        for message_id in touched:
            self._finished.remove(message_id)
        self.sightings.drop(gone)
        self._close(gone)
        effects = self._review(touched)
        for fact in gone:
            self.asks.unanswered(fact.answers, now, fact.via)
            self._ask_again(self.view.about(fact), now)
        for message_id in touched:
            message = self.view.messages.get(message_id)
            if message is not None:
                self._ask_again(message.all_facts(), now)
        changes = self.watch.touch(gone, touched, now, gone=True)
        return effects + self._act(changes, now) if changes else effects

    def tick(self, now: Timestamp) -> list[Effect]:
        """Put the questions that are due, review what has expired; `ticked` is when that was."""
        effects = self._act(self.watch.tick(now), now)
        effects += self.incidents.tick(now)
        self.turns += len(effects)
        for ask in self.asks.due(now, QUESTIONS_MAX):
            if self._is_moot(ask):
                self.asks.close(ask.id)
            else:
                effects.append(PutQuestion(ask))
        self.ticked = now
        return effects

    def next_deadline(self) -> Timestamp | None:
        """When `tick` is next worth calling, None if nothing is awaited."""
        soonest = self.watch.next_due()
        for due in (self.asks.next_due(), self.incidents.next_due()):
            if due is not None and (soonest is None or due < soonest):
                soonest = due
        return soonest

    def awaited(self, chain: str, transactions: Iterable[str]) -> list[Ask]:
        """The open questions about any of these transactions, just seen in a block."""
        return [ask for tx in transactions for ask in self.asks.about(chain, tx)]

    def _act(self, changes: Changes, now: Timestamp) -> list[Effect]:
        """What incidents make of problems that came or went."""
        return [*self.incidents.take(changes, now)] if changes else []

    def _review(self, touched: Iterable[str]) -> list[Effect]:
        effects: list[Effect] = []
        for message_id in touched:
            before, after = self.view.refold(message_id)
            if not after:
                effects.append(MessageMoved(message_id, ""))
                self._finished.gone(message_id)
                self.sightings.resting.gone(message_id)
                continue
            message = self.view.messages[message_id]
            if not message.finished:
                self._finished.remove(message_id)
            elif self._finished.add(message):
                self.experience.learn(message)
            if before != after:
                self.sightings.resting.moved(message)
                effects.append(MessageMoved(message_id, after))
        return effects

    def _put(self, asks: Iterable[Ask], answered: set[str], now: Timestamp) -> None:
        """Questions are open unless they were answered; one with a period always is."""
        for ask in asks:
            if ask.every or not answered or ask.id not in answered:
                self.asks.put(ask, now)

    def _close(self, gone: Iterable[Fact]) -> None:
        """Nobody asks any more what only these facts asked."""
        for fact in gone:
            for ask in asks_of(fact):
                self.asks.close(ask.id)

    def _ask_again(self, facts: Iterable[Fact], now: Timestamp) -> None:
        """What these facts ask is open again where its answer's block left the chain."""
        asks = [ask for fact in facts for ask in asks_of(fact)]
        if asks:
            self._put(asks, _answered(facts), now)

    def _is_moot(self, ask: Ask) -> bool:
        """True if nobody needs the answer any more."""
        view = self.view
        if ask.key:
            message = view.messages.get(view.by_key.get(ask.key, ""))
            return message is not None and message.finished
        claim = view.claims.by_id.get(ask.subject)
        return claim is not None and bool(ask.every) and claim.status in (CONFIRMED, VOIDED)

    def _let_go(self, chain: str) -> None:
        """Release what is finished and final, whole journeys at a time; tidy what is settled."""
        final = self.view.finalized(chain)
        if final <= self._settled.get(chain, -1):
            return
        self._settled[chain] = final
        self._close(self.view.settle(chain))
        for message in self._finished.let_go(chain):
            self._close(message.all_facts())
        for claim in self.view.settle_claims():
            self._close(claim.facts())
            if not self.view.claims.lanes[claim.lane].counts(claim):
                self.sightings.judged.let_go(CLAIM, claim.id)


def _answered(facts: Iterable[Fact]) -> set[str]:
    """The questions that these facts answer."""
    return {fact.answers for fact in facts if fact.answers}
