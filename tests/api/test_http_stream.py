"""The live stream: who comes back misses nothing, and who never reads holds nothing."""

import asyncio
import json

import pytest
from http_scene import NOW, Kept, Standing, incident, message, run, served, tokens, until

from layerkeep.api.http.access import Access
from layerkeep.api.http.app import make_app
from layerkeep.api.http.changes import Changes
from layerkeep.api.http.problems import Refusal
from layerkeep.api.http.stream import QUEUE, RING, Stream
from layerkeep.api.http.waiting import HELLO, STILL_HERE


def told(heard):
    """Events as (id, event, data); comments are left out."""
    found = []
    for said in heard:
        fields = dict(line.split(": ", 1) for line in said.decode().strip().split("\n"))
        if "id" in fields:
            found.append((int(fields["id"]), fields["event"], json.loads(fields["data"])))
    return found


async def listening(stream, after, *, events=()):
    """What a listener is sent until the stream ends; `events` are published meanwhile."""
    listener = stream.join(after)
    for event in events:
        stream.publish("change", event)
    stream.close()
    return [said async for said in stream.heard(listener)]


def test_listener__new__hears_what_comes_in_the_order_it_came():
    """Ids rise by one; the first line is how soon to come back."""

    async def body():
        stream = Stream(100)
        stream.publish("change", "missed")
        return await listening(stream, None, events=["a", "b"])

    heard = run(body())
    assert HELLO == heard[0]
    assert [(102, "change", "a"), (103, "change", "b")] == told(heard)


def test_listener__coming_back__hears_what_it_missed_and_then_the_rest():
    """From behind the last id it heard."""

    async def body():
        stream = Stream(100)
        for word in "abc":
            stream.publish("change", word)
        return await listening(stream, 101, events=["d"])

    assert ["b", "c", "d"] == [data for _, _, data in told(run(body()))]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (100, "reset"),
        (101, "reset"),
        (102, "change"),
        (102 + RING, None),
        (103 + RING, "reset"),
        (0, "reset"),
    ],
)
def test_listener__coming_back_too_late__is_told_to_begin_anew(after, expected):
    """The ring keeps so many; an id that was never given is none of ours."""

    async def body():
        stream = Stream(100)
        for number in range(RING + 2):
            stream.publish("change", number)
        return await listening(stream, after)

    heard = told(run(body()))
    assert expected == (heard[0][1] if heard else None)
    assert (102 + RING) == (heard[-1][0] if heard else 102 + RING)
    assert heard == [] or heard[0][1] == "reset" or RING == len(heard)


def test_listener__that_never_reads__is_dropped_and_its_connection_cut():
    """One event more than its queue holds; whoever reads is not touched."""

    async def body():
        cut = []
        stream = Stream(0)
        slow = stream.join(None, lambda: cut.append("slow"))
        quick = stream.join(None, lambda: cut.append("quick"))
        reading = stream.heard(quick)
        await anext(reading)
        for number in range(QUEUE):
            stream.publish("change", number)
            await anext(reading)
        before = list(cut)
        stream.publish("change", QUEUE)
        left = [said async for said in stream.heard(slow)]
        return before, cut, told(left), {quick} == stream.listeners, slow.queue.qsize()

    assert ([], ["slow"], [], True, 1) == run(body()), "only the end is left in its queue"


def test_stream__closed__ends_for_everybody_even_with_full_queues():
    """A server that shuts down does not wait."""

    async def body():
        stream = Stream(0)
        listeners = [stream.join(None) for _ in range(3)]
        for number in range(QUEUE):
            stream.publish("change", number)
        stream.close()
        for listener in listeners:
            async with asyncio.timeout(5):
                _ = [said async for said in stream.heard(listener)]
        with pytest.raises(Refusal):
            stream.join(None)
        return stream.listeners

    assert set() == run(body())


def test_heartbeat__of_a_silent_stream__keeps_the_connection(monkeypatch):
    """A comment, which no client takes for an event."""
    monkeypatch.setattr("layerkeep.api.http.stream.HEARTBEAT_S", 0.01)

    async def body():
        stream = Stream(0)
        reading = stream.heard(stream.join(None))
        return [await anext(reading) for _ in range(3)]

    assert [HELLO, STILL_HERE, STILL_HERE] == run(body())


