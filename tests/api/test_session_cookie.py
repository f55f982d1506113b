"""The session's cookie is for TLS only, wherever the browser speaks TLS with somebody."""

import asyncio

import aiohttp
import pytest
from http_scene import NOW, SECRETS, Kept, Standing, run, tokens

from layerkeep.api.http.app import make_app
from layerkeep.api.http.stream import Stream
from layerkeep.app.http_server import HttpServer

HOST = "keep.example.org"


def cookies_of(headers):
    """What a login and the logout behind it set, sent through a real server with these headers."""

    async def body():
        stream = Stream(NOW)
        app = make_app(Standing(), tokens(), Kept(), stream=stream)
        server = HttpServer(app, "127.0.0.1:0", stream.close)
        await server.start()
        sent = {"Host": HOST, "Content-Type": "application/json", **headers}
        try:
            async with asyncio.timeout(20), aiohttp.ClientSession(server.address) as session:
                shown = {"token": SECRETS["viewer"]}
                async with session.post("/login", json=shown, headers=sent) as login:
                    assert 204 == login.status, await login.text()
                    came = login.headers["Set-Cookie"]
                async with session.post("/logout", headers=sent) as logout:
                    return came, logout.headers["Set-Cookie"]
        finally:
            await server.stop()

    return run(body())


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, False),
        ({"Origin": f"http://{HOST}"}, False),
        ({"Origin": f"https://{HOST}"}, True),
        ({"X-Forwarded-Proto": "https"}, True),
        ({"X-Forwarded-Proto": "http", "Origin": f"http://{HOST}"}, False),
        ({"X-Forwarded-Proto": "http", "Origin": f"https://{HOST}"}, True),
    ],
)
def test_session_cookie__by_how_the_browser_came__is_secure_or_not(headers, expected):
    """A proxy on this machine forwards the scheme; behind any other the browser's Origin tells."""
    for cookie in cookies_of(headers):
        assert expected == ("secure" in [part.strip() for part in cookie.lower().split(";")])


def test_session_cookie__of_an_origin_that_is_not_ours__is_not_set():
    """What Origin says of TLS counts only where it names the host that was asked."""
    with pytest.raises(AssertionError, match="cross-site"):
        cookies_of({"Origin": "https://elsewhere.example.org"})
