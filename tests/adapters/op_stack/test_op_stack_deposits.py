"""From the parent to the child: what each log and receipt says, in every case."""

import pytest
from eth_abi.packed import encode_packed
from op_stack_world import (
    ALIASED,
    ALICE,
    BOB,
    CAROL,
    HASH,
    L1,
    ON_CHILD,
    OP,
    OP_ON_L1,
    REMOTE,
    TOKEN,
    call,
    log,
    relay,
    says,
)

from layerkeep.adapters.op_stack.contracts import ATTRIBUTES_DEPOSITOR, LEGACY_ETH, PREDEPLOYS
from layerkeep.adapters.op_stack.decode import decode_receipt
from layerkeep.core.adapter import Scope
from layerkeep.core.chain_data import Log, Receipt
from layerkeep.core.facts import Ask, Reached, Sent, Token, Undecoded
from layerkeep.core.keccak import keccak_hex

PORTAL = OP_ON_L1["portal"]
MESSENGER = PREDEPLOYS["l2_messenger"]
BRIDGES = (OP_ON_L1["l1_standard_bridge"], PREDEPLOYS["l2_standard_bridge"])
ERC20 = "(address,address,address,address,uint256,bytes)"


def deposited(
    data: bytes = b"", sender: str = ALICE, target: str = BOB, version: int = 0, **opaque: int
) -> Log:
    """A deposit log; its opaque part can be changed by name."""
    packed = encode_packed(
        ["uint256", "uint256", "uint64", "bool", "bytes"],
        [
            opaque.get("mint", 5),
            opaque.get("value", 5),
            21_000,
            bool(opaque.get("creates", 0)),
            data,
        ],
    )
    event = "TransactionDeposited(address,address,uint256; bytes)"
    return log(PORTAL, event, (sender, target, version), (packed,), 4)


def messenger_deposit(message: bytes, sender: str = ALICE, target: str = BOB) -> Sent:
    """What a deposit made by the messenger says; its two keys are checked."""
    data = relay(sender, target, message, 5)
    (sent,) = says(L1, deposited(data, ALIASED, MESSENGER))
    assert isinstance(sent, Sent)
    assert (f"op/tx/{sent.message}", f"op/msg/{keccak_hex(data)}") == sent.keys
    return sent


def test_deposit__without_messenger__awaits_its_transaction():
    """Its hash names it, and its receipt is asked for."""
    (sent,) = says(L1, deposited())
    key = f"op/tx/{sent.message}"
    assert ("op_stack.deposit", (key,)) == (sent.lifecycle, sent.keys)
    assert (L1, OP, ALICE, BOB, 5) == (
        sent.source,
        sent.target,
        sent.sender,
        sent.recipient,
        sent.value,
    )
    assert sent.message == sent.awaits
    assert (Ask("receipt", OP, OP, sent.message, key),) == sent.asks
    assert (None, "") == (sent.position, sent.detail)


def test_deposit__that_creates__has_no_recipient():
    """A contract creation hashes without a target, and says so."""
    (sent,) = says(L1, deposited(b"\x60", creates=1, mint=9))
    (called,) = says(L1, deposited(b"\x60", mint=9))
    assert ("", "creates a contract, mints 9 wei") == (sent.recipient, sent.detail)
    assert "mints 9 wei" == called.detail
    assert sent.message != called.message


def test_deposit__of_unknown_version__is_undecoded():
    """Version 0 is the only one there is."""
    (said,) = says(L1, deposited(version=1))
    assert isinstance(said, Undecoded)
    short = log(
        PORTAL, "TransactionDeposited(address,address,uint256; bytes)", (ALICE, BOB, 0), (b"1",)
    )
    (said,) = says(L1, short)
    assert isinstance(said, Undecoded)


def test_deposit__by_the_messenger__tells_the_real_sender():
    """The message hash is a second key; a plain call has no token."""
    sent = messenger_deposit(b"hello")
    assert (ALICE, BOB, None) == (sent.sender, sent.recipient, sent.token)


