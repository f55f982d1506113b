"""Every alert that is deployed fires from a real cause, in Debian's Prometheus."""

import asyncio
import re
import shutil
import signal
import sqlite3
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from following import COMMAND, devnet, until
from scraping import RULES, Prometheus, free_port, hastened, is_among, prometheus

from layerkeep.devnet.drills.chains import ENDPOINTS
from layerkeep.devnet.drills.controls import Controls
from layerkeep.devnet.drills.fault import Step
from layerkeep.devnet.drills.table import fault_named

pytestmark = [pytest.mark.devnet, pytest.mark.slow, pytest.mark.timeout(400)]

SPEED = 30
"""How much shorter every wait is than in the deployed rules: a quarter of an hour is 30 s here."""
FIRES_WITHIN_S = 90.0
SILENT_WITHIN_S = 60.0
LOOK_EVERY_S = 0.2
LATENCY_S = 7.0
"""An endpoint this slow is never up to date: the L3 makes some 28 blocks before it answers."""
HELD_S, FREE_S = 6.0, 5.0
"""The process has no processor for longer than the engine may be late, then it is scraped."""
SOCKET = re.compile(r'ws_url = "[^"]*/l3/a"\n')
"""Over it this endpoint would answer one slow call after the other, until they time out."""
PREFIX = "Layerkeep"

Labels = Mapping[str, str]


def alert(name: str, **labels: str) -> Labels:
    """What an alert is known by, and labels that it has to have."""
    return {"alertname": PREFIX + name, **labels}


class Firing:
    """What fired, from which cause, and how many seconds after that."""

    def __init__(self, server: Prometheus, controls: Controls) -> None:
        self.server = server
        self.controls = controls
        self.seen: dict[str, str] = {}

    @asynccontextmanager
    async def after(self, cause: str, *wanted: Labels) -> AsyncIterator[None]:
        """Once none of these alerts fires any more the cause comes, inside; then each fires."""
        left = list(wanted)

        async def are_silent() -> bool:
            found = await self._firing()
            return not any(is_among(each, found) for each in wanted)

        async def are_told() -> bool:
            found = await self._firing()
            for each in [each for each in left if is_among(each, found)]:
                left.remove(each)
                told = f"{cause}, after {time.monotonic() - began:.1f} s"
                self.seen[each["alertname"]] = f"{each}: {told}"
            return not left

        await until(are_silent, SILENT_WITHIN_S, lambda: f"silence before {cause}")
        began = time.monotonic()
        yield
        await until(are_told, FIRES_WITHIN_S, lambda: f"{left} after {cause}; seen {self.seen}")

    async def fault(self, name: str, component: str, *wanted: Labels) -> None:
        """A fault is put on a component, and stays."""
        async with self.after(f"{name} on {component}", *wanted):
            await self.controls.inject(fault_named(name), component)

    async def _firing(self) -> list[dict[str, str]]:
        await asyncio.sleep(LOOK_EVERY_S)
        return await self.server.alerts("firing")


class Layerkeep:
    """A daemon as a process of its own, which can be held and killed."""

    def __init__(self, folder: Path) -> None:
        self.topology = folder / "devnet.toml"
        self.store = folder / "devnet.sqlite"
        self.log = folder / "layerkeep.log"
        self.target = f"127.0.0.1:{free_port()}"

    @asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.subprocess.Process]:
        """It follows the devnet from its first block until it is killed."""
        words = ("--topology", str(self.topology), "--store", str(self.store), "--from", "0")
        with self.log.open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *(str(COMMAND), "run", *words, "--listen", self.target),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=log,
            )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


async def slow(controls: Controls, chain: str, seconds: float) -> None:
    """Every endpoint of a chain takes so long to answer."""
    for letter in ENDPOINTS[chain]:
        await controls.take(Step(f"replicas/{chain}/{letter}", {"latency_s": seconds}))


