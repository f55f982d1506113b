"""One upstream and a pool of them: every failure has its name, and none shows an address."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime

import aiohttp
import pytest
from aiohttp import web
from live import line, pool_of, run
from weather import SimNode, Weather

from follower_chain import SimChain  # isort: skip  (weather makes it importable)

from layerkeep.core.adapter import Call
from layerkeep.core.errors import RpcError, RpcLied, RpcLimited, RpcRefused, RpcTimeout
from layerkeep.core.follower import LogFilter, Want
from layerkeep.core.units import Height
from layerkeep.edge.rpc import client as client_module
from layerkeep.edge.rpc.chain_calls import answer, question
from layerkeep.edge.rpc.client import RpcClient, retry_after
from layerkeep.edge.rpc.counts import Counts
from layerkeep.edge.rpc.health import Bucket
from layerkeep.edge.rpc.wire import Reply, error_of, safe_text

CALLS = (Call("eth_chainId", ()), Call("eth_blockNumber", ()))

FAILURES = {
    "html": RpcRefused,
    "half": RpcError,
    "error_object": RpcError,
    "limited": RpcLimited,
    "unavailable": RpcLimited,
    "missing_reply": RpcLied,
    "foreign_id": RpcLied,
    "doubled_reply": RpcLied,
    "hang": RpcTimeout,
    "reset": RpcRefused,
}


@pytest.mark.parametrize(("kind", "expected"), FAILURES.items())
def test_client__bad_weather__is_named(kind: str, expected: type[RpcError]) -> None:
    """Each way to fail has its own error, with the upstream's name and without its address."""

    async def main() -> None:
        async with (
            Weather(SimNode(SimChain()), rate=1.0, kinds=(kind,)) as server,
            aiohttp.ClientSession() as session,
        ):
            client = RpcClient(line("north", server.url), session, Counts())
            with pytest.raises(expected) as caught:
                await client.batch(CALLS)
            assert type(caught.value) is expected
            assert str(caught.value).startswith("north: ")
            assert "127.0.0.1" not in str(caught.value)
            if kind == "limited":
                assert caught.value.retry_after == 200

    run(main)


def test_client__nobody_there__is_refused() -> None:
    """A closed port is an upstream that refuses."""

    async def main() -> None:
        async with aiohttp.ClientSession() as session:
            client = RpcClient(line("north", "http://127.0.0.1:9/key"), session, Counts())
            with pytest.raises(RpcRefused, match=r"^north: not reachable"):
                await client.call(CALLS[0])

    run(main)


