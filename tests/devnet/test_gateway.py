"""The gateway: what it lets through, what it rewrites, and the faults it can be told to have."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from test_l3_world import L3_CHAIN, World, until, world

from layerkeep.devnet.accounts import account, sign
from layerkeep.devnet.artifacts import own
from layerkeep.devnet.gateway.admin import Admin
from layerkeep.devnet.gateway.arbitrum import ArbitrumDialect
from layerkeep.devnet.gateway.beacon import Beacon
from layerkeep.devnet.gateway.chain import Chain
from layerkeep.devnet.gateway.faults import Faults
from layerkeep.devnet.gateway.feed import matches
from layerkeep.devnet.gateway.normal import normal
from layerkeep.devnet.gateway.optimism import OptimismDialect
from layerkeep.devnet.gateway.server import Gateway
from layerkeep.devnet.gateway.source import Source
from layerkeep.devnet.l3.contracts import ARB_RETRYABLE_TX
from layerkeep.devnet.l3.heads import l3_heads
from layerkeep.devnet.node import free_port

pytestmark = pytest.mark.devnet

RECEIVER = "0x" + "cd" * 20
L2_HEADS = {"safe": 8, "finalized": 6}


@dataclass
class Desk:
    """A world with a gateway before it, and a client."""

    world: World
    gateway: Gateway
    session: aiohttp.ClientSession

    async def post(self, path: str, body: Any) -> Any:
        async with self.session.post(self._url(path), json=body) as response:
            return await response.json()

    async def rpc(self, path: str, method: str, *params: Any) -> Any:
        """The result of a call through the gateway."""
        answer = await self.post(path, request(method, *params))
        assert "result" in answer, answer
        return answer["result"]

    async def refused(self, path: str, method: str, *params: Any) -> int:
        """The error code of a call through the gateway."""
        answer = await self.post(path, request(method, *params))
        code: int = answer["error"]["code"]
        return code

    async def fault(self, path: str, **switches: Any) -> None:
        async with self.session.post(self._url(f"admin/replicas/{path}"), json=switches) as answer:
            assert answer.status == 200, await answer.text()

    async def text(self, path: str) -> tuple[int, str, str | None]:
        """Status, text and Retry-After of an RPC call's raw answer."""
        body = request("eth_blockNumber")
        async with self.session.post(self._url(path), json=body) as answer:
            return answer.status, await answer.text(), answer.headers.get("retry-after")

    def _url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.gateway.port}/{path}"


def request(method: str, *params: Any) -> dict[str, Any]:
    """A JSON-RPC request object."""
    return {"jsonrpc": "2.0", "id": 7, "method": method, "params": list(params)}


@asynccontextmanager
async def desk() -> AsyncIterator[Desk]:
    """L2 and L3 behind a gateway; the L2 stands in for an L1 where one is asked for."""
    async with world() as one:
        one.start(one.sequencer, one.poster)
        source = Source(one.l2.builder.node, one.l2.builder.lock)
        config = {"genesis": {"l1": {"hash": "0x" + "00" * 32, "number": 0}}}
        l2_dialect = OptimismDialect(one.l2, lambda: L2_HEADS, config)
        l2 = Chain(
            name="l2",
            sources={"a": source, "b": source},
            dialect=l2_dialect,
            mempool=one.l2.mempool,
            heads=lambda: L2_HEADS,
        )
        l3 = Chain(
            name="l3",
            sources={"a": Source(one.l3.chain.builder.node, one.l3.chain.builder.lock)},
            dialect=ArbitrumDialect(one.l3, one.l2, one.sequencer, one.validator),
            mempool=one.l3.chain.mempool,
            heads=l3_heads(one.l3.ledger, lambda: L2_HEADS),
        )

        async def reorg_l2(depth: int, keep: bool) -> None:
            await one.l2.builder.rollback(depth)

        admin = Admin({one.poster.name: one.poster}, {"l2": reorg_l2})
        beacon = Beacon(one.l2.builder.node)
        gateway = Gateway(free_port(), [l2, l3], admin, beacon=beacon)
        await gateway.start()
        try:
            async with aiohttp.ClientSession() as session:
                yield Desk(one, gateway, session)
        finally:
            await gateway.stop()


