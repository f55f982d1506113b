"""Deploys the OP Stack's published contracts on L1, in the order their constructors demand."""

from typing import Any

from layerkeep.devnet.accounts import account
from layerkeep.devnet.artifacts import op
from layerkeep.devnet.deployer import Deployer, Land
from layerkeep.devnet.l1.contracts import (
    ANCHOR_ROOT,
    BASEFEE_SCALAR,
    BATCH_INBOX,
    BLOBBASEFEE_SCALAR,
    GAME_ALPHABET,
    GAME_CANNON,
    GAME_PERMISSIONED,
    INIT_BOND_WEI,
    L2_GAS_LIMIT,
    L1Contracts,
)
from layerkeep.devnet.node import Anvil
from layerkeep.devnet.plan import DevnetPlan

ETHER_TOKEN = "0x" + "ee" * 20
MESSENGER_NAME = "OVM_L1CrossDomainMessenger"
PROXY_CHUGSPLASH, PROXY_RESOLVED = 1, 2
PRESTATE = bytes.fromhex("03" * 32)  # nobody runs the fault proof program, so any will do
RESOURCES = (20_000_000, 10, 8, 10**9, 1_000_000, 2**128 - 1)
PROPOSAL_BYTES_MIN = 126_000
ORACLE_CHALLENGE_S = 2
PLAIN_PROXIES = (
    "superchain_config",
    "system_config",
    "portal",
    "dispute_game_factory",
    "anchor_state_registry",
    "delayed_weth",
    "l1_erc721_bridge",
    "l1_mintable_factory",
)


async def deploy_l1(node: Anvil, plan: DevnetPlan) -> L1Contracts:
    """The contracts of a working OP Stack chain, all deployed, initialized and wired."""
    deployer = Deployer(node, account("deployer"), plan.l1_chain_id, _one_a_block(node))
    await deployer.begin()
    found = _proxies(deployer)
    implementations = _implementations(deployer, plan, found)
    for role, calldata in _initializers(found).items():
        target = (found[role], implementations[role])
        upgrade = op("ProxyAdmin").encode("upgradeAndCall", *target, bytes.fromhex(calldata[2:]))
        deployer.call(found["proxy_admin"], upgrade)
    _games(deployer, plan, found)
    await deployer.land()
    return L1Contracts(**found)


def _one_a_block(node: Anvil) -> Land:
    async def land(raws: list[str]) -> None:
        for raw in raws:
            await node.rpc("eth_sendRawTransaction", raw)
            await node.rpc("evm_mine")

    return land


def _proxies(deployer: Deployer) -> dict[str, str]:
    owner = deployer.account.address
    admin_abi = op("ProxyAdmin")
    admin = deployer.create(admin_abi, owner)
    manager = deployer.create(op("AddressManager"))
    deployer.call(manager, op("AddressManager").encode("transferOwnership", admin))
    deployer.call(admin, admin_abi.encode("setAddressManager", manager))
    found = {"proxy_admin": admin, "address_manager": manager}
    for role in PLAIN_PROXIES:
        found[role] = deployer.create(op("Proxy"), admin)
    bridge = deployer.create(op("L1ChugSplashProxy"), admin)
    deployer.call(admin, admin_abi.encode("setProxyType", bridge, PROXY_CHUGSPLASH))
    messenger = deployer.create(op("ResolvedDelegateProxy"), manager, MESSENGER_NAME)
    deployer.call(admin, admin_abi.encode("setProxyType", messenger, PROXY_RESOLVED))
    deployer.call(admin, admin_abi.encode("setImplementationName", messenger, MESSENGER_NAME))
    return found | {"l1_standard_bridge": bridge, "l1_messenger": messenger}


def _implementations(deployer: Deployer, plan: DevnetPlan, found: dict[str, str]) -> dict[str, str]:
    wanted: dict[str, tuple[str, tuple[Any, ...]]] = {
        "superchain_config": ("SuperchainConfig", ()),
        "system_config": ("SystemConfig", ()),
        "portal": ("OptimismPortal2", (plan.proof_maturity_s, plan.air_gap_s)),
        "dispute_game_factory": ("DisputeGameFactory", ()),
        "anchor_state_registry": ("AnchorStateRegistry", (found["dispute_game_factory"],)),
        "delayed_weth": ("DelayedWETH", (0,)),
        "l1_messenger": ("L1CrossDomainMessenger", ()),
        "l1_standard_bridge": ("L1StandardBridge", ()),
        "l1_erc721_bridge": ("L1ERC721Bridge", ()),
        "l1_mintable_factory": ("OptimismMintableERC20Factory", ()),
    }
    return {role: deployer.create(op(name), *args) for role, (name, args) in wanted.items()}


