"""A small model of the stack for the simulator: what a message's facts are, where and when.

Each act plans one story. Delays count from the act's beginning, in milliseconds; stories that fail
are acts of their own, so that whoever calls them decides how often the stack misbehaves.
"""

from layerkeep.adapters.nitro import checks
from layerkeep.adapters.nitro import lifecycles as kinds
from layerkeep.core.adapter import Chance, Planned, Scope
from layerkeep.core.facts import ClaimCovers, Claimed, ClaimMoved, Described, Reached, Says, Sent
from layerkeep.core.keccak import keccak_hex
from layerkeep.core.lifecycle import Lifecycle
from layerkeep.core.units import DAY, HOUR, MINUTE, SECOND, ChainName, Key

Span = tuple[int, int]
INCLUSION = (7 * MINUTE, 15 * MINUTE)
SOON = (2 * SECOND, 30 * SECOND)
BY_HAND = (10 * MINUTE, 2 * DAY)
BATCH = (10 * MINUTE, 70 * MINUTE)
ASSERTION = (20 * MINUTE, 90 * MINUTE)
CONFIRMATION = (6 * DAY + 9 * HOUR, 6 * DAY + 15 * HOUR)


class NitroModel:
    """One bridge of the stack; numbers tell messages and claims apart."""

    def __init__(self, scope: Scope, chance: Chance) -> None:
        self.scope = scope
        self.chance = chance

    def act_retryable(self, number: int) -> list[Planned]:
        """A ticket whose automatic redeem succeeds."""
        sent, created = self._created(number)
        return [sent, created, *self._attempt(number, 1, created.delay, "redeemed")]

    def act_failing_retryable(self, number: int) -> list[Planned]:
        """A ticket whose automatic redeem runs out of gas; somebody redeems it by hand."""
        sent, created = self._created(number)
        first = self._attempt(number, 1, created.delay, "redeem-failed")
        again = first[-1].delay + self.chance.randrange(*BY_HAND)
        return [sent, created, *first, *self._attempt(number, 2, again, "redeemed")]

    def act_expiring_retryable(self, number: int) -> list[Planned]:
        """A ticket that nobody redeems in time; only a question tells that it waits, or is gone."""
        sent, created = self._created(number)
        key, tried = self._ticket(number), self._attempt(number, 1, created.delay, "redeem-failed")
        waits = self._after(tried[-1].delay, SOON, Reached(key, "waiting"))
        deadline = created.delay + kinds.RETRYABLE_LIFETIME_S * SECOND
        gone = self._after(deadline, SOON, Reached(key, "expired"))
        return [sent, created, *tried, waits, gone]

    def act_cancelled_retryable(self, number: int) -> list[Planned]:
        """A ticket without gas for a redeem, which its beneficiary gives up."""
        sent, created = self._created(number)
        cancelled = Reached(self._ticket(number), "cancelled")
        return [sent, created, self._after(created.delay, BY_HAND, cancelled)]

    def act_underfunded_retryable(self, number: int) -> list[Planned]:
        """A ticket whose submission fee does not suffice."""
        sent, created = self._created(number)
        return [sent, created._replace(says=Reached(self._ticket(number), "creation-failed"))]

    def act_eth_deposit(self, number: int) -> list[Planned]:
        """A deposit that the sequencer credits."""
        tx = self._hash("deposit", number)
        key = kinds.tx_key(self.scope.child, tx)
        done = self._after(0, INCLUSION, Reached(key, "executed", executes=True))
        return [self._sent(kinds.ETH_DEPOSIT, tx, key), done]

    def act_delayed_message(self, number: int) -> list[Planned]:
        """A raw message, and the batch that reads the inbox up to it."""
        child, message = self.scope.child, checks.delayed_id(self.scope.child_id, number)
        key, claim = kinds.delayed_key(child, number), kinds.batch_claim(child, number)
        batch = Claimed(claim, f"{child}/{kinds.DELAYED}", covers=number)
        sent = self._sent(kinds.DELAYED_MESSAGE, message, key, number)
        return [sent, self._after(0, BATCH, batch, self.scope.parent)]

    def act_send(self, number: int) -> list[Planned]:
        """A send at the leaf `number`; the assertion of the same number covers it."""
        story = self._claimed(number)
        done = Reached(kinds.send_key(self.scope.child, number), "executed", executes=True)
        return [*story, self._after(story[-1].delay, BY_HAND, done, self.scope.parent)]

    def act_disputed_send(self, number: int) -> list[Planned]:
        """A send whose assertion is challenged and never confirmed; the send is not executed."""
        *story, end = self._claimed(number)
        disputed = ClaimMoved(self._hash("assertion", number), "disputed", "challenged")
        return [*story, end._replace(says=disputed)]

    def act_classic_send(self, number: int) -> list[Planned]:
        """A send of the classic era that somebody executes at last."""
        message = checks.classic_id(self.scope.child_id, number, 0)
        key = kinds.classic_key(self.scope.child, message)
        done = self._after(0, BY_HAND, Reached(key, "executed", executes=True), self.scope.parent)
        return [self._sent(kinds.CLASSIC_SEND, message, key), done]

    def _attempt(self, number: int, attempt: int, delay: int, outcome: str) -> list[Planned]:
        child, key = self.scope.child, self._ticket(number)
        tx = kinds.tx_key(child, self._hash(f"attempt {attempt}", number))
        runs = Reached(key, "redeem-scheduled", detail=f"attempt {attempt}")
        end = Reached(tx, outcome, executes=outcome == "redeemed")
        return [Planned(delay, child, says) for says in (Described(key, keys=(tx,)), runs, end)]

    def _created(self, number: int) -> tuple[Planned, Planned]:
        key = self._ticket(number)
        created = self._after(0, INCLUSION, Reached(key, "created"))
        return self._sent(kinds.RETRYABLE, self._hash("ticket", number), key), created

    def _claimed(self, number: int) -> list[Planned]:
        scope, claim = self.scope, self._hash("assertion", number)
        message, key = checks.send_id(scope.child_id, number), kinds.send_key(scope.child, number)
        sent = self._sent(kinds.SEND, message, key, number)
        lane = f"{scope.child}/{kinds.ASSERTIONS}"
        made = self._after(0, ASSERTION, Claimed(claim, lane), scope.parent)
        covers = self._after(made.delay, SOON, ClaimCovers(claim, number, lane))
        confirmed = ClaimMoved(claim, "confirmed")
        return [sent, made, covers, self._after(made.delay, CONFIRMATION, confirmed, scope.parent)]

    def _sent(self, kind: Lifecycle, message: str, key: Key, at: int | None = None) -> Planned:
        ends = (self.scope.parent, self.scope.child)
        source, target = ends if kind.direction == kinds.DOWN else reversed(ends)
        user = "0x" + message[-40:]
        says = Sent(kind.name, message, (key,), source, target, user, user, position=at)
        return Planned(0, source, says)

    def _after(self, delay: int, span: Span, says: Says, at: ChainName | None = None) -> Planned:
        return Planned(delay + self.chance.randrange(*span), at or self.scope.child, says)

    def _ticket(self, number: int) -> Key:
        return kinds.ticket_key(self.scope.child, self._hash("ticket", number))

    def _hash(self, kind: str, number: int) -> str:
        return keccak_hex(f"{self.scope.child} {kind} {number}".encode())
