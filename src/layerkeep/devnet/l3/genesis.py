"""The L3's first block: the two precompiles that pass messages, and nothing else."""

from typing import Any

from layerkeep.devnet.artifacts import own
from layerkeep.devnet.l3.contracts import ARB_RETRYABLE_TX, ARB_SYS
from layerkeep.devnet.l3.transactions import BASE_FEE_WEI

GAS_LIMIT = 1 << 50  # what Arbitrum's headers say; no block comes near it
LIFETIME_S = 7 * 24 * 3600
NODE_ARGS = (
    "--network",
    "optimism",
    "--no-mining",
    "--order",
    "fifo",
    "--accounts",
    "1",
    "--balance",
    "0",
    "--gas-limit",
    str(GAS_LIMIT),
    "--max-persisted-states",
    "1000",
    "--transaction-block-keeper",
    "20000",
)


def l3_genesis(chain_id: int, timestamp: int, lifetime_s: int = LIFETIME_S) -> dict[str, Any]:
    """The genesis file of the L3; `lifetime_s` is how long a retryable ticket lives."""
    return {
        "config": {"chainId": chain_id},
        "timestamp": hex(timestamp),
        "gasLimit": hex(GAS_LIMIT),
        "difficulty": "0x0",
        "baseFeePerGas": hex(BASE_FEE_WEI),
        "alloc": {
            ARB_SYS: {"balance": "0x0", "code": own("ArbSysEmu").deployed_bytecode},
            ARB_RETRYABLE_TX: {
                "balance": "0x0",
                "code": own("ArbRetryableTxEmu").deployed_bytecode,
                "storage": {_word(0): _word(lifetime_s)},
            },
        },
    }


def l3_args(chain_id: int) -> list[str]:
    """The node's flags for this chain, besides the genesis file."""
    return ["--chain-id", str(chain_id), *NODE_ARGS]


def _word(value: int) -> str:
    return "0x" + value.to_bytes(32, "big").hex()
