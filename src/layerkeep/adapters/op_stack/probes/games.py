"""How a game stands, how far it reaches, which claim a proof relies on, how a deposit ended.

A subject is a claim's name for games (its last part is the game's address), with the claimed root
and the type of the game behind it where its reach is asked for; `<prover>/<tx>` for proofs of
portals that keep one per prover (the transaction makes a new proof a new question).
"""

from collections.abc import Iterable
from typing import Any

from layerkeep.adapters.op_stack.decode import decode_receipt
from layerkeep.adapters.op_stack.decode.claims import POSITION_MAX, lane_of, root_ask
from layerkeep.adapters.op_stack.decode.names import claim_of_game, claim_of_output
from layerkeep.core.adapter import PARENT, Call, Probe, Scope
from layerkeep.core.chain_data import is_refused, read_receipt, several
from layerkeep.core.encoding.abi import address, dynamic_bytes, encode_uint, uint
from layerkeep.core.facts import (
    Ask,
    ClaimCovers,
    ClaimMoved,
    Measured,
    Reached,
    Says,
)
from layerkeep.core.keccak import selector
from layerkeep.core.units import ZERO_ADDRESS

IN_PROGRESS, CHALLENGER_WINS, DEFENDER_WINS = 0, 1, 2
"""What a game's status() returns."""

ALONE = 1
"""A game that nobody disputed holds one claim, the root."""

PACKED_HEIGHT = 8
"""Some games pack their block number into as many bytes instead of a whole word."""

EXTRA = selector("extraData()")
STATUS = selector("status()")
MOVES = selector("claimDataLen()")
ROOT_CLAIM = selector("claimData(uint256)") + encode_uint(0).hex()
COUNTERED_BY = 1
"""The word of a claim that names who countered it (FaultDisputeGame `ClaimData`)."""

RESPECTED = selector("wasRespectedGameTypeWhenCreated()")
PROOF = selector("provenWithdrawals(bytes32)")
PROOF_BY = selector("provenWithdrawals(bytes32,address)")


def _eth_call(to: str, calldata: str, block: str) -> Call:
    return Call("eth_call", ({"to": to, "data": calldata}, block))


def _game(ask: Ask) -> str:
    return ask.subject.partition(" ")[0].rsplit("/", 1)[1]


def _hash_in(key: str) -> str:
    return key.rsplit("/", 1)[1][2:]


def _text(result: Any) -> str:
    if not isinstance(result, str):
        raise ValueError(f"hex text expected, not {type(result).__name__}")
    return result


def _build_game_block(ask: Ask, _scope: Scope, block: str) -> Call:
    return _eth_call(_game(ask), EXTRA, block)


def _read_game_block(ask: Ask, scope: Scope, result: Any) -> Iterable[Says]:
    """The block number leads the data a game was created with, in every kind of game.

    Once it is known the claimed root can be held against our own nodes' block of that number.
    """
    extra = dynamic_bytes(_text(result), 0)
    if len(extra) < PACKED_HEIGHT:
        raise ValueError("the game was created with too little to name a block")
    covers = int.from_bytes(extra[:32] if len(extra) >= 32 else extra[:PACKED_HEIGHT])
    if covers > POSITION_MAX:
        raise ValueError("a block number that no chain can have")
    claim, _, root = ask.subject.partition(" ")
    asks = (root_ask(scope, claim, covers, root),) if root else ()
    return (ClaimCovers(claim, covers, lane_of(scope.child), asks),)


def _build_game_status(ask: Ask, _scope: Scope, block: str) -> Call:
    return _eth_call(_game(ask), STATUS, block)


def _read_game_status(ask: Ask, _scope: Scope, result: Any) -> Iterable[Says]:
    status = uint(_text(result), 0)
    if status > DEFENDER_WINS:
        raise ValueError(f"a game has no status {status}")
    if status == IN_PROGRESS:
        return ()
    if status == CHALLENGER_WINS:
        return (ClaimMoved(ask.subject, "voided", "challenger-wins"),)
    return (ClaimMoved(ask.subject, "confirmed", "defender-wins"),)


def _build_game_moves(ask: Ask, _scope: Scope, block: str) -> tuple[Call, ...]:
    return tuple(_eth_call(_game(ask), each, block) for each in (MOVES, ROOT_CLAIM, STATUS))


def _read_game_moves(ask: Ask, _scope: Scope, result: Any) -> Iterable[Says]:
    """A game that is decided is no dispute any more; its status says who won.

    The root is marked as countered when its own branch is resolved, or by a step against it.
    """
    told, root, state = several(result, 3)
    moves = uint(_text(told), 0)
    if moves <= ALONE or uint(_text(state), 0) != IN_PROGRESS:
        return ()
    if is_refused(root):
        standing = "who is ahead cannot be told of this type of game"
    else:
        by = address(_text(root), COUNTERED_BY)
        standing = f"root countered by {by}" if by != ZERO_ADDRESS else "root not countered yet"
    return (ClaimMoved(ask.subject, "disputed", "challenged", f"{moves} claims, {standing}"),)


def _build_game_respected(ask: Ask, _scope: Scope, block: str) -> Call:
    return _eth_call(_game(ask), RESPECTED, block)


def _read_game_respected(ask: Ask, scope: Scope, result: Any) -> Iterable[Says]:
    if uint(_text(result), 0):
        return (Measured(scope.child, "respected_game", _game(ask)),)
    return (ClaimMoved(ask.subject, "voided", "not-respected"),)


def _build_proof(ask: Ask, scope: Scope, block: str) -> Call:
    return _eth_call(_portal(scope), PROOF + _hash_in(ask.key), block)


def _read_proof(ask: Ask, scope: Scope, result: Any) -> Iterable[Says]:
    """Three words tell an output by its index; between the two, portals told a game in two."""
    record = _text(result)
    if len(record) == 2 + 2 * 64:
        return _read_proof_by(ask, scope, result)
    if not uint(record, 1):
        return ()
    claim = claim_of_output(scope.child, uint(record, 2))
    return (Reached(ask.key, "proven", claim=claim),)


def _build_proof_by(ask: Ask, scope: Scope, block: str) -> Call:
    prover = ask.subject.split("/", 1)[0][2:].rjust(64, "0")
    return _eth_call(_portal(scope), PROOF_BY + _hash_in(ask.key) + prover, block)


def _read_proof_by(ask: Ask, scope: Scope, result: Any) -> Iterable[Says]:
    record = _text(result)
    game = address(record, 0)
    if game == ZERO_ADDRESS or not uint(record, 1):
        return ()
    return (Reached(ask.key, "proven", claim=claim_of_game(scope.child, game)),)


def _portal(scope: Scope) -> str:
    portal = scope.contract(PARENT, "portal")
    if portal is None:
        raise ValueError(f"{scope.child} has no portal")
    return portal


def _build_receipt(ask: Ask, _scope: Scope, _block: str) -> Call:
    return Call("eth_getTransactionReceipt", (ask.subject,))


def _read_receipt(_ask: Ask, scope: Scope, result: Any) -> Iterable[Says]:
    """Null until the child has included the deposit."""
    if result is None:
        return ()
    return decode_receipt(read_receipt(result), scope)


GAME_PROBES = (
    Probe("receipt", _build_receipt, _read_receipt),
    Probe("game-block", _build_game_block, _read_game_block),
    Probe("game-status", _build_game_status, _read_game_status),
    Probe("game-moves", _build_game_moves, _read_game_moves),
    Probe("game-respected", _build_game_respected, _read_game_respected),
    Probe("proof", _build_proof, _read_proof),
    Probe("proof-by", _build_proof_by, _read_proof_by),
)
