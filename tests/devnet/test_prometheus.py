"""Debian's Prometheus scrapes a devnet's daemon: every panel has data, every alert can be asked."""

import asyncio
import json
import shutil
from pathlib import Path

import pytest
from following import until
from scraping import DEPLOY, RULES, Prometheus, free_port, prometheus

from layerkeep.bench.stage import staged

pytestmark = [pytest.mark.devnet, pytest.mark.slow, pytest.mark.timeout(300)]

BOARDS = sorted((DEPLOY / "grafana").glob("*.json"))
RATE_INTERVAL = "15s"
"""What Grafana would put for `$__rate_interval` at a scrape each second, a few times over."""
FULL_WITHIN_S = 90.0
QUIET_WITHIN_S = 90.0
"""Single messages may be overdue for a moment where days are seconds."""

MAY_BE_EMPTY = {
    "overview: Open incidents: layerkeep_incident": "nothing is wrong on a healthy network",
    "itself: RPC failures": "no upstream of a healthy network has failed",
}
"""Panels that show nothing where all is well, and why."""


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
    assert RULES.count("- alert: ") == len(rules)
    await until(lambda: is_quiet(server), QUIET_WITHIN_S, "no alert is about to fire")


async def is_quiet(server: Prometheus) -> bool:
    """No alert's expression gives anything now."""
    await asyncio.sleep(0.5)
    return not await server.alerts("firing", "pending")


def test_prometheus__on_a_devnet__has_every_panel_full_and_no_alert(tmp_path: Path) -> None:
    """While all is well every panel shows something, and no alert fires."""
    if shutil.which("prometheus") is None:
        pytest.skip("NO PROMETHEUS: it is not installed, so no dashboard was tried")

    async def scenario() -> None:
        target = f"127.0.0.1:{free_port()}"
        async with staged(listen=target) as stage, prometheus(tmp_path, target) as server:
            await until(lambda: not stage.daemon.engine.watch.asleep, 40.0, "judging")
            await every_panel_has_data(server)
            await every_alert_is_asked(server)

    asyncio.run(scenario())
