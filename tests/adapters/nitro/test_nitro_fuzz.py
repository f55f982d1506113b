"""Decoders, receipts and probes are total: whatever a node sends, nothing but ValueError comes."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from nitro_world import (
    ARB,
    BLOCK,
    ON_CHILD,
    ON_PARENT,
    RETRY,
    ROOT,
    STRANGER,
    TICKET,
    delivered,
    topic,
)

from layerkeep.adapters.nitro import ADAPTER
from layerkeep.adapters.nitro.decode import REDEEM_SCHEDULED, TICKET_CREATED
from layerkeep.core.adapter import PARENT
from layerkeep.core.chain_data import Log
from layerkeep.core.facts import Ask

WORDS = st.one_of(st.integers(0, 320), st.integers(0, 2**256 - 1))
HEX = st.lists(WORDS, max_size=28).map(lambda words: "0x" + "".join(f"{w:064x}" for w in words))
TOPICS = st.lists(st.one_of(WORDS.map(topic), st.text(max_size=66)), max_size=3)
HEADER_FIELDS = ("hash", "sendRoot", "sendCount", "mixHash", "extraData", "error", "status")
VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=70), HEX)
ANSWERS = st.one_of(VALUES, st.dictionaries(st.sampled_from(HEADER_FIELDS), VALUES))
RECEIPT = {
    "transactionHash": TICKET,
    "transactionIndex": "0x1",
    "blockHash": BLOCK,
    "blockNumber": "0x2",
    "status": "0x1",
    "type": "0x69",
    "logs": [],
}
SUBJECTS = (TICKET, f"{TICKET}@5")


def raw_log(address: str, topics: list[str], data: str) -> Log:
    """A log of any content."""
    return Log(
        address=address,
        topics=tuple(topics),
        data=data,
        block_number="0x1",
        block_hash=BLOCK,
        transaction_hash=RETRY,
        transaction_index="0x0",
        log_index="0x0",
    )


@settings(max_examples=1500, deadline=None)
@given(st.sampled_from(ADAPTER.events), TOPICS, st.one_of(HEX, st.text(max_size=300)))
def test_decoders__of_anything__raise_nothing_but_value_errors(event, topics, data):
    """A log of a known contract may have any content, and any siblings."""
    scope = ON_PARENT if event.side == PARENT else ON_CHILD
    address = scope.contracts[event.side].get(event.role, STRANGER)
    log = raw_log(address, [event.topic0, *topics], data)
    try:
        list(event.decode(log, scope, [*delivered(9, b"x", number=3), log, log]))
    except ValueError:
        return


@settings(max_examples=300, deadline=None)
@given(st.sampled_from((TICKET_CREATED, REDEEM_SCHEDULED)), TOPICS, st.one_of(HEX, st.text()))
def test_receipts__with_any_logs__raise_nothing_but_value_errors(first, topics, data):
    """The logs inside a receipt are as little to be trusted as any others."""
    log = raw_log(STRANGER, [first, *topics], data)
    read_anything("receipt", TICKET, RECEIPT | {"logs": [in_json(log)]})


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(ADAPTER.probes), st.sampled_from(SUBJECTS), ANSWERS)
def test_probes__of_any_answer__raise_nothing_but_value_errors(probe, subject, answer):
    """An upstream may answer anything."""
    if probe.name == "claimed-block":
        subject = f"{TICKET} {BLOCK} {ROOT}"
        answer = answer | {"hash": BLOCK} if isinstance(answer, dict) else answer
        answer = (answer, answer, answer)
    if isinstance(answer, dict) and probe.name == "receipt":
        answer = RECEIPT | answer
    read_anything(probe.name, subject, answer)


def read_anything(name: str, subject: str, answer: Any) -> None:
    """Read an answer that may be refused."""
    (probe,) = [probe for probe in ADAPTER.probes if probe.name == name]
    try:
        list(probe.read(Ask(name, ARB, ARB, subject), ON_CHILD, answer))
    except ValueError:
        return


def in_json(log: Log) -> dict[str, Any]:
    """The log as a node gives it."""
    return {
        "address": log.address,
        "topics": list(log.topics),
        "data": log.data,
        "blockNumber": log.block_number,
        "blockHash": log.block_hash,
        "transactionHash": log.transaction_hash,
        "transactionIndex": log.transaction_index,
        "logIndex": log.log_index,
    }
