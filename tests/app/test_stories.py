"""The story around a hash, told from the store alone."""

import asyncio

import pytest

from layerkeep.app.projection import Projection
from layerkeep.app.stories import Teller, trace
from layerkeep.core.adapter import Adapter
from layerkeep.core.engine import Engine
from layerkeep.core.facts import Anchor, Fact, Reached, Sent
from layerkeep.core.lifecycle import Lifecycle, Stage
from layerkeep.core.outlook import Experience
from layerkeep.core.units import HOUR, MINUTE, Duration, Timestamp
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.records import Cursor, Entry

DOWN = Lifecycle(
    "test.down",
    "parent-to-child",
    (
        Stage(
            "initiated", "sequencer", Duration(HOUR), "a rule", Duration(MINUTE), awaited="a block"
        ),
        Stage("executed", "nobody", None, "done", final=True),
    ),
    happy=("initiated", "executed"),
)
ADAPTERS = {"test": Adapter("test", "stack", (), (), (DOWN,))}


def hashed(number):
    """A hash."""
    return f"0xab{number:062x}"


def fact(chain, height, tx, says, log=0):
    """A fact in a block."""
    return Fact(Anchor(chain, height, hashed(height), height * 1000, hashed(tx), 0, log), says)


def sent(message, source, target, child):
    """A message, known by its own hash."""
    keys = (f"{child}/msg/{hashed(message)}",)
    return Sent("test.down", hashed(message), keys, source, target, "0xa", "0xb", value=5)


def executed(message, child):
    """The message took effect."""
    return Reached(f"{child}/msg/{hashed(message)}", "executed", executes=True)


TWO_HOPS = (
    ("l1", [fact("l1", 10, 100, sent(1, "l1", "l2", "l2"))]),
    (
        "l2",
        [
            fact("l2", 20, 200, sent(2, "l2", "l3", "l3"), log=1),
            fact("l2", 20, 200, executed(1, "l2"), log=2),
        ],
    ),
)


async def told(path, name, facts=TWO_HOPS):
    """The journeys around a name in a store that holds these facts."""
    store = await Store.open(str(path / "s.sqlite"), "test")
    try:
        for chain, said in facts:
            height = said[-1].anchor.height
            cursor = Cursor(chain, height, hashed(height), height * 1000, 0, height)
            await store.append(Entry(cursor, said))
        return await trace(store, Teller(ADAPTERS, None, Experience()), name)
    finally:
        await store.close()


@pytest.mark.parametrize("name", [hashed(1), hashed(2), hashed(100), hashed(200)])
def test_trace__by_any_hash_of_a_journey__tells_the_whole_journey(tmp_path, name):
    """Message ids and transactions of either hop lead to the same story."""
    (story,) = asyncio.run(told(tmp_path, name))

    assert (("l1", "l2", "l3"), False) == (story.path, story.finished)
    assert [hashed(1), hashed(2)] == [message.id for message in story.messages]
    assert ["initiated", "executed"] == [s.stage for s in story.messages[0].stages]


def test_trace__of_an_open_journey__says_what_is_awaited_from_whom_until_when(tmp_path):
    """The last message's stage, budget and expected time are those of its lifecycle."""
    (story,) = asyncio.run(told(tmp_path, hashed(1)))
    last = story.messages[-1]

    assert ("a block", "sequencer", 20_000 + HOUR, 20_000 + MINUTE) == (
        last.awaited,
        last.duty,
        last.due,
        story.eta,
    )
    assert "initiated, between l2 and l3" == story.where


def test_trace__of_an_unknown_hash__is_empty(tmp_path):
    """Nothing is made up."""
    assert [] == asyncio.run(told(tmp_path, hashed(999)))


def test_projection__of_a_message_let_go__keeps_its_row():
    """Rows are made before the view lets go; a message that never was is deleted."""
    engine, projection = Engine([DOWN]), Projection()
    for number, (_, said) in enumerate(TWO_HOPS, 1):
        projection.note(said, [10 * number + index for index in range(len(said))])
        for each in said:
            projection.mark(engine.observe(each, Timestamp(0)))
    projection.collect(engine.view)
    engine.view.messages.pop(hashed(1))
    projection.dirty["0xgone"] = None

    rows, gone = projection.take(engine.view)

    assert {(hashed(1), None, True), (hashed(2), hashed(1), False)} == {
        (row.id, row.previous, row.finished) for row in rows
    }
    assert ["0xgone"] == gone


def test_projection__that_could_not_be_written__is_offered_again():
    """What failed to be saved is put back, and newer rows win."""
    engine, projection = Engine([DOWN]), Projection()
    projection.note(TWO_HOPS[0][1], [1])
    projection.mark(engine.observe(TWO_HOPS[0][1][0], Timestamp(0)))
    rows, gone = projection.take(engine.view)

    projection.put_back(rows, gone)

    assert rows == projection.take(engine.view)[0]
