"""Against recordings of Arbitrum One: ids agree, links join, nothing is left undecoded."""

from typing import Any

import msgspec
import pytest
from nitro_world import ARB, L1, ON_CHILD, ON_PARENT, Times, dispatch, facts_of

from layerkeep.adapters.nitro import checks
from layerkeep.adapters.nitro.decode import decode_receipt
from layerkeep.core.chain_data import Log, Receipt
from layerkeep.core.encoding import abi, rlp
from layerkeep.core.facts import Ask, Described, Fact, Reached, Sent, Undecoded
from layerkeep.core.keccak import keccak_hex

TOKEN_DEPOSITS = 3
PAIRS = 5


def quantity(value: Any) -> str:
    """Fixtures write some quantities as numbers."""
    return value if isinstance(value, str) else hex(value)


def log_of(raw: dict[str, Any]) -> Log:
    """A recorded log."""
    quantities = ("blockNumber", "transactionIndex", "logIndex")
    return msgspec.convert(raw | {name: quantity(raw[name]) for name in quantities}, Log)


def receipt_of(raw: dict[str, Any]) -> Receipt:
    """A recorded receipt."""
    quantities = ("blockNumber", "transactionIndex", "status", "type")
    return msgspec.convert(
        raw
        | {name: quantity(raw[name]) for name in quantities}
        | {"logs": [msgspec.to_builtins(log_of(log)) for log in raw["logs"]]},
        Receipt,
    )


def facts_in(chain, entries: list[dict[str, Any]]) -> list[Fact]:
    """What the receipts' logs say."""
    found = []
    for entry in entries:
        found += dispatch().facts(chain, receipt_of(entry["receipt"]).logs, Times())
    return found


@pytest.mark.parametrize(("chain", "name"), [(L1, "rotki_ethereum"), (ARB, "rotki_arbitrum-one")])
def test_receipts__of_arbitrum_one__decode_without_a_doubt(recording, chain, name):
    """Every recorded log of a known contract has the shape the decoder expects."""
    found = facts_in(chain, recording(f"receipts/{name}.json"))
    assert [] == [fact.says for fact in found if isinstance(fact.says, Undecoded)]
    assert found


def test_pairs__of_arbitrum__derive_the_recorded_child_hash(recording):
    """The child's transaction follows from the parent's logs, tickets and deposits alike."""
    facts = facts_in(L1, recording("receipts/rotki_ethereum.json"))
    sent = {fact.anchor.tx: fact.says for fact in facts if isinstance(fact.says, Sent)}
    pairs = [
        pair
        for pair in recording("receipts/pairs.json")
        if pair["kind"].startswith("arbitrum-kind")
    ]
    assert PAIRS == len(pairs)
    for pair in pairs:
        says = sent[pair["src"][1]]
        assert (pair["key"], pair["key"]) == (says.message, says.awaits)


def test_deposit__of_recorded_pair__executes_under_the_key_it_was_sent_with(recording):
    """The receipt of type 0x64 names the message that the parent sent."""
    facts = facts_in(L1, recording("receipts/rotki_ethereum.json"))
    keys = {key for fact in facts if isinstance(fact.says, Sent) for key in fact.says.keys}
    receipts = [
        receipt_of(entry["receipt"]) for entry in recording("receipts/rotki_arbitrum-one.json")
    ]
    (done,) = [
        says
        for receipt in receipts
        if receipt.type == "0x64"
        for says in decode_receipt(receipt, ON_CHILD)
    ]
    assert done.key in keys
    assert ("executed", True) == (done.stage, done.executes)


def test_token_deposits__of_recordings__carry_what_the_gateway_says(recording):
    """Payload and gateway agree on token and amount, under the same delayed number."""
    facts = facts_in(L1, recording("receipts/rotki_ethereum.json"))
    sent = {fact.anchor.tx: fact.says for fact in facts if isinstance(fact.says, Sent)}
    told = [fact for fact in facts if isinstance(fact.says, Described)]
    assert TOKEN_DEPOSITS == len(told)
    for fact in told:
        assert fact.says.token == sent[fact.anchor.tx].token
        assert fact.says.key in sent[fact.anchor.tx].keys
        assert "" == sent[fact.anchor.tx].detail


def test_withdrawals__of_recordings__are_sends_with_their_tokens(recording):
    """A send and a classic send are told with what their gateway says."""
    facts = facts_in(ARB, recording("receipts/rotki_arbitrum-one.json"))
    sent = [fact.says for fact in facts if isinstance(fact.says, Sent)]
    assert ["nitro.classic_send", "nitro.send", "nitro.send"] == sorted(s.lifecycle for s in sent)
    by_key = {says.keys[0]: says for says in sent}
    told = [fact.says for fact in facts if isinstance(fact.says, Described)]
    assert 2 == len(told)
    for says in told:
        assert says.token == by_key[says.key].token
        assert says.sender == says.recipient


def test_executions__of_recordings__are_bounded_by_the_bridges_call(recording):
    """Each recorded outbox execution ends with a BridgeCallTriggered."""
    facts = facts_in(L1, recording("receipts/rotki_ethereum.json"))
    done = [fact.says for fact in facts if isinstance(fact.says, Reached)]
    kinds = sorted(says.key.split("/")[1] for says in done)
    assert ["classic", "send", "send"] == kinds
    assert all(0 <= says.first_log < says.last_log for says in done)


