"""From the child to the parent: sent, proven, finalized, failed, and before Bedrock."""

import msgspec
from op_stack_world import (
    ALICE,
    BOB,
    CAROL,
    HASH,
    L1,
    OP,
    OP_ON_L1,
    REMOTE,
    TOKEN,
    call,
    log,
    relay,
    says,
)

from layerkeep.adapters.op_stack import checks
from layerkeep.adapters.op_stack.contracts import PREDEPLOYS
from layerkeep.core.chain_data import Log
from layerkeep.core.facts import Ask, Reached, Token, Undecoded
from layerkeep.core.keccak import keccak_hex

PORTAL, ON_PARENT = OP_ON_L1["portal"], OP_ON_L1["l1_messenger"]
PASSER, ON_CHILD = PREDEPLOYS["message_passer"], PREDEPLOYS["l2_messenger"]
BRIDGES = (PREDEPLOYS["l2_standard_bridge"], OP_ON_L1["l1_standard_bridge"])
OTHER = "0x" + "6b" * 32
KEY = f"op/withdrawal/{HASH}"
EXISTS = Ask("withdrawal", OP, OP, f"{KEY}@0", witnesses=2)
"""Whether the child knows of the withdrawal; the logs here do not tell their time."""

ERC20 = "(address,address,address,address,uint256,bytes)"


def passed(data: bytes, sender: str = ALICE, target: str = BOB, value: int = 3) -> Log:
    """A withdrawal log."""
    event = "MessagePassed(uint256,address,address; uint256,uint256,bytes,bytes32)"
    hashed = bytes.fromhex(HASH[2:])
    return log(PASSER, event, (7, sender, target), (value, 90_000, data, hashed), 2)


def test_withdrawal__without_messenger__is_sent_under_its_hash():
    """Claims cover it by its block."""
    (sent,) = says(OP, passed(b"abc"))
    assert ("op_stack.withdrawal", HASH, (KEY,)) == (sent.lifecycle, sent.message, sent.keys)
    assert (OP, L1, ALICE, BOB, 3) == (
        sent.source,
        sent.target,
        sent.sender,
        sent.recipient,
        sent.value,
    )
    assert (100, "", ()) == (sent.position, sent.awaits, sent.asks)


def test_withdrawal__by_the_messenger__has_the_message_hash_too():
    """And tells who really sends what to whom."""
    message = call(f"finalizeBridgeERC20{ERC20}", REMOTE, TOKEN, ALICE, CAROL, 77, b"")
    data = relay(*BRIDGES, message)
    (sent,) = says(OP, passed(data, ON_CHILD, ON_PARENT))
    assert (KEY, f"op/msg/{keccak_hex(data)}") == sent.keys
    assert (ALICE, CAROL, Token(TOKEN, 77, REMOTE)) == (sent.sender, sent.recipient, sent.token)


def test_withdrawal__of_a_relay_by_anyone__has_one_key():
    """Only the messengers' own word makes a message of theirs."""
    data = relay(ALICE, BOB, b"")
    for ends in ((ALICE, ON_PARENT), (ON_CHILD, BOB)):
        (sent,) = says(OP, passed(data, *ends))
        assert (KEY,) == sent.keys


def proven(withdrawal: str = HASH, index: int = 0) -> Log:
    """A proof."""
    event = "WithdrawalProven(bytes32,address,address)"
    return log(PORTAL, event, (bytes.fromhex(withdrawal[2:]), ALICE, BOB), index=index)


def proven_by(prover: str, index: int = 1) -> Log:
    """The second log of a proof."""
    event = "WithdrawalProvenExtension1(bytes32,address)"
    return log(PORTAL, event, (bytes.fromhex(HASH[2:]), prover), index=index)


def test_proven__on_an_old_portal__asks_for_the_one_proof():
    """Which claim it relies on is not in the log."""
    found = proven()
    ask = Ask("proof", L1, OP, found.transaction_hash, KEY)
    assert [Reached(KEY, "proven", asks=(ask, EXISTS))] == says(L1, found)


def test_proven__on_a_new_portal__asks_for_the_provers_proof():
    """Two logs, one statement; each proof of each prover is a question of its own."""
    found = proven_by(CAROL)
    ask = Ask("proof-by", L1, OP, f"{CAROL}/{found.transaction_hash}", KEY)
    assert [Reached(KEY, "proven", asks=(ask, EXISTS))] == says(L1, proven(), found)


def test_proven__beside_another_proof__is_not_taken_for_it():
    """The second log has to be of the same withdrawal."""
    first, second = says(L1, proven(OTHER), proven_by(CAROL))
    assert (f"op/withdrawal/{OTHER}", "proof") == (first.key, first.asks[0].probe)
    assert (KEY, "proof-by") == (second.key, second.asks[0].probe)


def finalized(index: int, success: bool = True, withdrawal: str = HASH) -> Log:
    """The portal's log of a withdrawal carried out."""
    event = "WithdrawalFinalized(bytes32; bool)"
    return log(PORTAL, event, (bytes.fromhex(withdrawal[2:]),), (success,), index)


