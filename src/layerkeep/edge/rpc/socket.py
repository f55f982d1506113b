"""The WebSocket of one upstream: it announces new heads, and carries calls while it stands."""

import asyncio
import contextlib
from collections.abc import Callable

import aiohttp
import msgspec

from layerkeep.core.errors import RpcRefused, RpcTimeout
from layerkeep.core.units import Duration, Height

MESSAGE_MAX = 64 << 20
OPEN_TIMEOUT_S = 10.0
HEARTBEAT_S = 20.0
AGAIN_MIN_S = 0.5
AGAIN_MAX_S = 30.0
SUBSCRIBE_ID = 0
"""Never used for a call: those count from one."""


class _Head(msgspec.Struct):
    number: str


class _Push(msgspec.Struct):
    result: _Head


class _Peek(msgspec.Struct):
    """Just enough of a message to know whose it is."""

    id: int | str | None = None
    method: str = ""
    params: msgspec.Raw = msgspec.Raw(b"")
    error: msgspec.Raw = msgspec.Raw(b"")


class Socket:
    """Stands, falls and stands up again on its own once `keep` runs."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self.on_head: Callable[[Height], None] = lambda _: None
        self._url = url
        self._session = session
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._waiting: dict[int, asyncio.Future[bytes]] = {}
        self._keeper: asyncio.Task[None] | None = None

    @property
    def is_open(self) -> bool:
        """True while calls may go this way."""
        return self._socket is not None and not self._socket.closed

    def start(self) -> None:
        """Connect now and whenever the connection is lost."""
        if self._keeper is None:
            self._keeper = asyncio.create_task(self._keep())

    async def close(self) -> None:
        """Hang up for good."""
        if self._keeper:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
            self._keeper = None

    def drop(self) -> None:
        """Let calls go another way until the connection was made anew."""
        socket, self._socket = self._socket, None
        if socket is not None and self._keeper is not None:
            asyncio.ensure_future(socket.close()).add_done_callback(lambda _: None)

    async def exchange(self, body: bytes, first_id: int, patience: Duration) -> bytes:
        """The message that answers the one whose first call has this id."""
        socket = self._socket
        if socket is None:
            raise RpcRefused("the socket is closed")
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting[first_id] = answer
        try:
            async with asyncio.timeout(patience / 1000):
                await socket.send_str(body.decode())
                return await answer
        except TimeoutError as error:
            raise RpcTimeout("the socket gave no answer") from error
        except (ConnectionError, aiohttp.ClientError) as error:
            raise RpcRefused("the socket broke") from error
        finally:
            self._waiting.pop(first_id, None)

    async def _keep(self) -> None:
        wait = AGAIN_MIN_S
        while True:
            with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError):
                await self._stand()
                wait = AGAIN_MIN_S
            self._fail_waiting()
            await asyncio.sleep(wait)
            wait = min(AGAIN_MAX_S, wait * 2)

    async def _stand(self) -> None:
        async with asyncio.timeout(OPEN_TIMEOUT_S):
            socket = await self._session.ws_connect(
                self._url, max_msg_size=MESSAGE_MAX, heartbeat=HEARTBEAT_S
            )
        try:
            await socket.send_json(
                {
                    "jsonrpc": "2.0",
                    "id": SUBSCRIBE_ID,
                    "method": "eth_subscribe",
                    "params": ["newHeads"],
                }
            )
            self._socket = socket
            async for message in socket:
                if message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
                    data = message.data
                    self._take(data.encode() if isinstance(data, str) else bytes(data))
        finally:
            self._socket = None
            await socket.close()

    def _take(self, message: bytes) -> None:
        """Give a message to whom it belongs; what cannot be read belongs to nobody."""
        try:
            is_batch = message.lstrip()[:1] == b"["
            peeks = (
                msgspec.json.decode(message, type=list[_Peek])
                if is_batch
                else [msgspec.json.decode(message, type=_Peek)]
            )
        except (msgspec.MsgspecError, UnicodeDecodeError):
            self._fail_waiting()
            return
        for peek in peeks:
            if peek.method == "eth_subscription":
                self._announce(peek.params)
            elif peek.id != SUBSCRIBE_ID and self._deliver(peek.id, message):
                return

    def _announce(self, params: msgspec.Raw) -> None:
        with contextlib.suppress(msgspec.MsgspecError, ValueError):
            push = msgspec.json.decode(params, type=_Push)
            self.on_head(Height(int(push.result.number, 16)))

    def _deliver(self, number: int | str | None, message: bytes) -> bool:
        """Answer the exchange this id belongs to: the last one that starts at or below it."""
        starts = sorted(self._waiting)
        if isinstance(number, int):
            starts = [start for start in starts if start <= number]
        if not starts:
            return False
        answer = self._waiting[starts[-1]]
        if not answer.done():
            answer.set_result(message)
        return True

    def _fail_waiting(self) -> None:
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(RpcRefused("the socket broke"))
