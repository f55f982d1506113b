"""What is claimed about the child against what nodes of the child say: true, false or not yet."""

from typing import Any

import msgspec
import pytest
from op_stack_world import ALICE, GAME, HASH, L1, ON_CHILD, OP, OP_ON_L1, ROOT

from layerkeep.adapters.op_stack import checks
from layerkeep.adapters.op_stack.contracts import PREDEPLOYS
from layerkeep.adapters.op_stack.probes import PROBES, inspect, spot_check
from layerkeep.core.adapter import Call, Inquiry, Scope, Wanted
from layerkeep.core.chain_data import Header
from layerkeep.core.facts import Anchor, Ask, ClaimCovers, Fact, Judged, Reached, Says
from layerkeep.core.keccak import keccak256, keccak_hex, selector
from layerkeep.core.units import Key

PROBE = {probe.name: probe for probe in PROBES}
CLAIM = f"op/game/{GAME}"
KEY = Key(f"op/withdrawal/{HASH}")
STORAGE = "0x" + "51" * 32
LEAF = b"\xf8" + b"leaf" + bytes.fromhex(STORAGE[2:]) + b"code"
STATE_ROOT = keccak_hex(b"branch")
PROOF = {"storageHash": STORAGE, "accountProof": ["0x" + b"branch".hex(), "0x" + LEAF.hex()]}
HEADER = {
    "hash": HASH,
    "parentHash": ROOT,
    "number": "0x1388",
    "timestamp": "0x64",
    "stateRoot": STATE_ROOT,
}
PRUNED = {"error": {"code": -32000, "message": "missing trie node 5a5a (path )"}}
LIMITED = {"error": {"code": -32005, "message": "rate limited"}}
TRUE_ROOT = keccak_hex(
    bytes(32) + b"".join(bytes.fromhex(part[2:]) for part in (STATE_ROOT, STORAGE, HASH))
)


def read(probe: str, subject: str, *results: object) -> list[Says]:
    """What the results of a question's calls say."""
    return list(PROBE[probe].read(Ask(probe, OP, OP, subject), ON_CHILD, results))


def root_read(claimed: str, *results: object) -> list[Says]:
    """What is said of a claimed root at block 5000."""
    return read("claim-root", f"{CLAIM} 5000 {claimed} 0", *results)


# ---- claims


def test_claim__once_its_reach_is_known__is_put_to_two_of_the_childs_nodes():
    """The game's own block number goes on into the next question."""
    ask = Ask("game-block", L1, OP, f"{CLAIM} {ROOT} 0")
    answer = "0x" + (32).to_bytes(32).hex() + (32).to_bytes(32).hex() + (5000).to_bytes(32).hex()
    again = Ask("claim-root", OP, OP, f"{CLAIM} 5000 {ROOT} 0", witnesses=2)
    found = list(PROBE["game-block"].read(ask, ON_CHILD, answer))
    assert [ClaimCovers(CLAIM, 5000, "op/claims", (again,))] == found


def test_claim__asked__is_of_the_claimed_block():
    """Header and proof at the height that the claim names, whatever is newest."""
    ask = Ask("claim-root", OP, OP, f"{CLAIM} 5000 {ROOT} 0")
    passer = PREDEPLOYS["message_passer"]
    assert (
        Call("eth_getBlockByNumber", ("0x1388", False)),
        Call("eth_getProof", (passer, [], "0x1388")),
    ) == PROBE["claim-root"].build(ask, ON_CHILD, "0x2000")


@pytest.mark.parametrize(
    ("header", "proof"),
    [
        (HEADER, PROOF),
        (HEADER | {"withdrawalsRoot": checks.EMPTY_TRIE}, PROOF),
        (HEADER | {"withdrawalsRoot": STORAGE}, PRUNED),
    ],
)
def test_claim__against_state_or_header__is_true_or_false(header, proof):
    """Since Isthmus the header is enough; every flipped byte of a claim is found."""
    true = Judged("claim", OP, CLAIM, "true", TRUE_ROOT, TRUE_ROOT, "game type 0")
    assert [true] == root_read(TRUE_ROOT, header, proof)
    for place in range(2, 66, 8):
        wrong = TRUE_ROOT[:place] + f"{int(TRUE_ROOT[place], 16) ^ 1:x}" + TRUE_ROOT[place + 1 :]
        (said,) = root_read(wrong, header, proof)
        assert ("false", wrong, TRUE_ROOT) == (said.verdict, said.expected, said.found)


