"""The contracts of a bridge by role: their events, the calls they carry, what can be read.

Event declarations as in the Solidity sources; several versions of one event stand side by side.
"""

from collections.abc import Mapping

from layerkeep.core.adapter import CHILD, PARENT, Parameter, Role
from layerkeep.core.keccak import selector
from layerkeep.core.units import MINUTE, Address

PREDEPLOYS: Mapping[str, Address] = {
    "l2_messenger": Address("0x4200000000000000000000000000000000000007"),
    "l2_standard_bridge": Address("0x4200000000000000000000000000000000000010"),
    "l2_erc721_bridge": Address("0x4200000000000000000000000000000000000014"),
    "l1_block": Address("0x4200000000000000000000000000000000000015"),
    "message_passer": Address("0x4200000000000000000000000000000000000016"),
}
"""The child's own contracts stand at the same addresses on every chain of the stack."""

ATTRIBUTES_DEPOSITOR = Address("0xdeaddeaddeaddeaddeaddeaddeaddeaddead0001")
"""Sends the first transaction of every child block, which no user deposited."""

ALIAS_OFFSET = 0x1111000000000000000000000000000000001111
"""Added to the address of a contract of the parent when it acts on the child."""

LEGACY_ETH = Address("0xdeaddeaddeaddeaddeaddeaddeaddeaddead0000")
"""The token that stood for ether on the child before Bedrock."""

BRIDGES = (("l1_standard_bridge", "l2_standard_bridge"), ("l1_erc721_bridge", "l2_erc721_bridge"))
"""Pairs of bridges, parent's and child's: what one tells the other moves a token."""

SUPER_GAMES = frozenset((4, 5, 7, 9))
"""Game types that claim a time for a set of chains, not a block of one."""

OUTPUT_GAMES = frozenset((0, 1, 2, 3, 6, 8, 10, 1337))
"""Game types whose root claim is an output root; what others claim nobody here can recompute."""

WITNESSES = 2
"""What says that somebody lied is put to two nodes: one alone may be wrong itself."""

TRANSACTION_DEPOSITED = (
    "TransactionDeposited(address indexed from, address indexed to, "
    "uint256 indexed version, bytes opaqueData)"
)
WITHDRAWAL_PROVEN = (
    "WithdrawalProven(bytes32 indexed withdrawalHash, address indexed from, address indexed to)"
)
WITHDRAWAL_PROVEN_BY = (
    "WithdrawalProvenExtension1(bytes32 indexed withdrawalHash, address indexed proofSubmitter)"
)
WITHDRAWAL_FINALIZED = "WithdrawalFinalized(bytes32 indexed withdrawalHash, bool success)"
GAME_BLACKLISTED = "DisputeGameBlacklisted(address indexed disputeGame)"
RESPECTED_TYPE_SET = "RespectedGameTypeSet(uint32 gameType)"
RESPECTED_TYPE_SET_AT = "RespectedGameTypeSet(uint32 indexed newGameType, uint64 indexed updatedAt)"
RETIREMENT_SET = "RetirementTimestampSet(uint256 timestamp)"
ANCHOR_UPDATED = "AnchorUpdated(address indexed game)"
GAME_CREATED = (
    "DisputeGameCreated(address indexed disputeProxy, uint32 indexed gameType, "
    "bytes32 indexed rootClaim)"
)
IMPLEMENTATION_SET = "ImplementationSet(address indexed impl, uint32 indexed gameType)"
OUTPUT_PROPOSED = (
    "OutputProposed(bytes32 indexed outputRoot, uint256 indexed l2OutputIndex, "
    "uint256 indexed l2BlockNumber, uint256 l1Timestamp)"
)
OUTPUTS_DELETED = (
    "OutputsDeleted(uint256 indexed prevNextOutputIndex, uint256 indexed newNextOutputIndex)"
)
SENT_MESSAGE = (
    "SentMessage(address indexed target, address sender, bytes message, "
    "uint256 messageNonce, uint256 gasLimit)"
)
RELAYED_MESSAGE = "RelayedMessage(bytes32 indexed msgHash)"
FAILED_RELAYED_MESSAGE = "FailedRelayedMessage(bytes32 indexed msgHash)"
MESSAGE_PASSED = (
    "MessagePassed(uint256 indexed nonce, address indexed sender, address indexed target, "
    "uint256 value, uint256 gasLimit, bytes data, bytes32 withdrawalHash)"
)
PAUSED = "Paused(address identifier)"
UNPAUSED = "Unpaused(address identifier)"
PAUSED_NAMED = "Paused(string identifier)"
UNPAUSED_PLAIN = "Unpaused()"
CONFIG_UPDATE = "ConfigUpdate(uint256 indexed version, uint8 indexed updateType, bytes data)"
FEATURE_SET = "FeatureSet(bytes32 indexed feature, bool indexed enabled)"
UPGRADED = "Upgraded(address indexed implementation)"