def test_methods__of_the_node_alone__are_not_available() -> None:
    """No client can mine, forge or rewind; requests that are none are told so."""

    async def scenario() -> None:
        async with desk() as one:
            for method in ("anvil_reorg", "evm_mine", "hardhat_setBalance", "debug_setHead"):
                assert await one.refused("l2/a", method) == -32601
            assert await one.refused("l2/a", "eth_subscribe", "newHeads") == -32601
            assert (await one.post("l2/a", 3))["error"]["code"] == -32600
            batch = [request("eth_chainId"), request("evm_mine")]
            first, second = await one.post("l2/a", batch)
            assert (first["result"], second["error"]["code"]) == ("0x385", -32601)
            assert await one.rpc("l2/a", "web3_clientVersion") == "layerkeep-devnet/op-anvil"
            async with one.session.post(one.gateway.url("l2", "a"), data=b"{") as answer:
                assert (await answer.json())["error"]["code"] == -32700
            async with one.session.post(one.gateway.url("l9", "a"), json=1) as answer:
                assert answer.status == 404

    asyncio.run(scenario())


def test_tags__safe_and_finalized__follow_what_was_posted() -> None:
    """Tags name the blocks that `heads` says, wherever a block can stand."""

    async def scenario() -> None:
        async with desk() as one:
            safe = await one.rpc("l2/a", "eth_getBlockByNumber", "safe", False)
            final = await one.rpc("l2/a", "eth_getBlockByNumber", "finalized", False)
            logs = await one.rpc("l2/a", "eth_getLogs", {"fromBlock": "0x0", "toBlock": "safe"})
            status = await one.rpc("l2/a", "optimism_syncStatus")
            output = await one.rpc("l2/a", "optimism_outputAtBlock", "0x8")
            l3_safe = await one.rpc("l3/a", "eth_getBlockByNumber", "safe", False)

            assert (int(safe["number"], 16), int(final["number"], 16)) == (8, 6)
            assert max(int(log["blockNumber"], 16) for log in logs) <= 8
            assert status["safe_l2"]["hash"] == safe["hash"]
            assert status["finalized_l2"]["number"] == 6
            assert output["blockRef"]["hash"] == safe["hash"]
            assert l3_safe["number"] == "0x0"

    asyncio.run(scenario())


def test_transaction__sent_to_the_gateway__waits_and_is_then_included() -> None:
    """A sent transaction is pending at once and counted in the pending nonce."""

    async def scenario() -> None:
        async with desk() as one:
            one.world.blocks.enabled = False
            await asyncio.sleep(0.3)
            user = account("user_spare")
            tx: dict[str, Any] = {
                "chainId": 901,
                "nonce": 0,
                "maxPriorityFeePerGas": 10**6,
                "gas": 21_000,
            }
            tx |= {"maxFeePerGas": 10**9, "to": RECEIVER, "value": 5, "data": "0x"}
            tx_hash = await one.rpc("l2/a", "eth_sendRawTransaction", sign(user, tx))
            waiting = await one.rpc("l2/b", "eth_getTransactionByHash", tx_hash)
            count = await one.rpc("l2/a", "eth_getTransactionCount", user.address, "pending")
            one.world.blocks.enabled = True

            async def receipt() -> Any:
                return await one.rpc("l2/a", "eth_getTransactionReceipt", tx_hash)

            assert (waiting["blockNumber"], waiting["value"]) == (None, "0x5")
            assert (waiting["from"], waiting["to"]) == (user.address, RECEIVER)
            assert count == "0x1"
            assert (await until(receipt))["status"] == "0x1"
            assert await one.refused("l2/a", "eth_sendRawTransaction", "0x01") == -32000

    asyncio.run(scenario())


