"""Assertions and executed sends against what nodes of the child say: true, false or not yet."""

from typing import Any

import pytest
from nitro_world import ALICE, ARB, BLOCK, BOB, L1, OTHER, ROOT, TICKET, dispatch, event_named, log

from layerkeep.core.adapter import Call
from layerkeep.core.facts import Ask, ClaimCovers, Judged, Reached, Says

from test_nitro_sends import send_log  # isort: skip  (the log of a send, made there)

LANE = "arb/assertions"
HEADERS = 6
BEFORE = {"hash": OTHER, "parentHash": ROOT, "number": "0x1", "timestamp": "0x1"}
SAFE = {"hash": TICKET, "parentHash": ROOT, "number": "0x64", "timestamp": "0x65"}
ABSENT = (None, {"error": {"code": -32000, "message": "header not found"}})


def read(probe: str, subject: str, *results: object) -> list[Says]:
    """What the results of a question's calls say."""
    found, scope = dispatch().probes[ARB, probe]
    return list(found.read(Ask(probe, ARB, ARB, subject), scope, results))


def verdicts(says: list[Says]) -> list[str]:
    """The verdicts among statements."""
    return [each.verdict for each in says if isinstance(each, Judged)]


def flipped(text: str) -> list[str]:
    """The text with one byte changed, once for each of its bytes."""
    return [
        f"{text[:place]}{int(text[place], 16) ^ 1:x}{text[place + 1 :]}"
        for place in range(2, len(text), 2)
    ]


@pytest.fixture
def headers(recording) -> list[dict[str, Any]]:
    """Recorded blocks of the child since Nitro."""
    entries = recording("receipts/rotki_arbitrum-one.json")
    found = {
        each["block"]["hash"]: each["block"] for each in entries if "sendRoot" in each["block"]
    }
    assert len(found) >= HEADERS
    return list(found.values())


# ---- assertions


def test_assertions__of_recorded_blocks__are_true(headers):
    """The block of that hash has that send root, by name and in its extra data, at its height."""
    for header in headers:
        block, root = header["hash"], header["sendRoot"]
        (covers,) = read("claimed-block", f"c {block} {root} {OTHER} 1", header, None, None)
        assert int(header["sendCount"], 16) - 1 == covers.covers
        (ask,) = covers.asks
        assert ("claimed-height", 2) == (ask.probe, ask.witnesses)
        bare = {key: value for key, value in header.items() if not key.startswith("send")}
        for served in (header, bare):
            assert ["true"] == verdicts(read("claimed-height", ask.subject, served))


def test_assertions__of_recorded_blocks__with_any_byte_flipped__are_false(headers):
    """Whichever byte of the send root or of the block's hash it is."""
    for header in headers:
        block, root, height = header["hash"], header["sendRoot"], int(header["number"], 16)
        for wrong in flipped(root):
            told = read("claimed-block", f"c {block} {wrong} {OTHER} 1", header, None, None)
            assert ["false"] == verdicts(told)
            assert not any(isinstance(each, ClaimCovers) for each in told)
            assert ["false"] == verdicts(
                read("claimed-height", f"c {block} {wrong} {height}", header)
            )
        for wrong in flipped(block):
            subject = f"c {wrong} {root} {height}"
            assert ["false"] == verdicts(read("claimed-height", subject, header))
            with pytest.raises(ValueError, match="not the block"):
                read("claimed-block", f"c {wrong} {root} {OTHER} 1", header, None, None)


def claimed(told: object, before: object, safe: object, time_s: int = 100) -> list[Says]:
    """What is said of an assertion made at a time."""
    return read("claimed-block", f"{TICKET} {BLOCK} {ROOT} {OTHER} {time_s}", told, before, safe)


def test_assertion__of_an_unknown_block__is_false_once_everything_posted_was_read():
    """The node knows the block it begins with, and is safe past its time."""
    (said,) = claimed(None, BEFORE, SAFE)
    assert ("claim", TICKET, "false") == (said.check, said.subject, said.verdict)
    assert "no such block, safe up to 100" == said.found


@pytest.mark.parametrize(
    ("before", "safe", "time_s"),
    [
        (None, SAFE, 100),
        (BEFORE, None, 100),
        (BEFORE, ABSENT[1], 100),
        (BEFORE, SAFE, 101),
        (BEFORE, SAFE, 0),
        (BEFORE | {"hash": ROOT}, SAFE, 100),
    ],
)
def test_assertion__of_an_unknown_block__otherwise_has_no_verdict(before, safe, time_s):
    """Not found is never false by itself."""
    for absent in ABSENT:
        assert [] == claimed(absent, before, safe, time_s)