def _call(signature: str) -> bytes:
    return bytes.fromhex(selector(signature)[2:])


FINALIZE_ETH = _call("finalizeBridgeETH(address,address,uint256,bytes)")
FINALIZE_ERC20 = _call("finalizeBridgeERC20(address,address,address,address,uint256,bytes)")
FINALIZE_ERC721 = _call("finalizeBridgeERC721(address,address,address,address,uint256,bytes)")
FINALIZE_DEPOSIT = _call("finalizeDeposit(address,address,address,address,uint256,bytes)")
FINALIZE_ETH_V0 = _call("finalizeETHWithdrawal(address,address,uint256,bytes)")
FINALIZE_ERC20_V0 = _call("finalizeERC20Withdrawal(address,address,address,address,uint256,bytes)")
FINALIZE_ETHER = frozenset((FINALIZE_ETH, FINALIZE_ETH_V0))
TRANSFERS = FINALIZE_ETHER | {FINALIZE_ERC20, FINALIZE_ERC721, FINALIZE_DEPOSIT, FINALIZE_ERC20_V0}
"""What one bridge calls on the other: for tokens the two of them come first, then as for ether the
sender, the recipient and the amount, or a token id."""

ROLES = (
    Role(PARENT, "portal", fingerprint="l2Sender()", version="version()"),
    Role(PARENT, "l1_messenger", fingerprint="OTHER_MESSENGER()", version="version()"),
    Role(PARENT, "l1_standard_bridge", False, "OTHER_BRIDGE()", "version()"),
    Role(PARENT, "l1_erc721_bridge", False, "OTHER_BRIDGE()", "version()"),
    Role(PARENT, "system_config", False, "batcherHash()", "version()"),
    Role(PARENT, "dispute_game_factory", False, "gameCount()", "version()"),
    Role(PARENT, "l2_output_oracle", False, "nextOutputIndex()", "version()"),
    Role(PARENT, "anchor_state_registry", False, "disputeGameFactory()", "version()"),
    Role(PARENT, "superchain_config", False, "guardian()", "version()"),
    Role(PARENT, "eth_lockbox", False, "superchainConfig()", "version()"),
    Role(PARENT, "batch_inbox", False),
    Role(CHILD, "message_passer", fingerprint="messageNonce()", version="version()"),
    Role(CHILD, "l2_messenger", fingerprint="OTHER_MESSENGER()", version="version()"),
    Role(CHILD, "l2_standard_bridge", False, "OTHER_BRIDGE()", "version()"),
    Role(CHILD, "l2_erc721_bridge", False, "OTHER_BRIDGE()", "version()"),
    Role(CHILD, "l1_block", False, "sequenceNumber()", "version()"),
)
"""The batch inbox is an account without code; it is named so that batches can be recognised."""

PROXIES = tuple((role.side, role.name) for role in ROLES if role.version)
"""Everything that can be upgraded."""

PARAMETERS = (
    Parameter("proof_maturity_delay_s", PARENT, "portal", "proofMaturityDelaySeconds()", unit="s"),
    Parameter(
        "dispute_game_finality_delay_s",
        PARENT,
        "portal",
        "disputeGameFinalityDelaySeconds()",
        unit="s",
    ),
    Parameter("respected_game_type", PARENT, "portal", "respectedGameType()"),
    Parameter("paused", PARENT, "portal", "paused()"),
    Parameter(
        "finalization_period_s",
        PARENT,
        "l2_output_oracle",
        "finalizationPeriodSeconds()",
        unit="s",
    ),
    Parameter("block_time_s", PARENT, "l2_output_oracle", "l2BlockTime()", unit="s"),
    Parameter("submission_interval", PARENT, "l2_output_oracle", "submissionInterval()"),
    Parameter(
        "retirement_time_s", PARENT, "anchor_state_registry", "retirementTimestamp()", unit="s"
    ),
    Parameter("batcher", PARENT, "system_config", "batcherHash()", "address"),
    Parameter("unsafe_block_signer", PARENT, "system_config", "unsafeBlockSigner()", "address"),
    Parameter("gas_limit", PARENT, "system_config", "gasLimit()"),
    Parameter("game_count", PARENT, "dispute_game_factory", "gameCount()"),
    Parameter("parent_height", CHILD, "l1_block", "number()"),
    Parameter("origin_number", CHILD, "l1_block", "number()", every=MINUTE),
    Parameter("origin_time_s", CHILD, "l1_block", "timestamp()", unit="s", every=MINUTE),
    *(
        Parameter(f"{role.name}_version", role.side, role.name, role.version, "string")
        for role in ROLES
        if role.version
    ),
)
"""Not every version of a contract answers every one of them."""
