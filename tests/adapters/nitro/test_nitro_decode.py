"""What the inbox, ArbRetryableTx and receipts say, on logs of an independent encoder."""

import msgspec
import pytest
from eth_abi import encode
from nitro_world import (
    ALICE,
    ARB,
    ARB_ON_L1,
    BOB,
    L1,
    ON_CHILD,
    OTHER,
    RETRY,
    STRANGER,
    TICKET,
    TOKEN,
    TOPOLOGY,
    delivered,
    event_named,
    finalize_call,
    log,
    receipt,
    retryable_payload,
    says,
    topic,
)

from layerkeep.adapters.nitro import checks
from layerkeep.adapters.nitro.decode import STRANGE_GATEWAY, decode_receipt
from layerkeep.core.adapter import CHILD, PARENT
from layerkeep.core.chain_data import Log
from layerkeep.core.facts import (
    Ask,
    Described,
    Reached,
    Sent,
    Token,
    Undecoded,
)
from layerkeep.core.keccak import keccak256
from layerkeep.core.units import DAY, HOUR, MINUTE

LATER = 1_800_000_000


def test_retryable__sent__names_ticket_asks_and_unaliased_sender():
    """A ticket is known before the child has it."""
    (sent,) = says(L1, *delivered(9, retryable_payload(b"\x12")))
    assert isinstance(sent, Sent)
    assert ("nitro.retryable", BOB, 5, None) == (
        sent.lifecycle,
        sent.recipient,
        sent.value,
        sent.token,
    )
    assert (f"arb/ticket/{sent.message}", f"arb/delayed/{topic(7)}") == sent.keys
    assert sent.message == sent.awaits
    assert (Ask("receipt", ARB, ARB, sent.message, sent.keys[0]),) == sent.asks
    assert "0x" + "9999" + "a" * 32 + "9999" == sent.sender


@pytest.mark.parametrize(
    ("sender", "detail"),
    [(ARB_ON_L1["weth_gateway"], ""), (STRANGER, STRANGE_GATEWAY)],
)
def test_retryable__of_a_gateway__carries_its_token(sender, detail):
    """The token is read from the call; a gateway that the topology does not name is told."""
    aliased = f"0x{(int(sender, 16) + 0x1111000000000000000000000000000000001111) % 2**160:040x}"
    (sent,) = says(L1, *delivered(9, retryable_payload(finalize_call()), sender=aliased))
    assert (Token(TOKEN, 77), sender, detail) == (sent.token, sent.sender, sent.detail)


def test_retryable__contract_creation__has_no_target_in_its_id():
    """The zero address stands for a creation, whose id differs from a call's."""
    zero = "0x" + "0" * 40
    (sent,) = says(L1, *delivered(9, retryable_payload(b"", to=zero)))
    assert zero == sent.recipient


def test_eth_deposit__sent__awaits_its_child_transaction():
    """Receiver and value stand packed in the payload."""
    payload = bytes.fromhex(BOB[2:]) + (9).to_bytes(32, "big")
    (sent,) = says(L1, *delivered(12, payload))
    assert ("nitro.eth_deposit", BOB, 9) == (sent.lifecycle, sent.recipient, sent.value)
    assert (f"arb/tx/{sent.message}", f"arb/delayed/{topic(7)}") == sent.keys


def unsigned(kind: int, words: int) -> bytes:
    """An unsigned transaction of ArbOS with its target and value at the end of its words."""
    return bytes((kind,)) + bytes(32 * words) + encode(["address", "uint256"], [BOB, 4]) + b"call"


@pytest.mark.parametrize(
    ("kind", "payload", "recipient", "value"),
    [
        (3, unsigned(0, 3), BOB, 0),
        (7, unsigned(0, 3), BOB, 4),
        (7, unsigned(1, 2), BOB, 4),
        (3, b"\x04signed", "", 0),
        (7, b"\x01short", "", 0),
        (3, b"", "", 0),
    ],
)
def test_delayed_message__of_any_payload__waits_in_the_lane(kind, payload, recipient, value):
    """Users may put anything into the inbox; what can be read is told."""
    (sent,) = says(L1, *delivered(kind, payload))
    assert ("nitro.delayed_message", 7) == (sent.lifecycle, sent.position)
    assert (recipient, value) == (sent.recipient, sent.value)
    assert checks.delayed_id(42161, 7) == sent.message


