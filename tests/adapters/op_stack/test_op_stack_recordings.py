"""Against recordings of OP Mainnet, OP Sepolia and Base: nothing undecoded, every link joins."""

from typing import Any

import msgspec
import pytest
from op_stack_world import ALIASED, BASE, L1, OP, OP_ON_L1, Times, dispatch, facts_of, log

from layerkeep.adapters.op_stack import checks
from layerkeep.adapters.op_stack.decode.names import aliased
from layerkeep.core.chain_data import Log, Receipt
from layerkeep.core.facts import Fact, Reached, Sent, Undecoded
from layerkeep.core.keccak import topic0

OUTPUT_PROPOSED = topic0("OutputProposed(bytes32,uint256,uint256,uint256)")


def number(value: Any) -> int:
    """A number given as hex text or as a number."""
    return int(value, 16) if isinstance(value, str) else int(value)


def deposit_of(vector: dict[str, Any], opaque: bytes) -> checks.Deposit:
    """The deposit of a published vector."""
    return checks.Deposit(
        bytes.fromhex(vector["from"][2:]),
        bytes.fromhex(vector["to"][2:]),
        int.from_bytes(opaque[:32]),
        int.from_bytes(opaque[32:64]),
        int.from_bytes(opaque[64:72]),
        opaque[73:],
    )


def test_deposit_hash__of_published_vectors__agrees(recording):
    """The child's transaction hash follows from the parent's log."""
    for vector in recording("op-stack/op_vectors.json")["deposits"]:
        source = checks.source_hash(block=vector["l1BlockHash"], log_index=hex(vector["logIndex"]))
        deposit = deposit_of(vector, bytes.fromhex(vector["opaqueData"][2:]))
        assert vector["expectedSourceHash"] == "0x" + source.hex()
        assert vector["expectedL2TxHash"] == checks.deposit_hash(source, deposit)


def test_deposit_log__of_published_vectors__is_sent_under_that_hash(recording):
    """The decoder tells the same hash, and what the transaction will carry."""
    for vector in recording("op-stack/op_vectors.json")["deposits"]:
        found = log(
            OP_ON_L1["portal"],
            "TransactionDeposited(address,address,uint256; bytes)",
            (vector["from"], vector["to"], 0),
            (bytes.fromhex(vector["opaqueData"][2:]),),
            vector["logIndex"],
        )
        found = msgspec.structs.replace(found, block_hash=vector["l1BlockHash"])
        (fact,) = facts_of(L1, found)
        assert isinstance(fact.says, Sent)
        assert vector["expectedL2TxHash"] == fact.says.message == fact.says.awaits
        assert (f"op/tx/{vector['expectedL2TxHash']}",) == fact.says.keys
        assert int(vector["opaqueData"][66:130], 16) == fact.says.value


def test_source_hash__of_user_deposits__agrees(recording):
    """Domain 0 is what users' deposits are hashed under."""
    for vector in recording("op-stack/op_vectors.json")["sourceHash"]:
        if vector["domain"] == 0:
            place = {"block": vector["l1BlockHash"], "log_index": hex(vector["logIndex"])}
            assert vector["expected"] == "0x" + checks.source_hash(**place).hex()


def test_deposit_hash__of_recorded_transactions__agrees(recording):
    """Recorded transactions of type 0x7e, the L1 attributes among them, hash to their names."""
    vectors = recording("op-stack/op_vectors.json")["l2BlocksAndTxs"]
    for found in (vector["object"] for vector in vectors if vector["kind"] == "tx"):
        deposit = checks.Deposit(
            bytes.fromhex(found["from"][2:]),
            bytes.fromhex(found["to"][2:]),
            number(found["mint"]),
            number(found["value"]),
            number(found["gas"]),
            bytes.fromhex(found["input"][2:]),
        )
        assert found["hash"] == checks.deposit_hash(bytes.fromhex(found["sourceHash"][2:]), deposit)


def test_withdrawal_hash__of_published_vectors__agrees(recording):
    """The withdrawal hash follows from what was passed."""
    for vector in recording("op-stack/op_vectors.json")["withdrawals"]:
        withdrawal = checks.Withdrawal(
            int(vector["nonce"], 16),
            vector["sender"],
            vector["target"],
            vector["value"],
            vector["gasLimit"],
            bytes.fromhex(vector["data"][2:]),
        )
        assert vector["expectedWithdrawalHash"] == checks.withdrawal_hash(withdrawal)


def test_deposit_logs__recorded_on_the_parent__all_decode(recording):
    """Thirteen deposits of OP Mainnet and Base, all of them messages of the messengers."""
    sent = []
    for vector in recording("op-stack/op_vectors.json")["l1DepositLogs"]:
        raw = vector["log"]
        fields = {
            **raw,
            "blockNumber": hex(raw["blockNumber"]),
            "logIndex": hex(raw["logIndex"]),
            "transactionIndex": hex(raw["transactionIndex"]),
        }
        sent += dispatch().facts(L1, [msgspec.convert(fields, Log)], Times())
    assert {"op", "base"} == {fact.says.target for fact in sent}
    assert 13 == len(sent)
    assert all(len(fact.says.keys) == 2 for fact in sent)