def relayed(index: int, name: str = "RelayedMessage") -> Log:
    """The parent's messenger tells an outcome."""
    return log(ON_PARENT, f"{name}(bytes32)", (bytes.fromhex(OTHER[2:]),), index=index)


def done(key: str, first: int, last: int) -> Reached:
    """The statement that a withdrawal was carried out in these logs."""
    asks = (EXISTS,) if key == KEY else ()
    return Reached(key, "finalized", executes=True, first_log=first, last_log=last, asks=asks)


def test_finalized__alone__executes_all_before_it():
    """A withdrawal to a plain account logs nothing else."""
    assert [done(KEY, 0, 8)] == says(L1, finalized(8))


def test_finalized__with_its_relay__both_tell_one_execution():
    """The portal's span holds the messenger's."""
    found = says(L1, relayed(7), finalized(8))
    assert [done(f"op/msg/{OTHER}", 0, 7), done(KEY, 0, 8)] == found


def test_finalized__two_in_one_transaction__bound_each_other():
    """What the second one sent is not the first one's."""
    found = says(L1, relayed(2), finalized(3), relayed(7), finalized(8, withdrawal=OTHER))
    spans = [(each.first_log, each.last_log) for each in found]
    assert [(0, 2), (0, 3), (4, 7), (4, 8)] == spans


def test_finalized__after_a_failed_relay__failed_on_target():
    """The portal says success: the messenger's failure directly before is what counts."""
    found = says(L1, relayed(7, "FailedRelayedMessage"), finalized(8))
    stages = [(each.key, each.stage, each.executes) for each in found]
    assert [
        (f"op/msg/{OTHER}", "failed-on-target", False),
        (KEY, "failed-on-target", False),
    ] == stages


def test_finalized__some_logs_after_another_failure__is_finalized():
    """A failure of a message replayed earlier in the transaction is not this one's."""
    found = says(L1, relayed(3, "FailedRelayedMessage"), finalized(8))
    assert done(KEY, 0, 8) == found[-1]


def test_finalized__without_success__is_consumed():
    """The portal never tries again."""
    failed = Reached(KEY, "finalized-failed", asks=(EXISTS,))
    assert [failed] == says(L1, finalized(8, success=False))


def test_finalized__with_no_bool__is_undecoded():
    """Anything but 0 and 1 is no bool."""
    found = msgspec.structs.replace(finalized(8), data="0x" + "02".rjust(64, "0"))
    (said,) = says(L1, found)
    assert isinstance(said, Undecoded)


def test_relayed__again_after_a_failure__is_finalized():
    """A replay executes the message at last."""
    assert [done(f"op/msg/{OTHER}", 0, 4)] == says(L1, relayed(4))


def sent_message(sender: str, target: str, message: bytes, nonce: int) -> Log:
    """The child's messenger's own log of a message."""
    event = "SentMessage(address; address,bytes,uint256,uint256)"
    return log(ON_CHILD, event, (target,), (sender, message, nonce, 0))


def test_sent_message__since_bedrock__says_nothing_new():
    """The message passer says it all."""
    assert [] == says(OP, sent_message(ALICE, BOB, b"x", (1 << 240) + 4))


def test_sent_message__before_bedrock__has_its_migrated_names():
    """Bedrock hashed pending withdrawals anew: with their value, and a gas limit of its own."""
    amount = 9 * 10**17
    message = call(
        "finalizeETHWithdrawal(address,address,uint256,bytes)", ALICE, CAROL, amount, b""
    )
    (sent,) = says(OP, sent_message(*BRIDGES, message, 4))
    v0 = call("relayMessage(address,address,bytes,uint256)", BRIDGES[1], BRIDGES[0], message, 4)
    v1 = call(
        "relayMessage(uint256,address,address,uint256,uint256,bytes)",
        4,
        *BRIDGES,
        amount,
        0,
        message,
    )
    gas = 1_300_873 + 16 * len(v1)
    moved = checks.Withdrawal(4, ON_CHILD, ON_PARENT, amount, gas, v1)
    assert ("op_stack.legacy_withdrawal", keccak_hex(v0)) == (sent.lifecycle, sent.message)
    assert (
        f"op/msg/{keccak_hex(v0)}",
        f"op/msg/{keccak_hex(v1)}",
        f"op/withdrawal/{checks.withdrawal_hash(moved)}",
    ) == sent.keys
    assert (amount, ALICE, CAROL) == (sent.value, sent.sender, sent.recipient)


def test_sent_message__before_bedrock_of_a_token__names_it_as_on_the_child():
    """finalizeERC20Withdrawal names the parent's token first; the child's is what left."""
    message = call(f"finalizeERC20Withdrawal{ERC20}", REMOTE, TOKEN, ALICE, CAROL, 77, b"")
    (sent,) = says(OP, sent_message(*BRIDGES, message, 4))
    assert (Token(TOKEN, 77, REMOTE), 0) == (sent.token, sent.value)
