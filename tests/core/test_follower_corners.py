"""Rare turns: what goes wrong in the middle of a range or of the way back."""

from dataclasses import replace

import msgspec
from follower_chain import Believer, SimChain, plan, settled

from layerkeep.core.follower import Follower, Given
from layerkeep.core.follower.rhythm import Rhythm
from layerkeep.core.units import Duration, Height, Timestamp


def test_follower__plan__is_shown() -> None:
    """The edge reads block time and filter from the plan."""
    declared = plan()

    assert declared is Follower(declared).plan


def test_follower__malformed_head__is_refused() -> None:
    """A latest block that is none spoils the whole answer."""
    chain = SimChain()
    chain.grow(5)
    believer = settled(chain)
    told = chain.answer(believer.follower.want(believer.now))
    latest = told.heads["latest"]
    assert latest is not None

    believer.give(replace(told, heads={"latest": msgspec.structs.replace(latest, number="x")}))

    assert ["header-malformed"] == believer.refusals


def test_follower__reorg_while_reading_a_range__goes_back_first() -> None:
    """A range not linked to the cursor is dropped; the way back ends at a remembered block."""
    chain = SimChain(final_depth=2)
    chain.grow(100)
    believer = settled(chain)
    cursor, window = believer.follower.cursor, believer.follower.window()
    chain.reorg(5, 200)

    after = Believer(Follower(plan()))
    after.follower.restore(cursor, window)
    after.heights, after.logs = believer.heights, believer.logs
    after.settle(chain)

    assert [93] == [reorg.ancestor.height for reorg in after.reorgs]
    assert after.agrees(chain)


def test_follower__headers_of_a_range_contradict_each_other__are_refused() -> None:
    """Neighbours among a range's headers must be linked, and time must not run back."""
    for fields in ({"parent_hash": "0x" + "ee" * 32}, {"timestamp": "0x1"}):
        chain = SimChain(logs_every=1)
        chain.grow(300)
        believer = Believer(Follower(plan()))
        believer.round(chain)
        believer.round(chain)
        told = chain.answer(believer.follower.want(believer.now))
        second = told.headers[Height(2)]
        assert second is not None
        lie = msgspec.structs.replace(second, **fields)

        believer.give(replace(told, headers={**told.headers, Height(2): lie}))
        believer.settle(chain)

        assert believer.refusals[0] in ("broken-link", "time-went-back")
        assert believer.agrees(chain)


def test_follower__way_back_contradicts_itself__begins_again() -> None:
    """Headers of the way back that are not linked to each other prove nothing."""
    chain = SimChain()
    chain.grow(100)
    believer = settled(chain)
    chain.reorg(5)
    believer.round(chain)
    told = chain.answer(believer.follower.want(believer.now))
    low = min(told.headers)
    header = told.headers[low]
    assert header is not None
    lie = msgspec.structs.replace(header, hash="0x" + "dd" * 32)

    believer.give(replace(told, headers={**told.headers, low: lie}))

    assert ["broken-link"] == believer.refusals
    believer.settle(chain)
    assert believer.agrees(chain)


def test_follower__false_alarm__drops_nothing() -> None:
    """One false head starts a way back that ends at once."""
    chain = SimChain()
    chain.grow(50)
    believer = settled(chain)
    latest = chain.header(50)
    assert latest is not None
    lie = msgspec.structs.replace(latest, hash="0x" + "dd" * 32)
    believer.follower.want(believer.now)
    believer.give(Given("one", {"latest": lie}))

    believer.round(chain)

    assert ["broken-link"] == believer.refusals
    assert believer.reorgs == []


def test_follower__announced_too_early__believes_what_is_there() -> None:
    """Of blocks announced before their time only those that came are believed."""
    chain = SimChain()
    chain.grow(20)
    believer = settled(chain)

    believer.follower.heard(Height(21))
    believer.round(chain)
    assert ["block-missing"] == believer.refusals

    chain.grow(1)
    believer.follower.heard(Height(22))
    believer.round(chain)
    assert believer.follower.cursor.height == 21
    assert believer.agrees(chain)


def test_rhythm__blocks_early_and_late__keeps_its_beat() -> None:
    """The learnt period stays near the declared one whatever is measured."""
    rhythm = Rhythm(Duration(1000))
    rhythm.found(1, Timestamp(10_000))
    rhythm.found(1, Timestamp(90_000))
    assert rhythm.period == 2000
    assert rhythm.due > 90_000