def test_assertion__of_a_block_that_was_left__is_false():
    """Nodes still know blocks that a reorg took away: the height tells."""
    question = Ask("claimed-height", ARB, ARB, f"{TICKET} {BLOCK} {ROOT} 9")
    assert (Call("eth_getBlockByNumber", ("0x9", False)),) == dispatch().call(question, "0x99")
    served = BEFORE | {"number": "0x9", "sendRoot": ROOT}
    assert ["false"] == verdicts(read("claimed-height", question.subject, served))
    assert ["true"] == verdicts(read("claimed-height", question.subject, served | {"hash": BLOCK}))
    for absent in ABSENT:
        assert [] == read("claimed-height", question.subject, absent)
    for wrong in (served | {"number": "0x8"}, served | {"sendRoot": 1}, "0x"):
        with pytest.raises(ValueError, match=r"."):
            read("claimed-height", question.subject, wrong)


# ---- executed sends


def in_json(position: int) -> dict[str, Any]:
    """A send's log as a node gives it."""
    raw = send_log(position=position)
    return {
        "address": raw.address,
        "topics": list(raw.topics),
        "data": raw.data,
        "blockNumber": raw.block_number,
        "blockHash": raw.block_hash,
        "transactionHash": raw.transaction_hash,
        "transactionIndex": raw.transaction_index,
        "logIndex": raw.log_index,
    }


KEY = f"arb/send/0x{5:064x}"
HEAD = SAFE | {"sendCount": "0x6", "sendRoot": ROOT}


def executed(told: object, logs: object, content: str = f"{ALICE} {BOB}") -> list[Says]:
    """What is said of an execution of send 5 at second 100."""
    return read("send", f"{KEY} {content} 100", told, logs)


def test_execution__of_a_send__asks_two_nodes_of_the_child():
    """By its position, up to the newest block; sender and target come from the outbox's log."""
    event = event_named("OutBoxTransactionExecuted", role="outbox")
    (fact,) = dispatch().facts(L1, [log(event, [BOB, ALICE, 0], [5])], {100: 100_000})
    says = fact.says
    assert isinstance(says, Reached)
    (ask,) = says.asks
    assert (f"{KEY} {ALICE} {BOB} 0", 2) == (ask.subject, ask.witnesses)
    header, logs = dispatch().call(ask, "0x10")
    assert Call("eth_getBlockByNumber", ("0x10", False)) == header
    assert (f"0x{5:064x}", "0x10") == (logs.params[0]["topics"][3], logs.params[0]["toBlock"])


def test_execution__of_what_the_child_sent__is_true():
    """The send's log has the same sender and target."""
    assert ["true"] == verdicts(executed(HEAD, [in_json(5)]))


def test_execution__of_something_else__is_false():
    """Another sender, another target."""
    for content in (f"{BOB} {BOB}", f"{ALICE} {ALICE}"):
        (said,) = executed(HEAD, [in_json(5)], content)
        assert ("withdrawal", KEY, "false") == (said.check, said.subject, said.verdict)
        assert (content, f"{ALICE} {BOB}") == (said.expected, said.found)


def test_execution__of_what_was_never_sent__is_false_once_the_node_has_passed_it():
    """The header counts all sends there ever were."""
    (said,) = executed(HEAD | {"sendCount": "0x5"}, [])
    assert ("false", "no more than 5 sends") == (said.verdict, said.found)
    assert [] == executed(HEAD | {"sendCount": "0x5", "timestamp": "0x63"}, [])
    assert [] == executed(None, [])


def test_execution__where_logs_are_refused__is_judged_by_the_count():
    """Some nodes do not look so far back."""
    (said,) = executed(HEAD, {"error": {"code": -32005, "message": "range"}})
    assert ("true", "its content could not be looked up") == (said.verdict, said.detail)


def test_execution__told_in_contradictions__is_no_verdict():
    """A counted send without its log, or a log that is none."""
    for logs in ([], [{}], "0x", [in_json(5) | {"data": "0x"}]):
        with pytest.raises(ValueError, match=r"."):
            executed(HEAD, logs)
