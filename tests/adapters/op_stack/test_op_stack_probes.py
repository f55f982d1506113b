"""Questions about games, proofs and receipts: what is asked, and what an answer says."""

import pytest
from eth_abi import encode
from op_stack_world import (
    ALICE,
    GAME,
    HASH,
    L1,
    ON_CHILD,
    ON_PARENT,
    OP,
    OP_ON_L1,
    PREDEPLOYS,
    log,
)

from layerkeep.adapters.op_stack.probes import PROBES
from layerkeep.core.adapter import Scope
from layerkeep.core.facts import Ask, ClaimCovers, ClaimMoved, Measured, Reached
from layerkeep.core.keccak import selector

PROBE = {probe.name: probe for probe in PROBES}
CLAIM = f"op/game/{GAME}"
KEY = f"op/withdrawal/{HASH}"
ZERO = "0x" + "00" * 20


def words(types: str, *values: object) -> str:
    """An answer of eth_call."""
    return "0x" + encode(types.split(","), list(values)).hex()


def read(probe: str, result: object, subject: str = CLAIM, key: str = "") -> list[object]:
    """What an answer says."""
    return list(PROBE[probe].read(Ask(probe, L1, OP, subject, key), ON_PARENT, result))


def calldata(probe: str, subject: str = CLAIM, key: str = "") -> tuple[str, str]:
    """Whom a probe calls, and with what."""
    call = PROBE[probe].build(Ask(probe, L1, OP, subject, key), ON_PARENT, "0x10")
    assert "eth_call" == call.method
    assert "0x10" == call.params[1]
    return call.params[0]["to"], call.params[0]["data"]


@pytest.mark.parametrize(
    ("probe", "signature"),
    [
        ("game-block", "extraData()"),
        ("game-status", "status()"),
        ("game-respected", "wasRespectedGameTypeWhenCreated()"),
    ],
)
def test_game__asked__is_called_itself(probe, signature):
    """The claim's name ends in the game's address."""
    assert (GAME, selector(signature)) == calldata(probe)


def test_game_block__in_a_word__is_covered():
    """Most games lead with a whole word; more may follow."""
    assert [ClaimCovers(CLAIM, 5000, "op/claims")] == read(
        "game-block", words("bytes", encode(["uint256"], [5000]))
    )
    longer = encode(["uint256", "uint256"], [5000, 9])
    assert [ClaimCovers(CLAIM, 5000, "op/claims")] == read("game-block", words("bytes", longer))


def test_game_block__packed__is_covered():
    """Some pack it into eight bytes."""
    packed = (5000).to_bytes(8, "big") + b"\0" * 16
    assert [ClaimCovers(CLAIM, 5000, "op/claims")] == read("game-block", words("bytes", packed))


@pytest.mark.parametrize("extra", [b"", b"\1" * 7, b"\xff" * 32])
def test_game_block__of_nonsense__is_refused(extra):
    """Anybody can create a game with anything."""
    with pytest.raises(ValueError, match="block"):
        read("game-block", words("bytes", extra))


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (0, []),
        (1, [ClaimMoved(CLAIM, "voided", "challenger-wins")]),
        (2, [ClaimMoved(CLAIM, "confirmed", "defender-wins")]),
    ],
)
def test_game_status__of_each_kind__moves_the_claim(status, expected):
    """While the game goes on there is no answer yet."""
    assert expected == read("game-status", words("uint8", status))


def test_game_status__unknown__is_refused():
    """Three there are."""
    with pytest.raises(ValueError, match="no status 3"):
        read("game-status", words("uint8", 3))


def root(countered_by: str) -> str:
    """The root claim of a game."""
    types = "uint32,address,address,uint128,bytes32,uint128,uint128"
    return words(types, 2**32 - 1, countered_by, GAME, 1, b"r" * 32, 1, 1)


def test_game_moves__asked__are_three_calls_of_one_request():
    """How many claims there are, the root, and whether it is decided."""
    calls = PROBE["game-moves"].build(Ask("game-moves", L1, OP, CLAIM), ON_PARENT, "0x10")
    assert ["claimDataLen()", "claimData(uint256)", "status()"] == [
        next(
            name
            for name in ("claimDataLen()", "claimData(uint256)", "status()")
            if call.params[0]["data"].startswith(selector(name))
        )
        for call in calls
    ]
    assert {GAME} == {call.params[0]["to"] for call in calls}


@pytest.mark.parametrize(
    ("told", "standing"),
    [
        (root(ZERO), "root not countered yet"),
        (root(ALICE), f"root countered by {ALICE}"),
        ({"error": {"code": 3}}, "who is ahead cannot be told of this type of game"),
    ],
)
def test_game_moves__beside_the_root__dispute_the_claim(told, standing):
    """One claim is the root alone; it is told how the root stands."""
    going_on = words("uint8", 0)
    assert [] == read("game-moves", (words("uint256", 1), told, going_on))
    expected = ClaimMoved(CLAIM, "disputed", "challenged", f"2 claims, {standing}")
    assert [expected] == read("game-moves", (words("uint256", 2), told, going_on))


