"""The five kinds of message of a Nitro chain: their stages, their keys, and what is asked of them.

Parent to child: retryable tickets, ETH deposits and raw delayed messages. Child to parent: sends,
and the sends of the classic era that are still waiting in the old outboxes.
"""

from layerkeep.core.adapter import Rhythm, Scope
from layerkeep.core.facts import Ask
from layerkeep.core.lifecycle import Lifecycle, Stage
from layerkeep.core.units import DAY, HOUR, MINUTE, SECOND, ChainName, Duration, Key

DOWN = "parent-to-child"
UP = "child-to-parent"

ASSERTIONS = "assertions"
"""The lane of state claims: a claim covers every send below its block's sendCount."""

DELAYED = "delayed"
"""The lane of batches: a batch covers every delayed message that was read up to its end."""

RETRYABLE_LIFETIME_S = 7 * 24 * 3600
"""ArbOS keeps a ticket this long, and a keepalive adds as much (retryables.go)."""

TIMEOUT_EVERY_MAX = 6 * HOUR
"""An open ticket is looked at this often: nobody can do more for one that has expired."""

TIMEOUT_EVERY_MIN = MINUTE
"""On chains whose tickets live for minutes, such as a devnet's, it is looked at this often."""

WITNESSES = 2
"""What says that somebody lied is put to two nodes: one alone may be wrong itself."""

_SAFE_WAIT = "the sequencer reads the inbox at the parent's `safe` head: 7 to 15 min on Ethereum"
_BEFORE_EXPIRY = "a ticket lives 7 d, after which its calldata is lost; this leaves 48 h"

RETRYABLE = Lifecycle(
    "nitro.retryable",
    DOWN,
    (
        Stage(
            "initiated",
            "sequencer",
            HOUR,
            _SAFE_WAIT,
            usual=Duration(15 * MINUTE),
            awaited="the sequencer reads the inbox and creates the ticket",
        ),
        Stage(
            "created",
            "user",
            Duration(5 * DAY),
            _BEFORE_EXPIRY,
            usual=SECOND,
            awaited="a redeem: by itself if enough gas was paid for, by anybody otherwise",
        ),
        Stage(
            "redeem-scheduled",
            "sequencer",
            HOUR,
            "the attempt is executed in the same block; only its receipt is awaited",
            usual=SECOND,
            awaited="the receipt of the redeem attempt",
        ),
        Stage(
            "redeem-failed",
            "user",
            Duration(5 * DAY),
            _BEFORE_EXPIRY,
            usual=HOUR,
            awaited="somebody redeems the ticket by hand, with more gas",
        ),
        Stage(
            "waiting",
            "user",
            Duration(5 * DAY),
            _BEFORE_EXPIRY,
            usual=HOUR,
            awaited="somebody redeems the ticket by hand before its deadline",
        ),
        Stage(
            "creation-failed",
            "nobody",
            None,
            "the submission fee did not suffice; the call value was refunded",
            final=True,
            failed=True,
            on_target=True,
        ),
        Stage(
            "cancelled",
            "nobody",
            None,
            "the beneficiary took the call value back",
            final=True,
            on_target=True,
        ),
        Stage(
            "expired",
            "nobody",
            None,
            "nobody redeemed it in time: the call value went to the beneficiary",
            final=True,
            failed=True,
            on_target=True,
        ),
        Stage("redeemed", "nobody", None, "done", final=True, on_target=True),
    ),
    happy=("initiated", "created", "redeem-scheduled", "redeemed"),
)

ETH_DEPOSIT = Lifecycle(
    "nitro.eth_deposit",
    DOWN,
    (
        Stage(
            "initiated",
            "sequencer",
            HOUR,
            _SAFE_WAIT,
            usual=Duration(15 * MINUTE),
            awaited="the sequencer reads the inbox and credits the deposit",
        ),
        Stage(
            "failed",
            "nobody",
            None,
            "the chain refused the deposit",
            final=True,
            failed=True,
            on_target=True,
        ),
        Stage("executed", "nobody", None, "done", final=True, on_target=True),
    ),
    happy=("initiated", "executed"),
)

DELAYED_MESSAGE = Lifecycle(
    "nitro.delayed_message",
    DOWN,
    (
        Stage(
            "initiated",
            "sequencer",
            Duration(3 * HOUR),
            _SAFE_WAIT + ", and a batch is posted within 1 h; after 24 h anybody may force it in",
            usual=Duration(30 * MINUTE),
            awaited="a batch that reads the inbox up to this message",
        ),
        Stage("sequenced", "nobody", None, "done", claim="proposed", final=True),
    ),
    happy=("initiated", "sequenced"),
    lane=DELAYED,
)