def test_claim__of_a_block_the_node_has_not_passed__has_no_verdict():
    """Not found is never false: it is asked again."""
    assert [] == root_read(ROOT, None, LIMITED)


def test_claim__whose_state_is_pruned__is_unknown():
    """Nobody can tell from this node, ever."""
    (said,) = root_read(ROOT, HEADER, PRUNED)
    assert ("unknown", "state pruned; game type 0") == (said.verdict, said.detail)


@pytest.mark.parametrize(
    ("header", "proof"),
    [
        (LIMITED, PROOF),
        (HEADER | {"number": "0x1387"}, PROOF),
        (HEADER | {"hash": "0xzz"}, PROOF),
        ("0x", PROOF),
        (HEADER, LIMITED),
        (HEADER, None),
        (HEADER, PROOF | {"accountProof": []}),
        (HEADER, PROOF | {"accountProof": [7]}),
        (HEADER, PROOF | {"accountProof": PROOF["accountProof"][::-1]}),
        (HEADER, PROOF | {"storageHash": ROOT}),
        (HEADER | {"stateRoot": ROOT}, PROOF),
    ],
)
def test_claim__against_garbage__is_no_verdict(header, proof):
    """An error, another block, a proof of other state: refused, so asked again."""
    with pytest.raises(ValueError, match=r"."):
        root_read(TRUE_ROOT, header, proof)


# ---- withdrawals


def withdrawal_read(since_s: int, *results: object) -> list[Says]:
    """What is said of a withdrawal proven at a time; the node's block is of second 100."""
    return read("withdrawal", f"{KEY}@{since_s}", *results)


def test_withdrawal__asked__is_of_the_passer():
    """By its hash, at the newest block."""
    ask = Ask("withdrawal", OP, OP, f"{KEY}@99")
    header, call = PROBE["withdrawal"].build(ask, ON_CHILD, "0x10")
    data = selector("sentMessages(bytes32)") + HASH[2:]
    assert Call("eth_getBlockByNumber", ("0x10", False)) == header
    assert ({"to": PREDEPLOYS["message_passer"], "data": data}, "0x10") == call.params


@pytest.mark.parametrize(
    ("since_s", "sent", "verdicts"),
    [(99, 1, ["true"]), (101, 1, ["true"]), (0, 1, ["true"]), (100, 0, ["false"])],
)
def test_withdrawal__sent_or_not__is_judged(since_s, sent, verdicts):
    """One that a node past its proof does not know was never made."""
    found = withdrawal_read(since_s, HEADER, f"0x{sent:064x}")
    assert verdicts == [said.verdict for said in found]
    assert [("withdrawal", KEY)] == [(said.check, said.subject) for said in found]


@pytest.mark.parametrize("since_s", [101, 0])
def test_withdrawal__unknown_to_a_node_that_may_be_behind__has_no_verdict(since_s):
    """The node's block is older than the proof, or the proof's time is not known."""
    assert [] == withdrawal_read(since_s, HEADER, f"0x{0:064x}")
    assert [] == withdrawal_read(since_s, None, f"0x{0:064x}")


@pytest.mark.parametrize("answer", ["0x", f"0x{2:064x}", LIMITED, None])
def test_withdrawal__answered_with_garbage__is_no_verdict(answer):
    """Refused, so asked again."""
    with pytest.raises(ValueError, match=r"."):
        withdrawal_read(50, HEADER, answer)


# ---- deliveries


def answered(inquiry: Inquiry, *answers: tuple[Any, ...]) -> tuple[list[Wanted], list[Says]]:
    """What an inquiry wants, one after the other, and what it found."""
    wanted = [next(inquiry)]
    for results in answers:
        try:
            wanted.append(inquiry.send(results))
        except StopIteration as end:
            return wanted, list(end.value)
    raise AssertionError(f"more is wanted: {wanted[-1]}")


