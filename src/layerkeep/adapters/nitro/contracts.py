"""The contracts of a Nitro bridge by role: their events, what can be read, where they stand.

Event declarations as in the Solidity sources of nitro-contracts and token-bridge-contracts; those
of BoLD and of the rollups before it stand side by side.
"""

from collections.abc import Mapping

from layerkeep.adapters.nitro import decode
from layerkeep.core.adapter import CHILD, PARENT, Event, Parameter, Role
from layerkeep.core.units import Address

PREDEPLOYS: Mapping[str, Address] = {
    "arb_sys": Address("0x0000000000000000000000000000000000000064"),
    "arb_retryable_tx": Address("0x000000000000000000000000000000000000006e"),
}
"""The child's own contracts stand at the same addresses on every chain of the stack."""

GATEWAYS = (
    "erc20_gateway",
    "custom_gateway",
    "weth_gateway",
    "dai_gateway",
    "usdc_gateway",
    "lpt_gateway",
    "grt_gateway",
)
"""Each pair of token gateways has the same role name on both sides."""

PROXIES = (
    *("bridge", "inbox", "sequencer_inbox", "outbox", "rollup", "challenge_manager"),
    *("upgrade_executor", "gateway_router", *GATEWAYS),
)
"""Everything on the parent that can be upgraded."""

ROLES = (
    Role(PARENT, "bridge", fingerprint="delayedMessageCount()"),
    Role(PARENT, "inbox", fingerprint="allowListEnabled()"),
    Role(PARENT, "sequencer_inbox", fingerprint="totalDelayedMessagesRead()"),
    Role(PARENT, "outbox", fingerprint="OUTBOX_VERSION()"),
    Role(PARENT, "rollup", fingerprint="confirmPeriodBlocks()"),
    Role(PARENT, "challenge_manager", False),
    Role(PARENT, "upgrade_executor", False),
    Role(PARENT, "gateway_router", False, "defaultGateway()"),
    *(Role(PARENT, gateway, False, "counterpartGateway()") for gateway in GATEWAYS),
    Role(PARENT, "classic_bridge", False),
    Role(PARENT, "classic_outbox", False),
    Role(PARENT, "classic_outbox_early", False),
    Role(CHILD, "arb_sys", fingerprint="arbOSVersion()"),
    Role(CHILD, "arb_retryable_tx", fingerprint="getLifetime()"),
    Role(CHILD, "gateway_router", False, "defaultGateway()"),
    *(Role(CHILD, gateway, False, "counterpartGateway()") for gateway in GATEWAYS),
)

_CALL = "BridgeCallTriggered(address indexed outbox, address indexed to, uint256 value, bytes data)"
_EXECUTED = (
    "OutBoxTransactionExecuted(address indexed to, address indexed l2Sender, "
    "uint256 indexed zero, uint256 transactionIndex)"
)
_STATE = "((bytes32[2],uint64[2]),uint8,bytes32)"
_NODE_STATE = "((bytes32[2],uint64[2]),uint8)"
_DEPOSIT_INITIATED = (
    "DepositInitiated(address l1Token, address indexed from, address indexed to, "
    "uint256 indexed sequenceNumber, uint256 amount)"
)
_WITHDRAWAL_INITIATED = (
    "WithdrawalInitiated(address l1Token, address indexed from, address indexed to, "
    "uint256 indexed l2ToL1Id, uint256 exitNum, uint256 amount)"
)

_TO_CHILD = (
    Event(
        PARENT,
        "bridge",
        "MessageDelivered(uint256 indexed messageIndex, bytes32 indexed beforeInboxAcc, "
        "address inbox, uint8 kind, address sender, bytes32 messageDataHash, uint256 baseFeeL1, "
        "uint64 timestamp)",
        decode.message_delivered,
    ),
    Event(
        PARENT,
        "classic_bridge",
        "MessageDelivered(uint256 indexed messageIndex, bytes32 indexed beforeInboxAcc, "
        "address inbox, uint8 kind, address sender, bytes32 messageDataHash)",
        decode.classic_message_delivered,
    ),
    Event(
        PARENT,
        "inbox",
        "InboxMessageDelivered(uint256 indexed messageNum, bytes data)",
        decode.inbox_message,
    ),
    Event(
        PARENT,
        "inbox",
        "InboxMessageDeliveredFromOrigin(uint256 indexed messageNum)",
        decode.inbox_message_from_origin,
    ),
    *(Event(PARENT, each, _DEPOSIT_INITIATED, decode.deposit_initiated) for each in GATEWAYS),
)

