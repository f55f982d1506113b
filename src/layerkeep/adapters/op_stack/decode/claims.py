"""What is claimed on the parent about the child, and which claims no longer count."""

from collections.abc import Iterable

from layerkeep.adapters.op_stack.contracts import OUTPUT_GAMES, SUPER_GAMES, WITNESSES
from layerkeep.adapters.op_stack.decode.names import Logs, claim_of_game, claim_of_output
from layerkeep.core.adapter import Scope
from layerkeep.core.chain_data import Log
from layerkeep.core.encoding.abi import bytes32, topic_address, uint
from layerkeep.core.facts import (
    Ask,
    Claimed,
    ClaimMoved,
    ClaimsVoided,
    Judged,
    Measured,
    Says,
)
from layerkeep.core.units import DAY, MINUTE, SECOND, ChainName

POSITION_MAX = 2**63 - 1
"""Anybody may claim any block number in a game; beyond this no chain ever comes."""

DELETED_MAX = 4096
"""More outputs than this are not deleted at once in earnest: hourly, they make six months."""

GAME_EVERY = 5 * MINUTE
"""A game takes days; a change in it is seen with this delay at most."""


def lane_of(child: ChainName) -> str:
    """The lane of all claims about a child's state."""
    return f"{child}/claims"


def game_created(log: Log, scope: Scope, _logs: Logs) -> Iterable[Says]:
    """A dispute game claims a state; how far it reaches and how it stands is for probes to say."""
    _, game, kind_topic, root = log.topics
    kind = uint(kind_topic, 0)
    claim = claim_of_game(scope.child, topic_address(game))
    detail, told = f"game type {kind}", bytes32(root, 0)
    if kind not in OUTPUT_GAMES | SUPER_GAMES:
        detail += ", which is not known: what it claims and who is ahead cannot be told"
    unknown = Judged("claim", scope.child, claim, "unknown", told, "", detail)
    if kind in SUPER_GAMES:
        return (unknown,)
    is_output = kind in OUTPUT_GAMES
    reach = f"{claim} {told} {kind}" if is_output else claim
    asks = (
        Ask("game-block", scope.parent, scope.child, reach),
        Ask("game-moves", scope.parent, scope.child, claim, every=GAME_EVERY),
        Ask("game-status", scope.parent, scope.child, claim, every=GAME_EVERY),
        Ask("game-respected", scope.parent, scope.child, claim, every=DAY),
    )
    said = Claimed(claim, lane_of(scope.child), None, told, "", asks, detail)
    return (said,) if is_output else (said, unknown)


def root_ask(scope: Scope, claim: str, covers: int, root: str) -> Ask:
    """Whether our own nodes' block of this height gives the root; `root` may end in a game type."""
    subject = f"{claim} {covers} {root}"
    return Ask("claim-root", scope.child, scope.child, subject, witnesses=WITNESSES)


def output_proposed(log: Log, scope: Scope, _logs: Logs) -> Iterable[Says]:
    """The output oracle was told a state root for every block up to one height."""
    _, root, index, height = log.topics
    covers = uint(height, 0)
    if covers > POSITION_MAX:
        raise ValueError("a block number that no chain can have")
    claim = claim_of_output(scope.child, uint(index, 0))
    told = bytes32(root, 0)
    asks = (root_ask(scope, claim, covers, told),)
    return (Claimed(claim, lane_of(scope.child), covers, told, asks=asks),)


def outputs_deleted(log: Log, scope: Scope, _logs: Logs) -> Iterable[Says]:
    """The challenger deleted the latest outputs, from one index on."""
    _, after_topic, first_topic = log.topics
    first, after = uint(first_topic, 0), uint(after_topic, 0)
    if after - first > DELETED_MAX:
        raise ValueError(f"{after - first} outputs deleted at once")
    return [
        ClaimMoved(claim_of_output(scope.child, index), "voided", "deleted")
        for index in range(first, after)
    ]


def game_blacklisted(log: Log, scope: Scope, _logs: Logs) -> Iterable[Says]:
    """The guardian declared one game invalid."""
    _, game = log.topics
    claim = claim_of_game(scope.child, topic_address(game))
    return (ClaimMoved(claim, "voided", "blacklisted"),)


def games_retired(log: Log, scope: Scope, _logs: Logs) -> Iterable[Says]:
    """Games created up to a time no longer count."""
    (_,) = log.topics
    until = uint(log.data, 0) * SECOND
    return (ClaimsVoided(lane_of(scope.child), until, "retired"),)


def respected_type_set(log: Log, scope: Scope, _logs: Logs) -> Iterable[Says]:
    """Withdrawals now rely on another type of game."""
    (_,) = log.topics
    return (Measured(scope.child, "respected_game_type", uint(log.data, 0)),)


def respected_type_set_at(log: Log, scope: Scope, _logs: Logs) -> Iterable[Says]:
    """The same in older portals, which also say since when games count."""
    _, kind, updated_at = log.topics
    before = uint(updated_at, 0) * SECOND - 1
    return (
        Measured(scope.child, "respected_game_type", uint(kind, 0)),
        ClaimsVoided(lane_of(scope.child), before, "retired"),
    )


def anchor_updated(log: Log, scope: Scope, _logs: Logs) -> Iterable[Says]:
    """A game won, outlived its delay and is what later games start from."""
    _, game = log.topics
    return (ClaimMoved(claim_of_game(scope.child, topic_address(game)), "confirmed", "anchor"),)
