"""How questions are put, and how their answers are read."""

import pytest
from eth_abi import encode
from nitro_world import ARB, ARB_ON_L1, BLOCK, L1, OTHER, RETRY, ROOT, TICKET, dispatch

from layerkeep.adapters.nitro.probes import NO_TICKET, ticket_question
from layerkeep.core.adapter import Call, Scope
from layerkeep.core.facts import Ask, ClaimCovers, ClaimMoved, Judged, Measured, Reached
from layerkeep.core.keccak import selector
from layerkeep.core.units import HOUR, MINUTE

TIMEOUT = 1_000_000
KEY = f"arb/ticket/{TICKET}"
LANE = "arb/assertions"
CLAIM = f"{TICKET} {BLOCK} {ROOT} {OTHER} {TIMEOUT}"
PRUNED = {"error": {"code": -32000, "message": "missing trie node"}}
LOG = {
    "address": OTHER[:42],
    "topics": [OTHER],
    "data": "0x",
    "blockNumber": "0x2",
    "blockHash": BLOCK,
    "transactionHash": RETRY,
    "transactionIndex": "0x1",
    "logIndex": "0x0",
}
RECEIPT = {
    "transactionHash": RETRY,
    "transactionIndex": "0x1",
    "blockHash": BLOCK,
    "blockNumber": "0x2",
    "status": "0x1",
    "type": "0x68",
    "logs": [LOG],
}


def ask(probe: str, subject: str, chain: str = ARB, key: str = "") -> Ask:
    """A question about a subject."""
    return Ask(probe, chain, ARB, subject, key)


def read(question: Ask, answer: object) -> list[object]:
    """What an answer says."""
    probe, scope = dispatch().probes[ARB, question.probe]
    return list(probe.read(question, scope, answer))


def ticket_answer(now_s: int, timeout_s: int = 0) -> str:
    """What the code at ticket_question returns."""
    if timeout_s:
        return "0x" + encode(["uint256"] * 3, [now_s, 1, timeout_s]).hex()
    return "0x" + encode(["uint256"] * 2, [now_s, 0]).hex() + NO_TICKET.ljust(64, "0")


def test_receipt__asked_and_answered__is_decoded():
    """Null until the transaction is there, then what became of it."""
    question = ask("receipt", RETRY)
    assert Call("eth_getTransactionReceipt", (RETRY,)) == dispatch().call(question, "latest")
    assert [Reached(f"arb/tx/{RETRY}", "redeemed", executes=True)] == read(question, RECEIPT)
    with pytest.raises(ValueError, match="no receipt"):
        read(question, {"status": "0x1"})


def test_ticket_question__for_a_ticket__calls_code_without_a_target():
    """The code holds the ticket; the block is the one that is asked for."""
    call = dispatch().call(ask("ticket-timeout", f"{TICKET}@5"), "0x10")
    assert Call("eth_call", ({"data": ticket_question(TICKET)}, "0x10")) == call
    assert TICKET[2:] in ticket_question(TICKET)
    assert selector("getTimeout(bytes32)")[2:] in ticket_question(TICKET)


def test_ticket__that_is_open__waits_until_its_timeout():
    """The answer carries the deadline, and the question that knows it."""
    question = ask("ticket-timeout", TICKET, key=KEY)
    (waits,) = read(question, ticket_answer(TIMEOUT - 600, TIMEOUT))
    assert ("waiting", TIMEOUT * 1000, KEY) == (waits.stage, waits.deadline, waits.key)
    (again,) = waits.asks
    assert (f"{TICKET}@{TIMEOUT}", KEY, 10 * MINUTE) == (again.subject, again.key, again.every)
    (far,) = read(again, ticket_answer(TIMEOUT - 600_000, TIMEOUT))
    assert 6 * HOUR == far.asks[0].every


@pytest.mark.parametrize(
    ("subject", "now_s", "stages"),
    [
        (TICKET, TIMEOUT + 999, []),
        (f"{TICKET}@{TIMEOUT}", TIMEOUT, []),
        (f"{TICKET}@{TIMEOUT}", TIMEOUT + 60, []),
        (f"{TICKET}@{TIMEOUT}", TIMEOUT + 61, ["expired"]),
    ],
)
def test_ticket__that_is_gone__is_expired_only_after_its_deadline(subject, now_s, stages):
    """Before that it may have been redeemed by an attempt whose receipt is still unread."""
    found = read(ask("ticket-timeout", subject), ticket_answer(now_s))
    assert stages == [each.stage for each in found]