def test_deposit__by_the_bridge__carries_a_token():
    """Tokens are named as on the parent, which they leave."""
    message = call(f"finalizeBridgeERC20{ERC20}", REMOTE, TOKEN, ALICE, CAROL, 77, b"")
    sent = messenger_deposit(message, *BRIDGES)
    assert (ALICE, CAROL, Token(TOKEN, 77, REMOTE)) == (sent.sender, sent.recipient, sent.token)


def test_deposit__by_the_bridge__carries_ether():
    """Ether is value, not a token."""
    message = call("finalizeBridgeETH(address,address,uint256,bytes)", ALICE, CAROL, 5, b"")
    sent = messenger_deposit(message, *BRIDGES)
    assert (ALICE, CAROL, None, 5) == (sent.sender, sent.recipient, sent.token, sent.value)


def test_deposit__by_the_old_bridge_call__carries_a_token():
    """finalizeDeposit names the parent's token first."""
    message = call(f"finalizeDeposit{ERC20}", TOKEN, REMOTE, ALICE, CAROL, 77, b"")
    assert Token(TOKEN, 77, REMOTE) == messenger_deposit(message, *BRIDGES).token


def test_deposit__by_the_erc721_bridge__carries_one_of_a_kind():
    """The amount is one; the detail names which."""
    ends = (OP_ON_L1["l1_erc721_bridge"], PREDEPLOYS["l2_erc721_bridge"])
    message = call(f"finalizeBridgeERC721{ERC20}", REMOTE, TOKEN, ALICE, CAROL, 77, b"")
    sent = messenger_deposit(message, *ends)
    assert (Token(TOKEN, 1, REMOTE), "token id 77") == (sent.token, sent.detail)


@pytest.mark.parametrize("ends", [(ALICE, BRIDGES[1]), (BRIDGES[0], BOB)])
def test_deposit__that_only_looks_like_a_transfer__carries_nothing(ends):
    """Anybody can send the bridges' words through the messenger; only the bridges are believed."""
    message = call(f"finalizeBridgeERC20{ERC20}", REMOTE, TOKEN, ALICE, CAROL, 77, b"")
    sent = messenger_deposit(message, *ends)
    assert (None, *ends) == (sent.token, sent.sender, sent.recipient)


@pytest.mark.parametrize(
    "name", ["finalizeBridgeETH(address,address,uint256,bytes)", f"finalizeBridgeERC20{ERC20}"]
)
def test_deposit__with_a_transfer_cut_short__carries_nothing(name):
    """What the bridges never send is not read as a transfer."""
    assert messenger_deposit(call("f(uint256)", 1)[:3], *BRIDGES).token is None
    full = call(name, *([ALICE] * (2 if "ETH" in name else 4)), 1, b"")
    assert messenger_deposit(full[:60], *BRIDGES).token is None


def test_deposit__with_a_relay_cut_short__is_undecoded():
    """The messenger itself never sends half a call."""
    data = relay(ALICE, BOB, b"x" * 40)
    for cut in (data[:100], data[:-64]):
        (said,) = says(L1, deposited(cut, ALIASED, MESSENGER))
        assert isinstance(said, Undecoded)


def test_deposit__of_a_relay_by_anyone__is_a_plain_deposit():
    """Replaying a message through the portal is not sending it."""
    data = relay(ALICE, BOB, b"")
    for sender, target in ((ALICE, MESSENGER), (ALIASED, BOB)):
        (sent,) = says(L1, deposited(data, sender, target))
        assert 1 == len(sent.keys)


def relayed(index: int, name: str = "RelayedMessage") -> Log:
    """The child's messenger tells an outcome."""
    return log(MESSENGER, f"{name}(bytes32)", (bytes.fromhex(HASH[2:]),), index=index)


def test_relayed__alone__executes_all_before_it():
    """The logs up to the messenger's own belong to the message."""
    (said,) = says(OP, relayed(6))
    expected = Reached(f"op/msg/{HASH}", "executed", executes=True, first_log=0, last_log=6)
    assert expected == said


def test_relayed__several_in_one_transaction__bound_each_other():
    """Failures bound executions too."""
    first, failed, second = says(OP, relayed(2), relayed(5, "FailedRelayedMessage"), relayed(9))
    assert (0, 2) == (first.first_log, first.last_log)
    assert Reached(f"op/msg/{HASH}", "failed") == failed
    assert (6, 9) == (second.first_log, second.last_log)


