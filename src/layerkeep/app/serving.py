"""The API and the console of a running daemon, served from its own loop."""

import asyncio
from collections.abc import Mapping

from layerkeep.api.console import console_routes
from layerkeep.api.console.live import Live
from layerkeep.api.http.access import Access, token
from layerkeep.api.http.app import make_app
from layerkeep.api.http.stream import Stream
from layerkeep.api.metrics import metrics_routes
from layerkeep.app.answers import Answers
from layerkeep.app.answers.counters import LiveCounters
from layerkeep.app.answers.operating import StoredAudit
from layerkeep.app.daemon import Daemon
from layerkeep.app.http_server import HttpServer
from layerkeep.core.errors import Fault, SettingsError
from layerkeep.core.topology.access import Token
from layerkeep.core.topology.access_table import is_loopback, read_listen
from layerkeep.core.topology.spot import Spot
from layerkeep.edge.secrets import resolve

SECRET_MIN = 16
"""Letters of a secret: nobody guesses that many."""


class Serving:
    """Serves one daemon; `listen` is used in place of the topology's address."""

    def __init__(self, daemon: Daemon, listen: str = "", *, anywhere: bool = False) -> None:
        api = daemon.network.topology.api
        at = listening_at(listen or api.listen)
        access = access_of(api.tokens, at)
        self._answers = Answers(daemon)
        self._stream, self._live = Stream(daemon.now()), Live(self._answers.revision)
        routes = [
            *console_routes(self._answers, access, self._live),
            *metrics_routes(self._answers, LiveCounters(daemon)),
        ]
        app = make_app(self._answers, access, StoredAudit(daemon.store), routes, self._stream)
        self._server = HttpServer(app, at, self._close, anywhere=anywhere)
        self._stop = daemon.stop
        self._learning: asyncio.Task[None] | None = None

    @property
    def address(self) -> str:
        """Where it is served, for a browser."""
        return self._server.address

    async def start(self) -> None:
        """It is served; SettingsError if its address is taken."""
        await self._server.start()
        self._learning = asyncio.create_task(self._answers.learn(self._stop), name="learn")

    async def stop(self) -> None:
        """It is served no more; whoever listened is told."""
        await self._server.stop()
        if self._learning is not None:
            self._learning.cancel()
            await asyncio.gather(self._learning, return_exceptions=True)

    def _close(self) -> None:
        """Whoever follows is told that it ends."""
        self._stream.close()
        self._live.close()


def listening_at(listen: str) -> str:
    """HOST:PORT; SettingsError if it is none."""
    faults: list[Fault] = []
    read_listen(listen, Spot("--listen", "", faults))
    if faults:
        raise SettingsError(f"--listen: found {faults[0].found}, expected {faults[0].expected}")
    return listen


def access_of(tokens: Mapping[str, Token], listen: str) -> Access:
    """Who may use it; SettingsError if a secret is bad, or strangers would need none."""
    if not tokens and not is_loopback(listen):
        raise SettingsError(
            f"{listen} is reached from other machines, so tokens are needed: declare one in the "
            'topology, [api.tokens.NAME] with role and secret = "env:NAME", or listen at 127.0.0.1'
        )
    found = {name: resolve(each.secret) for name, each in tokens.items()}
    owners: dict[str, str] = {}
    for name, secret in found.items():
        if len(secret) < SECRET_MIN:
            raise SettingsError(
                f"api.tokens.{name}: its secret has fewer than {SECRET_MIN} letters"
            )
        if owners.setdefault(secret, name) != name:
            raise SettingsError(f"api.tokens.{name}: {owners[secret]} has the same secret")
    return Access(
        [token(name, each.role, found[name], each.expires) for name, each in tokens.items()]
    )
