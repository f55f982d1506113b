"""The L2's block 0: the OP Stack's predeploys as a genesis file the node starts from."""

from typing import Any

from layerkeep.devnet.accounts import account, funded
from layerkeep.devnet.artifacts import Artifact, op
from layerkeep.devnet.l1.contracts import L2_GAS_LIMIT, L1Contracts

NAMESPACE = "0x42000000000000000000000000000000000000"
CODE_NAMESPACE = "0xc0d3c0d3c0d3c0d3c0d3c0d3c0d3c0d3c0d300"
L2_MESSENGER = NAMESPACE + "07"
L2_STANDARD_BRIDGE = NAMESPACE + "10"
L2_ERC721_BRIDGE = NAMESPACE + "14"
MESSAGE_PASSER = NAMESPACE + "16"
L1_BLOCK = NAMESPACE + "15"
PROXY_ADMIN = NAMESPACE + "18"
WETH = NAMESPACE + "06"
FEE_VAULTS = {"11": "SequencerFeeVault", "19": "BaseFeeVault", "1a": "L1FeeVault"}
ADMIN_SLOT = 0xB53127684A568B3173AE13B9F8A6016E243E63B6E8EE1178D6A717850B5D6103
IMPLEMENTATION_SLOT = 0x360894A13BA1A3210667C828492DB98DCA3E2076CC3735A920A3CA505D382BBC
NOBODY_SENT = 0xDEAD  # xDomainMessageSender while no message is being relayed
FUNDS_WEI = 10**22
ZERO_ADDRESS = "0x" + "00" * 20
ESTIMATOR = "0x" + "00" * 19 + "01"
"""From whom relays are simulated: to it alone the messengers tell a refusal by a revert."""


def l2_genesis(l1: L1Contracts, chain_id: int, timestamp: int) -> dict[str, Any]:
    """A geth genesis with every predeploy behind its proxy and every role funded.

    The zero address and the estimator have a balance because the node charges the L1 fee even to
    calls without a sender, which come from the first, and to simulated relays.
    """
    alloc: dict[str, Any] = funded(FUNDS_WEI)
    for caller in (ZERO_ADDRESS, ESTIMATOR):
        alloc[caller] = {"balance": hex(FUNDS_WEI)}
    for suffix, (name, storage) in _predeploys(l1).items():
        alloc |= _behind_proxy(suffix, op(name).deployed_bytecode, storage)
    for suffix, name in FEE_VAULTS.items():
        alloc |= _behind_proxy(suffix, _fee_vault_code(op(name)), {})
    owner = {0: int(account("deployer").address, 16)}
    alloc[CODE_NAMESPACE + "18"]["storage"] = _words(owner)
    alloc[WETH] = {"balance": "0x0", "code": op("WETH").deployed_bytecode}
    return {
        "config": {"chainId": chain_id},
        "timestamp": hex(timestamp),
        "gasLimit": hex(L2_GAS_LIMIT),
        "difficulty": "0x0",
        "coinbase": NAMESPACE + "11",
        "alloc": alloc,
    }


def _predeploys(l1: L1Contracts) -> dict[str, tuple[str, dict[int, int]]]:
    """Contract and proxy storage by the address's last byte."""
    messenger, bridge = int(L2_MESSENGER, 16), int(L2_STANDARD_BRIDGE, 16)
    return {
        "00": ("LegacyMessagePasser", {}),
        "07": (
            "L2CrossDomainMessenger",
            {0: 1 << 160, 204: NOBODY_SENT, 207: int(l1.l1_messenger, 16)},
        ),
        "0f": ("GasPriceOracle", {0: 0x0101}),
        "10": ("L2StandardBridge", {0: 1, 3: messenger, 4: int(l1.l1_standard_bridge, 16)}),
        "12": ("OptimismMintableERC20Factory", {0: 1, 1: bridge}),
        "13": ("L1BlockNumber", {}),
        "14": ("L2ERC721Bridge", {0: 1, 1: messenger, 2: int(l1.l1_erc721_bridge, 16)}),
        "15": ("L1Block", {}),
        "16": ("L2ToL1MessagePasser", {}),
        "18": ("ProxyAdmin", {}),
    }


def _behind_proxy(suffix: str, code: str, storage: dict[int, int]) -> dict[str, Any]:
    target = CODE_NAMESPACE + suffix
    slots = {ADMIN_SLOT: int(PROXY_ADMIN, 16), IMPLEMENTATION_SLOT: int(target, 16)} | storage
    return {
        NAMESPACE + suffix: {
            "balance": "0x0",
            "code": op("Proxy").deployed_bytecode,
            "storage": _words(slots),
        },
        target: {"balance": "0x0", "code": code},
    }


def _fee_vault_code(vault: Artifact) -> str:
    """The vault's code with its immutables filled in: minimum, recipient, withdraw to L2."""
    values = (10**19, int(account("deployer").address, 16), 1)
    code = bytearray.fromhex(vault.deployed_bytecode[2:])
    references = sorted(vault.immutable_references.items(), key=lambda item: int(item[0]))
    for (_, places), value in zip(references, values, strict=True):
        for place in places:
            start, length = place["start"], place["length"]
            code[start : start + length] = value.to_bytes(length, "big")
    return "0x" + code.hex()


def _words(slots: dict[int, int]) -> dict[str, str]:
    return {f"0x{slot:064x}": f"0x{value:064x}" for slot, value in slots.items()}