def packed(number: int, block: str, time_s: int, fee: int, fork: str = "Ecotone") -> str:
    """The attributes of a block as they are since Ecotone."""
    content = bytes(8) + (3).to_bytes(8) + time_s.to_bytes(8) + number.to_bytes(8)
    content += fee.to_bytes(32) + bytes(32) + bytes.fromhex(block[2:]) + bytes(32)
    tail = b"" if fork == "Ecotone" else bytes(12)
    return selector(f"setL1BlockValues{fork}()") + (content + tail).hex()


def in_words(number: int, block: str, time_s: int, fee: int) -> str:
    """The attributes of a block before Ecotone."""
    signature = "setL1BlockValues(uint64,uint64,uint256,bytes32,uint64,bytes32,uint256,uint256)"
    words = [n.to_bytes(32) for n in (number, time_s, fee)] + [bytes.fromhex(block[2:])]
    return selector(signature) + b"".join([*words, *[bytes(32)] * 4]).hex()


def test_attributes__in_every_form__tell_the_origin():
    """Words since Bedrock, packed since Ecotone, longer since Isthmus."""
    expected = checks.Origin(7, ROOT, 84, 5)
    assert expected == checks.origin_in(in_words(7, ROOT, 84, 5))
    for fork in ("Ecotone", "Isthmus", "Jovian"):
        assert expected == checks.origin_in(packed(7, ROOT, 84, 5, fork))
    for wrong in ("0x", "0x440a5e20", in_words(7, ROOT, 84, 5)[:-2], "0x12345678" + "00" * 200):
        with pytest.raises(ValueError, match="no L1 attributes"):
            checks.origin_in(wrong)


def relayed(tx: str, stage: str = "executed", kind: str = "msg") -> Fact:
    """A message that took effect in a transaction of the child."""
    says = Reached(Key(f"op/{kind}/{HASH}"), stage, executes=True)
    return Fact(Anchor(OP, 9, "0x" + "99" * 32, 100_000, tx, 1, 4), says)


def deposited(block: str, index: int = 3) -> tuple[dict[str, Any], str]:
    """A portal's log in the parent's block, and the child's transaction it makes."""
    opaque = bytes(64) + (21_000).to_bytes(8) + b"\0"
    body = (32).to_bytes(32) + len(opaque).to_bytes(32) + opaque + bytes(-len(opaque) % 32)
    account = "0x" + ALICE[2:].rjust(64, "0")
    deposit = checks.Deposit(bytes.fromhex(ALICE[2:]), bytes.fromhex(ALICE[2:]), 0, 0, 21_000, b"")
    event = "TransactionDeposited(address,address,uint256,bytes)"
    log = {
        "address": OP_ON_L1["portal"],
        "topics": [keccak_hex(event.encode()), account, account, "0x" + "00" * 32],
        "data": "0x" + body.hex(),
        "blockNumber": "0x7",
        "blockHash": block,
        "transactionHash": HASH,
        "transactionIndex": "0x0",
        "logIndex": hex(index),
    }
    source = checks.source_hash(block=block, log_index=hex(index))
    return log, checks.deposit_hash(source, deposit)


ORIGIN = "0x" + "0a" * 32
L1_HEADER = HEADER | {"hash": ORIGIN, "number": "0x7", "baseFeePerGas": "0x5"}
FIRST = {"type": "0x7e", "input": packed(7, ORIGIN, 100, 5)}


def delivery(tx: str, child: tuple[Any, ...], parent: tuple[Any, ...]) -> list[Says]:
    """What an inquiry about a delivery finds with these answers."""
    inquiry = inspect(relayed(tx), ON_CHILD)
    assert inquiry is not None
    return answered(inquiry, child, parent)[1]


def test_delivery__deposited_in_its_origin__is_true():
    """The portal logged, in the block the child's block comes from, what makes this transaction."""
    log, tx = deposited(ORIGIN)
    inquiry = inspect(relayed(tx), ON_CHILD)
    child = ({"type": "0x7e", "sourceHash": ROOT}, FIRST)
    wanted, (said,) = answered(inquiry, child, (L1_HEADER, [log]))
    assert [OP, L1] == [each.chain for each in wanted]
    assert (ORIGIN, OP_ON_L1["portal"]) == (
        wanted[1].calls[1].params[0]["blockHash"],
        wanted[1].calls[1].params[0]["address"],
    )
    assert ("delivery", "true") == (said.check, said.verdict)


