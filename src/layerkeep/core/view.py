"""Everything believed now, and nothing else: open messages, claims, switches, parameters, heads.

The view takes facts in and gives them up again when their block leaves the chain. It holds what is
open; what is finished and final is released and lives in the store. Each change returns the ids of
the messages whose stage it may have moved.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import get_args

from layerkeep.core.claims import Claim, Claims
from layerkeep.core.facts import (
    ClaimCovers,
    Claimed,
    ClaimMoved,
    ClaimsVoided,
    Described,
    Fact,
    HeadSeen,
    Measured,
    Observed,
    Posted,
    Reached,
    Sent,
    Switched,
)
from layerkeep.core.lifecycle import Lifecycle
from layerkeep.core.messages import Message, current_stage
from layerkeep.core.units import HOUR, ChainName, Key

Place = tuple[str, str]
"""A transaction on a chain."""

POSTED = "posted"
"""The name under which the last batches of a child are kept."""

OBSERVED = frozenset(get_args(Observed))
ABOUT_MESSAGES = (Reached, Described)
ABOUT_CLAIMS = (Claimed, ClaimCovers, ClaimMoved)

SLACK = HOUR
"""How far the clocks of two chains may stand apart; far more than any chain allows itself."""


@dataclass(slots=True)
class View:
    """All that is believed about one network.

    `chains` are all that are followed: nothing is given up for lost while one of them has not been
    read so far. Where they are not named, those whose heads were seen stand for them.
    """

    lifecycles: Mapping[str, Lifecycle]
    chains: tuple[ChainName, ...] = ()
    messages: dict[str, Message] = field(default_factory=dict)
    by_key: dict[Key, str] = field(default_factory=dict)
    orphans: dict[Key, list[Fact]] = field(default_factory=dict)
    claims: Claims = field(default_factory=Claims)
    executed: dict[Place, list[Fact]] = field(default_factory=dict)
    initiated: dict[Place, list[str]] = field(default_factory=dict)
    named: dict[tuple[str, str], list[Fact]] = field(default_factory=dict)
    heads: dict[str, Fact] = field(default_factory=dict)
    final: dict[str, int] = field(default_factory=dict)
    by_block: dict[str, dict[int, list[Fact]]] = field(default_factory=dict)
    told: dict[str, None] = field(default_factory=dict)  # more is known of these: see refold

    # ---- taking facts in

    def believe(self, fact: Fact) -> list[str]:
        """The fact is part of the view; the messages it may have moved are returned."""
        says, anchor = fact.says, fact.anchor
        if type(says) in OBSERVED:
            if isinstance(says, HeadSeen):
                self.heads[anchor.chain] = fact
                self.final[anchor.chain] = -1 if says.finalized is None else says.finalized
            return []
        blocks = self.by_block.setdefault(anchor.chain, {})
        blocks.setdefault(anchor.height, []).append(fact)
        return self._take(fact)

    def _take(self, fact: Fact) -> list[str]:
        says = fact.says
        if isinstance(says, Sent):
            return self._open(fact, says)
        if isinstance(says, ABOUT_MESSAGES):
            return self._attach(fact, says)
        if isinstance(says, ABOUT_CLAIMS):
            return self.claims.believe(fact, says)
        if isinstance(says, ClaimsVoided):
            return self.claims.void(fact, says)
        if isinstance(says, Switched):
            self._name((says.child, says.switch), fact)
        elif isinstance(says, Measured):
            self._name((says.child, says.name), fact)
        elif isinstance(says, Posted):
            self._name((says.child, POSTED), fact)
        return []

    def _open(self, fact: Fact, says: Sent) -> list[str]:
        if says.message in self.messages:
            return []
        lifecycle = self.lifecycles[says.lifecycle]
        child = ChainName(says.keys[0].split("/", 1)[0])
        lane = self.claims.lane(f"{child}/{lifecycle.lane}") if lifecycle.lane else None
        message = Message(fact, lifecycle, child, lane)
        self.messages[says.message] = message
        self.initiated.setdefault((fact.anchor.chain, fact.anchor.tx), []).append(says.message)
        if lane is not None and says.position is not None:
            lane.wait(says.position, says.message)
        self._know(message, says.keys)
        return [says.message]

    def _know(self, message: Message, keys: Iterable[Key]) -> None:
        """The message answers to these keys; what was said under them before is its own."""
        for key in keys:
            if key in self.by_key:
                continue
            self.by_key[key] = message.id
            message.keys.append(key)
            for fact in self.orphans.pop(key, ()):
                self._attach_to(message, fact)

    def _attach(self, fact: Fact, says: Reached | Described) -> list[str]:
        if isinstance(says, Reached) and says.executes:
            self.executed.setdefault((fact.anchor.chain, fact.anchor.tx), []).append(fact)
        message_id = self.by_key.get(says.key)
        if message_id is None:
            self.orphans.setdefault(says.key, []).append(fact)
            return []
        self._attach_to(self.messages[message_id], fact)
        return [message_id]

    def _attach_to(self, message: Message, fact: Fact) -> None:
        for known in message.facts:
            if known.anchor == fact.anchor and known.says == fact.says and _same(fact, known):
                return
        message.facts.append(fact)
        if isinstance(fact.says, Described) and fact.says.keys:
            self._know(message, fact.says.keys)

    def _name(self, name: tuple[str, str], fact: Fact) -> None:
        self.named.setdefault(name, []).append(fact)

    # ---- giving facts up

    def above(self, chain: str, ancestor: int) -> list[Fact]:
        """The facts of this chain above a height, in order of height."""
        blocks = self.by_block.get(chain, {})
        return [fact for height in sorted(blocks) if height > ancestor for fact in blocks[height]]

    def retract(self, chain: str, ancestor: int) -> list[str]:
        """Every fact of this chain above the height `ancestor` is gone; touched messages return."""
        gone = self.above(chain, ancestor)
        blocks = self.by_block.get(chain, {})
        for height in [height for height in blocks if height > ancestor]:
            del blocks[height]
        touched: dict[str, None] = {}
        for fact in reversed(gone):
            for message in self._drop(fact):
                touched[message] = None
        return list(touched)

    def _drop(self, fact: Fact) -> list[str]:
        says = fact.says
        if isinstance(says, Sent):
            return self._close(fact, says)
        if isinstance(says, ABOUT_MESSAGES):
            return self._detach(fact, says)
        if isinstance(says, ABOUT_CLAIMS):
            return self.claims.drop(fact, says)
        if isinstance(says, ClaimsVoided):
            return self.claims.unvoid(fact, says)
        if isinstance(says, Switched):
            _discard(self.named, (says.child, says.switch), fact)
        elif isinstance(says, Measured):
            _discard(self.named, (says.child, says.name), fact)
        elif isinstance(says, Posted):
            _discard(self.named, (says.child, POSTED), fact)
        return []

    def _close(self, fact: Fact, says: Sent) -> list[str]:
        message = self.messages.get(says.message)
        if message is None or message.sent is not fact:
            return []
        self._forget(message)
        for left in message.facts:
            self.orphans.setdefault(_key_of(left), []).append(left)
        return [says.message]

    def _detach(self, fact: Fact, says: Reached | Described) -> list[str]:
        if isinstance(says, Reached) and says.executes:
            _discard(self.executed, (fact.anchor.chain, fact.anchor.tx), fact)
        message_id = self.by_key.get(says.key)
        if message_id is None:
            _discard(self.orphans, says.key, fact)
            return []
        message = self.messages[message_id]
        if fact in message.facts:
            message.facts.remove(fact)
        if isinstance(says, Described):
            self._unknow(message, says.keys)
        return [message_id]

    def _unknow(self, message: Message, keys: Iterable[Key]) -> None:
        """The message no longer answers to these keys; what came under them waits again."""
        for key in keys:
            if self.by_key.get(key) != message.id or _still_named(message, key):
                continue
            del self.by_key[key]
            message.keys.remove(key)
            for fact in [fact for fact in message.facts if _key_of(fact) == key]:
                message.facts.remove(fact)
                self.orphans.setdefault(key, []).append(fact)
                if isinstance(fact.says, Described):
                    self._unknow(message, fact.says.keys)

    def _forget(self, message: Message) -> None:
        """The message is no longer in memory; its facts are the caller's."""
        del self.messages[message.id]
        self.told.pop(message.id, None)
        for key in message.keys:
            self.by_key.pop(key, None)
        anchor = message.sent.anchor
        _discard(self.initiated, (anchor.chain, anchor.tx), message.id)
        lane = message.lane
        if lane is not None and message.says.position is not None:
            lane.leave(message.says.position, message.id)

    # ---- letting go of what is finished and final

    def finalized(self, chain: str) -> int:
        """The height up to which this chain cannot change, -1 while unknown."""
        return self.final.get(chain, -1)

    def is_final(self, fact: Fact) -> bool:
        """True if the fact's block cannot leave its chain."""
        anchor = fact.anchor
        return anchor.height <= self.final.get(anchor.chain, -1)

    def release(self, message: Message) -> None:
        """Let go of a message that is done; its story stays in the store."""
        self._forget(message)
        for fact in message.executions():
            _discard(self.executed, (fact.anchor.chain, fact.anchor.tx), fact)
        for fact in message.all_facts():
            self._clear((fact.anchor.chain, fact.anchor.tx))

    def _clear(self, place: Place) -> None:
        """Executions of messages nobody knows matter only beside others of their transaction."""
        facts = self.executed.get(place)
        if facts is None:
            return
        known = any(_key_of(fact) in self.by_key or _key_of(fact) in self.orphans for fact in facts)
        if not known and place not in self.initiated:
            del self.executed[place]

    def settle(self, chain: str) -> list[Fact]:
        """What this chain can no longer change is kept only as far as somebody still needs it.

        The facts that put questions and are let go are returned.
        """
        final = self.finalized(chain)
        blocks = self.by_block.get(chain, {})
        for height in [height for height in blocks if height <= final]:
            del blocks[height]
        for name, facts in self.named.items():
            if len(facts) > 1 and facts[0].anchor.chain == chain:
                self.named[name] = self._latest(facts)
        gone = self._settle_orphans()
        self.claims.settle_early(self.hopes)
        return gone

    def _latest(self, facts: list[Fact]) -> list[Fact]:
        """The last value that is final, and all that are not."""
        final = [fact for fact in facts if self.is_final(fact)]
        last = max(final, key=lambda fact: fact.order, default=None)
        return [fact for fact in facts if fact is last or not self.is_final(fact)]

    def settle_claims(self) -> list[Claim]:
        """The claims let go: they stand for good, long read past, and nobody waits so low."""
        needless: list[Claim] = []
        for name, lane in self.claims.lanes.items():
            before = self.read_until(name.split("/", 1)[0]) - SLACK
            needless += [c for c in lane.unwanted(before) if all(map(self.is_final, lane.proof(c)))]
        self.claims.settle(needless)
        return needless

    def _settle_orphans(self) -> list[Fact]:
        """What was said of a message sent before we looked is the store's alone."""
        gone: list[Fact] = []
        for key, facts in list(self.orphans.items()):
            if self.hopes(facts):
                continue
            del self.orphans[key]
            for fact in facts:
                self._clear((fact.anchor.chain, fact.anchor.tx))
            gone += facts
        return gone

    def hopes(self, facts: Iterable[Fact]) -> bool:
        """True unless all that these facts speak of was said before we looked."""
        return not all(map(self._is_hopeless, facts))

    def _is_hopeless(self, fact: Fact) -> bool:
        """True if what the fact speaks of would be read and final by now, were it ever to be."""
        final = min(map(self.final_until, self.chains or self.heads), default=0)
        return self.is_final(fact) and fact.anchor.time + SLACK < final

    def read_until(self, chain: str) -> int:
        """The time of the last block believed of this chain, 0 while there is none."""
        head = self.heads.get(chain)
        return head.anchor.time if head is not None else 0

    def final_until(self, chain: str) -> int:
        """The time up to which this chain is read and cannot change, as far as it is told."""
        head = self.heads.get(chain)
        if head is None or not isinstance(head.says, HeadSeen):
            return 0
        time = head.says.finalized_time
        return head.anchor.time if time is None else min(time, head.anchor.time)

    # ---- answers

    def about(self, fact: Fact) -> list[Fact]:
        """Everything believed of the message or claim that a fact speaks of."""
        says = fact.says
        if isinstance(says, ABOUT_CLAIMS):
            return self.claims.about(says.claim)
        keys = says.keys if isinstance(says, Sent) else ()
        if isinstance(says, ABOUT_MESSAGES):
            keys = (says.key,)
        found: list[Fact] = []
        for key in keys:
            message = self.messages.get(self.by_key.get(key, ""))
            if message is not None:
                return message.all_facts()
            found += self.orphans.get(key, ())
        return found

    def refold(self, message_id: str) -> tuple[str, str]:
        """The message's stage before and now; empty text if it does not exist."""
        message = self.messages.get(message_id)
        if message is None:
            return "", ""
        before = message.stage
        stage = current_stage(message)
        if stage.name != before:
            message.stage, message.finished = stage.name, stage.final
        else:
            self.told[message_id] = None
        return before, stage.name

    def value(self, child: str, name: str) -> int | str | None:
        """The last value measured of a parameter, or whether a switch is on (0 or 1)."""
        facts = self.named.get((child, name))
        if not facts:
            return None
        says = max(facts, key=lambda fact: fact.order).says
        if isinstance(says, Switched):
            return int(says.on)
        assert isinstance(says, Measured)
        return says.value


def _key_of(fact: Fact) -> Key:
    assert isinstance(fact.says, ABOUT_MESSAGES)
    return fact.says.key


def _same(one: Fact, other: Fact) -> bool:
    """True if two facts say the same of the same place, whoever told us."""
    return (
        one.ordinal == other.ordinal
        and one.answers == other.answers
        and one.anchor == other.anchor
        and one.says == other.says
    )


def _still_named(message: Message, key: Key) -> bool:
    """True if another statement about the message names this key too."""
    return key in message.says.keys or any(
        isinstance(fact.says, Described) and key in fact.says.keys for fact in message.facts
    )


def _discard(index: dict, name: object, entry: object) -> None:  # type: ignore[type-arg]
    """Take one entry out of a list in an index, and the list when it is empty."""
    entries = index.get(name)
    if entries is None or entry not in entries:
        return
    entries.remove(entry)
    if not entries:
        del index[name]