def test_faults__switched_on__break_one_replica_only() -> None:
    """Every mode answers as broken endpoints do; the other replica stays honest."""

    async def scenario() -> None:
        async with desk() as one:
            seen = {}
            for mode in ("down", "html", "half", "error", "limited"):
                await one.fault("l2/a", mode=mode)
                seen[mode] = await one.text("l2/a")
                assert (await one.text("l2/b"))[0] == 200
            await one.fault("l2/a", mode=None, chain_id=1)
            wrong = await one.rpc("l2/a", "eth_chainId"), await one.rpc("l2/a", "net_version")

            assert seen["down"][0] == 502
            assert seen["html"][1].startswith("<html>")
            assert seen["half"][1].startswith('{"jsonrpc"')
            assert not seen["half"][1].endswith("}")
            assert '"error"' in seen["error"][1]
            assert (seen["limited"][0], seen["limited"][2]) == (429, "2")
            assert wrong == ("0x1", "1")

    asyncio.run(scenario())


def test_lag_and_freeze__switched_on__hide_newer_blocks() -> None:
    """A lagging view ends k blocks early; a frozen one does not grow."""

    async def scenario() -> None:
        async with desk() as one:
            await one.fault("l2/b", lag_blocks=5)
            true, seen = [
                int(await one.rpc(path, "eth_blockNumber"), 16) for path in ("l2/a", "l2/b")
            ]
            newer = await one.rpc("l2/b", "eth_getBlockByNumber", hex(true), False)
            head = await one.rpc("l2/a", "eth_getBlockByNumber", "latest", False)
            by_hash = await one.rpc("l2/b", "eth_getBlockByHash", head["hash"], False)
            latest = await one.rpc("l2/b", "eth_getBlockByNumber", "latest", False)
            await one.fault("l2/b", lag_blocks=0, frozen=True)
            frozen = await one.rpc("l2/b", "eth_blockNumber")
            await asyncio.sleep(0.6)

            assert seen in (true - 5, true - 4)
            assert (newer, by_hash) == (None, None)
            assert int(latest["number"], 16) in (seen, seen + 1)
            assert await one.rpc("l2/b", "eth_blockNumber") == frozen
            assert int(await one.rpc("l2/a", "eth_blockNumber"), 16) > int(frozen, 16)

    asyncio.run(scenario())


def test_socket__subscribed_to_heads__hears_of_each_block_and_of_a_reorg() -> None:
    """Every block comes once and in order; after a reorg the new ones follow their parent."""

    async def scenario() -> None:
        async with desk() as one:
            async with one.session.ws_connect(one.gateway.url("l2", "a")) as socket:
                await socket.send_json(request("eth_subscribe", "newHeads"))
                subscription = (await socket.receive_json())["result"]
                heads = [await _news(socket, subscription) for _ in range(3)]
                answer = await one.post("admin/reorg/l2", {"depth": 2})
                after = [await _news(socket, subscription) for _ in range(4)]
                await socket.send_json(request("eth_unsubscribe", subscription))
                while True:
                    message = await socket.receive_json()
                    if message.get("id") == 7:
                        break

            assert answer == {"chain": "l2", "depth": 2, "keep": True}
            assert message["result"] is True
            numbers = [int(head["number"], 16) for head in heads]
            assert numbers == list(range(numbers[0], numbers[0] + 3))
            told = {head["hash"] for head in heads + after}
            assert all(head["parentHash"] in told for head in heads[1:])
            assert "transactions" not in heads[0]

    asyncio.run(scenario())


async def _news(socket: aiohttp.ClientWebSocketResponse, subscription: str) -> Any:
    message = await socket.receive_json(timeout=5)
    assert message["params"]["subscription"] == subscription
    return message["params"]["result"]