def test_client__large_answer__is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer above the limit is not read to its end."""
    monkeypatch.setattr(client_module, "BODY_MAX", 40)

    async def main() -> None:
        async with (
            Weather(SimNode(SimChain())) as server,
            aiohttp.ClientSession() as session,
        ):
            client = RpcClient(line("north", server.url), session, Counts())
            with pytest.raises(RpcLimited, match="response size exceeded"):
                await client.batch(CALLS)

    run(main)


def test_client__batches_too_large__are_halved() -> None:
    """A limit on the size of batches is found and kept."""

    async def main() -> None:
        sizes: list[int] = []

        async def reply(request: web.Request) -> web.Response:
            asked = await request.json()
            many = asked if isinstance(asked, list) else [asked]
            sizes.append(len(many))
            if len(many) > 10:
                fault = {"code": -32600, "message": "batch size exceeds limit of 10"}
                return web.json_response({"jsonrpc": "2.0", "id": None, "error": fault})
            return web.json_response([{"id": each["id"], "result": each["id"]} for each in many])

        app = web.Application()
        app.router.add_post("/", reply)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        async with aiohttp.ClientSession() as session:
            counts = Counts()
            client = RpcClient(line("north", url), session, counts)
            replies = await client.batch(CALLS * 20)
            assert 40 == len({reply.result for reply in replies})
            assert [40, 20, 10, 10, 10, 10] == sizes
            assert counts.requests["north"] == 6
        await runner.cleanup()

    run(main)


def test_pool__budget__is_kept() -> None:
    """No more requests a second than declared."""
    bucket = Bucket(10)

    waits = [bucket.wait(1000) for _ in range(15)]

    assert [0] * 10 == waits[:10]
    assert waits[9:] == sorted(set(waits[9:]))
    assert waits[-1] <= 502
    assert bucket.wait(10_000) == 0
    assert [0] * 100 == [Bucket(0).wait(1) for _ in range(100)]


def test_pool__nobody_answers__tells_why_and_when() -> None:
    """When all fail the error lists each with its reason, and a wait that doubles."""

    async def main() -> None:
        async with (
            Weather(SimNode(SimChain()), rate=1.0, kinds=("html",)) as first,
            Weather(SimNode(SimChain()), rate=1.0, kinds=("half",)) as second,
            aiohttp.ClientSession() as session,
        ):
            pool = pool_of(session, [line("north", first.url), line("south", second.url)])
            waits: list[int] = []
            for _ in range(3):
                with pytest.raises(RpcRefused) as caught:
                    await pool.ask(lambda _: CALLS)
                assert "north: answered with a web page" in str(caught.value)
                assert "south: answered with no valid JSON" in str(caught.value)
                waits.append(caught.value.retry_after or 0)
                assert [False, False] == [each.is_usable for each in pool.standings()]
                await asyncio.sleep((caught.value.retry_after or 0) / 1000 + 0.02)
            assert waits[0] < waits[1] < waits[2] <= 400

    run(main)


def test_pool__counts__by_upstream_and_method() -> None:
    """Requests and calls are counted; the chain id is asked once."""

    async def main() -> None:
        async with (
            Weather(SimNode(SimChain())) as server,
            aiohttp.ClientSession() as session,
        ):
            pool = pool_of(session, [line("north", server.url)])
            for _ in range(3):
                await pool.ask(lambda _: CALLS[1:])
            assert pool.counts.requests == {"north": 3}
            assert pool.counts.calls == {
                ("north", "eth_chainId"): 1,
                ("north", "eth_blockNumber"): 3,
            }

    run(main)


def test_pool__blamed_upstream__is_asked_later() -> None:
    """Whoever gave answers that were not believed comes after the others, for a while."""

    async def main() -> None:
        async with (
            Weather(SimNode(SimChain())) as first,
            Weather(SimNode(SimChain())) as second,
            aiohttp.ClientSession() as session,
        ):
            pool = pool_of(session, [line("north", first.url), line("south", second.url)])
            assert (await pool.ask(lambda _: CALLS)).via == "north"
            pool.blame("north")
            assert (await pool.ask(lambda _: CALLS)).via == "south"
            pool.saw_head("north", Height(0))
            pool.saw_head("north", Height(0))
            assert (await pool.ask(lambda _: CALLS)).via == "north"

    run(main)


def test_retry_after__seconds_or_date() -> None:
    """Both forms of the header are understood, nonsense is not."""
    date = format_datetime(datetime.fromtimestamp(1_000_030, UTC), usegmt=True)

    assert retry_after("2", 0.0) == 2000
    assert retry_after(date, 1_000_000.0) == 30_000
    assert retry_after("99999999", 0.0) == 300_000
    assert retry_after("soon", 0.0) is None
    assert retry_after("", 0.0) is None


def test_complaints__addresses__are_not_shown() -> None:
    """A node that echoes its own address does not give it away through us."""
    text = safe_text("POST https://node.example/v3/SECRETKEY failed")

    assert text == "POST <url> failed"
    assert isinstance(error_of(Reply(None, -32005, "rate limit"), "north"), RpcLimited)


def test_question__many_addresses__are_asked_in_lists_or_not_at_all() -> None:
    """More addresses than one call takes go into several; far more are sifted from all logs."""

    async def main() -> None:
        async with aiohttp.ClientSession() as session:
            client = RpcClient(line("north", "http://127.0.0.1:9/"), session, Counts())
            want = Want(("latest",), (), (Height(1), Height(5)))

            def lists(count: int) -> Sequence[int]:
                addresses = tuple(f"0x{number:040x}" for number in range(count))
                calls = question(want, LogFilter(addresses, ("0x01",)), client).calls
                return [
                    len(call.params[0].get("address", ()))
                    for call in calls
                    if call.method == "eth_getLogs"
                ]

            assert ([10], [1000, 500], [0]) == (lists(10), lists(1500), lists(9000))

            block = b'{"hash":"0x1","parentHash":"0x0","number":"0x1","timestamp":"0x1"}'
            log = (
                b'{"address":"0x%040x","topics":[],"data":"0x","blockNumber":"0x1",'
                b'"blockHash":"0x1","transactionHash":"0x","transactionIndex":"0x0",'
                b'"logIndex":"0x0"}'
            )
            many = LogFilter(tuple(f"0x{number:040x}" for number in range(9000)), ())
            asked = question(want, many, client)
            replies = [Reply(block), Reply(b"[" + log % 5 + b"," + log % 9999 + b"]")]
            told = answer(asked, replies, client)
            assert [f"0x{5:040x}"] == [each.address for each in told.logs]

    run(main)
