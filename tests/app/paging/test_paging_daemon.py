"""A daemon that calls people: a real webhook takes the calls, and the process is killed."""

import asyncio
import os
import signal
import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from layerkeep.app.daemon import Network
from layerkeep.app.operating import say, word
from layerkeep.app.paging import delivery, watch
from layerkeep.app.paging.links import ack_by_reply, ack_by_token, ack_token
from layerkeep.app.settings import Settings
from layerkeep.core.facts import Operated
from layerkeep.core.topology.parse import read_topology
from layerkeep.edge.notify.alertmanager import Matcher, Silence
from layerkeep.edge.notify.webhook import signed
from layerkeep.edge.store.audit import read_audit
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.notices import read_notices
from layerkeep.edge.store.observations import read_incidents

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "edge" / "notify")]

from one_chain import ADAPTERS, TEXT, Dial  # noqa: E402
from receivers import SECRET, Receiver, receiving  # noqa: E402

PAGING = """
[people.ann]
token = ""
[people.bob]
[people.cid]
[teams.infra]
people = ["ann"]
[channels.first]
kind = "webhook"
url = "env:FIRST_URL"
secret = "env:HOOK_SECRET"
[channels.second]
kind = "webhook"
url = "env:SECOND_URL"
secret = "env:HOOK_SECRET"
[policies.urgent]
again = "30m"
levels = [
  { after = "0s", to = ["on-call"], by = ["first", "second"] },
  { after = "5m", to = ["person:bob"], by = ["second"] },
]
[paging]
team = "infra"
link = "https://console.example.org"
secret = "env:HOOK_SECRET"
"""


def topology(more=""):
    """The one chain, and people."""
    return read_topology({"one.toml": tomllib.loads(TEXT + PAGING + more)}, ADAPTERS)


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """Secrets, and no waiting between tries."""
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    monkeypatch.setattr(delivery, "BACK_OFF_S", (0.02, 0.02))
    yield monkeypatch


class Stage:
    """A daemon with its paging part running, and two receivers."""

    def __init__(self, daemon, first, second):
        self.daemon, self.first, self.second = daemon, first, second

    async def until(self, condition):
        """Wait until it holds."""
        async with asyncio.timeout(8):
            while not await condition():  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    async def told(self, state="", kind=""):
        """Notices in the store by person, channel and state, in order."""
        rows = sorted(await read_notices(self.daemon.store), key=lambda r: (r.time, r.channel))
        wanted = [r for r in rows if state in ("", r.state) and kind in ("", r.kind)]
        return [(row.kind, row.person, row.channel, row.state) for row in wanted]

    async def expect(self, *expected):
        """The store comes to say this."""

        async def found():
            return list(expected) == await self.told()

        try:
            await self.until(found)
        except TimeoutError:
            assert list(expected) == await self.told()


def on_stage(path, environment, body, more="", first=None):
    """Run with a daemon whose chain is halted when the test says so."""

    async def run():
        store = await Store.open(str(path), "one")
        async with receiving(first) as one, receiving() as two:
            environment.setenv("FIRST_URL", one.url)
            environment.setenv("SECOND_URL", two.url)
            daemon = Dial(Network(topology(more), ADAPTERS), store, Settings("", str(path)))
            await daemon.begin()
            part = asyncio.create_task(daemon.pages.run())
            try:
                return await body(Stage(daemon, one, two))
            finally:
                daemon.stop.set()
                await part
                await store.close()

    return asyncio.run(run())


async def halt(daemon):
    """In order, then twelve seconds without a block; people's clock stands meanwhile."""
    await daemon.pass_time(30)
    await daemon.pass_time(12, head=30)


CALL = ("page", "ann", "first", "sent")


