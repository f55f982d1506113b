"""What waits for readers, and the answer that sends it: little is held, and nothing is left."""

import asyncio

import pytest
from http_scene import NOW, run, until

from layerkeep.api.http.sending import EventStream
from layerkeep.api.http.stream import Stream
from layerkeep.api.http.waiting import STILL_HERE, Pulse, Waiting


def test_waiting__what_was_put__is_taken_in_its_order():
    """One by one."""
    waiting = Waiting()
    for said in (b"a", b"b", None):
        waiting.put(said)

    async def body():
        return [await waiting.take() for _ in range(3)]

    assert 3 == waiting.qsize()
    assert [b"a", b"b", None] == run(body())
    assert waiting.empty()


def test_waiting__who_waits__goes_on_when_something_comes():
    """Also if more than one comes before it goes on."""

    async def body():
        waiting = Waiting()
        taking = asyncio.create_task(waiting.take())
        await asyncio.sleep(0)
        waiting.put(b"a")
        waiting.put(b"b")
        return await taking, waiting.pop()

    assert (b"a", b"b") == run(body())


def test_waiting__whose_taker_was_cancelled__keeps_what_comes():
    """For who takes next."""

    async def body():
        waiting = Waiting()
        taking = asyncio.create_task(waiting.take())
        await asyncio.sleep(0)
        taking.cancel()
        await asyncio.gather(taking, return_exceptions=True)
        waiting.put(b"a")
        return await waiting.take()

    assert b"a" == run(body())


def test_waiting__that_ended__has_the_end_only():
    """What waited is forgotten."""
    waiting = Waiting()
    waiting.put(b"a")
    waiting.end()

    assert [None] == [waiting.pop() for _ in range(waiting.qsize())]


@pytest.mark.parametrize(
    ("heard_between", "expected"), [(False, [STILL_HERE]), (True, [])], ids=["silent", "told"]
)
def test_look__at_who_waits__gives_a_sign_of_life_only_after_silence(heard_between, expected):
    """Silence is from one look to the next."""
    waiting = Waiting()
    waiting.look()
    if heard_between:
        waiting.put(b"a")
        waiting.pop()
    waiting.look()

    assert expected == [waiting.pop() for _ in range(waiting.qsize())]


def test_look__at_who_does_not_read__adds_nothing():
    """What waits is sign enough."""
    waiting = Waiting()
    waiting.put(b"a")
    for _ in range(3):
        waiting.look()

    assert 1 == waiting.qsize()


def test_pulse__stopped__looks_at_nobody():
    """And may be started again."""

    async def body():
        waiting = Waiting()
        pulse = Pulse(lambda: [waiting])
        pulse.start(0.002)
        await until(lambda: waiting.qsize() == 1)
        waiting.pop()
        pulse.stop()
        await asyncio.sleep(0.02)
        quiet = waiting.empty()
        pulse.start(0.002)
        await until(lambda: waiting.qsize() == 1)
        pulse.stop()
        return quiet

    assert run(body())


async def sent_by(stream, receive):
    """What an answer sends."""
    found = []

    async def send(message):
        found.append(message)

    await stream.to_asgi_response(None, None)({"type": "http"}, receive, send)
    return found


def test_event_stream__that_ends__is_sent_with_its_head_and_its_last_chunk():
    """No cache keeps it and no proxy holds it back."""

    async def said():
        yield b"one"

    async def silent():
        await asyncio.Event().wait()

    async def body():
        head, *rest = await sent_by(EventStream(said(), lambda: None), silent)
        return head["status"], dict(head["headers"]), [(m["body"], m["more_body"]) for m in rest]

    headers = {
        b"content-type": b"text/event-stream; charset=utf-8",
        b"cache-control": b"no-store",
        b"x-accel-buffering": b"no",
    }
    assert (200, headers, [(b"one", True), (b"", False)]) == run(body())


def test_event_stream__whose_client_goes__ends_and_leaves_no_task():
    """The request's body comes first; then the client goes while nothing is said."""

    async def body():
        stream = Stream(NOW)
        listener = stream.join(None)
        messages = [{"type": "http.disconnect"}, {"type": "http.request"}]

        async def receive():
            await asyncio.sleep(0)
            return messages.pop()

        await sent_by(EventStream(stream.heard(listener), listener.queue.end), receive)
        await asyncio.sleep(0)
        return stream.listeners, len(asyncio.all_tasks())

    assert (set(), 1) == run(body())


def test_event_stream__that_cannot_be_sent__lets_go_of_its_listener():
    """Whatever fails on the way."""

    async def body():
        stream = Stream(NOW)
        listener = stream.join(None)
        answer = EventStream(stream.heard(listener), listener.queue.end)
        sent = []

        async def send(message):
            sent.append(message)
            if message["type"] == "http.response.body":
                raise OSError("gone")

        with pytest.raises(OSError, match="gone"):
            await answer.to_asgi_response(None, None)({}, asyncio.Event().wait, send)
        return stream.listeners, len(sent)

    assert (set(), 2) == run(body())
