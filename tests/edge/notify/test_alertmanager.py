"""A real Alertmanager of this machine's distribution: an alert fires, is silenced, and ends."""

import asyncio
import shutil
import socket
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from receivers import Receiver, receiving

from layerkeep.edge.notify.alertmanager import Alertmanager, Matcher, Silence, silenced_until
from layerkeep.edge.notify.outcome import Message, Subject

PROGRAM = shutil.which("prometheus-alertmanager")
CONFIG = """
route:
  receiver: hook
  group_by: ['...']
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 1h
receivers:
- name: hook
  webhook_configs:
  - url: {url}/hook
    send_resolved: true
"""
LABELS = {"alertname": "chain-halted", "component": "chain:l2", "incident": "abc", "network": "n"}
needs_program = pytest.mark.skipif(
    PROGRAM is None, reason="no prometheus-alertmanager here: scripts/test-tools installs it"
)


def now_ms():
    """The real time: Alertmanager has no other."""
    return int(datetime.now(UTC).timestamp() * 1000)


def message(**more):
    """One critical incident."""
    now = now_ms()
    about = Subject("abc", "critical", "l2 halted", now - 5000, LABELS, "why")
    return replace(Message("n1", "page", "ann", "", "s", "b", now, about=[about]), **more)


async def until(condition):
    """Wait until it holds."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


def with_alertmanager(folder, body):
    """Run with an Alertmanager that tells a receiver."""

    async def run():
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
        async with receiving(Receiver(secret="")) as receiver, aiohttp.ClientSession() as session:
            (folder / "config.yml").write_text(CONFIG.format(url=receiver.url))
            listen = f"--web.listen-address=127.0.0.1:{port}"
            paths = [f"--config.file={folder / 'config.yml'}", f"--storage.path={folder}"]
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            command = [PROGRAM, listen, "--cluster.listen-address=", *paths]
            child = await asyncio.create_subprocess_exec(*command, **quiet)
            try:
                url = f"http://127.0.0.1:{port}"
                channel = Alertmanager(session, url)
                async with asyncio.timeout(20):
                    while await channel.silences() is None:  # noqa: ASYNC110
                        await asyncio.sleep(0.1)
                return await body(channel, receiver, (session, url))
            finally:
                child.terminate()
                await child.wait()

    return asyncio.run(run())


def alerts(receiver):
    """Status, name and severity of each alert that was told, in order."""
    return [
        (each["status"], each["labels"]["alertname"], each["labels"]["severity"])
        for group in receiver.got
        for each in group["alerts"]
    ]


@needs_program
def test_alertmanager__told__fires_once_and_resolves(tmp_path):
    """The alert reaches Alertmanager's receiver as firing, and later as resolved."""

    async def body(channel, receiver, _):
        assert "sent" == (await channel.tell(message())).state
        await until(lambda: alerts(receiver))
        assert "sent" == (await channel.tell(message())).state
        assert "sent" == (await channel.tell(message(over=True))).state
        await until(lambda: len(alerts(receiver)) > 1)
        return alerts(receiver)

    fired, ended = with_alertmanager(tmp_path, body)

    assert ("firing", "chain-halted", "critical") == fired
    assert ("resolved", "chain-halted", "critical") == ended


@needs_program
def test_silence__in_alertmanager__is_read_and_matches(tmp_path):
    """A silence that an operator made there is known here, with its end; an expired one is not."""

    async def body(channel, receiver, place):
        session, url = place
        end = datetime.now(UTC) + timedelta(hours=1)
        matchers = [
            {"name": "component", "value": "chain:l.*", "isRegex": True, "isEqual": True},
            {"name": "network", "value": "other", "isRegex": False, "isEqual": False},
        ]
        silence = {
            "matchers": matchers,
            "createdBy": "ann",
            "comment": "maintenance",
            "startsAt": datetime.now(UTC).isoformat(),
            "endsAt": end.isoformat(),
        }
        async with session.post(f"{url}/api/v2/silences", json=silence) as response:
            name = (await response.json())["silenceID"]
        async with asyncio.timeout(10):
            while not (found := await channel.silences()):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        await channel.tell(message())
        await asyncio.sleep(1)
        told = alerts(receiver)
        await session.delete(f"{url}/api/v2/silence/{name}")
        return found, told, await channel.silences(), int(end.timestamp() * 1000)

    found, told, later, end = with_alertmanager(tmp_path, body)

    assert abs(end - silenced_until(found, LABELS)) < 1000
    assert 0 == silenced_until(found, LABELS | {"component": "batcher:l2"})
    assert 0 == silenced_until(found, LABELS | {"network": "other"})
    assert ([], []) == (told, later)


@pytest.mark.parametrize(
    ("matcher", "expected"),
    [
        (Matcher("a", "x"), True),
        (Matcher("a", "y"), False),
        (Matcher("a", "y", isEqual=False), True),
        (Matcher("a", "x|z", isRegex=True), True),
        (Matcher("a", "", isRegex=False), False),
        (Matcher("b", ""), True),
        (Matcher("a", "(", isRegex=True), False),
        (Matcher("a", "x.", isRegex=True), False),
    ],
)
def test_matcher__of_a_silence__is_anchored_and_missing_is_empty(matcher, expected):
    """As Alertmanager reads them."""
    silence = Silence("1", [matcher], None, datetime.now(UTC))

    assert expected == silence.matches({"a": "x"})


def test_alertmanager__that_is_away__tells_no_silences_and_takes_nothing():
    """What was known of silences before stays in force with whoever asked."""

    async def body():
        async with aiohttp.ClientSession() as session:
            channel = Alertmanager(session, "http://127.0.0.1:9")
            return await channel.silences(), (await channel.tell(message())).state

    assert (None, "failed") == asyncio.run(body())