def test_incident__of_a_daemon__is_told_escalated_taken_and_ended(tmp_path, environment):
    """One page, the next in line after five minutes, nobody once it is taken, and its end."""

    async def body(stage):
        daemon = stage.daemon
        await halt(daemon)
        await stage.expect(CALL)
        (said,) = stage.first.got
        assert "What: l1 " in said["body"] and "First step: " in said["body"], said["body"]
        assert said["link"].startswith("https://console.example.org/incidents/")
        daemon.time += 5 * 60_000
        await stage.expect(CALL, ("page", "bob", "second", "sent"))
        (row,) = await read_incidents(daemon.store)
        token = said["take"].rpartition("/")[2]
        taken = await ack_by_token(daemon.store, daemon.network.topology, token, daemon.time)
        assert [("taken", "ann")] == [(each.result, each.by) for each in taken]
        await daemon.heed()
        daemon.time += 40 * 60_000
        await asyncio.sleep(0.2)
        assert 2 == len(await stage.told())
        says = Operated("resolve", row.id, "ann")
        await say(daemon.store, word(says, daemon.time))
        await daemon.heed()

        async def ended():
            return 2 == len(await stage.told("sent", "resolved"))

        await stage.until(ended)
        again = await ack_by_token(daemon.store, daemon.network.topology, token, daemon.time)
        assert ["resolved"] == [each.result for each in again]
        outcomes = [each.outcome for each in await read_audit(daemon.store, None, 9)]
        assert ["resolved", "taken"] == [each for each in outcomes if each != "done"]

    on_stage(tmp_path / "one.sqlite", environment, body)


def test_channel__failing__is_tried_again_then_another_one_is_used(tmp_path, environment):
    """Three tries of the first, then the same person by the second."""

    async def body(stage):
        await halt(stage.daemon)
        await stage.expect(("page", "ann", "first", "failed"), ("page", "ann", "second", "sent"))
        assert (3, 1) == (len(stage.first.got), len(stage.second.got))
        (row,) = [r for r in await read_notices(stage.daemon.store) if r.state == "failed"]
        assert (3, "HTTP 503") == (row.tries, row.detail)

    on_stage(tmp_path / "one.sqlite", environment, body, first=Receiver(answers=[503]))


