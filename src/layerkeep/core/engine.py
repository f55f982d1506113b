"""The engine: facts in, effects out, time is an argument.

One engine decides for one network. It believes facts, refolds the messages they touch and says what
it wants to know next. It never waits, never asks the clock and never scans all messages.
"""

from collections.abc import Iterable, Mapping

from layerkeep.core.asks import Asks
from layerkeep.core.effects import Effect, MessageMoved, PutQuestion
from layerkeep.core.facts import Ask, Claimed, Fact, HeadSeen, Reached, Sent
from layerkeep.core.journeys import following, previous
from layerkeep.core.lifecycle import Lifecycle
from layerkeep.core.messages import Message
from layerkeep.core.outlook import Experience
from layerkeep.core.units import Timestamp
from layerkeep.core.view import View

QUESTIONS_MAX = 64
"""Questions put at once: they ride in the follower's batch, and common nodes take 100 in one."""


class Engine:
    """Everything layerkeep believes about one network, and what it wants done."""

    def __init__(self, lifecycles: Iterable[Lifecycle]) -> None:
        by_name: Mapping[str, Lifecycle] = {each.name: each for each in lifecycles}
        self.view = View(by_name)
        self.asks = Asks()
        self.experience = Experience()
        self._finished: dict[str, None] = {}
        self._settled: dict[str, int] = {}

    def observe(self, fact: Fact, now: Timestamp) -> list[Effect]:
        """Believe a fact; review only what it touched."""
        if fact.answers:
            self.asks.answered(fact.answers, now)
        touched = self.view.believe(fact)
        says = fact.says
        if isinstance(says, Sent | Reached | Claimed) and says.asks:
            for ask in says.asks:
                self.asks.put(ask, now)
        if isinstance(says, HeadSeen):
            self._let_go(fact.anchor.chain)
        return self._review(touched)

    def retract(self, chain: str, ancestor: int, now: Timestamp) -> list[Effect]:
        """Give up every fact of this chain above the height `ancestor`: those blocks left it."""
        gone = self.view.above(chain, ancestor)
        touched = self.view.retract(chain, ancestor)
        for fact in gone:
            if fact.answers:
                self._ask_again(fact, now)
        return self._review(touched)

    def tick(self, now: Timestamp) -> list[Effect]:
        """Put the questions that are due."""
        effects: list[Effect] = []
        for ask in self.asks.due(now, QUESTIONS_MAX):
            if self._is_moot(ask):
                self.asks.close(ask.id)
            else:
                effects.append(PutQuestion(ask))
        return effects

    def next_deadline(self) -> Timestamp | None:
        """When `tick` is next worth calling, None if nothing is awaited."""
        return self.asks.next_due()

    def awaited(self, chain: str, transactions: Iterable[str]) -> list[Ask]:
        """The open questions about any of these transactions, just seen in a block."""
        return [ask for tx in transactions for ask in self.asks.about(chain, tx)]

    def _review(self, touched: Iterable[str]) -> list[Effect]:
        effects: list[Effect] = []
        for message_id in touched:
            before, after = self.view.refold(message_id)
            if not after:
                effects.append(MessageMoved(message_id, ""))
                self._finished.pop(message_id, None)
                continue
            message = self.view.messages[message_id]
            if message.finished:
                if message_id not in self._finished:
                    self._finished[message_id] = None
                    self.experience.learn(self.view, message)
            else:
                self._finished.pop(message_id, None)
            if before != after:
                effects.append(MessageMoved(message_id, after))
        return effects

    def _ask_again(self, answer: Fact, now: Timestamp) -> None:
        """The answer's block left the chain: its question is open again."""
        for ask in self.view.asks_behind(answer):
            if ask.id == answer.answers:
                self.asks.put(ask, now)

    def _is_moot(self, ask: Ask) -> bool:
        """True if nobody needs the answer any more."""
        view = self.view
        if ask.key:
            message = view.messages.get(view.by_key.get(ask.key, ""))
            return message is not None and message.finished
        lane_name = view.claim_lane.get(ask.subject)
        if lane_name is None or not ask.every:
            return False
        return view.lanes[lane_name].claims[ask.subject].status in ("confirmed", "voided")

    def _let_go(self, chain: str) -> None:
        """Release what is finished and final, whole journeys at a time; tidy what is settled."""
        final = self.view.finalized(chain)
        if final <= self._settled.get(chain, -1):
            return
        self._settled[chain] = final
        for message_id in list(self._finished):
            message = self.view.messages.get(message_id)
            if message is None or not self.view.is_done(message):
                continue
            family = self._family(message)
            if all(map(self.view.is_done, family)):
                for each in family:
                    self.view.release(each)
                    self._finished.pop(each.id, None)
        self.view.settle(chain)

    def _family(self, message: Message) -> list[Message]:
        """The message and all it is linked to, directly or not."""
        family = {message.id: message}
        frontier = [message]
        while frontier:
            each = frontier.pop()
            before = previous(self.view, each)
            for other in [*following(self.view, each), *([before] if before else [])]:
                if other.id not in family:
                    family[other.id] = other
                    frontier.append(other)
        return list(family.values())