@pytest.mark.parametrize("kind", [8, 11, 13])
def test_protocol_messages__of_the_rollup__are_nobodys(kind):
    """Initialisation and reports about batches are no user's messages."""
    assert [] == says(L1, *delivered(kind, b"report"))


def test_from_origin__of_kind_3__is_a_delayed_message():
    """The payload is in the transaction; the rest is in the bridge's log."""
    told, _ = delivered(3, b"hidden")
    origin = log(event_named("InboxMessageDeliveredFromOrigin"), [7], [], 2)
    (sent,) = says(L1, told, origin)
    assert ("nitro.delayed_message", "") == (sent.lifecycle, sent.recipient)
    (complaint,) = says(L1, delivered(9, b"hidden")[0], origin)
    assert isinstance(complaint, Undecoded)


def test_classic_messages__beside_the_classic_bridge__say_nothing():
    """The inbox kept its address through the migration; the classic bridge did not."""
    event = event_named("MessageDelivered", role="classic_bridge")
    told = log(event, [7, OTHER], [ARB_ON_L1["inbox"], 9, ALICE, keccak256(b"x")], 1)
    inbox = log(event_named("InboxMessageDelivered"), [7], [b"x"], 2)
    origin = log(event_named("InboxMessageDeliveredFromOrigin"), [7], [], 3)
    assert [] == says(L1, told, inbox, origin)


def broken(**changes) -> list[Log]:
    """A sound pair of logs with the bridge's half changed."""
    told, inbox = delivered(9, retryable_payload(b""))
    return [msgspec.structs.replace(told, **changes), inbox]


@pytest.mark.parametrize(
    "logs",
    [
        delivered(9, retryable_payload(b""))[1:],
        delivered(9, retryable_payload(b"")[:-1]),
        delivered(9, retryable_payload(b"") + b"more"),
        delivered(12, b"short"),
        broken(address=STRANGER),
        broken(topics=(event_named("MessageDelivered").topic0, topic(8), OTHER)),
        broken(topics=(OTHER, topic(7), OTHER)),
        [delivered(9, retryable_payload(b""))[0], delivered(9, retryable_payload(b"x"))[1]],
        [
            log(
                event_named("MessageDelivered", role="bridge"),
                [7, OTHER],
                [BOB, 9, ALICE, keccak256(b"x"), 1, 1],
                1,
            ),
            log(event_named("InboxMessageDelivered"), [7], [b"x"], 2),
        ],
    ],
)
def test_inbox_message__that_its_bridge_does_not_confirm__is_undecoded(logs):
    """A payload without its other half, or with another hash, is believed by nobody."""
    found = says(L1, *logs)
    assert [Undecoded] == [type(each) for each in found]


def test_message_delivered__with_a_kind_beyond_a_byte__is_undecoded():
    """A uint8 holds no more."""
    told, _ = delivered(9, b"")
    data = told.data[:66] + topic(256)[2:] + told.data[130:]
    (complaint,) = says(L1, msgspec.structs.replace(told, data=data))
    assert isinstance(complaint, Undecoded)


def test_deposit_initiated__of_a_gateway__describes_the_delayed_message():
    """The gateway names the message by its number in the inbox."""
    event = event_named("DepositInitiated", role="erc20_gateway")
    (told,) = says(L1, log(event, [ALICE, BOB, 7], [TOKEN, 77]))
    assert Described(f"arb/delayed/{topic(7)}", Token(TOKEN, 77), ALICE, BOB) == told


def test_ticket_created__with_a_time__has_a_deadline():
    """Seven days from its block, if the node tells the block's time."""
    created = log(event_named("TicketCreated", CHILD), [TICKET], [])
    (plain,) = says(ARB, created)
    assert ("created", 0, TICKET, 6 * HOUR) == (
        plain.stage,
        plain.deadline,
        plain.asks[0].subject,
        plain.asks[0].every,
    )
    for time in (hex(LATER), LATER):
        (timed,) = says(ARB, msgspec.structs.replace(created, block_timestamp=time))
        assert LATER * 1000 + 7 * DAY == timed.deadline
        assert f"{TICKET}@{LATER + 604800}" == timed.asks[0].subject


