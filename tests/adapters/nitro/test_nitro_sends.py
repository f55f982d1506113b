"""What ArbSys, the outboxes, the rollup and its settings say."""

import msgspec
import pytest
from eth_abi.packed import encode_packed
from nitro_world import (
    ALICE,
    ARB,
    ARB_ON_L1,
    BLOCK,
    BOB,
    L1,
    OTHER,
    ROOT,
    TICKET,
    TOKEN,
    event_named,
    finalize_call,
    log,
    says,
    topic,
)

from layerkeep.adapters.nitro import checks
from layerkeep.core.adapter import CHILD
from layerkeep.core.chain_data import Log
from layerkeep.core.facts import (
    Ask,
    Claimed,
    ClaimMoved,
    Measured,
    Posted,
    Switched,
    Token,
    Undecoded,
)
from layerkeep.core.keccak import keccak_hex
from layerkeep.core.units import ZERO_HASH

STATE = (([bytes.fromhex(BLOCK[2:]), bytes.fromhex(ROOT[2:])], [9, 0]), 1, bytes(32))
BEFORE = (bytes(32), bytes(32), (bytes(32), 1, ALICE, 45818, 8))
NODE_STATE = STATE[:2]
LATER = 1_800_000_000


def assertion(block: str = BLOCK) -> Log:
    """A BoLD assertion of this block."""
    state = (([bytes.fromhex(block[2:]), bytes.fromhex(ROOT[2:])], [9, 0]), 1, bytes(32))
    values = [(BEFORE, STATE, state), bytes(32), 9, bytes(32), 1, ALICE, 45818]
    return log(event_named("AssertionCreated"), [TICKET, OTHER], values)


def executed(number: int, index: int, role: str = "outbox", batch: int = 0) -> Log:
    """An outbox says that it executed a send."""
    event = event_named("OutBoxTransactionExecuted", role=role)
    return log(event, [BOB, ALICE, batch], [number], index)


def called(index: int, role: str = "outbox") -> Log:
    """The bridge says that an outbox made its call."""
    event = event_named("BridgeCallTriggered", role="bridge")
    return log(event, [ARB_ON_L1[role], BOB], [1, b""], index)


def send_log(data: bytes = b"", position: int = 5) -> Log:
    """ArbSys says that a message was sent."""
    fields = [ALICE, BOB, 100, 90, LATER, 3, data]
    types = ["address", "address", "uint256", "uint256", "uint256", "uint256", "bytes"]
    item = keccak_hex(encode_packed(types, fields))
    values = [ALICE, *fields[2:]]
    return log(event_named("L2ToL1Tx", CHILD), [BOB, item, position], values, 1)


def test_send__with_a_token__is_told_by_place_and_gateway():
    """The send has a place; its gateway describes it."""
    event = event_named("WithdrawalInitiated", CHILD, "erc20_gateway")
    told = log(event, [ALICE, BOB, 5], [TOKEN, 0, 77], 2)
    sent, described = says(ARB, send_log(finalize_call()), told)
    assert ("nitro.send", ARB, L1, 5, 3) == (
        sent.lifecycle,
        sent.source,
        sent.target,
        sent.position,
        sent.value,
    )
    assert checks.send_id(42161, 5) == sent.message
    assert (f"arb/send/{topic(5)}",) == sent.keys == (described.key,)
    assert Token("", 77, remote=TOKEN) == sent.token == described.token


def test_send__with_another_hash__is_undecoded():
    """Content and hash must agree."""
    honest = send_log()
    topics = (*honest.topics[:2], OTHER, honest.topics[3])
    (complaint,) = says(ARB, msgspec.structs.replace(honest, topics=topics))
    assert isinstance(complaint, Undecoded)


def test_withdrawal__without_its_send__is_undecoded():
    """A gateway's word needs the send that it speaks of."""
    event = event_named("WithdrawalInitiated", CHILD, "erc20_gateway")
    told = log(event, [ALICE, BOB, 6], [TOKEN, 0, 77], 2)
    assert Undecoded is type(says(ARB, send_log(), told)[1])


def test_classic_send__and_its_execution__share_a_key():
    """Batch and index name it on both sides."""
    event = event_named("L2ToL1Transaction", CHILD)
    (sent,) = says(ARB, log(event, [BOB, 71, 30], [ALICE, 4, 1, 2, 3, 9, b""]))
    assert ("nitro.classic_send", None, 9) == (sent.lifecycle, sent.position, sent.value)
    for role in ("classic_outbox", "classic_outbox_early"):
        (done,) = says(L1, executed(4, 1, role, batch=30))
        assert (sent.keys[0], True, -1) == (done.key, done.executes, done.first_log)


def test_executions__nested_in_each_other__keep_their_own_logs():
    """Each ends with the bridge call that answers it."""
    logs = [executed(1, 1), executed(2, 2), called(3), called(4), executed(3, 6), called(9)]
    found = says(L1, *logs)
    assert [(1, 4), (2, 3), (6, 9)] == [(each.first_log, each.last_log) for each in found]
    assert [f"arb/send/{topic(number)}" for number in (1, 2, 3)] == [each.key for each in found]


def test_execution__with_other_bridges_in_between__finds_its_own():
    """Calls of another outbox and logs of other contracts do not end it."""
    other = msgspec.structs.replace(called(2), topics=(OTHER,))
    (done,) = says(L1, executed(1, 1), other, called(3, "classic_outbox"), called(5))[:1]
    assert (1, 5) == (done.first_log, done.last_log)


