"""The kinds of message of the OP Stack as tables of stages, in order of rank.

Times: https://specs.optimism.io, and the standard configuration of its chains.
"""

from layerkeep.core.adapter import Rhythm
from layerkeep.core.lifecycle import Lifecycle, Stage
from layerkeep.core.units import DAY, HOUR, MINUTE, Duration

DOWN = "parent-to-child"
UP = "child-to-parent"

FINISHED = "finished: nothing is awaited"
ANYONE = "anyone may send it again and nobody has to"
HISTORY = "only history holds such messages, and nothing hurries them"

FAILED_ON_TARGET = Stage(
    "failed-on-target",
    duty="user",
    budget=None,
    why=ANYONE,
    awaited="somebody relays the message again on the parent",
    failed=True,
    on_target=True,
)
FINALIZED_FAILED = Stage(
    "finalized-failed",
    duty="nobody",
    budget=None,
    why="the portal consumed the withdrawal although its call failed",
    final=True,
    failed=True,
    on_target=True,
)
FINALIZED = Stage("finalized", duty="nobody", budget=None, why=FINISHED, final=True, on_target=True)
FAILED = Stage(
    "failed",
    duty="user",
    budget=None,
    why=ANYONE,
    awaited="somebody relays the message again on the child",
    failed=True,
    on_target=True,
)
EXECUTED = Stage("executed", duty="nobody", budget=None, why=FINISHED, final=True, on_target=True)

DEPOSIT = Lifecycle(
    "op_stack.deposit",
    DOWN,
    stages=(
        Stage(
            "initiated",
            duty="sequencer",
            budget=Duration(30 * MINUTE),
            why="a child block may run at most 1800 s ahead of its parent block, so by then the "
            "sequencer has to take the block that holds the deposit",
            usual=Duration(3 * MINUTE),
            awaited="the child's first block that builds on the deposit's block",
        ),
        FAILED,
        Stage(
            "reverted",
            duty="nobody",
            budget=None,
            why="the deposit's transaction reverted and cannot run again",
            final=True,
            failed=True,
            on_target=True,
        ),
        EXECUTED,
    ),
    happy=("initiated", "executed"),
)

WITHDRAWAL = Lifecycle(
    "op_stack.withdrawal",
    UP,
    stages=(
        Stage(
            "initiated",
            duty="proposer",
            budget=Duration(6 * HOUR),
            why="proposers of busy chains claim every hour, and first wait until the block is safe",
            usual=Duration(HOUR),
            awaited="a dispute game or output that covers the withdrawal's block",
        ),
        Stage(
            "claimed",
            duty="user",
            budget=None,
            why="whoever wants the withdrawal proves it, whenever they like",
            claim="proposed",
            awaited="somebody proves the withdrawal against a claim that counts",
        ),
        Stage(
            "proven",
            duty="clock",
            budget=Duration(14 * DAY),
            why="7 d of proof maturity run beside the game, which takes at most 3.5 d on either "
            "side's clock and 3.5 d of finality delay; the rest is for whoever finalizes",
            usual=Duration(7 * DAY),
            clock="proof_maturity_delay_s",
            awaited="the proof matures, its claim stands, and somebody finalizes the withdrawal",
            on_target=True,
        ),
        FAILED_ON_TARGET,
        FINALIZED_FAILED,
        FINALIZED,
    ),
    happy=("initiated", "claimed", "proven", "finalized"),
    lane="claims",
)

LEGACY_DEPOSIT = Lifecycle(
    "op_stack.legacy_deposit",
    DOWN,
    stages=(
        Stage(
            "initiated",
            duty="sequencer",
            budget=None,
            why=HISTORY,
            usual=Duration(15 * MINUTE),
            awaited="the message is relayed on the child",
        ),
        FAILED,
        EXECUTED,
    ),
    happy=("initiated", "executed"),
)

LEGACY_WITHDRAWAL = Lifecycle(
    "op_stack.legacy_withdrawal",
    UP,
    stages=(
        Stage(
            "initiated",
            duty="user",
            budget=None,
            why=HISTORY,
            usual=Duration(7 * DAY),
            awaited="the message is relayed on the parent, or proven there after Bedrock",
        ),
        Stage(
            "proven",
            duty="clock",
            budget=None,
            why=HISTORY,
            usual=Duration(7 * DAY),
            clock="proof_maturity_delay_s",
            awaited="the proof matures, and somebody finalizes the withdrawal",
            on_target=True,
        ),
        FAILED_ON_TARGET,
        FINALIZED_FAILED,
        FINALIZED,
    ),
    happy=("initiated", "finalized"),
)

LIFECYCLES = (DEPOSIT, WITHDRAWAL, LEGACY_DEPOSIT, LEGACY_WITHDRAWAL)

RHYTHM = Rhythm(
    final_lag_max=Duration(6 * HOUR),
    reorg_depth=2,
    safe_lag_max=Duration(4 * HOUR),
    drift_max=Duration(30 * MINUTE),
    batch_deadline=Duration(12 * HOUR),
    claims_every=Duration(24 * HOUR),
    inclusion_max=Duration(12 * HOUR),
)
"""A third of the sequencing window of 3,600 parent blocks for batches, half for finality; the drift
limit since Fjord; games at least daily (https://specs.optimism.io/protocol/configurability.html).
"""
