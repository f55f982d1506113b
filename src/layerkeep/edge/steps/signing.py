"""A remote signer keeps the key; what it gives back is checked before anybody sends it.

Asked by `eth_signTransaction` (geth, anvil, Web3Signer): the answer is the signed transaction, as
text or as `raw` of an object. It must be of type 2 (EIP-1559), hold exactly what was asked for, and
be signed by the declared account; the node's own `ecrecover` tells whose signature it is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from layerkeep.core.acting.runs.model import DONE, Signer
from layerkeep.core.encoding import rlp
from layerkeep.core.encoding.abi import encode_uint
from layerkeep.core.errors import RpcError, RpcLied
from layerkeep.core.keccak import keccak256, keccak_hex
from layerkeep.edge.steps.asking import call, rpc_request
from layerkeep.edge.steps.chains import ChainAsker
from layerkeep.edge.steps.safe import Payload

TYPE_2 = b"\x02"
UNSIGNED = 9
FIELDS = 12
PAYLOAD = 3
ECRECOVER = "0x0000000000000000000000000000000000000001"
"""The precompiled contract that recovers a signer's address (Yellow Paper, appendix E)."""

GAS_MARGIN = 5
"""A fifth more gas than estimated: state moves on until it is included."""


@dataclass(frozen=True, slots=True)
class Unsigned:
    """A transaction of type 2 without its signature. Prices in wei."""

    chain_id: int
    nonce: int
    tip_max: int
    fee_max: int
    gas: int
    payload: Payload

    @property
    def fields(self) -> list[rlp.Item]:
        """What is signed, in order (EIP-1559), with an empty access list."""
        numbers = (self.chain_id, self.nonce, self.tip_max, self.fee_max, self.gas)
        payload = self.payload
        content = (bytes.fromhex(payload.to[2:]), rlp.integer(payload.value))
        return [*map(rlp.integer, numbers), *content, bytes.fromhex(payload.data[2:]), []]

    def request(self, sender: str) -> dict[str, str]:
        """The same as a signer is asked for it."""
        return {
            "from": sender,
            "to": self.payload.to,
            "value": hex(self.payload.value),
            "data": self.payload.data,
            "gas": hex(self.gas),
            "nonce": hex(self.nonce),
            "maxFeePerGas": hex(self.fee_max),
            "maxPriorityFeePerGas": hex(self.tip_max),
            "chainId": hex(self.chain_id),
            "type": "0x2",
        }


@dataclass(frozen=True, slots=True)
class Signing:
    """The signer that is asked, and the way to it."""

    signer: Signer
    session: aiohttp.ClientSession
    resolve: Callable[[str], str]


async def priced(asker: ChainAsker, nonce: int, gas: int, payload: Payload) -> Unsigned:
    """The transaction at the prices of now, twice the base fee at most."""
    block = await asker.read("eth_getBlockByNumber", "latest", False)
    try:
        fee = int(block["baseFeePerGas"], 16)
    except (KeyError, TypeError, ValueError):
        raise RpcError(f"{asker.chain.name}: the latest block tells no base fee") from None
    tip = await asker.number("eth_maxPriorityFeePerGas")
    limit = gas + gas // GAS_MARGIN
    return Unsigned(asker.chain.chain_id, nonce, tip, 2 * fee + tip, limit, payload)


async def signed(asker: ChainAsker, signing: Signing, wanted: Unsigned) -> tuple[str, str]:
    """The raw transaction and its hash; RpcError if the signer refuses or signs another."""
    signer = signing.signer
    url = signing.resolve(signer.url)
    request = rpc_request(url, "eth_signTransaction", [wanted.request(signer.address)])
    answer = await call(signing.session, request)
    if answer.state != DONE:
        raise RpcError(f"signer {signer.name}: {answer.detail}")
    raw = answer.result.get("raw") if isinstance(answer.result, Mapping) else answer.result
    content = _content(raw, signer.name)
    digest, signature = _opened(content, wanted, signer.name)
    found = await asker.read(
        "eth_call", {"to": ECRECOVER, "data": _recovery(digest, signature)}, "latest"
    )
    if not isinstance(found, str) or found[-40:].lower() != signer.address[2:].lower():
        raise RpcLied(f"signer {signer.name}: signed with another account than {signer.address}")
    return "0x" + content.hex(), keccak_hex(content)


def payload_of(raw: str) -> Payload:
    """What a signed transaction of type 2 does; ValueError if it is none."""
    fields = rlp.decode(bytes.fromhex(raw[4:]))
    content = fields[5:8] if isinstance(fields, list) else []
    found = [each for each in content if isinstance(each, bytes)]
    if not raw.startswith("0x02") or len(found) != PAYLOAD:
        raise ValueError("what was signed is no transaction of type 2")
    to, value, data = found
    return Payload("0x" + to.hex(), int.from_bytes(value), "0x" + data.hex())


def _content(raw: Any, name: str) -> bytes:
    try:
        return bytes.fromhex(raw.removeprefix("0x"))
    except (AttributeError, ValueError):
        raise RpcLied(f"signer {name}: answered with no transaction") from None


def _opened(content: bytes, wanted: Unsigned, name: str) -> tuple[bytes, list[int]]:
    """What was signed, and parity, r and s; RpcLied if it is not what was asked for."""
    try:
        fields = rlp.decode(content[1:])
    except ValueError:
        fields = b""
    if content[:1] != TYPE_2 or not isinstance(fields, list) or len(fields) != FIELDS:
        raise RpcLied(f"signer {name}: answered with no transaction of type 2")
    if fields[:UNSIGNED] != wanted.fields:
        raise RpcLied(f"signer {name}: signed another transaction than it was asked for")
    signature = [int.from_bytes(part) for part in fields[UNSIGNED:] if isinstance(part, bytes)]
    if len(signature) != FIELDS - UNSIGNED:
        raise RpcLied(f"signer {name}: answered with no signature")
    return keccak256(TYPE_2 + rlp.encode(fields[:UNSIGNED])), signature


def _recovery(digest: bytes, signature: list[int]) -> str:
    parity, r, s = signature
    words = (encode_uint(each) for each in (27 + parity % 2, r % 2**256, s % 2**256))
    return "0x" + (digest + b"".join(words)).hex()
