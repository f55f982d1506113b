"""One upstream: batches of calls over HTTP, or over a WebSocket while that stands."""

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from time import time

import aiohttp
import msgspec

from layerkeep.core.adapter import Call
from layerkeep.core.errors import RpcError, RpcLimited, RpcRefused, RpcTimeout
from layerkeep.core.units import SECOND, Duration
from layerkeep.edge.rpc import wire
from layerkeep.edge.rpc.counts import Counts
from layerkeep.edge.rpc.ranges import RangeLearner, is_too_large
from layerkeep.edge.rpc.socket import Socket

BODY_MAX = 64 << 20
"""Bytes of one answer; larger ones are taken for a range that was too wide."""
BATCH_MAX = 100
"""Calls in one request; most providers allow 100 or more."""
TIMEOUT = Duration(10 * SECOND)
RETRY_AFTER_MAX = Duration(300 * SECOND)
LIMITED_STATUS = frozenset({429, 503, 529})
NO_ENTRY_STATUS = frozenset({401, 402, 403, 404, 405, 410})


@dataclass(frozen=True, slots=True)
class Line:
    """How an upstream is reached. The addresses may hold secrets and are never shown."""

    name: str
    url: str
    ws_url: str = ""
    timeout: Duration = TIMEOUT


class RpcClient:
    """Asks one upstream."""

    def __init__(self, line: Line, session: aiohttp.ClientSession, counts: Counts) -> None:
        self.name = line.name
        self.ranges = RangeLearner()
        self.socket = Socket(line.ws_url, session) if line.ws_url else None
        self._line = line
        self._session = session
        self._counts = counts
        self._timeout = aiohttp.ClientTimeout(total=line.timeout / 1000)
        self._batch_max = BATCH_MAX
        self._next_id = 1

    async def batch(self, calls: Sequence[Call]) -> list[wire.Reply]:
        """The replies to these calls, in order; an RpcError if the request as a whole failed."""
        try:
            return await self._batch(calls)
        except (RpcTimeout, RpcLimited) as error:
            self._suspect_range(calls, error)
            raise

    async def _batch(self, calls: Sequence[Call]) -> list[wire.Reply]:
        replies: list[wire.Reply] = []
        while len(replies) < len(calls):
            part = calls[len(replies) : len(replies) + self._batch_max]
            if self._batch_max == 1:
                rest = calls[len(replies) :]
                singles = await asyncio.gather(*(self._send([call]) for call in rest))
                return replies + [reply for single in singles for reply in single or ()]
            answered = await self._send(part)
            replies += answered or ()
        return replies

    async def call(self, call: Call) -> bytes:
        """The raw result of one call; an RpcError if there is none."""
        (reply,) = await self.batch([call])
        if reply.result is None:
            raise wire.error_of(reply, self.name)
        return reply.result

    async def close(self) -> None:
        """Leave the upstream alone."""
        if self.socket:
            await self.socket.close()

    def _suspect_range(self, calls: Sequence[Call], error: RpcError) -> None:
        """A request that took too long or was too large may have asked for too many logs."""
        is_suspect = isinstance(error, RpcTimeout) or is_too_large(0, str(error))
        if is_suspect and any(call.method == "eth_getLogs" for call in calls):
            self.ranges.complained(self.ranges.span, "")

    async def _send(self, calls: Sequence[Call]) -> list[wire.Reply] | None:
        """One request; None if the upstream dislikes batches of this size, which is remembered."""
        first_id, self._next_id = self._next_id, self._next_id + len(calls)
        requests = wire.encode(calls, first_id)
        body = msgspec.json.encode(requests if len(calls) > 1 else requests[0])
        self._counts.add(self.name, calls)
        found = wire.decode(await self._exchange(body, first_id), self.name)
        if wire.is_refused_batch(found, len(calls)):
            self._batch_max = _smaller(found[0].error, len(calls))
            return None
        return wire.match(found, first_id=first_id, count=len(calls), name=self.name)

    async def _exchange(self, body: bytes, first_id: int) -> bytes:
        """One body for another, over the socket if it stands, else by HTTP."""
        if self.socket and self.socket.is_open:
            try:
                return await self.socket.exchange(body, first_id, self._line.timeout)
            except RpcError:
                self.socket.drop()
                self._counts.add(self.name, ())
        return await self._post(body)

    async def _post(self, body: bytes) -> bytes:
        try:
            async with self._session.post(
                self._line.url,
                data=body,
                headers={"Content-Type": "application/json"},
                timeout=self._timeout,
            ) as response:
                answer = await self._read(response)
                return self._checked(response, answer)
        except TimeoutError as error:
            raise RpcTimeout(f"{self.name}: no answer in {self._line.timeout} ms") from error
        except (aiohttp.ClientError, ConnectionError, ssl.SSLError) as error:
            reason = wire.safe_text(type(error).__name__)
            raise RpcRefused(f"{self.name}: not reachable: {reason}") from error

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        chunks, size = [], 0
        async for chunk in response.content.iter_any():
            chunks.append(chunk)
            size += len(chunk)
            if size > BODY_MAX:
                raise RpcLimited(f"{self.name}: response size exceeded {BODY_MAX} bytes")
        return b"".join(chunks)

    def _checked(self, response: aiohttp.ClientResponse, body: bytes) -> bytes:
        """The body if it may hold replies; an error named by the status if not."""
        status = response.status
        if status in LIMITED_STATUS:
            wait = retry_after(response.headers.get("Retry-After", ""), time())
            raise RpcLimited(f"{self.name}: status {status}, asks for fewer requests", wait)
        if status < 400 or body.lstrip()[:1] in (b"{", b"["):
            return body
        if status == 413:
            raise RpcLimited(f"{self.name}: status 413, response or request too large")
        if status in NO_ENTRY_STATUS:
            raise RpcRefused(f"{self.name}: status {status}, does not let us in")
        raise RpcRefused(f"{self.name}: status {status}")


def retry_after(text: str, now: float) -> Duration | None:
    """The wait a Retry-After header asks for, given in seconds or as a date."""
    text = text.strip()
    if not text:
        return None
    try:
        seconds = (
            float(text) if text[0].isdigit() else parsedate_to_datetime(text).timestamp() - now
        )
    except (ValueError, OverflowError):
        return None
    return Duration(max(0, min(RETRY_AFTER_MAX, int(seconds * 1000))))


def _smaller(fault: object, size: int) -> int:
    """The next batch size to try: single calls if batches are refused as such, else half."""
    text = str(getattr(fault, "message", "")).lower()
    is_size = any(word in text for word in ("large", "limit", "size", "exceed", "max", "many"))
    return max(1, size // 2) if is_size else 1