def test_alias__of_the_messenger__is_the_recorded_one():
    """Relayed transactions come from the messenger's alias."""
    assert ALIASED == aliased(OP_ON_L1["l1_messenger"])


@pytest.fixture(scope="module")
def receipts(recording) -> dict[str, list[Receipt]]:
    """Recorded receipts by chain."""
    return {
        here: [
            msgspec.convert(entry["receipt"], Receipt)
            for entry in recording(f"receipts/rotki_{name}.json")
        ]
        for here, name in ((L1, "ethereum"), (OP, "optimism"))
    }


def facts_by_tx(receipts: dict[str, list[Receipt]]) -> dict[str, list[Fact]]:
    """Everything each recorded transaction says."""
    known = dispatch()
    found: dict[str, list[Fact]] = {}
    for here, each in receipts.items():
        for receipt in each:
            facts = known.facts(here, receipt.logs, Times())
            facts += known.receipt(here, receipt, 0)
            found[receipt.transaction_hash] = facts
    return found


def test_receipts__recorded_on_both_chains__leave_nothing_undecoded(receipts):
    """Every watched log of the recordings has the shape its decoder expects."""
    facts = [fact for each in facts_by_tx(receipts).values() for fact in each]
    assert [] == [fact for fact in facts if isinstance(fact.says, Undecoded)]
    kinds = {fact.says.lifecycle for fact in facts if isinstance(fact.says, Sent)}
    assert {"op_stack.deposit", "op_stack.legacy_deposit", "op_stack.legacy_withdrawal"} == kinds
    stages = {fact.says.stage for fact in facts if isinstance(fact.says, Reached)}
    assert {"executed", "proven", "finalized"} == stages


def test_pairs__recorded_on_both_sides__join_by_key(recording, receipts):
    """What one chain sent is what the other executed, under one key."""
    found = facts_by_tx(receipts)
    pairs = [pair for pair in recording("receipts/pairs.json") if pair["kind"] == "op-cdm"]
    assert 5 == len(pairs)
    for pair in pairs:
        key = f"op/msg/{pair['key']}"
        (sent,) = [f.says for f in found[pair["src"][1]] if isinstance(f.says, Sent)]
        ends = [f.says for f in found[pair["dst"][1]] if isinstance(f.says, Reached)]
        assert key in sent.keys
        assert [key] == [end.key for end in ends if end.executes]


def test_pairs__of_derived_deposits__have_the_expected_hash(recording, receipts):
    """The child's transaction is known from the parent's side alone."""
    found = facts_by_tx(receipts)
    for pair in recording("receipts/pairs.json"):
        if pair["kind"].startswith("op-deposit"):
            (sent,) = [f.says for f in found[pair["src"][1]] if isinstance(f.says, Sent)]
            assert pair["key"] == sent.message
            assert f"{BASE}/tx/{pair['key']}" == sent.keys[0]


def test_deposits__recorded_on_the_child__log_and_receipt_agree(receipts):
    """A messenger's deposit is executed by its log and by its receipt."""
    deposits = [receipt for receipt in receipts[OP] if receipt.type == "0x7e"]
    assert deposits
    found = facts_by_tx(receipts)
    for receipt in deposits:
        stages = {fact.says.stage for fact in found[receipt.transaction_hash]}
        assert {"executed"} == stages


def test_withdrawal__recorded_on_a_development_chain__has_its_hash(recording):
    """The message passer's own hash is the one recomputed from its log."""
    receipt = msgspec.convert(recording("op-stack/rpc/bridge-withdrawal.json"), Receipt)
    (fact,) = [f for f in dispatch().facts(OP, receipt.logs, Times()) if isinstance(f.says, Sent)]
    passed = next(
        each for each in receipt.logs if len(each.topics) == 4 and "d764ad0b" in each.data
    )
    body = passed.data[2:]
    size = int(body[256:320], 16)
    withdrawal = checks.Withdrawal(
        int(passed.topics[1], 16),
        "0x" + passed.topics[2][26:],
        "0x" + passed.topics[3][26:],
        int(body[:64], 16),
        int(body[64:128], 16),
        bytes.fromhex(body[320 : 320 + 2 * size]),
    )
    assert checks.withdrawal_hash(withdrawal) == fact.says.message
    assert int(receipt.block_number, 16) == fact.says.position


def test_output__recorded_in_a_whole_block__is_claimed(recording):
    """A block of mainnet holds an output of some chain: watched, it is a claim."""
    block = recording("receipts/ethereum_block_21925176_all_receipts.json")
    logs = [raw for receipt in block for raw in receipt["logs"]]
    proposed = [raw for raw in logs if raw["topics"][:1] == [OUTPUT_PROPOSED]]
    assert proposed
    for raw in proposed:
        moved = msgspec.structs.replace(
            msgspec.convert(raw, Log), address=OP_ON_L1["l2_output_oracle"]
        )
        (fact,) = facts_of(L1, moved)
        assert int(raw["topics"][3], 16) == fact.says.covers
        assert raw["topics"][1] == fact.says.root