class Asking:
    """A client at the app's own door that never takes more than it is made to."""

    def __init__(self, app, headers=()):
        self.app = app
        self.status = 0
        self.body = b""
        self.cut = asyncio.Event()
        names = [(b"host", b"127.0.0.1"), *headers]
        self.scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "path": "/api/v1/stream",
            "raw_path": b"/api/v1/stream",
            "query_string": b"",
            "root_path": "",
            "scheme": "http",
            "server": ("127.0.0.1", 7040),
            "client": ("127.0.0.1", 1),
            "headers": names,
            "state": {},
            "extensions": {"layerkeep.cut": {"cut": self.cut.set}},
        }

    async def receive(self):
        await self.cut.wait()
        return {"type": "http.disconnect"}

    async def send(self, sent):
        if sent["type"] == "http.response.start":
            self.status = sent["status"]
        elif self.status == 200:
            await self.cut.wait()
        self.body += sent.get("body", b"") if self.status != 200 else b""


def test_clients__ten_thousand_that_never_read__are_bounded():
    """So many are let in, the others told; those let in are cut when their queue is full."""

    async def body():
        stream = Stream(NOW)
        app = make_app(Standing(), Access(), Kept(), stream=stream)
        clients = [Asking(app) for _ in range(10_000)]
        tasks = [asyncio.create_task(app(c.scope, c.receive, c.send)) for c in clients]
        await until(lambda: sum(map(asyncio.Task.done, tasks)) >= len(tasks) - stream.clients_max)
        let_in = len(stream.listeners)
        for number in range(QUEUE + 1):
            stream.publish("change", number)
        async with asyncio.timeout(30):
            await asyncio.gather(*tasks)
        refused = [client for client in clients if client.status == 503]
        assert b"too-many-listeners" in refused[0].body
        cut = sum(client.cut.is_set() for client in clients)
        return let_in, len(refused), cut, len(stream.listeners)

    assert (256, 9_744, 256, 0) == run(body())


def test_last_id__that_is_none__is_a_problem():
    """What a client says it heard last must be an id."""
    with served() as here:
        answer = here.ask("/api/v1/stream", headers={"Last-Event-ID": "abc"})

    assert 400 == answer.status_code
    assert "Last-Event-ID" == answer.json()["faults"][0]["field"]


def test_stream__without_a_token__is_not_given():
    """As every other route."""
    with served(tokens()) as here:
        assert 401 == here.ask("/api/v1/stream").status_code


def test_changes__of_a_source__are_told_by_their_nouns_and_transitions():
    """Which nouns changed, and what became of each incident."""

    async def body():
        source, stream = Standing(), Stream(0)
        changes = Changes(source, stream)
        stream.join(None)
        await changes.look()
        await changes.look()
        assert 1 == source.overviews, "an equal revision is not looked at again"
        listener = stream.join(None)
        steps = [
            {"chains_shown": source.chains_shown[:1]},
            {"open": (incident(acknowledged=NOW),)},
            {"open": (incident(acknowledged=NOW, muted_until=NOW + 1),)},
            {"open": (incident(id="gone"), incident(acknowledged=NOW))},
            {"open": (incident(acknowledged=NOW, severity="warning"),)},
        ]
        for step in steps:
            for name, value in step.items():
                setattr(source, name, value)
            source.number += 1
            await changes.look()
        stream.close()
        return told([said async for said in stream.heard(listener)])

    heard = run(body())
    assert [["chains"], *[["incidents"]] * 4] == [
        data["nouns"] for _, event, data in heard if event == "change"
    ]
    assert [2, 3, 4, 5, 6] == [data["revision"] for _, event, data in heard if event == "change"]
    moved = [(data["transition"], data["incident"]["id"]) for _, e, data in heard if e != "change"]
    assert ["acknowledged", "muted", "opened", "unmuted", "changed", "resolved"] == [
        word for word, _ in moved
    ]
    assert "gone" == moved[-1][1]


def test_changes__that_nobody_followed__are_not_looked_at_and_mean_beginning_anew(monkeypatch):
    """No work for nobody; who comes back behind a gap is told to read again."""
    monkeypatch.setattr("layerkeep.api.http.stream.LINGER_S", 0)

    async def body():
        source, stream = Standing(), Stream(100)
        changes = Changes(source, stream)
        stream.leave(stream.join(None))
        source.number += 1
        await changes.look()
        assert 0 == source.overviews
        first = stream.join(None)
        await changes.look()
        stream.publish("change", "seen")
        stream.leave(first)
        await changes.look()
        source.number += 1
        stream.join(None)
        await changes.look()
        return await listening(stream, 101)

    assert ["reset"] == [event for _, event, _ in told(run(body()))]


def test_pages__asked_one_after_the_other__hold_every_message_once():
    """The cursor of a page asks for those behind it; the last has none."""
    with served() as here:
        found, cursor = [], ""
        for _ in range(3):
            page = here.ask(f"/api/v1/messages?limit=5&cursor={cursor}").json()
            found += [each["id"] for each in page["items"]]
            cursor = page["cursor"]

    assert "" == cursor
    assert [message(number).id for number in range(12)] == found
