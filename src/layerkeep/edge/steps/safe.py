"""A transaction for a Safe: its hash, and the batch that the Safe's own pages import.

Source: Safe smart account 1.3.0 and later (`domainSeparator` with the chain's id,
`SAFE_TX_TYPEHASH` over ten fields), and before that without the chain's id. The hash is reckoned
here and held against what the Safe itself reckons: no node can show the owners another transaction.
"""

from dataclasses import dataclass
from typing import Any

from layerkeep.core.encoding.abi import encode_address, encode_uint
from layerkeep.core.errors import RpcLied
from layerkeep.core.keccak import keccak256, selector
from layerkeep.core.units import ZERO_ADDRESS
from layerkeep.edge.steps.chains import ChainAsker
from layerkeep.edge.steps.contract_types import calldata, signature_of

DOMAIN = keccak256(b"EIP712Domain(uint256 chainId,address verifyingContract)")
DOMAIN_BEFORE = keccak256(b"EIP712Domain(address verifyingContract)")
SAFE_TX = keccak256(
    b"SafeTx(address to,uint256 value,bytes data,uint8 operation,uint256 safeTxGas,uint256 baseGas,"
    b"uint256 gasPrice,address gasToken,address refundReceiver,uint256 nonce)"
)
HASH = signature_of(
    "getTransactionHash(address,uint256,bytes,uint8,"
    "uint256,uint256,uint256,address,address,uint256)"
)
SUCCESS = "0x" + keccak256(b"ExecutionSuccess(bytes32,uint256)").hex()
FAILURE = "0x" + keccak256(b"ExecutionFailure(bytes32,uint256)").hex()
BATCH_VERSION = "1.0"


@dataclass(frozen=True, slots=True)
class Payload:
    """What is to be executed: to whom, with how much (wei), saying what (0x hex)."""

    to: str
    value: int
    data: str


async def safe_nonce(asker: ChainAsker, safe: str) -> int:
    """The number of the next transaction that the Safe executes."""
    return await asker.number("eth_call", {"to": safe, "data": selector("nonce()")}, "latest")


async def safe_hash(asker: ChainAsker, safe: str, payload: Payload, nonce: int) -> str:
    """The hash that the owners sign; RpcLied if the Safe reckons another."""
    ours = [
        safe_tx_hash(domain, payload, nonce)
        for domain in (_domain(safe, asker.chain.chain_id), _domain_before(safe))
    ]
    none = [0, 0, 0, 0, ZERO_ADDRESS, ZERO_ADDRESS, nonce]
    data = calldata(HASH, [payload.to, payload.value, payload.data, *none])
    theirs = await asker.read("eth_call", {"to": safe, "data": data}, "latest")
    if theirs not in ours:
        raise RpcLied(f"{asker.chain.name}: the Safe {safe} reckons another hash: {theirs}")
    return str(theirs)


def safe_tx_hash(domain: bytes, payload: Payload, nonce: int) -> str:
    """The hash of a plain call, without refunds, under a domain separator."""
    content = SAFE_TX + encode_address(payload.to) + encode_uint(payload.value)
    content += keccak256(bytes.fromhex(payload.data[2:])) + bytes(6 * 32) + encode_uint(nonce)
    return "0x" + keccak256(b"\x19\x01" + domain + keccak256(content)).hex()


def batch(chain_id: int, safe: str, payload: Payload, title: str, time: int) -> dict[str, Any]:
    """The file that the Safe's transaction builder imports; `time` in milliseconds."""
    return {
        "version": BATCH_VERSION,
        "chainId": str(chain_id),
        "createdAt": time,
        "meta": {"name": title, "createdFromSafeAddress": safe},
        "transactions": [
            {
                "to": payload.to,
                "value": str(payload.value),
                "data": payload.data,
                "contractMethod": None,
                "contractInputsValues": None,
            }
        ],
    }


async def executed(asker: ChainAsker, safe: str, signed: str, height: int) -> bool | None:
    """Whether the Safe executed it since a block: True, False if it tried and failed, else None.

    The hash `signed` is indexed in the events of some versions and stands in the data in others.
    """
    where = {"address": safe, "fromBlock": hex(height), "toBlock": "latest"}
    logs = await asker.read("eth_getLogs", {**where, "topics": [[SUCCESS, FAILURE]]})
    for log in logs if isinstance(logs, list) else ():
        if signed in (*log["topics"][1:], log["data"][:66]):
            return bool(log["topics"][0] == SUCCESS)
    return None


def _domain(safe: str, chain_id: int) -> bytes:
    return keccak256(DOMAIN + encode_uint(chain_id) + encode_address(safe))


def _domain_before(safe: str) -> bytes:
    return keccak256(DOMAIN_BEFORE + encode_address(safe))
