"""Debian's Prometheus, scraping what a test serves by the example and the rules that we deploy."""

import asyncio
import re
import shutil
import socket
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from following import until

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = (DEPLOY / "prometheus" / "alerts.yml").read_text()
READY_WITHIN_S = 20.0
UNITS_MS = {"s": 1_000, "m": 60_000}
WAIT = re.compile(r"(?<=\n        for: )(\d+)([sm])(?=\n)")
AGE = re.compile(r"(?<=heartbeat_timestamp_seconds > )\d+(?=\n)")


def hastened(rules: str, speed: int) -> str:
    """The rules for a network whose days are seconds: each wait is so much shorter.

    So is the age from which a heartbeat is old; everything else is left as it is deployed.
    """
    assert rules.count(" for: ") == len(WAIT.findall(rules))
    assert 1 == len(AGE.findall(rules))
    waits = WAIT.sub(lambda wait: f"{int(wait[1]) * UNITS_MS[wait[2]] // speed}ms", rules)
    return AGE.sub(lambda age: f"{int(age[0]) / speed:g}", waits)


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Prometheus:
    """A running Prometheus, by its HTTP API."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self.url = url
        self.session = session

    async def ask(self, path: str, **query: str) -> Any:
        """The data of an answer; an AssertionError with what it says if it is an error."""
        async with self.session.get(f"{self.url}/api/v1/{path}", params=query) as answer:
            told = await answer.json()
        assert "success" == told["status"], f"{query}: {told}"
        return told["data"]

    async def is_ready(self) -> bool:
        """True once it answers."""
        try:
            async with self.session.get(f"{self.url}/-/ready") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    async def samples(self, query: str) -> list[Any]:
        """What an expression gives now, without what is no number."""
        found = (await self.ask("query", query=query))["result"]
        return [each for each in found if each["value"][1] != "NaN"]

    async def alerts(self, *states: str) -> list[dict[str, str]]:
        """The labels of the alerts in one of these states, their names among them."""
        found = (await self.ask("alerts"))["alerts"]
        return [each["labels"] for each in found if each["state"] in states]


def is_among(wanted: Mapping[str, str], found: Iterable[Mapping[str, str]]) -> bool:
    """True if one of those found has all the labels that are wanted."""
    return any(wanted.items() <= labels.items() for labels in found)


@asynccontextmanager
async def prometheus(folder: Path, target: str, rules: str = RULES) -> AsyncIterator[Prometheus]:
    """A Prometheus by the example that is deployed, at this target and faster."""
    program = shutil.which("prometheus")
    assert program is not None
    example = (DEPLOY / "prometheus" / "prometheus.yml").read_text()
    config = re.sub(r"(_interval): \S+", r"\1: 1s", example).replace("127.0.0.1:7040", target)
    (folder / "prometheus.yml").write_text(config)
    (folder / "alerts.yml").write_text(rules)
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        program,
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'series'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
    )
    try:
        async with aiohttp.ClientSession() as session:
            found = Prometheus(f"http://127.0.0.1:{port}", session)
            await until(found.is_ready, READY_WITHIN_S, "Prometheus is ready")
            yield found
    finally:
        process.terminate()
        await process.wait()