def test_delivery__that_nobody_deposited__is_false():
    """Neither no deposit nor another one, nor the same at another place."""
    log, tx = deposited(ORIGIN)
    child = ({"type": "0x7e", "sourceHash": ROOT}, FIRST)
    for logs in ([], [deposited(ORIGIN, 4)[0]], [log | {"data": "0x"}]):
        (said,) = delivery(tx, child, (L1_HEADER, logs))
        assert ("delivery", "false", f"op/msg/{HASH}") == (said.check, said.verdict, said.subject)


def test_delivery__of_which_a_node_does_not_know_enough__has_no_verdict():
    """Another block of the parent, no block, an error: not found is never false."""
    log, tx = deposited(ORIGIN)
    child = ({"type": "0x7e", "sourceHash": ROOT}, FIRST)
    for missing in ((None, FIRST), (child[0], None)):
        inquiry = inspect(relayed(tx), ON_CHILD)
        assert [] == answered(inquiry, missing)[1]
    for unknown in ((None, []), (L1_HEADER, LIMITED)):
        assert [] == delivery(tx, child, unknown)
    for wrong in ((L1_HEADER | {"hash": ROOT}, []), (L1_HEADER, [log | {"blockHash": ROOT}])):
        with pytest.raises(ValueError, match=r"another block|not the block"):
            delivery(tx, child, wrong)


def test_delivery__relayed_anew__is_unknown():
    """An account's transaction has no deposit behind it."""
    inquiry = inspect(relayed(HASH), ON_CHILD)
    _, (said,) = answered(inquiry, ({"type": "0x2"}, FIRST))
    assert "unknown" == said.verdict


def test_inquiries__into_other_things__are_not_made():
    """Only what was relayed on the child has a deposit to look for."""
    assert inspect(relayed(HASH, stage="failed"), ON_CHILD) is None
    assert inspect(relayed(HASH, kind="tx"), ON_CHILD) is None
    assert inspect(relayed(""), ON_CHILD) is None


# ---- attributes


def spot(first: object, *parent: object) -> list[Says]:
    """What a spot check finds with these answers."""
    anchor = Anchor(OP, 9, "0x" + "99" * 32, 100_000)
    _, found = answered(spot_check(anchor, ON_CHILD), (first,), parent)
    return found


@pytest.mark.parametrize("form", [packed, in_words])
def test_attributes__as_the_parent_has_them__are_true(form):
    """Number, hash, time and base fee."""
    (said,) = spot({"input": form(7, ORIGIN, 100, 5)}, L1_HEADER, L1_HEADER)
    assert ("attributes", "op/block/9", "true") == (said.check, said.subject, said.verdict)


@pytest.mark.parametrize(
    ("told", "known"),
    [((7, ORIGIN, 101, 5), L1_HEADER), ((7, ORIGIN, 100, 6), L1_HEADER), ((7, ROOT, 100, 5), None)],
)
def test_attributes__that_the_parent_contradicts__are_false(told, known):
    """A wrong time, a wrong fee, a hash that the parent has never had."""
    (said,) = spot({"input": packed(*told)}, L1_HEADER, known)
    assert "false" == said.verdict


def test_attributes__of_a_parent_that_is_behind_or_just_left__have_no_verdict():
    """A block not there yet, or one that the node itself knew a moment ago."""
    assert [] == spot(FIRST, None, None)
    assert [] == spot({"input": packed(7, ROOT, 100, 5)}, L1_HEADER, HEADER | {"hash": ROOT})


def test_scope__without_a_passer__falls_back_on_the_predeploy():
    """A topology need not name what stands at the same place everywhere."""
    scope = Scope(OP, L1, 10, 1, OP)
    _, call = PROBE["claim-root"].build(Ask("claim-root", OP, OP, "c 1 0x"), scope, "0x1")
    assert PREDEPLOYS["message_passer"] == call.params[0]


def test_output_root__over_the_passers_root__is_the_formula():
    """Version, state root, passer's storage root and block hash, hashed."""
    header = msgspec.convert(HEADER, Header)
    assert TRUE_ROOT == checks.output_root_over(header, STORAGE)
    assert keccak256(b"branch").hex() == STATE_ROOT[2:]