def test_retryable__of_fixture__is_one_story(recording):
    """Ticket id, retry hash and parent transaction of the recorded trace agree with ours."""
    trace = recording("arbitrum/arb1_retryable_ticket_and_redeem.json")
    ticket, retry = trace["expected"]["ticketId"], trace["expected"]["redeemTxHash"]
    parent = checks.delivery(log_of(trace["parentLogs"][0]))
    child = trace["childTxByHash"]
    submit = child[ticket]["input"]
    call = "0x" + submit[10:]
    numbers = [rlp.integer(abi.uint(call, index)) for index in range(7)]
    accounts = [abi.word_bytes(call, index)[12:] for index in (7, 8, 9)]
    rebuilt = checks.Ticket(
        *(parent.number, parent.sender, numbers[1], numbers[2], numbers[4], numbers[5]),
        *(accounts[2], numbers[3], accounts[1], numbers[6]),
        *(accounts[0], abi.dynamic_bytes(call, 10)),
    )
    assert ticket == checks.ticket_id(42161, rebuilt)
    assert rlp.integer(parent.number) == numbers[0]
    logs = [log_of(raw) for raw in trace["ticketReceipt"]["logs"]]
    created, described, scheduled = [fact.says for fact in facts_of(ARB, *logs)]
    assert f"arb/ticket/{ticket}" == created.key == described.key == scheduled.key
    assert (f"arb/tx/{retry}",) == described.keys
    (done,) = decode_receipt(receipt_of(trace["redeemReceipt"]), ON_CHILD)
    assert ("redeemed", True, f"arb/tx/{retry}") == (done.stage, done.executes, done.key)
    assert trace["expected"]["parentTxHash"] == trace["parentLogs"][0]["transactionHash"]


def test_retry_hash__of_fixture__agrees(recording):
    """The hash of a redeem attempt follows from the ticket and the log that schedules it."""
    trace = recording("arbitrum/arb1_retryable_ticket_and_redeem.json")
    ticket, retry = trace["expected"]["ticketId"], trace["expected"]["redeemTxHash"]
    tx = trace["childTxByHash"][retry]
    scheduled = log_of(trace["ticketReceipt"]["logs"][1])
    rebuilt = checks.Retry(
        *(ticket, checks.number(scheduled, 3), tx["from"], int(tx["maxFeePerGas"], 16)),
        *(int(tx["gas"], 16), tx["to"], int(tx["value"], 16), bytes.fromhex(tx["input"][2:])),
        *(abi.address(scheduled.data, 1), abi.uint(scheduled.data, 2)),
        abi.uint(scheduled.data, 3),
    )
    assert retry == checks.retry_hash(42161, rebuilt)


def test_eth_deposit__of_fixture__has_the_recorded_hash(recording):
    """The child's hash of a deposit follows from the parent's log, receiver and value."""
    trace = recording("arbitrum/arb1_eth_deposit.json")
    parent = checks.delivery(log_of(trace["parentLogs"][0]))
    (tx,) = trace["childTxByHash"].values()
    found = checks.deposit_hash(
        42161, parent.number, sender=parent.sender, to=tx["to"], value=int(tx["value"], 16)
    )
    assert tx["hash"] == found == trace["source"]["originalChildTxHash"]
    payload = bytes.fromhex(tx["to"][2:]) + int(tx["value"], 16).to_bytes(32, "big")
    assert parent.payload_hash == keccak_hex(payload)
    assert checks.unaliased(parent.sender) == tx["to"]


def test_parent_receipts__of_fixture__tell_the_ticket_and_leave_classic_alone(recording):
    """A Nitro receipt gives the expected ticket; a classic one gives nothing, and no complaint."""
    fixture = recording("arbitrum/parent_to_child_receipts.json")
    nitro = facts_of(L1, *receipt_of(fixture["nitro"]["receipt"]).logs)
    (sent,) = [fact.says for fact in nitro if isinstance(fact.says, Sent)]
    expected = fixture["nitro"]["expected"]
    assert expected["retryableCreationId"] == sent.message
    assert checks.unaliased(bytes.fromhex(expected["sender"][2:])) == sent.sender
    assert ON_PARENT.contracts["parent"]["weth_gateway"] == sent.sender
    assert [] == facts_of(L1, *receipt_of(fixture["classic"]["receipt"]).logs)


def test_send_counts__of_recorded_headers__stand_in_the_mix_hash(recording):
    """A header without sendCount tells it in the first bytes of its mix hash."""
    probe, scope = dispatch().probes[ARB, "claimed-block"]
    (ask_block,) = [
        entry["block"]
        for entry in recording("receipts/rotki_arbitrum-one.json")
        if entry["receipt"]["blockNumber"] == "0x6ab3c3f"
    ]
    stripped = {key: value for key, value in ask_block.items() if not key.startswith("send")}
    root = stripped["extraData"]
    ask = Ask("claimed-block", ARB, ARB, f"claim {ask_block['hash']} {root}")
    (covers,) = probe.read(ask, scope, (stripped, None, None))
    assert 0x14955 == covers.covers