async def start_goes_wrong(firing: Firing) -> None:
    """The L3 cannot be read as fast as it grows; what needs no verdict is told all the same."""
    dead = firing.fault(
        *("dead-upstream", "upstream:l1-b"),
        alert("UpstreamDown", chain="l1", upstream="l1-b"),
        alert("IncidentWarning", component="upstream:l1-b"),
    )
    altered = firing.fault(
        *("batch-altered", "batcher:l2"),
        alert("ClaimFalse", chain="l2", check="batch"),
        alert("HeadStalled", chain="l2", head="safe"),
    )
    lagging = firing.fault(
        *("lagging-upstream", "upstream:l2-b"),
        alert("UpstreamLagging", chain="l2", upstream="l2-b"),
    )
    until_judged = asyncio.create_task(dead)
    async with firing.after("slow endpoints of l3 at the start", alert("NotJudging")):
        await asyncio.gather(altered, lagging)
        await firing.controls.heal(fault_named("batch-altered"))
        await firing.controls.heal(fault_named("lagging-upstream"))
    await slow(firing.controls, "l3", 0.0)
    await until_judged


async def network_fails(firing: Firing) -> None:
    """Layers stand still and fall silent, each its own way."""
    await asyncio.gather(
        firing.fault(
            *("sequencer-stopped", "sequencer:l2"),
            alert("IncidentCritical", kind="sequencer-down", component="sequencer:l2"),
            alert("ChainHalted", chain="l2", head="latest"),
            alert("MessagesOverdue", source="l1", target="l2"),
        ),
        firing.fault(
            *("dead-rpc", "chain:l3"),
            alert("ChainBlind", chain="l3"),
            alert("CoverageLacking", rule="chain_halted"),
        ),
    )


async def processor_is_taken(firing: Firing, process: asyncio.subprocess.Process) -> None:
    """layerkeep's process stands still for a while, again and again."""

    async def hold() -> None:
        while True:
            process.send_signal(signal.SIGSTOP)
            await asyncio.sleep(HELD_S)
            process.send_signal(signal.SIGCONT)
            await asyncio.sleep(FREE_S)

    async with firing.after("process held again and again", alert("EngineLag")):
        holding = asyncio.create_task(hold())
    holding.cancel()
    process.send_signal(signal.SIGCONT)


async def store_is_locked(firing: Firing, store: Path) -> None:
    """Another program writes to layerkeep's store and does not end."""
    other = sqlite3.connect(store, isolation_level=None)
    try:
        async with firing.after("store locked", alert("StoreFailing"), alert("HeartbeatOld")):
            other.execute("BEGIN IMMEDIATE")
    finally:
        other.close()


def test_alerts__from_their_real_causes__all_fire(tmp_path: Path) -> None:
    """Each that is deployed, and by name what was hurt; none fires already before its cause."""
    if shutil.which("prometheus") is None:
        pytest.skip("NO PROMETHEUS: it is not installed, so no alert was seen to fire")
    layerkeep = Layerkeep(tmp_path)

    async def scenario() -> dict[str, str]:
        async with (
            devnet(tmp_path) as system,
            Controls(f"{system.description.root_url}/admin") as controls,
            prometheus(tmp_path, layerkeep.target, hastened(RULES, SPEED)) as server,
        ):
            firing = Firing(server, controls)
            layerkeep.topology.write_text(SOCKET.sub("", layerkeep.topology.read_text()))
            await slow(controls, "l3", LATENCY_S)
            async with layerkeep.running() as process:
                await start_goes_wrong(firing)
                await network_fails(firing)
                await processor_is_taken(firing, process)
                await store_is_locked(firing, layerkeep.store)
                async with firing.after("layerkeep killed", alert("Absent")):
                    process.kill()
            return firing.seen

    seen = asyncio.run(scenario())
    print("", *seen.values(), sep="\n")

    assert set(re.findall(r"- alert: (\w+)", RULES)) == set(seen)