def test_redeem_scheduled__any__registers_the_attempt():
    """The attempt's hash becomes a key of the ticket, and its receipt is asked for."""
    event = event_named("RedeemScheduled", CHILD)
    described, runs = says(ARB, log(event, [TICKET, RETRY, 1], [1, ALICE, 2, 3]))
    assert Described(f"arb/ticket/{TICKET}", keys=(f"arb/tx/{RETRY}",)) == described
    assert ("redeem-scheduled", RETRY, "attempt 2") == (runs.stage, runs.awaits, runs.detail)
    assert (Ask("receipt", ARB, ARB, RETRY, f"arb/tx/{RETRY}"),) == runs.asks


def test_lifetime_extended__of_a_ticket__moves_its_deadline():
    """The ticket is open, until later; on a chain of short lives it is looked at more often."""
    kept = log(event_named("LifetimeExtended", CHILD), [TICKET], [LATER])
    (waits,) = says(ARB, kept)
    assert ("waiting", LATER * 1000) == (waits.stage, waits.deadline)
    for left, every in ((30, MINUTE), (600, 10 * MINUTE), (10**6, 6 * HOUR)):
        near = msgspec.structs.replace(kept, block_timestamp=hex(LATER - left))
        assert every == says(ARB, near)[0].asks[0].every


def test_ticket_canceled__by_its_beneficiary__is_over():
    """Nothing more can come of it."""
    (over,) = says(ARB, log(event_named("Canceled", CHILD), [TICKET], []))
    assert Reached(f"arb/ticket/{TICKET}", "cancelled") == over


@pytest.mark.parametrize(
    ("kind", "status", "key", "stage", "executes"),
    [
        ("0x64", "0x1", "tx", "executed", True),
        ("0x64", "0x0", "tx", "failed", False),
        ("0x68", "0x1", "tx", "redeemed", True),
        ("0x68", "0x0", "tx", "redeem-failed", False),
        ("0x69", "0x0", "ticket", "creation-failed", False),
    ],
)
def test_receipt__of_arbos__tells_the_outcome(kind, status, key, stage, executes):
    """Three transaction types tell how a message ended."""
    (reached,) = decode_receipt(receipt(kind, status), ON_CHILD)
    assert Reached(f"arb/{key}/{TICKET}", stage, executes=executes) == reached


def test_receipt__of_a_created_ticket__says_what_its_logs_say():
    """A receipt heals a log that an upstream kept back."""
    created = log(event_named("TicketCreated", CHILD), [TICKET], [])
    runs = log(event_named("RedeemScheduled", CHILD), [TICKET, RETRY, 0], [1, ALICE, 2, 3])
    strange = msgspec.structs.replace(created, topics=(OTHER,))
    found = list(decode_receipt(receipt("0x69", "0x1", logs=[created, strange, runs]), ON_CHILD))
    assert found == says(ARB, created, runs)


def test_receipt__of_any_other_type__says_nothing():
    """Users' transactions are no messages."""
    assert [] == list(decode_receipt(receipt("0x2", "0x1"), ON_CHILD))


def test_topology__of_a_child_on_a_child__decodes_with_its_own_names():
    """The L3's bridge on the L2 uses the L3's chain id and name."""
    scope = TOPOLOGY.scope("l3", ARB)
    logs = [
        msgspec.structs.replace(each, address=scope.contracts[PARENT][role])
        for each, role in zip(
            delivered(9, retryable_payload(b"")), ("bridge", "inbox"), strict=True
        )
    ]
    inbox = scope.contracts[PARENT]["inbox"]
    told = logs[0].data.replace(ARB_ON_L1["inbox"][2:], inbox[2:])
    (sent,) = says(ARB, msgspec.structs.replace(logs[0], data=told), logs[1])
    (elsewhere,) = says(L1, *delivered(9, retryable_payload(b"")))
    assert ("l3", ARB) == (sent.target, sent.source)
    assert sent.keys[0].startswith("l3/ticket/")
    assert elsewhere.message != sent.message
