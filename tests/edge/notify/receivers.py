"""Real receivers on this machine: a webhook that checks signatures, a mail server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from layerkeep.edge.notify.webhook import is_signed

SECRET = "a secret both sides know"


@dataclass
class Receiver:
    """What came in; `answers` are statuses to give, the last for ever; `hold` makes it hang."""

    url: str = ""
    got: list[dict] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    forged: int = 0
    answers: list[int] = field(default_factory=lambda: [200])
    hold: asyncio.Event | None = None
    secret: str = SECRET

    async def take(self, request: web.Request) -> web.Response:
        """Check the signature, remember, answer."""
        body = await request.read()
        now_s = int(request.headers.get("Layerkeep-Timestamp", "0"))
        self.paths.append(request.path)
        if self.secret and not is_signed(self.secret, body, request.headers, now_s):
            self.forged += 1
            return web.Response(status=401)
        self.got.append(await request.json() if body else {})
        if self.hold is not None:
            await self.hold.wait()
        status = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return web.Response(status=status, text="{}")


@asynccontextmanager
async def receiving(receiver: Receiver | None = None) -> AsyncIterator[Receiver]:
    """A receiver that listens."""
    receiver = receiver or Receiver()
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", receiver.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    receiver.url = f"http://127.0.0.1:{port}"
    try:
        yield receiver
    finally:
        await runner.cleanup()