_TICKETS = (
    Event(
        CHILD,
        "arb_retryable_tx",
        "TicketCreated(bytes32 indexed ticketId)",
        decode.ticket_created,
    ),
    Event(
        CHILD,
        "arb_retryable_tx",
        "RedeemScheduled(bytes32 indexed ticketId, bytes32 indexed retryTxHash, "
        "uint64 indexed sequenceNum, uint64 donatedGas, address gasDonor, uint256 maxRefund, "
        "uint256 submissionFeeRefund)",
        decode.redeem_scheduled,
    ),
    Event(
        CHILD,
        "arb_retryable_tx",
        "LifetimeExtended(bytes32 indexed ticketId, uint256 newTimeout)",
        decode.lifetime_extended,
    ),
    Event(
        CHILD,
        "arb_retryable_tx",
        "Canceled(bytes32 indexed ticketId)",
        decode.ticket_canceled,
    ),
)

_TO_PARENT = (
    Event(
        CHILD,
        "arb_sys",
        "L2ToL1Tx(address caller, address indexed destination, uint256 indexed hash, "
        "uint256 indexed position, uint256 arbBlockNum, uint256 ethBlockNum, uint256 timestamp, "
        "uint256 callvalue, bytes data)",
        decode.send,
    ),
    Event(
        CHILD,
        "arb_sys",
        "L2ToL1Transaction(address caller, address indexed destination, "
        "uint256 indexed uniqueId, uint256 indexed batchNumber, uint256 indexInBatch, "
        "uint256 arbBlockNum, uint256 ethBlockNum, uint256 timestamp, uint256 callvalue, "
        "bytes data)",
        decode.classic_send,
    ),
    *(Event(CHILD, each, _WITHDRAWAL_INITIATED, decode.withdrawal_initiated) for each in GATEWAYS),
    Event(PARENT, "outbox", _EXECUTED, decode.outbox_executed),
    Event(PARENT, "classic_outbox", _EXECUTED, decode.classic_outbox_executed),
    Event(PARENT, "classic_outbox_early", _EXECUTED, decode.classic_outbox_executed),
    Event(PARENT, "bridge", _CALL, decode.bridge_call),
    Event(PARENT, "classic_bridge", _CALL, decode.bridge_call),
)

_CLAIMS = (
    Event(
        PARENT,
        "sequencer_inbox",
        "SequencerBatchDelivered(uint256 indexed batchSequenceNumber, bytes32 indexed beforeAcc, "
        "bytes32 indexed afterAcc, bytes32 delayedAcc, uint256 afterDelayedMessagesRead, "
        "(uint64,uint64,uint64,uint64) timeBounds, uint8 dataLocation)",
        decode.batch_delivered,
    ),
    Event(
        PARENT,
        "rollup",
        "AssertionCreated(bytes32 indexed assertionHash, bytes32 indexed parentAssertionHash, "
        f"((bytes32,bytes32,(bytes32,uint256,address,uint64,uint64)),{_STATE},{_STATE}) assertion, "
        "bytes32 afterInboxBatchAcc, uint256 inboxMaxCount, bytes32 wasmModuleRoot, "
        "uint256 requiredStake, address challengeManager, uint64 confirmPeriodBlocks)",
        decode.assertion_created,
    ),
    Event(
        PARENT,
        "rollup",
        "AssertionConfirmed(bytes32 indexed assertionHash, bytes32 blockHash, bytes32 sendRoot)",
        decode.assertion_moved("confirmed"),
    ),
    Event(
        PARENT,
        "rollup",
        "AssertionForceConfirmed(bytes32 indexed assertionHash)",
        decode.assertion_moved("confirmed", "forced-by-owner"),
    ),
    Event(
        PARENT,
        "challenge_manager",
        "EdgeAdded(bytes32 indexed edgeId, bytes32 indexed mutualId, bytes32 indexed originId, "
        "bytes32 claimId, uint256 length, uint8 level, bool hasRival, bool isLayerZero)",
        decode.edge_added,
    ),
    Event(
        PARENT,
        "rollup",
        "NodeCreated(uint64 indexed nodeNum, bytes32 indexed parentNodeHash, "
        f"bytes32 indexed nodeHash, bytes32 executionHash, ({_NODE_STATE},{_NODE_STATE},uint64) "
        "assertion, bytes32 afterInboxBatchAcc, bytes32 wasmModuleRoot, uint256 inboxMaxCount)",
        decode.node_created,
    ),
    Event(
        PARENT,
        "rollup",
        "NodeConfirmed(uint64 indexed nodeNum, bytes32 blockHash, bytes32 sendRoot)",
        decode.node_moved("confirmed"),
    ),
    Event(
        PARENT,
        "rollup",
        "NodeRejected(uint64 indexed nodeNum)",
        decode.node_moved("voided"),
    ),
    Event(
        PARENT,
        "rollup",
        "RollupChallengeStarted(uint64 indexed challengeIndex, address asserter, "
        "address challenger, uint64 challengedAssertion)",
        decode.node_moved("disputed", data_word=2),
    ),
)