def test_heartbeat__missing__pages_and_ends_when_it_is_heard(tmp_path, environment):
    """The second layerkeep calls its own people when the first falls silent."""
    more = """
[paging.peers.b]
url = "http://127.0.0.1:9"
secret = "env:HOOK_SECRET"
silent_after = "2m"
"""

    async def body(stage):
        daemon = stage.daemon
        daemon.time += 121_000
        await stage.expect(CALL)
        assert "layerkeep b is silent" in stage.first.got[0]["subject"]
        beat = f'{{"instance": "b", "time": {daemon.time}, "state": "well"}}'.encode()
        assert "" == daemon.pages.heard(beat, signed("wrong", beat, daemon.time // 1000))
        headers = signed(SECRET, beat, daemon.time // 1000)
        assert "b" == daemon.pages.heard(beat, headers)
        assert "" == daemon.pages.heard(beat, headers), "recorded and sent again"
        await stage.expect(CALL, ("resolved", "ann", "first", "sent"))

    on_stage(tmp_path / "one.sqlite", environment, body, more)


def test_quorum__not_met__pages_nobody_until_another_one_sees_it(tmp_path, environment):
    """Two have to see it; the first of them by name pages."""
    more = """quorum = 2
instance = "a"
[paging.peers.b]
url = "http://127.0.0.1:9"
secret = "env:HOOK_SECRET"
silent_after = "10m"
"""

    async def body(stage):
        daemon = stage.daemon

        def hear(*seen):
            beat = watch.Beat("b", daemon.time, "well", "", list(seen))
            raw = watch.msgspec.json.encode(beat)
            daemon.time += 1
            assert "b" == daemon.pages.heard(raw, signed(SECRET, raw, daemon.time // 1000))

        hear()
        await halt(daemon)
        await asyncio.sleep(0.3)
        assert [] == await stage.told()
        hear("chain-halted chain:l1")
        daemon.pages._wake.set()
        await stage.expect(CALL)

    on_stage(tmp_path / "one.sqlite", environment, body, more)


def test_token__forged_old_or_of_nothing__takes_nothing(tmp_path, environment):
    """Each has its own word, and leaves a line in the audit."""

    async def body(stage):
        daemon = stage.daemon
        place = (daemon.store, daemon.network.topology)
        now = daemon.time
        old = ack_token(SECRET, ["abc"], "ann", now - 3 * 24 * 3600_000)
        tokens = [
            (ack_token("another", ["abc"], "ann", now), "not-ours"),
            ("nonsense", "not-ours"),
            ("", "not-ours"),
            (old, "expired"),
            (ack_token(SECRET, ["abc"], "ann", now), "unknown-incident"),
        ]
        for token, expected in tokens:
            assert [expected] == [each.result for each in await ack_by_token(*place, token, now)]
        body = b'{"incident": "abc", "person": "ann"}'
        good, bad = (signed(each, body, now // 1000) for each in (SECRET, "another"))
        assert "unknown-incident" == (await ack_by_reply(*place, body, good, now)).result
        assert "not-ours" == (await ack_by_reply(*place, body, bad, now)).result

    on_stage(tmp_path / "one.sqlite", environment, body)


CHILD = """
import asyncio, sys
from test_paging_daemon import *
async def run(path):
    store = await Store.open(path, "one")
    daemon = Dial(Network(topology(), ADAPTERS), store, Settings("", path))
    await daemon.begin()
    part = asyncio.create_task(daemon.pages.run())
    await halt(daemon)
    await part
asyncio.run(run(sys.argv[1]))
"""


def test_kill__while_a_notice_is_sent__is_told_unsure_and_the_next_is_called(tmp_path, environment):
    """After kill -9 nothing is sent again, nothing is dropped: the next channel is used."""
    path = tmp_path / "one.sqlite"

    async def killed():
        receiver = Receiver(hold=asyncio.Event())
        async with receiving(receiver):
            lines = os.environ | {"FIRST_URL": receiver.url, "SECOND_URL": receiver.url}
            lines["PYTHONPATH"] = str(HERE)
            child = subprocess.Popen([sys.executable, "-c", CHILD, str(path)], env=lines)  # noqa: ASYNC220
            async with asyncio.timeout(30):
                while not receiver.got:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            child.send_signal(signal.SIGKILL)
            child.wait()
            receiver.hold.set()

    asyncio.run(killed())

    async def body(stage):
        stage.daemon.time = Dial.time + 42_000
        unsure = ("page", "ann", "first", "unsure")
        await stage.expect(unsure, ("page", "ann", "second", "sent"))
        assert [] == stage.first.got

    on_stage(path, environment, body)


class StandIn:
    """An Alertmanager that has silenced everything for an hour of the daemon's time."""

    def __init__(self, until):
        self.until = until

    def told(self):
        """Its silences, as its API gives them."""
        end = datetime.fromtimestamp(self.until / 1000, UTC)
        matcher = Matcher("alertname", "chain-.*", isRegex=True)
        return [Silence("1", [matcher], None, end)]


def test_silence__in_an_alertmanager__holds_back_pages_until_it_ends(tmp_path, environment):
    """Nobody is called by any channel meanwhile; what is still there then is."""

    async def body(stage):
        daemon = stage.daemon
        end = daemon.time + 3600_000
        daemon.pages.silences.know("am", StandIn(end).told())
        await halt(daemon)
        await asyncio.sleep(0.3)
        assert [] == await stage.told()
        daemon.time = end + 1000
        await stage.expect(CALL)

    on_stage(tmp_path / "one.sqlite", environment, body)


def test_silence__lifted__lets_pages_through_at_once(tmp_path, environment):
    """Not only when it would have ended."""

    async def body(stage):
        daemon = stage.daemon
        daemon.pages.silences.know("am", StandIn(daemon.time + 3600_000).told())
        await halt(daemon)
        await asyncio.sleep(0.3)
        assert [] == await stage.told()
        daemon.pages.silences.know("am", [])
        await stage.expect(CALL)

    on_stage(tmp_path / "one.sqlite", environment, body)
