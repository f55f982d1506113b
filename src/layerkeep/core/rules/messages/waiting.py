"""What the rules about messages share: what must be seen to judge one, and why one is stuck."""

from layerkeep.core.claims import CONFIRMED, Claim
from layerkeep.core.facts import Fact, HeadSeen, Reached
from layerkeep.core.messages import Message, claim_counts
from layerkeep.core.network.graph import route_of
from layerkeep.core.network.layers import Layer
from layerkeep.core.outlook import Outlook
from layerkeep.core.rules.integrity.bridge_paused import paused_by
from layerkeep.core.rules.problems import Impact
from layerkeep.core.rules.rule import Ground
from layerkeep.core.units import DAY, HOUR, SECOND, ChainName, Duration, Timestamp

LOOK_AGAIN = Duration(30 * SECOND)
"""How soon a message is looked at again whose chains cannot be seen: thousands may be due."""

TELL_AGAIN = HOUR
"""How soon a message in trouble is looked at again: what holds it up may have changed."""

EXPIRES_SOON = Duration(48 * HOUR)
"""How long before a ticket's end its people still have time to act, over a weekend too."""

LONG_LIVED = Duration(4 * DAY)
"""What lives no longer than this is said to expire soon only in its last tenth."""

LAST_TENTH = 10


def component(message: Message) -> str:
    """The route a message takes."""
    return route_of(message.says.source, message.says.target)


def impact(message: Message, deadline: Timestamp | None = None) -> Impact:
    """What hangs on one message."""
    return Impact(1, 1, message.says.value, deadline)


def slower_poll(ground: Ground, *chains: ChainName) -> Duration:
    """How often the slower of these chains is sampled."""
    layers = [ground.layers[chain] for chain in chains if chain in ground.layers]
    return Duration(max((layer.poll_every for layer in layers), default=0))


def unseen(ground: Ground, chains: tuple[ChainName, ...], until: Timestamp, now: Timestamp) -> str:
    """Why nobody can tell what these chains did up to a time; empty if it can be told.

    A chain must have nodes that answer, one of them since then, and if it is being read from far
    back, it must have been read up to that time: what is not read yet is not missing.
    """
    for chain in chains:
        if ground.blind_since(chain, now) is not None:
            return f"nobody answers for {chain}"
        if (ground.sightings.heard(chain) or 0) < until:
            return f"nobody has answered for {chain} since"
        head = ground.view.heads.get(chain)
        if head is None or (head.anchor.time < until and _is_behind(ground.layers[chain], head)):
            return f"{chain} is not read so far yet"
    return ""


def deadline_of(message: Message) -> tuple[Timestamp, Duration] | None:
    """Until when a message lives, and for how long in all; None if it lives for ever."""
    told = [f for f in message.facts if isinstance(f.says, Reached) and f.says.deadline]
    if not told:
        return None
    last = max(told, key=lambda fact: fact.order).says
    assert isinstance(last, Reached)
    return Timestamp(last.deadline), Duration(last.deadline - told[0].anchor.time)


def expires_soon(lifetime: Duration) -> Duration:
    """How long before its end a message of this lifetime is said to expire."""
    tenth = Duration(lifetime // LAST_TENTH)
    return max(EXPIRES_SOON, tenth) if lifetime > LONG_LIVED else tenth


def why_stuck(ground: Ground, message: Message, outlook: Outlook) -> tuple[str, tuple[Fact, ...]]:
    """What holds a message up, as one word, and the facts that prove it."""
    upward = message.child == message.says.source
    paused = paused_by(ground, message.child) if upward else None
    if paused is not None:
        return "paused", (paused,)
    voided = _voided(message)
    if voided is not None:
        return "proof-voided", tuple(voided.facts()[:2])
    if outlook.stage.failed:
        return "target-reverts", ()
    if outlook.duty == "user":
        return _users_turn(message), ()
    if outlook.duty == "clock":
        return _after_clock(ground, message, outlook)
    words = {"sequencer": "not-included", "proposer": "not-claimed"}
    return words.get(outlook.duty, "waiting-for-relayer"), ()


def _is_behind(layer: Layer, head: Fact) -> bool:
    """True if the chain is read from so far back that blocks of some time are missing."""
    says = head.says
    assert isinstance(says, HeadSeen)
    missing = (says.latest - head.anchor.height) * layer.block_time
    return missing > layer.limits.upstream_lag


def _voided(message: Message) -> Claim | None:
    """The claim a step relied on that no longer counts."""
    lane = message.lane
    for fact in reversed(message.facts):
        says = fact.says
        if lane is not None and isinstance(says, Reached) and not claim_counts(says, lane):
            return lane.claims[says.claim]
    return None


def _users_turn(message: Message) -> str:
    """A ticket that lives for a time should have run by itself; anything else waits for its user.

    It did not run at all if too little gas was paid for it.
    """
    if deadline_of(message) is None:
        return "waiting-for-user"
    tries = {stage.name for stage in message.lifecycle.stages[1:] if stage.duty == "sequencer"}
    tried = any(
        isinstance(fact.says, Reached) and fact.says.stage in tries for fact in message.facts
    )
    return "auto-redeem-failed" if tried else "gas-too-low"


def _after_clock(
    ground: Ground, message: Message, outlook: Outlook
) -> tuple[str, tuple[Fact, ...]]:
    """The clock has run out: the claim is not settled, the bridge is empty, or nobody acts."""
    claim = _relied_on(message)
    if claim is not None and claim.status != CONFIRMED:
        return "game-unresolved", (claim.made, *((claim.move,) if claim.move else ()))
    balance = ground.sightings.latest(message.child, "bridge_balance_wei")
    if balance is not None and balance.value < message.says.value:
        return "out-of-liquidity", (balance.fact,)
    layer = ground.layers.get(message.child)
    own = f"{message.lifecycle.name}.{outlook.stage.name}"
    relayed = layer is not None and own in layer.budgets
    return "waiting-for-relayer" if relayed else "waiting-for-user", ()


def _relied_on(message: Message) -> Claim | None:
    """The claim a message was proven against, or else the one that covers it."""
    lane, position = message.lane, message.says.position
    if lane is None:
        return None
    for fact in reversed(message.facts):
        if isinstance(fact.says, Reached) and fact.says.claim in lane.claims:
            return lane.claims[fact.says.claim]
    return lane.covering(position, "proposed") if position is not None else None