@pytest.mark.parametrize(
    "answer",
    [
        ticket_answer(TIMEOUT, TIMEOUT - 1),
        "0x" + encode(["uint256"] * 3, [TIMEOUT, 0, 0]).hex(),
        "0x",
        5,
    ],
)
def test_ticket_answer__that_makes_no_sense__is_refused(answer):
    """Neither a timeout that has passed nor another error counts as an answer."""
    with pytest.raises(ValueError, match=r"."):
        read(ask("ticket-timeout", TICKET), answer)


@pytest.mark.parametrize("probe", ["receipt", "ticket-timeout", "claimed-block"])
def test_error__instead_of_an_answer__is_no_answer_yet(probe):
    """A node that pruned the block, or has not reached it, is asked again."""
    count = 3 if probe == "claimed-block" else 0
    for answer in (PRUNED, None):
        assert [] == read(ask(probe, CLAIM), (answer,) * count or answer)


def test_claimed_block__that_the_child_knows__tells_the_reach():
    """As many sends as there were after the block."""
    question = ask("claimed-block", CLAIM)
    calls = dispatch().call(question, "latest")
    assert Call("eth_getBlockByHash", (BLOCK, False)) == calls[0]
    assert Call("eth_getBlockByHash", (OTHER, False)) == calls[1]
    assert Call("eth_getBlockByNumber", ("safe", False)) == calls[2]
    told = {"number": "0x9"} | {"hash": BLOCK, "sendRoot": ROOT, "sendCount": "0x7"}
    untold = {
        "number": "0x9",
        "hash": BLOCK,
        "mixHash": "0x" + f"{7:016x}" + "0" * 48,
        "extraData": ROOT,
    }
    again = Ask("claimed-height", ARB, ARB, f"{TICKET} {BLOCK} {ROOT} 9", witnesses=2)
    assert [ClaimCovers(TICKET, 6, LANE, (again,))] == read(question, (told, None, None))
    assert [ClaimCovers(TICKET, 6, LANE, (again,))] == read(question, (untold, None, None))
    empty = told | {"sendCount": "0x0"}
    assert [ClaimCovers(TICKET, -1, LANE, (again,))] == read(question, (empty, None, None))


def test_claimed_block__with_another_send_root__disputes_the_claim():
    """The child itself contradicts the claim."""
    answer = {"hash": BLOCK, "sendRoot": OTHER, "sendCount": "0x7"}
    found = read(ask("claimed-block", CLAIM), (answer, None, None))
    expected, told = f"{BLOCK} {ROOT}", f"{BLOCK} {OTHER}"
    assert [
        ClaimMoved(TICKET, "disputed", "send-root-differs"),
        Judged("claim", ARB, TICKET, "false", expected, told),
    ] == found


@pytest.mark.parametrize(
    "answer",
    [
        {"hash": OTHER},
        "0x",
        {"hash": BLOCK},
        {"hash": BLOCK, "mixHash": ROOT, "extraData": "0x"},
        {"hash": BLOCK, "mixHash": "0x", "extraData": ROOT},
    ],
)
def test_claimed_block__of_another_chain__is_refused(answer):
    """Only the block that was asked for, with a Nitro header, counts."""
    with pytest.raises(ValueError, match=r"."):
        read(ask("claimed-block", CLAIM), (answer, None, None))


def test_parameters__that_are_no_plain_numbers__are_read():
    """A tuple and a hash."""
    question, root = ask("time-variation", ARB, L1), ask("module-root", ARB, L1)
    targets = [dispatch().call(each, "latest").params[0]["to"] for each in (question, root)]
    answer = "0x" + encode(["uint256"] * 4, [5760, 48, 86400, 3600]).hex()
    delays = [Measured(ARB, "delay_blocks", 5760), Measured(ARB, "delay_s", 86400)]
    assert [ARB_ON_L1["sequencer_inbox"], ARB_ON_L1["rollup"]] == targets
    assert delays == read(question, answer)
    assert [Measured(ARB, "wasm_module_root", ROOT)] == read(root, ROOT)


def test_parameters__of_a_bridge_without_the_contract__cannot_be_asked():
    """A topology may be incomplete."""
    probe, _ = dispatch().probes[ARB, "module-root"]
    with pytest.raises(ValueError, match="no rollup"):
        probe.build(ask("module-root", ARB), Scope(ARB, L1, 42161, 1, L1), "latest")