def test_outbox__with_a_batch__is_undecoded():
    """Nitro's outbox has no batches."""
    (complaint,) = says(L1, executed(1, 1, batch=3))
    assert isinstance(complaint, Undecoded)


@pytest.mark.parametrize(
    ("location", "name"), [(0, "calldata"), (2, "none"), (3, "blobs"), (9, "location 9")]
)
def test_batch__delivered__is_posted_and_covers_the_inbox(location, name):
    """The batch has read the delayed inbox up to a number."""
    event = event_named("SequencerBatchDelivered")
    values = [bytes(32), 8, (0, 0, 0, 0), location]
    posted, claimed = says(L1, log(event, [3, OTHER, OTHER], values))
    assert Posted(ARB, "3", location=name) == posted
    assert Claimed("batch-arb-3", "arb/delayed", covers=7) == claimed
    values[1] = 0
    assert [posted] == says(L1, log(event, [3, OTHER, OTHER], values))


def test_assertion__created__is_a_claim_whose_reach_is_asked():
    """The block it names tells how many sends there were."""
    (claimed,) = says(L1, assertion())
    ask = Ask("claimed-block", ARB, ARB, f"{TICKET} {BLOCK} {ROOT} {BLOCK} 0", witnesses=2)
    expected = Claimed(TICKET, "arb/assertions", None, ROOT, "", (ask,), f"after {OTHER}")
    assert expected == claimed


def test_assertion__of_an_empty_chain__covers_nothing():
    """The first state of all names no block."""
    (claimed,) = says(L1, assertion(ZERO_HASH))
    assert (-1, ()) == (claimed.covers, claimed.asks)


def test_assertion__confirmed__moves():
    """Confirmed by the clock, or by force of the owner."""
    confirmed = log(event_named("AssertionConfirmed"), [TICKET], [bytes(32), bytes(32)])
    forced = log(event_named("AssertionForceConfirmed"), [TICKET], [])
    assert [
        ClaimMoved(TICKET, "confirmed"),
        ClaimMoved(TICKET, "confirmed", "forced-by-owner"),
    ] == says(L1, confirmed, forced)


@pytest.mark.parametrize(
    ("level", "first", "disputed"), [(0, True, True), (0, False, False), (1, True, False)]
)
def test_edge__first_of_a_challenge__disputes_its_assertion(level, first, disputed):
    """Deeper edges claim other edges."""
    values = [bytes.fromhex(TICKET[2:]), 1, level, False, first]
    found = says(L1, log(event_named("EdgeAdded"), [OTHER, OTHER, OTHER], values))
    assert ([ClaimMoved(TICKET, "disputed", "challenged")] if disputed else []) == found


def test_node__of_a_legacy_rollup__is_a_claim_by_number():
    """Created, challenged, rejected or confirmed."""
    values = [bytes(32), (NODE_STATE, NODE_STATE, 1), bytes(32), bytes(32), 4]
    created = log(event_named("NodeCreated"), [5, OTHER, TICKET], values)
    (claimed,) = says(L1, created)
    assert ("node-arb-5", ROOT, f"after {OTHER}") == (claimed.claim, claimed.root, claimed.detail)
    moves = [
        log(event_named("RollupChallengeStarted"), [1], [ALICE, BOB, 5]),
        log(event_named("NodeRejected"), [5], []),
        log(event_named("NodeConfirmed"), [5], [bytes(32), bytes(32)]),
    ]
    found = says(L1, *moves)
    assert ["disputed", "voided", "confirmed"] == [each.status for each in found]
    assert {"node-arb-5"} == {each.claim for each in found}


@pytest.mark.parametrize("role", ["rollup", "inbox"])
def test_pause__of_rollup_or_inbox__is_a_switch(role):
    """On and off, and by whom."""
    on = log(event_named("Paused", role=role), [], [ALICE])
    off = log(event_named("Unpaused", role=role), [], [ALICE])
    switch = f"{role}-paused"
    assert [Switched(ARB, switch, on, ALICE) for on in (True, False)] == says(L1, on, off)


def test_settings__that_the_owner_moves__are_measured():
    """Parameters follow the logs between two readings."""
    logs = [
        log(event_named("WasmModuleRootSet"), [], [bytes.fromhex(ROOT[2:])]),
        log(event_named("ConfirmPeriodBlocksSet"), [], [45818]),
        log(event_named("MaxTimeVariationSet"), [], [(5760, 48, 86400, 3600)]),
        log(event_named("Upgraded", role="bridge"), [BOB], []),
    ]
    assert [
        Measured(ARB, "wasm_module_root", ROOT),
        Measured(ARB, "confirm_period_blocks", 45818),
        Measured(ARB, "delay_blocks", 5760),
        Measured(ARB, "delay_s", 86400),
        Measured(ARB, "bridge_implementation", BOB),
    ] == says(L1, *logs)


def test_rivals__that_follow_the_same_claim__are_told():
    """Two assertions after the same one cannot both be true."""
    first = Claimed("a", "arb/assertions", detail="after x")
    twin = Claimed("b", "arb/assertions", detail="after x")
    apart = Claimed("c", "arb/assertions", detail="after b")
    batches = [Claimed("d", "arb/delayed"), Claimed("e", "arb/delayed")]
    assert [(first, twin)] == checks.rivals([first, first, twin, apart, *batches])