def _initializers(found: dict[str, str]) -> dict[str, str]:
    """The initialize calls, in the order they have to be made."""
    owner = account("deployer").address
    messenger, superchain = found["l1_messenger"], found["superchain_config"]
    anchors = [(kind, (ANCHOR_ROOT, 0)) for kind in (GAME_CANNON, GAME_PERMISSIONED, GAME_ALPHABET)]
    arguments: dict[str, tuple[str, tuple[Any, ...]]] = {
        "superchain_config": ("SuperchainConfig", (account("guardian").address, False)),
        "system_config": ("SystemConfig", _system_config(found)),
        "portal": (
            "OptimismPortal2",
            (found["dispute_game_factory"], found["system_config"], superchain, GAME_CANNON),
        ),
        "dispute_game_factory": ("DisputeGameFactory", (owner,)),
        "anchor_state_registry": ("AnchorStateRegistry", (anchors,)),
        "delayed_weth": ("DelayedWETH", (owner, superchain)),
        "l1_messenger": (
            "L1CrossDomainMessenger",
            (superchain, found["portal"], found["system_config"]),
        ),
        "l1_standard_bridge": (
            "L1StandardBridge",
            (messenger, superchain, found["system_config"]),
        ),
        "l1_erc721_bridge": ("L1ERC721Bridge", (messenger, superchain)),
        "l1_mintable_factory": ("OptimismMintableERC20Factory", (found["l1_standard_bridge"],)),
    }
    return {role: op(name).encode("initialize", *args) for role, (name, args) in arguments.items()}


def _system_config(found: dict[str, str]) -> tuple[Any, ...]:
    owner, batcher = account("deployer").address, account("batcher").address
    addresses = (
        found["l1_messenger"],
        found["l1_erc721_bridge"],
        found["l1_standard_bridge"],
        found["dispute_game_factory"],
        found["portal"],
        found["l1_mintable_factory"],
        ETHER_TOKEN,
    )
    return (
        owner,
        BASEFEE_SCALAR,
        BLOBBASEFEE_SCALAR,
        bytes(12) + bytes.fromhex(batcher[2:]),
        L2_GAS_LIMIT,
        owner,  # signs unsafe blocks on a real network; there is no gossip here
        RESOURCES,
        BATCH_INBOX,
        addresses,
    )


def _games(deployer: Deployer, plan: DevnetPlan, found: dict[str, str]) -> None:
    """The virtual machines, and a dispute game of each type with its bond."""
    oracle = deployer.create(op("PreimageOracle"), PROPOSAL_BYTES_MIN, ORACLE_CHALLENGE_S)
    mips = deployer.create(op("MIPS"), oracle)
    alphabet = deployer.create(op("AlphabetVM"), PRESTATE, oracle)
    found["preimage_oracle"], found["mips"] = oracle, mips

    def terms(kind: int, depth: tuple[int, int], machine: str) -> tuple[Any, ...]:
        weth, anchors = found["delayed_weth"], found["anchor_state_registry"]
        clocks = (0, plan.game_clock_s)
        return (kind, PRESTATE, *depth, *clocks, machine, weth, anchors, plan.l2_chain_id)

    players = (account("proposer").address, account("challenger").address)
    games = {
        GAME_CANNON: ("FaultDisputeGame", terms(GAME_CANNON, (73, 30), mips)),
        GAME_PERMISSIONED: (
            "PermissionedDisputeGame",
            (*terms(GAME_PERMISSIONED, (73, 30), mips), *players),
        ),
        GAME_ALPHABET: ("FaultDisputeGame", terms(GAME_ALPHABET, (8, 4), alphabet)),
    }
    factory = op("DisputeGameFactory")
    for kind, (name, args) in games.items():
        game = deployer.create(op(name), *args)
        at = found["dispute_game_factory"]
        deployer.call(at, factory.encode("setImplementation", kind, game))
        deployer.call(at, factory.encode("setInitBond", kind, INIT_BOND_WEI))