_SETTINGS = (
    Event(PARENT, "rollup", "Paused(address account)", decode.switched("rollup-paused", on=True)),
    Event(
        PARENT, "rollup", "Unpaused(address account)", decode.switched("rollup-paused", on=False)
    ),
    Event(PARENT, "inbox", "Paused(address account)", decode.switched("inbox-paused", on=True)),
    Event(PARENT, "inbox", "Unpaused(address account)", decode.switched("inbox-paused", on=False)),
    Event(
        PARENT,
        "rollup",
        "WasmModuleRootSet(bytes32 newWasmModuleRoot)",
        decode.measured(("wasm_module_root", 0)),
    ),
    Event(
        PARENT,
        "rollup",
        "ConfirmPeriodBlocksSet(uint64 newConfirmPeriod)",
        decode.measured(("confirm_period_blocks", 0)),
    ),
    Event(
        PARENT,
        "sequencer_inbox",
        "MaxTimeVariationSet((uint256,uint256,uint256,uint256) maxTimeVariation)",
        decode.measured(("delay_blocks", 0), ("delay_s", 2)),
    ),
    *(
        Event(PARENT, proxy, "Upgraded(address indexed implementation)", decode.upgraded)
        for proxy in PROXIES
    ),
)

EVENTS = (*_TO_CHILD, *_TICKETS, *_TO_PARENT, *_CLAIMS, *_SETTINGS)

PARAMETERS = (
    Parameter("confirm_period_blocks", PARENT, "rollup", "confirmPeriodBlocks()", unit="blocks"),
    Parameter(
        "challenge_grace_period_blocks",
        PARENT,
        "rollup",
        "challengeGracePeriodBlocks()",
        unit="blocks",
    ),
    Parameter(
        "minimum_assertion_period_blocks",
        PARENT,
        "rollup",
        "minimumAssertionPeriod()",
        unit="blocks",
    ),
    Parameter("validator_afk_blocks", PARENT, "rollup", "validatorAfkBlocks()", unit="blocks"),
    Parameter("base_stake", PARENT, "rollup", "baseStake()"),
    Parameter("stake_token", PARENT, "rollup", "stakeToken()", "address"),
    Parameter("rollup", PARENT, "bridge", "rollup()", "address"),
    Parameter("sequencer_inbox", PARENT, "bridge", "sequencerInbox()", "address"),
    Parameter("native_token", PARENT, "bridge", "nativeToken()", "address"),
    Parameter("delayed_message_count", PARENT, "bridge", "delayedMessageCount()"),
    Parameter("delayed_messages_read", PARENT, "sequencer_inbox", "totalDelayedMessagesRead()"),
    Parameter("batch_count", PARENT, "sequencer_inbox", "batchCount()"),
    Parameter("outbox_version", PARENT, "outbox", "OUTBOX_VERSION()"),
    Parameter("arbos_version", CHILD, "arb_sys", "arbOSVersion()", unit="55 + version"),
    Parameter("retryable_lifetime_s", CHILD, "arb_retryable_tx", "getLifetime()", unit="s"),
)
"""Not every version of a contract answers every one of them. Periods count parent blocks; on a
parent that is itself a Nitro chain they count the blocks of the chain below it."""