SEND = Lifecycle(
    "nitro.send",
    UP,
    (
        Stage(
            "initiated",
            "proposer",
            Duration(6 * HOUR),
            "a batch within 1 h and an assertion every 15 to 60 min, with room for a missed one",
            usual=HOUR,
            awaited="a batch with the send's block, then an assertion that covers it",
        ),
        Stage(
            "asserted",
            "clock",
            Duration(9 * DAY),
            "45,818 parent blocks are 6.4 d, a challenge's grace period is 2 d",
            usual=Duration(6 * DAY + 9 * HOUR),
            clock="confirm_period_blocks",
            claim="proposed",
            awaited="the confirm period ends and a validator confirms the assertion",
        ),
        Stage(
            "confirmed",
            "user",
            None,
            "anybody may execute it in the outbox, at any time",
            usual=HOUR,
            claim="confirmed",
            awaited="somebody executes it in the outbox",
        ),
        Stage("executed", "nobody", None, "done", final=True, on_target=True),
    ),
    happy=("initiated", "asserted", "confirmed", "executed"),
    lane=ASSERTIONS,
)

CLASSIC_SEND = Lifecycle(
    "nitro.classic_send",
    UP,
    (
        Stage(
            "initiated",
            "user",
            None,
            "every batch of the classic era is confirmed; anybody may execute it, at any time",
            usual=HOUR,
            awaited="somebody executes it in the classic outbox",
        ),
        Stage("executed", "nobody", None, "done", final=True, on_target=True),
    ),
    happy=("initiated", "executed"),
)

LIFECYCLES = (RETRYABLE, ETH_DEPOSIT, DELAYED_MESSAGE, SEND, CLASSIC_SEND)


def node_claim(child: ChainName, number: int) -> str:
    """The claim id of a legacy rollup node: NodeConfirmed names no more than its number."""
    return f"node-{child}-{number}"


def batch_claim(child: ChainName, number: int) -> str:
    """The claim id of a batch, as far as delayed messages are concerned."""
    return f"batch-{child}-{number}"


def ticket_key(child: ChainName, ticket: str) -> Key:
    """The key of a retryable by its ticket id."""
    return Key(f"{child}/ticket/{ticket}")


def tx_key(child: ChainName, tx: str) -> Key:
    """The key of a message by the hash of the transaction that executes it on the child."""
    return Key(f"{child}/tx/{tx}")


def delayed_key(child: ChainName, number: int) -> Key:
    """The key of anything in the delayed inbox, by its number there."""
    return Key(f"{child}/delayed/0x{number:064x}")


def send_key(child: ChainName, position: int) -> Key:
    """The key of a send by its leaf in the send Merkle tree."""
    return Key(f"{child}/send/0x{position:064x}")


def classic_key(child: ChainName, message: str) -> Key:
    """The key of a classic send by our id of it."""
    return Key(f"{child}/classic/{message}")


def receipt_ask(scope: Scope, tx: str, key: Key) -> Ask:
    """Asks the child how a transaction ended."""
    return Ask("receipt", scope.child, scope.child, tx, key)


def timeout_ask(scope: Scope, ticket: str, *, timeout_s: int, now_s: int) -> Ask:
    """Asks whether a ticket is still open; both times are 0 while unknown."""
    left = (timeout_s - now_s) * SECOND if timeout_s and now_s else TIMEOUT_EVERY_MAX
    every = max(TIMEOUT_EVERY_MIN, min(left, TIMEOUT_EVERY_MAX))
    subject = f"{ticket}@{timeout_s}" if timeout_s else ticket
    key = ticket_key(scope.child, ticket)
    return Ask("ticket-timeout", scope.child, scope.child, subject, key, every)


RHYTHM = Rhythm(
    final_lag_max=Duration(6 * HOUR),
    reorg_depth=2,
    empty_blocks=False,
    safe_lag_max=Duration(4 * HOUR),
    batch_deadline=Duration(24 * HOUR),
    claims_every=Duration(12 * HOUR),
    inclusion_max=Duration(24 * HOUR),
)
"""The sequencer inbox's `maxTimeVariation.delaySeconds` of Arbitrum One for batches and for forced
inclusion; assertions are posted hourly at the slowest where there is anything to assert.
"""


def claim_ask(scope: Scope, claimed: str, time_s: int) -> Ask:
    """What the claimed block is on our own nodes: claim, block, send root, the block before it."""
    subject = f"{claimed} {time_s}"
    return Ask("claimed-block", scope.child, scope.child, subject, witnesses=WITNESSES)


def send_ask(scope: Scope, executed: str, time_s: int) -> Ask:
    """Whether the child made a send that was executed: its key, its sender, whom it calls."""
    subject = f"{executed} {time_s}"
    return Ask("send", scope.child, scope.child, subject, witnesses=WITNESSES)
