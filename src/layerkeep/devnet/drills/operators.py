"""Faults of those who keep the rollups going: sequencers, batchers, proposers."""

from layerkeep.core.units import SECOND, Duration
from layerkeep.devnet.drills.fault import Fault, lying, stopped, together

OPERATOR_FAULTS = (
    Fault(
        name="sequencer-stopped",
        does="The sequencer makes no blocks.",
        kind="sequencer-down",
        places={
            "sequencer:l2": stopped("l2_sequencer"),
            "sequencer:l3": stopped("l3_sequencer"),
        },
        recovery=Duration(20 * SECOND),
    ),
    Fault(
        name="deposit-censored",
        does="The sequencer leaves out deposits: of l2 the first of each L1 block, of l3 all.",
        kind="inclusion-delayed",
        places={
            "sequencer:l2": lying("l2_sequencer", "drop-deposit"),
            "sequencer:l3": lying("l3_sequencer", "skip-delayed"),
        },
        recovery=Duration(15 * SECOND),
    ),
    Fault(
        name="batcher-stopped",
        does="The batcher posts nothing.",
        kind="batches-stalled",
        places={
            "batcher:l2": stopped("l2_batcher"),
            "batcher:l3": stopped("l3_batch_poster"),
        },
        recovery=Duration(20 * SECOND),
    ),
    Fault(
        name="batcher-broke",
        does="The batcher's account on the parent chain is emptied, so that it cannot pay for gas.",
        kind="funds-out",
        places={
            "batcher:l2": lying("l2_batcher_purse", "empty"),
            "batcher:l3": lying("l3_batch_poster_purse", "empty"),
        },
        recovery=Duration(30 * SECOND),
    ),
    Fault(
        name="batch-wrong-inbox",
        does="Batches are sent to an address that nobody reads.",
        kind="batch-misplaced",
        places={"batcher:l2": lying("l2_batcher", "wrong-inbox")},
        recovery=Duration(20 * SECOND),
    ),
    Fault(
        name="batch-wrong-key",
        does="Batches are signed by an account that is not the batcher.",
        kind="batch-misplaced",
        places={"batcher:l2": lying("l2_batcher", "wrong-key")},
        recovery=Duration(20 * SECOND),
    ),
    Fault(
        name="batch-garbage",
        does="What is posted as a batch does not decode.",
        kind="batch-false",
        places={"batcher:l2": lying("l2_batcher", "garbage")},
        recovery=Duration(20 * SECOND),
    ),
    Fault(
        name="batch-altered",
        does="Batches decode, but one block in each has another transaction or timestamp.",
        kind="batch-false",
        places={
            "batcher:l2": lying("l2_batcher", "altered-batch"),
            "batcher:l3": lying("l3_batch_poster", "altered-batch"),
        },
        recovery=Duration(20 * SECOND),
    ),
    Fault(
        name="nonce-stuck",
        does="The batcher's transaction pays no tip, so no block takes it and none follows it.",
        kind="nonce-stuck",
        places={
            "batcher:l2": together(
                lying("l1_producer", "demand-tips"), lying("l2_batcher", "no-tip")
            )
        },
        recovery=Duration(20 * SECOND),
    ),
    Fault(
        name="proposer-stopped",
        does="The proposer (of l3 the validator) does nothing.",
        kind="claims-stalled",
        places={
            "proposer:l2": stopped("l2_proposer"),
            "proposer:l3": stopped("l3_validator"),
        },
        recovery=Duration(25 * SECOND),
    ),
    Fault(
        name="withheld-claims",
        does="The proposer is at work, but makes no new claims.",
        kind="claims-stalled",
        places={
            "proposer:l2": lying("l2_proposer", "withhold"),
            "proposer:l3": lying("l3_validator", "withhold"),
        },
        recovery=Duration(25 * SECOND),
    ),
    Fault(
        name="false-claim",
        does="Claims contradict the chain: games of a wrong root, a rival assertion (four times).",
        kind="claim-false",
        places={
            "proposer:l2": lying("l2_proposer", "wrong-root"),
            "proposer:l3": lying("l3_validator", "wrong-assertion"),
        },
        recovery=Duration(30 * SECOND),
        lasting=True,
    ),
)
