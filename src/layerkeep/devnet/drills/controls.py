"""The admin endpoint of a running devnet, and faults carried to it and away again."""

import asyncio
import time
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self

import aiohttp
import msgspec

from layerkeep.devnet.drills.fault import Fault, Step
from layerkeep.devnet.drills.table import FAULTS
from layerkeep.devnet.errors import DevnetRefused, DevnetUnreachable

ANSWER_WITHIN_S = 30.0  # a deep reorg takes a few seconds on a loaded machine
ASK_AGAIN_S = 0.5


class Controls:
    """One devnet's switches, while the context lasts."""

    def __init__(self, admin_url: str) -> None:
        self.admin_url = admin_url.rstrip("/")
        timeout = aiohttp.ClientTimeout(total=ANSWER_WITHIN_S)
        self._session = aiohttp.ClientSession(timeout=timeout)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _: TracebackType | None,
    ) -> None:
        await self._session.close()

    async def status(self) -> dict[str, Any]:
        """How every actor and replica fares; DevnetUnreachable if nobody answers."""
        answer: dict[str, Any] = await self._ask("GET", "status", None)
        return answer

    async def inject(self, fault: Fault, component: str) -> None:
        """The fault is on the component; DevnetRefused if the devnet cannot do that."""
        for step in fault.places[component].inject:
            await self.take(step)

    async def heal(self, fault: Fault, component: str | None = None) -> None:
        """The fault is off the component, or off all it may be on; healing what is well is fine."""
        names = fault.places if component is None else (component,)
        await self._take_all(step for name in names for step in fault.places[name].heal)

    async def heal_all(self) -> None:
        """No fault is left on anything that this devnet has."""
        places = (place for fault in FAULTS.values() for place in fault.places.values())
        await self._take_all(step for place in places for step in place.heal)

    async def take(self, step: Step) -> None:
        """The step is done, asked for again while it is refused and there is patience left."""
        deadline = time.monotonic() + step.patience / 1000
        while True:
            try:
                await self._ask("POST", step.path, msgspec.json.encode(step.switches))
            except DevnetRefused:
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(ASK_AGAIN_S)
            else:
                return

    async def _take_all(self, steps: Iterable[Step]) -> None:
        """Each once, leaving out replicas that this devnet was started without."""
        present = (await self.status())["replicas"]
        for step in {(step.path, str(step.switches)): step for step in steps}.values():
            folder, _, name = step.path.partition("/")
            if folder != "replicas" or name in present:
                await self.take(step)

    async def _ask(self, method: str, path: str, body: bytes | None) -> Any:
        url = f"{self.admin_url}/{path}"
        try:
            async with self._session.request(method, url, data=body) as answer:
                content = await answer.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise DevnetUnreachable(f"no devnet answers at {self.admin_url}: {error}") from error
        if answer.status == 200:
            return msgspec.json.decode(content)
        raise DevnetRefused(f"{path}: {_reason(content)}")


def _reason(content: bytes) -> str:
    """What the devnet says is wrong, or whatever else answered."""
    try:
        return str(msgspec.json.decode(content)["error"])
    except (msgspec.DecodeError, KeyError, TypeError):
        return content[:200].decode(errors="replace")
