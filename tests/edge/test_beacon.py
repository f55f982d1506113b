"""A beacon node asked for blobs: by slot or height, by either route, whatever it answers."""

import asyncio
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from layerkeep.core.adapter import Blobs
from layerkeep.core.errors import RpcLied, RpcRefused, RpcTimeout
from layerkeep.core.units import Timestamp
from layerkeep.edge import beacon as module
from layerkeep.edge.beacon import Beacon, Carried, versioned_hash

COMMITMENT, OTHER = b"\xc0" * 48, b"\xc1" * 48
HASH, FURTHER = versioned_hash(COMMITMENT), versioned_hash(OTHER)
CARRIED = Carried(77, Timestamp(1_036_000), (HASH, FURTHER))
"""At second 36 after the genesis: slot 3 of twelve seconds."""

PLAIN, PROVEN = "blobs", "blob_sidecars"
SIDECARS = [
    {"index": "0", "blob": "0x02", "kzg_commitment": "0x" + OTHER.hex()},
    {"index": "1", "blob": "0x01", "kzg_commitment": "0x" + COMMITMENT.hex()},
]

Route = Callable[[web.Request], Any]


class Node:
    """A beacon node that has one block, under one name."""

    def __init__(self, block: str, plain: Any = None, sidecars: Any = None) -> None:
        self.block, self.plain, self.sidecars = block, plain, sidecars
        self.genesis: Any = {"genesis_time": "1000"}
        self.asked: list[str] = []

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Whatever a test wants."""
        self.asked.append(request.path_qs)
        *_, what, block = request.path.split("/")
        if block == "genesis":
            found = self.genesis
        elif block == "spec":
            found = {"SECONDS_PER_SLOT": "12"}
        else:
            found = {PLAIN: self.plain, PROVEN: self.sidecars}[what]
            found = found if block == self.block else None
        if isinstance(found, web.StreamResponse):
            return found
        return web.Response(status=404) if found is None else web.json_response({"data": found})


def asked(node: Node, times: int = 1) -> list[Blobs | None]:
    """What the node's blobs are, asked so often."""

    async def run() -> list[Blobs | None]:
        app = web.Application()
        app.router.add_get("/{tail:.*}", node.answer)
        async with TestServer(app) as server, aiohttp.ClientSession() as session:
            one = Beacon("b", str(server.make_url("/")), session)
            found = [await one.blobs(CARRIED) for _ in range(times)]
            assert len(node.asked) == one.requests
            return found

    return asyncio.run(run())


def test_blobs__by_slot__are_asked_for_by_their_hashes() -> None:
    """The slot follows from the time; clock and genesis are asked for once."""
    node = Node("3", ["0x01", "0x02"])
    assert [Blobs((b"\1", b"\2"), proven=False)] * 2 == asked(node, 2)
    query = f"versioned_hashes={HASH}&versioned_hashes={FURTHER}"
    assert [f"/eth/v1/beacon/blobs/3?{query}"] * 2 == node.asked[2:]


def test_blobs__of_a_node_that_counts_by_height__are_found_there() -> None:
    """Where it tells no clock the height is all there is."""
    assert Blobs((b"\1", b"\2"), proven=False) == asked(Node("77", ["0x01", "0x02"]))[0]
    node = Node("77", ["0x01", "0x02"])
    node.genesis = None
    assert Blobs((b"\1", b"\2"), proven=False) == asked(node)[0]
    assert "/3" not in "".join(node.asked)


def test_sidecars__are_proven_by_their_commitments() -> None:
    """They come in the block's order, and are wanted in the transaction's."""
    assert [Blobs((b"\1", b"\2"))] == asked(Node("3", None, SIDECARS))
    assert [None] == asked(Node("3", None, SIDECARS[:1]))


def test_blobs__that_are_gone__are_none() -> None:
    """Nobody keeps them for ever; an answer with too few is no better."""
    assert [None] == asked(Node("9"))
    assert [None] == asked(Node("3", ["0x01"]))


@pytest.mark.parametrize("body", ["html", '{"data": [7, 8]}', '{"data": ["zz", "0x"]}', "[]"])
def test_answer__that_is_none__is_a_lie(body: str) -> None:
    """No JSON, no texts, no hex, no object."""
    with pytest.raises(RpcLied):
        asked(Node("3", web.Response(text=body)))


def test_answer__larger_than_any_can_be__is_a_lie(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not read to its end."""
    monkeypatch.setattr(module, "ANSWER_BYTES_MAX", 1000)
    with pytest.raises(RpcLied, match="1000 bytes"):
        asked(Node("3", ["0x" + "00" * 2000]))


def test_node__that_fails__is_told_without_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Status 500, silence, nobody there."""
    with pytest.raises(RpcRefused, match="b: blobs: status 500"):
        asked(Node("3", web.Response(status=500)))

    class Silent(Node):
        async def answer(self, request: web.Request) -> web.StreamResponse:
            await asyncio.sleep(1)
            return await super().answer(request)

    monkeypatch.setattr(module, "TIMEOUT_S", 0.05)
    with pytest.raises(RpcTimeout, match="b: genesis"):
        asked(Silent("3"))

    async def nobody() -> None:
        async with aiohttp.ClientSession() as session:
            await Beacon("b", "http://127.0.0.1:1/secret", session).blobs(CARRIED)

    with pytest.raises(RpcRefused, match="b: genesis") as caught:
        asyncio.run(nobody())
    assert "secret" not in str(caught.value)
