"""The stream: what it sends, to whom, and when it lets go of a reader."""

import asyncio

import msgspec
import pytest

from layerkeep.api.console.live import QUEUE, RELOAD, Address, Crowded, Live, Reader, Rendered
from layerkeep.api.source import NotKnown


class Scene:
    """A page with two parts; counts how often it was rendered."""

    def __init__(self):
        self.parts = {"clock": "<i>1</i>", "answer": "<b>calm</b>"}
        self.rendered = 0
        self.gone = False

    async def render(self):
        self.rendered += 1
        if self.gone:
            raise NotKnown("chain", "l9")
        return Rendered("a title", "03:03:41 UTC", dict(self.parts))


def told(said):
    """The event of a message, and the ids of its parts."""
    lines = dict(line.split(b": ", 1) for line in said.strip().split(b"\n"))
    return lines[b"event"].decode(), sorted(msgspec.json.decode(lines[b"data"]).get("parts", {}))


def waiting(reader):
    """What waits for a reader."""
    found = []
    while not reader.queue.empty():
        found.append(reader.queue.pop())
    return found


def run(work):
    """Run to the end."""
    return asyncio.run(work)


def address_with(*readers):
    """An address with these readers, and what it shows."""
    scene = Scene()
    address = Address(scene.render, lambda: 1)
    address.readers.update(readers)
    return scene, address


def test_stream__of_a_page_that_changed__sends_the_changed_parts_only():
    """Stream of a page that changed: sends the changed parts only."""
    reader = Reader()
    scene, address = address_with(reader)

    async def work():
        await address.look()
        scene.parts["clock"] = "<i>2</i>"
        await address.look()
        await address.look()

    run(work())
    assert [told(each) for each in waiting(reader)] == [
        ("whole", ["answer", "clock"]),
        ("parts", ["clock"]),
    ]


def test_stream__of_two_readers__renders_once_for_both():
    """Stream of two readers: renders once for both."""
    one, other = Reader(), Reader()
    scene, address = address_with(one, other)

    run(address.look())

    assert scene.rendered == 1
    assert waiting(one) == waiting(other) != []


def test_reader__who_comes_later_or_back__is_sent_all_parts():
    """Reader who comes later or back: is sent all parts."""
    scene = Scene()

    async def work():
        live = Live(lambda: 1)
        first = live.join("/", scene.render)
        await first.queue.take()
        again = live.join("/", scene.render)
        found = await again.queue.take()
        live.close()
        return found

    assert told(run(work())) == ("whole", ["answer", "clock"])
    assert scene.rendered == 1


def test_reader__who_never_reads__is_dropped_and_cut():
    """Reader who never reads: is dropped and cut."""
    cut = []
    deaf, well = Reader(lambda: cut.append("deaf")), Reader()
    scene, address = address_with(deaf, well)

    async def work():
        for n in range(QUEUE + 3):
            scene.parts["clock"] = f"<i>{n}</i>"
            await address.look()
            waiting(well)

    run(work())
    assert cut == ["deaf"]
    assert address.readers == {well}
    assert waiting(deaf) == [None]
    assert deaf.dropped


def test_stream__of_a_page_with_other_parts__has_it_loaded_again():
    """Stream of a page with other parts: has it loaded again."""
    reader = Reader()
    scene, address = address_with(reader)

    async def work():
        await address.look()
        scene.parts["chain-new"] = "<p></p>"
        await address.look()

    run(work())
    assert waiting(reader)[1] == RELOAD


def test_stream__of_what_is_not_known_any_more__has_it_loaded_again():
    """Stream of what is not known any more: has it loaded again."""
    reader = Reader()
    scene, address = address_with(reader)
    scene.gone = True

    assert run(address.look()) is False
    assert waiting(reader) == [RELOAD]


def test_stream__of_a_page_that_fails__goes_on():
    """Stream of a page that fails: goes on."""
    reader = Reader()
    scene, address = address_with(reader)
    scene.parts = None

    assert run(address.look()) is True
    assert waiting(reader) == []


def test_stream__after_a_change__tells_soon_and_not_before():
    """Stream after a change: tells soon and not before."""
    scene, revision = Scene(), [1]

    async def work():
        live = Live(lambda: revision[0])
        reader = live.join("/", scene.render)
        await reader.queue.take()
        scene.parts["answer"], revision[0] = "<b>bad</b>", 2
        async with asyncio.timeout(5):
            found = await reader.queue.take()
        live.close()
        return found

    assert told(run(work())) == ("parts", ["answer"])


def test_streams__when_closed__end_and_begin_no_more():
    """Streams when closed: end and begin no more."""
    scene = Scene()

    async def work():
        live = Live(lambda: 1)
        reader = live.join("/", scene.render)
        heard = live.read("/", reader)
        await anext(heard)
        await anext(heard)
        live.close()
        left = [said async for said in heard]
        with pytest.raises(Crowded):
            live.join("/", scene.render)
        return left, live.addresses

    assert run(work()) == ([], {})


def test_address__without_readers__is_not_rendered():
    """Address without readers: is not rendered."""
    scene = Scene()

    async def work():
        live = Live(lambda: 1)
        reader = live.join("/", scene.render)
        await reader.queue.take()
        live.leave("/", reader)
        before = scene.rendered
        await asyncio.sleep(0)
        return before == scene.rendered, live.addresses

    assert run(work()) == (True, {})