@pytest.mark.parametrize("status", [1, 2])
def test_game_moves__of_a_decided_game__dispute_nothing(status):
    """Its status has the last word."""
    answers = (words("uint256", 2), root(ZERO), words("uint8", status))
    assert [] == read("game-moves", answers)


def test_game_respected__or_not__tells_if_it_counts():
    """A game of another type proves nothing."""
    assert [Measured(OP, "respected_game", GAME)] == read("game-respected", words("bool", True))
    refused = [ClaimMoved(CLAIM, "voided", "not-respected")]
    assert refused == read("game-respected", words("bool", False))


@pytest.mark.parametrize("probe", [name for name in PROBE if name != "receipt"])
@pytest.mark.parametrize("result", [None, {"error": {"code": 3}}, "0x", "0x12", 7])
def test_answer__that_makes_no_sense__is_refused(probe, result):
    """A revert, an empty answer and the like."""
    with pytest.raises(ValueError, match=r".+"):
        read(probe, result, f"{ALICE}/{HASH}", KEY)


def test_proof_by__of_a_prover__binds_to_the_game():
    """The portal tells the game and when it was proven."""
    signature = selector("provenWithdrawals(bytes32,address)")
    expected = signature + HASH[2:] + ALICE[2:].rjust(64, "0")
    subject = f"{ALICE}/0x{'cc' * 32}"
    assert (OP_ON_L1["portal"], expected) == calldata("proof-by", subject, KEY)
    found = read("proof-by", words("address,uint64", GAME, 1000), subject, KEY)
    assert [Reached(KEY, "proven", claim=CLAIM)] == found


def test_proof_by__not_there_yet__is_asked_again():
    """A node behind the log knows no proof."""
    assert [] == read("proof-by", words("address,uint64", ZERO, 0), f"{ALICE}/x", KEY)
    assert [] == read("proof-by", words("address,uint64", GAME, 0), f"{ALICE}/x", KEY)


def test_proof__of_old_portals__binds_to_an_output_or_a_game():
    """Three words are of an output, two of a game."""
    signature = selector("provenWithdrawals(bytes32)")
    assert (OP_ON_L1["portal"], signature + HASH[2:]) == calldata("proof", "tx", KEY)
    output = words("bytes32,uint128,uint128", b"\7" * 32, 1000, 12)
    assert [Reached(KEY, "proven", claim="op/output/12")] == read("proof", output, "tx", KEY)
    game = words("address,uint64", GAME, 1000)
    assert [Reached(KEY, "proven", claim=CLAIM)] == read("proof", game, "tx", KEY)
    assert [] == read("proof", words("bytes32,uint128,uint128", b"\0" * 32, 0, 0), "tx", KEY)


def test_proof__without_a_portal__cannot_be_asked():
    """The topology has to name one."""
    with pytest.raises(ValueError, match="portal"):
        PROBE["proof"].build(Ask("proof", L1, OP, "tx", KEY), Scope(OP, L1, 10, 1, L1), "0x1")


RECEIPT = {
    "transactionHash": HASH,
    "transactionIndex": "0x1",
    "blockHash": "0x" + "bb" * 32,
    "blockNumber": "0x64",
    "from": ALICE,
    "to": None,
    "status": "0x1",
    "type": "0x7e",
    "logs": [],
}


def read_receipt(result: object) -> list[object]:
    """What the answer to an awaited deposit's receipt says."""
    return list(PROBE["receipt"].read(Ask("receipt", OP, OP, HASH), ON_CHILD, result))


def test_receipt__asked__is_that_of_the_awaited_transaction():
    """The block does not matter: a transaction has one receipt."""
    call = PROBE["receipt"].build(Ask("receipt", OP, OP, HASH), ON_CHILD, "latest")
    assert ("eth_getTransactionReceipt", (HASH,)) == (call.method, call.params)


def test_receipt__answered__tells_the_outcome():
    """Null means that the child has not included the deposit yet."""
    assert [] == read_receipt(None)
    done = [Reached(f"op/tx/{HASH}", "executed", executes=True)]
    assert done == read_receipt(RECEIPT)
    relayed = log(PREDEPLOYS["l2_messenger"], "RelayedMessage(bytes32)", (bytes(32),))
    raw = {
        "address": relayed.address,
        "topics": list(relayed.topics),
        "data": "0x",
        "blockNumber": "0x64",
        "blockHash": "0x" + "bb" * 32,
        "transactionHash": HASH,
        "transactionIndex": "0x1",
        "logIndex": "0x0",
    }
    assert done == read_receipt({**RECEIPT, "logs": [raw]})


@pytest.mark.parametrize("result", ["0x", 5, {}, {"error": {}}, {**RECEIPT, "logs": [1]}, []])
def test_receipt__that_is_none__is_refused(result):
    """An error, or half a receipt."""
    with pytest.raises(ValueError, match="receipt"):
        read_receipt(result)
