"""Debian's Prometheus scrapes a devnet's daemon: every panel has data, every alert can be asked."""

import asyncio
import json
import re
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from following import Watch, devnet, until

from layerkeep.app.serving import Serving
from layerkeep.devnet.drills.controls import Controls
from layerkeep.devnet.drills.table import fault_named

pytestmark = [pytest.mark.devnet, pytest.mark.slow, pytest.mark.timeout(300)]

DEPLOY = Path(__file__).parents[2] / "deploy"
BOARDS = sorted((DEPLOY / "grafana").glob("*.json"))
RATE_INTERVAL = "15s"
"""What Grafana would put for `$__rate_interval` at a scrape each second, a few times over."""
FULL_WITHIN_S = 90.0
FIRES_WITHIN_S = 60.0
QUIET_WITHIN_S = 90.0
"""Single messages may be overdue for a moment where days are seconds."""

MAY_BE_EMPTY = {
    "overview: Open incidents: layerkeep_incident": "nothing is wrong on a healthy network",
    "itself: RPC failures": "no upstream of a healthy network has failed",
}
"""Panels that show nothing where all is well, and why."""

FAULTS = {
    "sequencer-stopped": "sequencer:l2",
    "dead-rpc": "chain:l3",
    "dead-upstream": "upstream:l1-b",
}
PENDING = {
    ("LayerkeepChainHalted", "l2"),
    ("LayerkeepChainBlind", "l3"),
    ("LayerkeepUpstreamDown", "l1-b"),
}
FIRING = {("LayerkeepIncidentCritical", "sequencer:l2"), *PENDING}
"""What these faults set off, by the chain, upstream or component that an alert names."""


def asked() -> dict[str, str]:
    """Every query of every panel, by where it stands."""
    found = {}
    for path in BOARDS:
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel["targets"]:
                query = target["expr"].replace("$__rate_interval", RATE_INTERVAL)
                more = f": {query}" if "format" in target else ""
                found[f"{path.stem}: {panel['title']}{more}"] = query
    return found


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

    async def alerts(self, *states: str) -> set[tuple[str, str]]:
        """Alerts in one of these states, by name and by each component that they name."""
        return {
            (each["labels"]["alertname"], each["labels"].get(part, ""))
            for each in (await self.ask("alerts"))["alerts"]
            if each["state"] in states
            for part in ("chain", "upstream", "component")
        }


@asynccontextmanager
async def prometheus(folder: Path, target: str) -> AsyncIterator[Prometheus]:
    """A Prometheus by the example that is deployed, at this target and faster."""
    program = shutil.which("prometheus")
    assert program is not None
    example = (DEPLOY / "prometheus" / "prometheus.yml").read_text()
    config = re.sub(r"(_interval): \S+", r"\1: 1s", example).replace("127.0.0.1:7040", target)
    (folder / "prometheus.yml").write_text(config)
    shutil.copy(DEPLOY / "prometheus" / "alerts.yml", folder)
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
            await until(found.is_ready, 20.0, "Prometheus is ready")
            yield found
    finally:
        process.terminate()
        await process.wait()


async def every_panel_has_data(server: Prometheus) -> None:
    """Each panel's query gives samples, or its reason to give none is listed."""
    queries = asked()
    left = queries.keys() - MAY_BE_EMPTY.keys()

    async def is_full() -> bool:
        for name in list(left):
            if await server.samples(queries[name]):
                left.discard(name)
        await asyncio.sleep(0.5)
        return not left

    await until(is_full, FULL_WITHIN_S, lambda: f"no data in {sorted(left)}")
    for name in MAY_BE_EMPTY:
        await server.samples(queries[name])


async def every_alert_is_asked(server: Prometheus) -> None:
    """Each alert's expression gives an answer, by itself and as a rule; none fires."""
    rules = [rule for group in (await server.ask("rules"))["groups"] for rule in group["rules"]]
    for rule in rules:
        await server.samples(rule["query"])

    assert {"ok"} == {rule["health"] for rule in rules}
    assert len(re.findall("- alert:", (DEPLOY / "prometheus/alerts.yml").read_text())) == len(rules)
    await until(lambda: is_quiet(server), QUIET_WITHIN_S, "no alert is about to fire")


async def is_quiet(server: Prometheus) -> bool:
    """No alert's expression gives anything now."""
    await asyncio.sleep(0.5)
    return not await server.alerts("firing", "pending")


async def faults_fire(server: Prometheus, controls: Controls) -> None:
    """Each fault's alerts, so long as they stand; what has to stand for minutes is pending."""
    for name, component in FAULTS.items():
        await controls.inject(fault_named(name), component)
    left = set(FIRING)

    async def are_told() -> bool:
        left.difference_update(await server.alerts("firing"))
        left.difference_update(PENDING & await server.alerts("firing", "pending"))
        await asyncio.sleep(0.5)
        return not left

    await until(are_told, FIRES_WITHIN_S, lambda: f"not told: {sorted(left)}")


async def is_missed(server: Prometheus) -> bool:
    """Nobody told of a heartbeat any more."""
    return any(name == "LayerkeepAbsent" for name, _ in await server.alerts("pending"))


def test_prometheus__on_a_devnet__has_every_panel_full_and_tells_of_faults(tmp_path: Path) -> None:
    """While all is well no alert fires; faults fire theirs; a dead layerkeep is missed."""
    if shutil.which("prometheus") is None:
        pytest.skip("NO PROMETHEUS: it is not installed, so no dashboard was tried")

    async def scenario() -> None:
        async with (
            devnet(tmp_path) as system,
            Watch(tmp_path / "devnet.toml", tmp_path / "devnet.sqlite") as watch,
            Controls(f"{system.description.root_url}/admin") as controls,
        ):
            await until(lambda: not watch.daemon.engine.watch.asleep, 40.0, "judging")
            target = f"127.0.0.1:{free_port()}"
            serving = Serving(watch.daemon, target)
            await serving.start()
            try:
                async with prometheus(tmp_path, target) as server:
                    await every_panel_has_data(server)
                    await every_alert_is_asked(server)
                    await faults_fire(server, controls)
                    await serving.stop()
                    await until(lambda: is_missed(server), 10.0, "layerkeep is missed")
            finally:
                await serving.stop()

    asyncio.run(scenario())