def test_l3__seen_through_the_gateway__speaks_arbitrum() -> None:
    """Ids, types and header fields are Nitro's, and requests by those ids are understood."""

    async def scenario() -> None:
        async with desk() as one:
            await one.world.create_ticket(RECEIVER, "0x12")
            topic = own("ArbRetryableTxEmu").event("TicketCreated").topic
            query = {"fromBlock": "0x0", "address": ARB_RETRYABLE_TX, "topics": [topic]}

            async def created() -> Any:
                return await one.rpc("l3/a", "eth_getLogs", query)

            (log,) = await until(created)
            ticket = log["topics"][1]
            receipt = await one.rpc("l3/a", "eth_getTransactionReceipt", ticket)
            tx = await one.rpc("l3/a", "eth_getTransactionByHash", ticket)
            block = await one.rpc("l3/a", "eth_getBlockByHash", log["blockHash"], True)
            short = await one.rpc("l3/a", "eth_getBlockByHash", log["blockHash"], False)
            retry = receipt["logs"][1]["topics"][2]
            types = [shown["type"] for shown in block["transactions"]]

            assert log["transactionHash"] == ticket == receipt["transactionHash"] == tx["hash"]
            assert (receipt["type"], tx["type"]) == ("0x69", "0x69")
            assert types == ["0x6a", "0x69", "0x68"]
            assert short["transactions"][1:] == [ticket, retry]
            assert (await one.rpc("l3/a", "eth_getTransactionReceipt", retry))["type"] == "0x68"
            assert "sourceHash" not in tx
            assert {"sendRoot", "sendCount", "l1BlockNumber"} <= set(block)
            assert 18 == len(block["nonce"])
            assert await one.rpc("l3/a", "arb_checkPublisherHealth") is None
            number = int(log["blockNumber"], 16)

            async def batch() -> Any:
                answer = await one.post("l3/a", request("arb_findBatchContainingBlock", number))
                return answer.get("result")

            assert await until(batch) >= 1
            assert await one.rpc("l3/a", "eth_chainId") == hex(L3_CHAIN)

    asyncio.run(scenario())


def test_admin__bad_input__is_told_what_is_allowed() -> None:
    """A wrong name or value gets 400 and the choices; the state stays as it was."""

    async def scenario() -> None:
        async with desk() as one:
            cases = [
                ("admin/actors/nobody", {}, "l3_batch_poster"),
                ("admin/actors/l3_batch_poster", {"lie": "sing"}, "withhold"),
                ("admin/replicas/l2/z", {}, "l2/a"),
                ("admin/replicas/l2/a", {"mode": "sing"}, "html"),
                ("admin/replicas/l2/a", {"rate": 2}, "from 0 to 1"),
                ("admin/replicas/l2/a", {"forked": True}, "cannot leave"),
                ("admin/reorg/l2", {"depth": 0}, "from 1 to"),
                ("admin/reorg/l9", {"depth": 1}, "l2"),
            ]
            for path, body, expected in cases:
                url = f"http://127.0.0.1:{one.gateway.port}/{path}"
                async with one.session.post(url, json=body) as answer:
                    assert (answer.status, expected in await answer.text()) == (400, True), path
            url = f"http://127.0.0.1:{one.gateway.port}/admin/status"
            async with one.session.get(url) as answer:
                status = await answer.json()
            assert status["replicas"]["l2/a"]["mode"] is None
            assert status["heads"]["l2"] == L2_HEADS
            beacon = f"http://127.0.0.1:{one.gateway.port}/beacon/eth/v1/beacon/headers/head"
            async with one.session.get(beacon) as answer:
                slot = (await answer.json())["data"]["header"]["message"]["slot"]
            assert int(slot) > 5

    asyncio.run(scenario())


def test_strike__a_fifth_of_calls__repeats_with_its_seed() -> None:
    """A rate hits about that share of calls, the same ones on every run."""

    def hits() -> list[bool]:
        faults = Faults()
        faults.apply({"mode": "error", "rate": 0.2, "seed": 5})
        return [faults.strike() is not None for _ in range(500)]

    assert hits() == hits()
    assert 70 < sum(hits()) < 130


def test_normal__oddities_of_the_node__are_corrected() -> None:
    """Types are lower case, timestamps hex, deposits counted before, blobs left out."""
    odd = {"type": "0x7E", "blockTimestamp": 16, "depositNonce": "0x1", "mint": "0x0", "blobs": []}

    assert normal([odd]) == [{"type": "0x7e", "blockTimestamp": "0x10", "depositNonce": "0x0"}]


def test_matches__addresses_and_topics__as_filters_say() -> None:
    """Lists mean any of, null means whatever, and missing topics do not match."""
    log = {"address": "0xAb", "topics": ["0x01", "0x02"]}

    assert matches({}, log)
    assert matches({"address": ["0xaB"], "topics": [None, ["0x02", "0x03"]]}, log)
    assert not matches({"address": "0xcc"}, log)
    assert not matches({"topics": ["0x01", "0x02", "0x03"]}, log)