def receipt(*logs: Log, **fields: str | None) -> Receipt:
    """The receipt of a deposit's transaction, the messenger's if nothing else is said."""
    kinds = {"from_": ALIASED, "to": MESSENGER, "status": "0x1", "type": "0x7e", **fields}
    return Receipt(
        transaction_hash=HASH,
        transaction_index="0x1",
        block_hash="0x" + "bb" * 32,
        block_number="0x64",
        logs=logs,
        **kinds,
    )


KEY = f"op/tx/{HASH}"
EXECUTED = (Reached(KEY, "executed", executes=True),)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (receipt(type="0x2"), ()),
        (receipt(status=None), ()),
        (receipt(from_=ATTRIBUTES_DEPOSITOR), ()),
        (receipt(status="0x0"), (Reached(KEY, "reverted"),)),
        (receipt(), EXECUTED),
        (receipt(relayed(1)), EXECUTED),
        (receipt(relayed(1, "FailedRelayedMessage")), (Reached(KEY, "failed"),)),
        (receipt(relayed(1, "FailedRelayedMessage"), relayed(2)), EXECUTED),
        (receipt(relayed(1), relayed(2, "FailedRelayedMessage")), (Reached(KEY, "failed"),)),
        (receipt(relayed(1, "FailedRelayedMessage"), from_=ALICE), EXECUTED),
        (receipt(relayed(1, "FailedRelayedMessage"), to=None), EXECUTED),
    ],
)
def test_receipt__of_each_kind__tells_the_outcome(found, expected):
    """Only the messenger's own deposits fail by the messenger's word."""
    assert expected == tuple(decode_receipt(found, ON_CHILD))


def test_receipt__without_a_known_messenger__is_judged_by_its_status():
    """Nothing is guessed where the topology names no messenger."""
    scope = Scope(OP, L1, 10, 1, OP)
    found = receipt(relayed(1, "FailedRelayedMessage"))
    assert EXECUTED == tuple(decode_receipt(found, scope))


def sent_message(place: str, target: str, sender: str, message: bytes, nonce: int) -> Log:
    """A messenger's own log of a message."""
    event = "SentMessage(address; address,bytes,uint256,uint256)"
    return log(place, event, (target,), (sender, message, nonce, 200_000))


def test_sent_message__since_bedrock__says_nothing_new():
    """The deposit says it all: a second Sent would be a second message."""
    found = sent_message(OP_ON_L1["l1_messenger"], BOB, ALICE, b"x", (1 << 240) + 4)
    assert [] == says(L1, found)


def test_sent_message__before_bedrock__is_its_own_message():
    """Its hash is that of the old relayMessage call."""
    expected = call("relayMessage(address,address,bytes,uint256)", BOB, ALICE, b"xyz", 4)
    (sent,) = says(L1, sent_message(OP_ON_L1["l1_messenger"], BOB, ALICE, b"xyz", 4))
    assert ("op_stack.legacy_deposit", keccak_hex(expected)) == (sent.lifecycle, sent.message)
    assert (f"op/msg/{keccak_hex(expected)}",) == sent.keys
    assert (ALICE, BOB) == (sent.sender, sent.recipient)


def test_sent_message__before_bedrock__carries_ether_as_value():
    """Ether was a token on the child then; it is told as ether."""
    zero = "0x" + "00" * 20
    message = call(f"finalizeDeposit{ERC20}", zero, LEGACY_ETH, ALICE, CAROL, 77, b"")
    (sent,) = says(L1, sent_message(OP_ON_L1["l1_messenger"], BRIDGES[1], BRIDGES[0], message, 4))
    assert (77, None, CAROL) == (sent.value, sent.token, sent.recipient)


def test_sent_message__before_bedrock_and_cut_short__is_told_plainly():
    """A transfer that cannot be read is still a message."""
    message = call(f"finalizeDeposit{ERC20}", TOKEN, REMOTE, ALICE, CAROL, 77, b"")[:50]
    (sent,) = says(L1, sent_message(OP_ON_L1["l1_messenger"], BRIDGES[1], BRIDGES[0], message, 4))
    assert (None, BRIDGES[1]) == (sent.token, sent.recipient)
