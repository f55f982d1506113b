"""A small model of the stack for the simulator: what a message's facts are, where and when.

Each act plans one story. Delays count from the act's beginning, in milliseconds; stories that fail
are acts of their own, so that whoever calls them decides how often the stack misbehaves.
"""

from layerkeep.adapters.op_stack.decode.claims import lane_of
from layerkeep.adapters.op_stack.decode.names import claim_of_game, key_of
from layerkeep.core.adapter import Chance, Planned, Scope
from layerkeep.core.facts import ClaimCovers, Claimed, ClaimMoved, Reached, Says, Sent
from layerkeep.core.keccak import keccak_hex
from layerkeep.core.units import DAY, HOUR, MINUTE, SECOND, ChainName, Key

INCLUSION = (MINUTE, 4 * MINUTE)
RELAY_AGAIN = (10 * MINUTE, 6 * HOUR)
PROBE = (2 * SECOND, 30 * SECOND)
GAME = (84 * HOUR, 90 * HOUR)
PROVING = (2 * HOUR, 5 * HOUR)
MATURITY = (7 * DAY, 8 * DAY)


class OpStackModel:
    """One bridge of the stack; numbers tell messages and claims apart."""

    def __init__(self, scope: Scope, chance: Chance) -> None:
        self.scope = scope
        self.chance = chance

    def act_deposit(self, number: int) -> list[Planned]:
        """A deposit that the sequencer takes in and that takes effect."""
        sent, key = self._deposit(number)
        done = Reached(key, "executed", executes=True)
        return [sent, self._after(0, INCLUSION, self.scope.child, done)]

    def act_failing_deposit(self, number: int) -> list[Planned]:
        """A deposit whose message fails on the child and is relayed again by hand."""
        sent, key = self._deposit(number)
        failed = self._after(0, INCLUSION, self.scope.child, Reached(key, "failed"))
        done = Reached(key, "executed", executes=True)
        return [sent, failed, self._after(failed.delay, RELAY_AGAIN, self.scope.child, done)]

    def act_reverting_deposit(self, number: int) -> list[Planned]:
        """A deposit whose transaction reverts on the child, for good."""
        sent, key = self._deposit(number)
        return [sent, self._after(0, INCLUSION, self.scope.child, Reached(key, "reverted"))]

    def act_claim(self, number: int, height: int) -> list[Planned]:
        """The proposer's game for everything up to a height of the child; nobody disputes it."""
        scope, claim = self.scope, self.claim(number)
        root = self._hash("root", number)
        made = Planned(0, scope.parent, Claimed(claim, lane_of(scope.child), root=root))
        covers = self._after(
            0, PROBE, scope.parent, ClaimCovers(claim, height, lane_of(scope.child))
        )
        won = ClaimMoved(claim, "confirmed", "defender-wins")
        return [made, covers, self._after(0, GAME, scope.parent, won)]

    def act_losing_claim(self, number: int, height: int) -> list[Planned]:
        """A game for a wrong root, which a challenger disputes and wins."""
        made, covers, end = self.act_claim(number, height)
        disputed = ClaimMoved(self.claim(number), "disputed", "challenged")
        lost = ClaimMoved(self.claim(number), "voided", "challenger-wins")
        middle = self._after(covers.delay, (MINUTE, HOUR), self.scope.parent, disputed)
        return [made, covers, middle, end._replace(says=lost)]

    def act_void(self, number: int) -> list[Planned]:
        """The guardian blacklists a game; proofs that rely on it no longer count."""
        voided = ClaimMoved(self.claim(number), "voided", "blacklisted")
        return [Planned(0, self.scope.parent, voided)]

    def act_withdrawal(self, number: int, height: int) -> list[Planned]:
        """A withdrawal proven against the claim of the same number, then finalized."""
        sent, key = self._withdrawal(number, height)
        (proven,) = self.act_proof(number)
        done = Reached(key, "finalized", executes=True)
        return [sent, proven, self._after(proven.delay, MATURITY, self.scope.parent, done)]

    def act_failing_withdrawal(self, number: int, height: int) -> list[Planned]:
        """A withdrawal whose message fails on the parent and is relayed again by hand."""
        sent, proven, done = self.act_withdrawal(number, height)
        _, key = self._withdrawal(number, height)
        failed = done._replace(says=Reached(key, "failed-on-target"))
        return [sent, proven, failed, self._after(done.delay, RELAY_AGAIN, done.chain, done.says)]

    def act_proof(self, number: int, against: int = -1) -> list[Planned]:
        """A withdrawal proven, or proven again against the claim of another number."""
        claim = self.claim(number if against < 0 else against)
        key = key_of(self.scope.child, "withdrawal", self._hash("withdrawal", number))
        proven = Reached(key, "proven", claim=claim)
        return [self._after(0, PROVING, self.scope.parent, proven)]

    def act_legacy_deposit(self, number: int) -> list[Planned]:
        """A message of before Bedrock to the child."""
        sent, key = self._message("op_stack.legacy_deposit", "msg", number)
        done = Reached(key, "executed", executes=True)
        return [sent, self._after(0, INCLUSION, self.scope.child, done)]

    def act_legacy_withdrawal(self, number: int) -> list[Planned]:
        """A message of before Bedrock to the parent."""
        sent, key = self._message("op_stack.legacy_withdrawal", "msg", number)
        done = Reached(key, "finalized", executes=True)
        return [sent, self._after(0, MATURITY, self.scope.parent, done)]

    def claim(self, number: int) -> str:
        """The name of the claim of this number."""
        return claim_of_game(self.scope.child, "0x" + self._hash("game", number)[-40:])

    def _deposit(self, number: int) -> tuple[Planned, Key]:
        return self._message("op_stack.deposit", "tx", number)

    def _withdrawal(self, number: int, height: int) -> tuple[Planned, Key]:
        return self._message("op_stack.withdrawal", "withdrawal", number, height)

    def _message(
        self, lifecycle: str, kind: str, number: int, position: int | None = None
    ) -> tuple[Planned, Key]:
        scope = self.scope
        up = lifecycle.endswith("withdrawal")
        source, target = (scope.child, scope.parent) if up else (scope.parent, scope.child)
        message = self._hash(lifecycle.removeprefix("op_stack."), number)
        key = key_of(scope.child, kind, message)
        user = "0x" + self._hash("user", number)[-40:]
        sent = Sent(lifecycle, message, (key,), source, target, user, user, position=position)
        return Planned(0, source, sent), key

    def _after(self, delay: int, between: tuple[int, int], chain: ChainName, says: Says) -> Planned:
        return Planned(delay + self.chance.randrange(*between), chain, says)

    def _hash(self, kind: str, number: int) -> str:
        return keccak_hex(f"{self.scope.child} {kind} {number}".encode())
