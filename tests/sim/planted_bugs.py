"""Engines with one bug each, for the checkers to find."""

from collections.abc import Callable, Iterable

from layerkeep.adapters.nitro.lifecycles import LIFECYCLES as NITRO
from layerkeep.adapters.op_stack.lifecycles import LIFECYCLES as OP_STACK
from layerkeep.core.effects import Effect, MessageMoved
from layerkeep.core.engine import Engine
from layerkeep.core.facts import Fact, Reached
from layerkeep.core.finished import Finished
from layerkeep.core.messages import Message
from layerkeep.core.units import ChainName, Key, Timestamp
from layerkeep.core.view import View

LIFECYCLES = (*OP_STACK, *NITRO)


def planted(engine: type[Engine]) -> Callable[[Iterable[ChainName]], Engine]:
    """A way to make engines of a class that has a bug."""
    return lambda chains: engine(LIFECYCLES, chains)


class DropsRetractions(Engine):
    def retract(self, chain: str, ancestor: int, now: Timestamp) -> list[Effect]:
        return []


class KeepsOneOnRetract(Engine):
    """Forgets to give up the first statement of what left, if it is about a message's stage."""

    def retract(self, chain: str, ancestor: int, now: Timestamp) -> list[Effect]:
        gone = self.view.above(chain, ancestor)
        kept = [fact for fact in gone if isinstance(fact.says, Reached)][:1]
        effects = super().retract(chain, ancestor, now)
        for fact in kept:
            effects += super().observe(fact, now)
        return effects


class ForgetfulView(View):
    """What is said of a message before it is sent is lost."""

    def _know(self, message: Message, keys: Iterable[Key]) -> None:
        for key in keys:
            self.orphans.pop(key, None)
        super()._know(message, keys)


class HastyView(View):
    """Believes every block to be final."""

    def is_final(self, fact: Fact) -> bool:
        return True


class LosesEarlyWords(Engine):
    def __init__(self, lifecycles: object, chains: Iterable[ChainName] = ()) -> None:
        super().__init__(LIFECYCLES, chains)
        self.view = ForgetfulView(self.view.lifecycles, self.view.chains)
        self._finished = Finished(self.view)


class ForgetsBeforeFinality(Engine):
    def __init__(self, lifecycles: object, chains: Iterable[ChainName] = ()) -> None:
        super().__init__(LIFECYCLES, chains)
        self.view = HastyView(self.view.lifecycles, self.view.chains)
        self._finished = Finished(self.view)


class BelievesByCount(Engine):
    """Overlooks every seventh fact since it was started: a state that no log holds."""

    seen = 0

    def observe(self, fact: Fact, now: Timestamp) -> list[Effect]:
        self.seen += 1
        return super().observe(fact, now) if self.seen % 7 else []


class KeepsAnsweredAsks(Engine):
    """Closes a question when it is answered, but forgets that it was when it is put again."""

    def _put(self, asks: object, answered: object, now: Timestamp) -> None:
        super()._put(asks, frozenset(), now)  # type: ignore[arg-type]


class TellsTwice(Engine):
    """Counts what is told again as one message more."""

    def observe(self, fact: Fact, now: Timestamp) -> list[Effect]:
        effects = super().observe(fact, now)
        moved = [each for each in effects if isinstance(each, MessageMoved)]
        return effects + [MessageMoved(each.message + "-again", each.stage) for each in moved]


class TellsNothingOfTheGone(Engine):
    def retract(self, chain: str, ancestor: int, now: Timestamp) -> list[Effect]:
        effects = super().retract(chain, ancestor, now)
        return [each for each in effects if not isinstance(each, MessageMoved) or each.stage]


class LetsGoTooMuch(Engine):
    """Lets go of a message as soon as it moves on, finished or not."""

    def observe(self, fact: Fact, now: Timestamp) -> list[Effect]:
        effects = super().observe(fact, now)
        for each in effects:
            message = self.view.messages.get(getattr(each, "message", ""))
            if message is not None and isinstance(fact.says, Reached):
                self._finished.remove(message.id)
                self.view.release(message)
        return effects


class TellsFirstStageOnly(Engine):
    """Tells of a message when it is new, and never again."""

    def observe(self, fact: Fact, now: Timestamp) -> list[Effect]:
        effects = super().observe(fact, now)
        return effects if not isinstance(fact.says, Reached) else []
