"""Everything believed now, and nothing else: open messages, claims, switches, parameters, heads.

The view takes facts in and gives them up again when their block leaves the chain. It holds what is
open; what is finished and final is released and lives in the store. Each change returns the ids of
the messages whose stage it may have moved.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from layerkeep.core.claims import Claim, Lane
from layerkeep.core.facts import (
    Ask,
    ClaimCovers,
    Claimed,
    ClaimMoved,
    ClaimsVoided,
    Described,
    Fact,
    HeadSeen,
    Measured,
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

SLACK = HOUR
"""How far the clocks of two chains may stand apart; far more than any chain allows itself."""


@dataclass(slots=True)
class View:
    """All that is believed about one network."""

    lifecycles: Mapping[str, Lifecycle]
    messages: dict[str, Message] = field(default_factory=dict)
    by_key: dict[Key, str] = field(default_factory=dict)
    orphans: dict[Key, list[Fact]] = field(default_factory=dict)
    lanes: dict[str, Lane] = field(default_factory=dict)
    claim_lane: dict[str, str] = field(default_factory=dict)
    early: dict[str, list[Fact]] = field(default_factory=dict)
    executed: dict[Place, list[Fact]] = field(default_factory=dict)
    initiated: dict[Place, list[str]] = field(default_factory=dict)
    named: dict[tuple[str, str], list[Fact]] = field(default_factory=dict)
    heads: dict[str, Fact] = field(default_factory=dict)
    by_block: dict[str, dict[int, list[Fact]]] = field(default_factory=dict)

    # ---- taking facts in

    def believe(self, fact: Fact) -> list[str]:
        """The fact is part of the view; the messages it may have moved are returned."""
        says = fact.says
        if isinstance(says, HeadSeen):
            self.heads[fact.anchor.chain] = fact
            return []
        self.by_block.setdefault(fact.anchor.chain, {}).setdefault(fact.anchor.height, []).append(
            fact
        )
        return self._take(fact)

    def _take(self, fact: Fact) -> list[str]:
        says = fact.says
        if isinstance(says, Sent):
            return self._open(fact, says)
        if isinstance(says, Reached | Described):
            return self._attach(fact, says)
        if isinstance(says, Claimed | ClaimCovers | ClaimMoved):
            return self._claim(fact, says)
        if isinstance(says, ClaimsVoided):
            lane = self.lanes.setdefault(says.lane, Lane())
            lane.voids.append(fact)
            return [message for _, message in lane.waiting]
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
        message = Message(fact, lifecycle, child)
        self.messages[says.message] = message
        self.initiated.setdefault((fact.anchor.chain, fact.anchor.tx), []).append(says.message)
        lane = self.lane_of(message)
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
        if any(_same(fact, known) for known in message.facts):
            return
        message.facts.append(fact)
        if isinstance(fact.says, Described) and fact.says.keys:
            self._know(message, fact.says.keys)

    def _claim(self, fact: Fact, says: Claimed | ClaimCovers | ClaimMoved) -> list[str]:
        if isinstance(says, Claimed):
            self.claim_lane[says.claim] = says.lane
            lane = self.lanes.setdefault(says.lane, Lane())
            claim = lane.claims.setdefault(says.claim, Claim())
            claim.made = claim.made or fact
            claim.said.extend(self.early.pop(says.claim, ()))
            return lane.touched(claim.covers)
        lane_name = self.claim_lane.get(says.claim)
        if lane_name is None:
            self.early.setdefault(says.claim, []).append(fact)
            return []
        lane = self.lanes[lane_name]
        claim = lane.claims[says.claim]
        claim.said.append(fact)
        return lane.touched(claim.covers)

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
        if isinstance(says, Reached | Described):
            return self._detach(fact, says)
        if isinstance(says, Claimed | ClaimCovers | ClaimMoved):
            return self._unclaim(fact, says)
        if isinstance(says, ClaimsVoided):
            lane = self.lanes[says.lane]
            lane.voids.remove(fact)
            return [message for _, message in lane.waiting]
        if isinstance(says, Switched):
            self.named[says.child, says.switch].remove(fact)
        elif isinstance(says, Measured):
            self.named[says.child, says.name].remove(fact)
        elif isinstance(says, Posted):
            self.named[says.child, POSTED].remove(fact)
        return []

    def _close(self, fact: Fact, says: Sent) -> list[str]:
        message = self.messages.get(says.message)
        if message is None or message.sent is not fact:
            return []
        self._forget(message)
        for left in message.facts:
            assert isinstance(left.says, Reached | Described)
            self.orphans.setdefault(left.says.key, []).append(left)
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
            left = [f for f in message.facts if isinstance(f.says, Reached) and f.says.key == key]
            for fact in left:
                message.facts.remove(fact)
                self.orphans.setdefault(key, []).append(fact)

    def _unclaim(self, fact: Fact, says: Claimed | ClaimCovers | ClaimMoved) -> list[str]:
        lane_name = self.claim_lane.get(says.claim)
        if lane_name is None:
            _discard(self.early, says.claim, fact)
            return []
        lane = self.lanes[lane_name]
        claim = lane.claims[says.claim]
        touched = lane.touched(claim.covers)
        if isinstance(says, Claimed):
            del lane.claims[says.claim]
            del self.claim_lane[says.claim]
            if claim.said:
                self.early[says.claim] = claim.said
            return touched
        claim.said.remove(fact)
        return touched

    def _forget(self, message: Message) -> None:
        """The message is no longer in memory; its facts are the caller's."""
        del self.messages[message.id]
        for key in message.keys:
            self.by_key.pop(key, None)
        anchor = message.sent.anchor
        _discard(self.initiated, (anchor.chain, anchor.tx), message.id)
        lane = self.lane_of(message)
        if lane is not None and message.says.position is not None:
            lane.leave(message.says.position, message.id)

    # ---- letting go of what is finished and final

    def finalized(self, chain: str) -> int:
        """The height up to which this chain cannot change, -1 while unknown."""
        head = self.heads.get(chain)
        if head is None or not isinstance(head.says, HeadSeen) or head.says.finalized is None:
            return -1
        return head.says.finalized

    def is_final(self, fact: Fact) -> bool:
        """True if the fact's block cannot leave its chain."""
        return fact.anchor.height <= self.finalized(fact.anchor.chain)

    def is_done(self, message: Message) -> bool:
        """True if a message is finished, its every fact final and its link settled."""
        if not message.finished or not all(map(self.is_final, message.all_facts())):
            return False
        place = (message.sent.anchor.chain, message.sent.anchor.tx)
        return not any(self._is_orphan(fact) for fact in self.executed.get(place, ()))

    def release(self, message: Message) -> None:
        """Let go of a message that is done; its story stays in the store."""
        self._forget(message)
        for fact in message.executions():
            _discard(self.executed, (fact.anchor.chain, fact.anchor.tx), fact)

    def _is_orphan(self, fact: Fact) -> bool:
        assert isinstance(fact.says, Reached)
        return fact.says.key not in self.by_key

    def settle(self, chain: str) -> None:
        """What this chain can no longer change is kept only as far as somebody still needs it."""
        final = self.finalized(chain)
        blocks = self.by_block.get(chain, {})
        for height in [height for height in blocks if height <= final]:
            del blocks[height]
        for name, facts in self.named.items():
            old = [fact for fact in facts if self.is_final(fact)]
            latest = max(old, key=lambda fact: fact.order, default=None)
            self.named[name] = [fact for fact in facts if fact is latest or fact not in old]
        for claim in [name for name, facts in self.early.items() if all(map(self.is_final, facts))]:
            del self.early[claim]
        for lane_name, lane in self.lanes.items():
            self._settle_lane(lane, ChainName(lane_name.split("/", 1)[0]))
        self._settle_orphans()

    def _settle_lane(self, lane: Lane, child: ChainName) -> None:
        """A final claim goes when the child is read past its time and nobody waits so low."""
        wanted = lane.lowest_wanted()
        read = self.read_until(child)
        for claim in list(lane.claims.values()):
            covers = claim.covers
            if covers is None or claim.made is None or (wanted is not None and covers >= wanted):
                continue
            if self.is_final(claim.made) and claim.made.anchor.time + SLACK < read:
                del lane.claims[claim.id]
                del self.claim_lane[claim.id]

    def _settle_orphans(self) -> None:
        """What was said of a message sent before we looked is the store's alone."""
        read = min(map(self.read_until, self.heads), default=0) - SLACK
        for key, facts in list(self.orphans.items()):
            if all(self.is_final(fact) and fact.anchor.time < read for fact in facts):
                del self.orphans[key]
                for fact in facts:
                    _discard(self.executed, (fact.anchor.chain, fact.anchor.tx), fact)

    def read_until(self, chain: str) -> int:
        """The time of the last block believed of this chain, 0 while there is none."""
        head = self.heads.get(chain)
        return head.anchor.time if head is not None else 0

    # ---- answers

    def lane_of(self, message: Message) -> Lane | None:
        """The lane whose claims can cover the message, None if its kind has none."""
        if not message.lifecycle.lane:
            return None
        return self.lanes.setdefault(f"{message.child}/{message.lifecycle.lane}", Lane())

    def asks_behind(self, answer: Fact) -> tuple[Ask, ...]:
        """Every question put by the facts of the message or claim that an answer is about."""
        says = answer.says
        if isinstance(says, Reached | Described):
            message = self.messages.get(self.by_key.get(says.key, ""))
            facts = message.all_facts() if message is not None else []
        elif isinstance(says, ClaimCovers | ClaimMoved):
            claim = self.lanes.get(self.claim_lane.get(says.claim, ""), Lane()).claims.get(
                says.claim
            )
            facts = [claim.made] if claim is not None and claim.made is not None else []
        else:
            facts = []
        return tuple(
            ask
            for f in facts
            if isinstance(f.says, Sent | Reached | Claimed)
            for ask in f.says.asks
        )

    def refold(self, message_id: str) -> tuple[str, str]:
        """The message's stage before and now; empty text if it does not exist."""
        message = self.messages.get(message_id)
        if message is None:
            return "", ""
        before = message.stage
        message.stage = current_stage(message, self.lane_of(message))
        return before, message.stage

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


def _same(one: Fact, other: Fact) -> bool:
    """True if two facts say the same of the same place, whoever told us."""
    return one.order == other.order and one.anchor == other.anchor and one.says == other.says


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
