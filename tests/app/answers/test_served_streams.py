"""The streams of a served daemon: they end with it, and there are only so many."""

import asyncio

import aiohttp
import pytest
from answers_scene import with_answers

from layerkeep.api.console import live as console_live
from layerkeep.api.console.live import Crowded, Live, Rendered
from layerkeep.app.serving import Serving


@pytest.mark.parametrize("path", ["/live?at=/", "/api/v1/stream"])
def test_stream__of_a_server_that_stops__is_told_its_end(tmp_path, path):
    """Its last chunk comes: it is not cut."""

    async def body(daemon, _answers):
        serving = Serving(daemon, "127.0.0.1:0")
        await serving.start()
        async with aiohttp.ClientSession(serving.address) as session:
            stream = await session.get(path)
            first = await stream.content.readline()
            await asyncio.gather(serving.stop(), stream.content.read())
            return first

    assert b"retry: 3000\n" == with_answers(tmp_path / "s.sqlite", body)


async def rendered() -> Rendered:
    """A page without parts."""
    return Rendered("", "", {})


@pytest.mark.parametrize(("bound", "at"), [("READERS_MAX", "/"), ("ADDRESSES_MAX", "/chains")])
def test_live__with_as_many_as_there_may_be__lets_nobody_else_in(monkeypatch, bound, at):
    """Of readers, and of addresses that are rendered; who leaves makes room."""
    monkeypatch.setattr(console_live, bound, 1)

    async def body():
        live = Live(lambda: 1)
        reader = live.join("/", rendered)
        with pytest.raises(Crowded):
            live.join(at, rendered)
        live.leave("/", reader)
        live.join(at, rendered)
        live.close()
        return len(live.addresses)

    assert 1 == asyncio.run(body())
