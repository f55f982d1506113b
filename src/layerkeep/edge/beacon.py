"""Blobs from a beacon node: what batches hold that are not in the chain's blocks.

A block is named by its slot, which follows from its time; nodes for development count their slots
by the blocks' heights, so that is tried next. Routes, in this order (beacon APIs of Ethereum):
`/eth/v1/beacon/blobs/{slot}` gives the blobs without what proves them; `blob_sidecars/{slot}` is
older, and each comes with the commitment whose hash the transaction names.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import aiohttp
import msgspec

from layerkeep.core.adapter import Blobs
from layerkeep.core.errors import RpcLied, RpcRefused, RpcTimeout
from layerkeep.core.units import SECOND, Timestamp

Shape = TypeVar("Shape")

TIMEOUT_S = 20.0
ANSWER_BYTES_MAX = 32 * 1024 * 1024
"""A hundred blobs in hex, several times what any block holds."""

NOT_THERE = frozenset({400, 404, 405, 410, 501})
"""No such block, no such route, or no longer; anything else but 200 is no answer."""

VERSION = b"\x01"
"""Of a versioned hash that is made from a KZG commitment (EIP-4844)."""


class _Genesis(msgspec.Struct):
    genesis_time: int


class _Spec(msgspec.Struct, rename={"seconds_per_slot": "SECONDS_PER_SLOT"}):
    seconds_per_slot: int


class _Sidecar(msgspec.Struct):
    blob: str
    kzg_commitment: str


@dataclass(frozen=True, slots=True)
class Carried:
    """Where blobs are: the block's height and time, and their versioned hashes in order."""

    height: int
    time: Timestamp
    hashes: tuple[str, ...]


class Beacon:
    """One beacon node, asked for blobs; `requests` counts what it was asked."""

    def __init__(self, name: str, url: str, session: aiohttp.ClientSession) -> None:
        self.name = name
        self.requests = 0
        self._url = url.rstrip("/")
        self._session = session
        self._clock: tuple[int, int] | None = None

    async def blobs(self, carried: Carried) -> Blobs | None:
        """The blobs of these hashes; None if the node has them not, or no longer.

        RpcTimeout or RpcRefused if it gives no answer, RpcLied if it gives one that is none.
        """
        for block in await self._names(carried):
            found = await self._plain(block, carried.hashes)
            if found is None:
                found = await self._with_commitments(block, carried.hashes)
            if found is not None:
                return found
        return None

    async def _names(self, carried: Carried) -> Sequence[int]:
        """What the block may be called: its slot, and its height."""
        if self._clock is None:
            genesis = await self._asked("genesis", "/eth/v1/beacon/genesis")
            spec = await self._asked("spec", "/eth/v1/config/spec")
            if genesis is None or spec is None:
                return (carried.height,)
            started = _read(genesis, _Genesis, self.name).genesis_time
            per_slot = _read(spec, _Spec, self.name).seconds_per_slot
            self._clock = (started, max(1, per_slot))
        started, per_slot = self._clock
        slot = (carried.time // SECOND - started) // per_slot
        return (slot, carried.height) if slot >= 0 else (carried.height,)

    async def _plain(self, block: int, hashes: Sequence[str]) -> Blobs | None:
        asked = [("versioned_hashes", each) for each in hashes]
        body = await self._asked("blobs", f"/eth/v1/beacon/blobs/{block}", asked)
        if body is None:
            return None
        told = _read(body, list[str], self.name)
        if len(told) != len(hashes):
            return None
        return Blobs(tuple(_bytes(each, self.name) for each in told), proven=False)

    async def _with_commitments(self, block: int, hashes: Sequence[str]) -> Blobs | None:
        body = await self._asked("sidecars", f"/eth/v1/beacon/blob_sidecars/{block}")
        if body is None:
            return None
        told = _read(body, list[_Sidecar], self.name)
        known = {versioned_hash(_bytes(each.kzg_commitment, self.name)): each for each in told}
        if not known.keys() >= set(hashes):
            return None
        return Blobs(tuple(_bytes(known[each].blob, self.name) for each in hashes))

    async def _asked(
        self, what: str, path: str, params: Sequence[tuple[str, str]] = ()
    ) -> bytes | None:
        """The body of an answer; None where there is no such thing."""
        self.requests += 1
        try:
            async with (
                asyncio.timeout(TIMEOUT_S),
                self._session.get(self._url + path, params=list(params)) as answer,
            ):
                if answer.status in NOT_THERE:
                    return None
                if answer.status != 200:
                    raise RpcRefused(f"{self.name}: {what}: status {answer.status}")
                return await _whole(answer, self.name)
        except TimeoutError as error:
            raise RpcTimeout(f"{self.name}: {what}: no answer in {TIMEOUT_S:g} s") from error
        except aiohttp.ClientError as error:
            raise RpcRefused(f"{self.name}: {what}: {type(error).__name__}") from error


def versioned_hash(commitment: bytes) -> str:
    """The hash under which a transaction names a blob of this commitment (EIP-4844)."""
    return "0x" + (VERSION + hashlib.sha256(commitment).digest()[1:]).hex()


async def _whole(answer: aiohttp.ClientResponse, name: str) -> bytes:
    """The body; RpcLied if it is larger than any answer can be."""
    body = bytearray()
    async for piece in answer.content.iter_any():
        body += piece
        if len(body) > ANSWER_BYTES_MAX:
            raise RpcLied(f"{name}: an answer of more than {ANSWER_BYTES_MAX} bytes")
    return bytes(body)


def _read(body: bytes, shape: type[Shape], name: str) -> Shape:
    """What an answer's `data` holds; its numbers are decimal text."""
    try:
        answer = msgspec.json.decode(body, type=dict[str, Any])
        return msgspec.convert(answer.get("data"), shape, strict=False)
    except msgspec.MsgspecError as error:
        raise RpcLied(f"{name}: not what was asked for: {error}") from error


def _bytes(text: str, name: str) -> bytes:
    try:
        return bytes.fromhex(text.removeprefix("0x"))
    except ValueError as error:
        raise RpcLied(f"{name}: not hex: {text[:20]!r}") from error
