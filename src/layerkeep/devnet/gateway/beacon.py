"""The beacon API's few routes that a reader of blobs needs, made from the L1 node."""

from typing import Any

import aiohttp
import msgspec
from aiohttp import web

from layerkeep.devnet.node import Anvil

PREFIXES = ("", "/beacon")
TAGS = ("latest", "safe", "finalized")
NO_ROOT = "0x" + "00" * 32
NO_SIGNATURE = "0x" + "00" * 96
TYPE_BLOB = "0x3"


class Beacon:
    """A beacon node whose slots are the L1's block numbers."""

    def __init__(self, l1: Anvil, seconds_per_slot: float = 1.0) -> None:
        self._l1 = l1
        self._seconds_per_slot = seconds_per_slot

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """The routes, at the root and below /beacon."""
        for prefix in PREFIXES:
            router.add_get(f"{prefix}/eth/v1/beacon/genesis", self._genesis)
            router.add_get(f"{prefix}/eth/v1/config/spec", self._spec)
            router.add_get(f"{prefix}/eth/v1/beacon/headers/{{id}}", self._header)
            router.add_get(f"{prefix}/eth/v1/beacon/blobs/{{id}}", self._blobs)
            router.add_get(f"{prefix}/eth/v1/beacon/blob_sidecars/{{id}}", self._sidecars)

    async def _genesis(self, _: web.Request) -> web.Response:
        block = await self._l1.rpc("eth_getBlockByNumber", "0x0", False)
        return _data(
            {
                "genesis_time": str(int(block["timestamp"], 16)),
                "genesis_validators_root": NO_ROOT,
                "genesis_fork_version": "0x00000000",
            }
        )

    async def _spec(self, _: web.Request) -> web.Response:
        chain_id = int(await self._l1.rpc("eth_chainId"), 16)
        return _data(
            {
                "CONFIG_NAME": "layerkeep-devnet",
                "DEPOSIT_CHAIN_ID": str(chain_id),
                "SECONDS_PER_SLOT": str(max(1, round(self._seconds_per_slot))),
                "SLOTS_PER_EPOCH": "4",
                "MAX_BLOBS_PER_BLOCK": "6",
            }
        )

    async def _header(self, request: web.Request) -> web.Response:
        block = await self._block(request, full=False)
        return _data(
            {"root": block["hash"], "canonical": True, "header": _signed_header(block)},
            finalized=False,
        )

    async def _blobs(self, request: web.Request) -> web.Response:
        block = await self._block(request, full=False)
        url = f"{self._l1.url}/eth/v1/beacon/blobs/{int(block['number'], 16)}"
        async with (
            aiohttp.ClientSession() as session,
            session.get(url, params=list(request.query.items())) as answer,
        ):
            body = await answer.read()
            return web.Response(status=answer.status, body=body, content_type="application/json")

    async def _sidecars(self, request: web.Request) -> web.Response:
        block = await self._block(request, full=True)
        sidecars: list[dict[str, Any]] = []
        for tx in block["transactions"]:
            if tx["type"] == TYPE_BLOB:
                sidecars += await self._of(tx["hash"], block, len(sidecars))
        wanted = request.query.getall("indices", [])
        return _data([one for one in sidecars if not wanted or one["index"] in wanted])

    async def _of(
        self, tx_hash: str, block: dict[str, Any], first_index: int
    ) -> list[dict[str, Any]]:
        """The sidecars of one blob transaction."""
        tx = await self._l1.rpc("eth_getTransactionByHash", tx_hash)
        parts = zip(tx["blobs"], tx["commitments"], tx["proofs"], strict=False)
        return [
            {
                "index": str(first_index + at),
                "blob": blob,
                "kzg_commitment": commitment,
                "kzg_proof": proof,
                "signed_block_header": _signed_header(block),
                "kzg_commitment_inclusion_proof": [],
            }
            for at, (blob, commitment, proof) in enumerate(parts)
        ]

    async def _block(self, request: web.Request, *, full: bool) -> dict[str, Any]:
        asked = request.match_info["id"]
        tag = "latest" if asked == "head" else asked
        block = None
        if asked.startswith("0x"):
            block = await self._l1.rpc("eth_getBlockByHash", asked, full)
        elif asked.isdigit() or tag in TAGS:
            number = hex(int(asked)) if asked.isdigit() else tag
            block = await self._l1.rpc("eth_getBlockByNumber", number, full)
        if block is None:
            text = msgspec.json.encode({"code": 404, "message": f"no block {asked}"}).decode()
            raise web.HTTPNotFound(text=text, content_type="application/json")
        found: dict[str, Any] = block
        return found


def _signed_header(block: dict[str, Any]) -> dict[str, Any]:
    message = {
        "slot": str(int(block["number"], 16)),
        "proposer_index": "0",
        "parent_root": block["parentHash"],
        "state_root": block["stateRoot"],
        "body_root": block["hash"],
    }
    return {"message": message, "signature": NO_SIGNATURE}


def _data(content: Any, **fields: Any) -> web.Response:
    body = {"data": content, "execution_optimistic": False} | fields
    return web.Response(body=msgspec.json.encode(body), content_type="application/json")
