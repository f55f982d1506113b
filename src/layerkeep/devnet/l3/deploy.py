"""Deploys Nitro's published contracts on the L2 and creates the L3's rollup with them."""

import json
from dataclasses import dataclass
from typing import Any

from layerkeep.devnet.accounts import account
from layerkeep.devnet.artifacts import nitro, upgrade_executor
from layerkeep.devnet.deployer import Deployer
from layerkeep.devnet.l3.contracts import WETH, L3Contracts

BATCH_BYTES_MAX = 104_857
BASE_STAKE_WEI = 10**17
EDGE_STAKE_WEI = 10**15
WASM_MODULE_ROOT = bytes.fromhex("04" * 32)  # no fraud proof is ever executed, so any will do
BLOCK_EDGES, BIG_STEP_EDGES, SMALL_STEP_EDGES = 1 << 26, 1 << 19, 1 << 23
RIVALS = ("l3_rival", "l3_rival_2", "l3_rival_3", "l3_rival_4")  # each can lose one stake
SPARES = ("l3_validator_2", "l3_validator_3")  # each for a stake that a reorg left behind
AFK_BLOCKS = 201_600
CREATE_ROLLUP_GAS = 15_000_000
COST_ESTIMATE_WEI = 10**8
ARB_OS_VERSION = 32
FINISHED = 1
ZERO = "0x" + "00" * 20


@dataclass(frozen=True, slots=True, kw_only=True)
class L3Setup:
    """What the rollup is created with; blocks are L2 blocks."""

    chain_id: int
    genesis_hash: str
    confirm_blocks: int = 2  # from creating an assertion to confirming it
    force_after_blocks: int = 10  # from sending a delayed message to forcing its inclusion
    force_after_s: int = 10


async def deploy_l3(deployer: Deployer, setup: L3Setup) -> L3Contracts:
    """The contracts of a working Nitro chain, owned by an upgrade executor of the deployer's."""
    await deployer.begin()
    creator = _templates(deployer)
    params = _params(deployer.account.address, setup)
    calldata = nitro("RollupCreator").encode("createRollup", params)
    deployer.call(creator, calldata, gas=CREATE_ROLLUP_GAS)
    receipt = (await deployer.land())[-1]
    created = nitro("RollupCreator").event("RollupCreated")
    log = next(log for log in receipt["logs"] if log["topics"][0] == created.topic)
    fields = created.decode(log)
    return L3Contracts(
        rollup=fields["rollupAddress"],
        bridge=fields["bridge"],
        inbox=fields["inboxAddress"],
        sequencer_inbox=fields["sequencerInbox"],
        rollup_event_inbox=fields["rollupEventInbox"],
        outbox=fields["outbox"],
        challenge_manager=fields["challengeManager"],
        upgrade_executor=fields["upgradeExecutor"],
        proxy_admin=fields["adminProxy"],
        validator_wallet_creator=fields["validatorWalletCreator"],
        rollup_creator=creator,
        created_at=int(receipt["blockNumber"], 16),
    )


def _templates(deployer: Deployer) -> str:
    """The RollupCreator, behind everything it makes copies of."""
    reader = deployer.create(nitro("Reader4844"))
    eth = _bridge_templates(deployer, reader, "")
    erc20 = _bridge_templates(deployer, reader, "ERC20")
    bridge_creator = deployer.create(nitro("BridgeCreator"), eth, erc20)
    provers = [deployer.create(nitro(f"OneStepProver{part}")) for part in ("0", "Memory", "Math")]
    host_io = deployer.create(nitro("OneStepProverHostIo"), ZERO)
    proof_entry = deployer.create(nitro("OneStepProofEntry"), *provers, host_io)
    return deployer.create(
        nitro("RollupCreator"),
        deployer.account.address,
        bridge_creator,
        proof_entry,
        deployer.create(nitro("EdgeChallengeManager")),
        deployer.create(nitro("RollupAdminLogic")),
        deployer.create(nitro("RollupUserLogic")),
        deployer.create(upgrade_executor()),
        deployer.create(nitro("ValidatorWalletCreator")),
        deployer.create(nitro("DeployHelper")),
    )


def _bridge_templates(deployer: Deployer, reader: str, prefix: str) -> tuple[str, ...]:
    fee_token = prefix != ""
    sequencer_inbox = nitro("SequencerInbox")
    return (
        deployer.create(nitro(f"{prefix}Bridge")),
        deployer.create(sequencer_inbox, BATCH_BYTES_MAX, reader, fee_token, False),
        deployer.create(sequencer_inbox, BATCH_BYTES_MAX, reader, fee_token, True),
        deployer.create(nitro(f"{prefix}Inbox"), BATCH_BYTES_MAX),
        deployer.create(nitro(f"{prefix}RollupEventInbox")),
        deployer.create(nitro(f"{prefix}Outbox")),
    )


def _params(owner: str, setup: L3Setup) -> tuple[Any, ...]:
    validators = [account(role).address for role in ("l3_validator", *SPARES, *RIVALS)]
    posters = [account("l3_poster").address]
    without_factories, no_fee = False, 0
    return (
        _config(owner, setup),
        validators,
        BATCH_BYTES_MAX,
        ZERO,
        without_factories,
        no_fee,
        posters,
        owner,
        ZERO,
        ZERO,
    )


def _config(owner: str, setup: L3Setup) -> tuple[Any, ...]:
    genesis = bytes.fromhex(setup.genesis_hash[2:])
    time_variation = (setup.force_after_blocks, 12, setup.force_after_s, 60)
    levels, grace_blocks, assertion_gap_blocks, genesis_inbox = 1, 1, 0, 0
    return (
        setup.confirm_blocks,
        WETH,
        BASE_STAKE_WEI,
        WASM_MODULE_ROOT,
        owner,
        owner,
        setup.chain_id,
        chain_config(setup.chain_id, owner),
        assertion_gap_blocks,
        AFK_BLOCKS,
        [EDGE_STAKE_WEI] * (levels + 2),
        time_variation,
        BLOCK_EDGES,
        BIG_STEP_EDGES,
        SMALL_STEP_EDGES,
        (((genesis, bytes(32)), (0, 0)), FINISHED, bytes(32)),
        genesis_inbox,
        account("l3_validator").address,
        levels,
        grace_blocks,
        (0, 0, 0),
        COST_ESTIMATE_WEI,
    )


def chain_config(chain_id: int, owner: str) -> str:
    """The chain configuration that the init message carries, as Nitro's nodes read it."""
    arbitrum = {
        "EnableArbOS": True,
        "AllowDebugPrecompiles": False,
        "DataAvailabilityCommittee": False,
        "InitialArbOSVersion": ARB_OS_VERSION,
        "InitialChainOwner": owner,
        "GenesisBlockNum": 0,
    }
    return json.dumps({"chainId": chain_id, "arbitrum": arbitrum})
