"""The follower against a chain in memory: every reorg noticed, nothing skipped, no lie believed."""

from dataclasses import replace

import pytest
from follower_chain import ADDRESS, TOPIC, WATCHED, Believer, SimChain, plan, settled

from layerkeep.core.follower import Advanced, Follower, Given, Refused, Reorged, Waiting
from layerkeep.core.follower.bloom import Sieve, bits
from layerkeep.core.units import Height, Timestamp


def test_follower__catch_up_then_tip__believes_every_block_and_log() -> None:
    """Ranges of finalized blocks, then block by block: everything is believed, nothing skipped."""
    chain = SimChain()
    chain.grow(1000)

    believer = settled(chain)

    assert believer.agrees(chain)
    assert believer.follower.heads.finalized is not None
    assert believer.follower.heads.finalized.height == 970
    assert believer.requests < 15
    assert set(range(971, 1001)) <= set(believer.heights)
    assert believer.follower.progress.basis_points == 10_000


def test_follower__far_behind__ranges_need_only_headers_with_logs() -> None:
    """Of a range only the first block, the last and those with logs are asked for."""
    chain = SimChain(logs_every=100)
    chain.grow(1000)

    believer = settled(chain, deep=10)

    assert len([height for height in believer.heights if height <= 970]) <= 2 * 4 + 10
    assert believer.agrees(chain)


def test_follower__no_new_block__waits() -> None:
    """A poll in vain says so and schedules the next one later."""
    chain = SimChain()
    chain.grow(5)
    believer = settled(chain)
    believer.round(chain)

    outcomes = believer.round(chain)

    assert outcomes == [Waiting(Height(5))]
    assert believer.follower.next_poll(believer.now) > believer.now


@pytest.mark.parametrize("depth", range(1, 21))
@pytest.mark.parametrize("grown", [0, 1, 5])
def test_follower__reorg__drops_exactly_the_blocks_that_left(depth: int, grown: int) -> None:
    """A reorg of any depth to the same height or higher is told once, with the true ancestor."""
    chain = SimChain()
    chain.grow(200)
    believer = settled(chain)

    chain.reorg(depth, depth + grown)
    believer.settle(chain)

    assert [(200 - depth, depth)] == [(r.ancestor.height, r.dropped) for r in believer.reorgs]
    assert [""] == [reorg.reason for reorg in believer.reorgs]
    assert believer.agrees(chain)
    assert believer.refusals == []


def test_follower__reorg_to_a_lower_head__follows_the_hashes() -> None:
    """A lower head with another hash is a reorg, not a lagging node."""
    chain = SimChain()
    chain.grow(100)
    believer = settled(chain)

    chain.reorg(10, 4)
    believer.settle(chain)

    assert [90] == [reorg.ancestor.height for reorg in believer.reorgs]
    assert believer.agrees(chain)


def test_follower__reorg_below_finality__is_named_and_followed() -> None:
    """A reorg below finality is told as broken finality and still finds its ancestor."""
    chain = SimChain(final_depth=10)
    chain.grow(300)
    believer = settled(chain, deep=500)

    chain.reorg(60)
    believer.settle(chain)

    assert [(240, "finality-broken")] == [(r.ancestor.height, r.reason) for r in believer.reorgs]
    assert believer.agrees(chain)


def test_follower__reorg_below_a_sparse_window__drops_back_to_a_known_block() -> None:
    """Below the blocks followed one by one the highest remembered common block is the ancestor."""
    chain = SimChain(logs_every=10)
    chain.grow(400)
    believer = settled(chain)

    chain.reorg(45)
    believer.settle(chain)

    assert believer.reorgs[0].ancestor.height <= 355
    assert believer.agrees(chain)


def test_follower__reorg_deeper_than_the_window__is_refused() -> None:
    """Without a remembered common block the follower says so and stays where it is."""
    chain = SimChain(final_depth=0)
    chain.grow(1000)
    believer = settled(chain, window_max=100, deep=10_000)
    cursor = believer.follower.cursor

    chain.reorg(600)
    for _ in range(20):
        believer.round(chain)

    assert "reorg-deeper-than-window" in believer.refusals
    assert believer.follower.cursor == cursor


def test_follower__first_block_replaced__starts_again_from_before_it() -> None:
    """Nothing is believed below the first wanted block, so any chain may replace it."""
    chain = SimChain()
    chain.grow(5)
    believer = settled(chain, first=3)

    chain.reorg(5)
    believer.settle(chain)

    assert believer.agrees(chain, first=3)


def test_follower__lagging_node__is_tolerated() -> None:
    """An older head of the same chain is told, not believed, and drops nothing."""
    chain = SimChain()
    chain.grow(50)
    believer = settled(chain)
    old = SimChain()
    old.grow(40)

    outcomes = believer.round(old)

    assert outcomes[0] == Refused("older-head", "one", "40")
    assert believer.reorgs == []
    assert believer.agrees(chain)


def test_follower__restart__goes_on_and_notices_what_happened_meanwhile() -> None:
    """A restored follower finds the reorg that happened while it was away."""
    chain = SimChain()
    chain.grow(100)
    before = settled(chain)
    cursor, window = before.follower.cursor, before.follower.window()
    chain.reorg(7)
    chain.grow(200)

    after = Believer(Follower(plan()))
    after.follower.restore(cursor, window)
    after.heights, after.logs = before.heights, before.logs
    after.settle(chain)

    assert [93] == [reorg.ancestor.height for reorg in after.reorgs]
    assert after.agrees(chain)


def test_follower__chain_without_finality__is_followed() -> None:
    """Where nobody tells safe and finalized, the window stands in for finality."""
    chain = SimChain()
    chain.grow(500)
    believer = Believer(Follower(plan(window_max=64)))
    for _ in range(40):
        told = chain.answer(believer.follower.want(believer.now))
        believer.give(replace(told, heads={"latest": told.heads["latest"], "safe": None}))

    assert believer.agrees(chain)
    assert len(believer.follower.window()) <= 66


def test_follower__finality_of_another_chain__is_refused() -> None:
    """A finalized block that is not ours is not taken for final."""
    chain = SimChain(final_depth=3)
    chain.grow(30)
    believer = settled(chain, deep=100)
    other = SimChain(final_depth=3)
    other.forks = 1
    other.reorg(10, 39)
    believer.now = Timestamp(believer.now + 60_000)
    told = chain.answer(believer.follower.want(believer.now))

    believer.give(replace(told, heads={**told.heads, "finalized": other.header(29)}))

    assert "finalized-of-another-block" in believer.refusals


def test_follower__announced_block__is_taken_in_one_request() -> None:
    """A head announced by a subscription needs no poll: one request brings it whole."""
    chain = SimChain()
    chain.grow(20)
    believer = settled(chain)
    before = believer.requests

    for _ in range(9):
        chain.grow(1)
        believer.follower.heard(Height(chain.head))
        assert believer.follower.next_poll(believer.now) <= believer.now
        believer.settle(chain)

    assert believer.requests - before == 9
    assert believer.agrees(chain)


def test_follower__announced_block_missing__is_forgotten() -> None:
    """An announcement is only a hint."""
    chain = SimChain()
    chain.grow(20)
    believer = settled(chain)

    believer.follower.heard(Height(25))
    believer.round(chain)
    chain.grow(1)
    believer.settle(chain)

    assert believer.agrees(chain)


def test_follower__incomplete_answer__is_asked_again() -> None:
    """What an upstream left out is asked again, later each time."""
    chain = SimChain()
    chain.grow(20)
    believer = Believer(Follower(plan()))
    believer.round(chain)
    waits = []
    for _ in range(3):
        want = believer.follower.want(believer.now)
        believer.give(Given("one", {"latest": chain.header(20)}, {}))
        waits.append(believer.follower.next_poll(believer.now) - believer.now)
        believer.give(replace(chain.answer(want), logs_to=None))

    assert {"answer-incomplete"} == set(believer.refusals)
    assert waits == sorted(waits)
    assert believer.follower.cursor.height == 0


def test_follower__no_head__is_refused() -> None:
    """Every chain has a latest block."""
    believer = Believer(Follower(plan()))
    believer.follower.want(believer.now)

    assert believer.give(Given("one", {"latest": None})) == [Refused("no-head", "one")]


def test_bloom__known_bits() -> None:
    """Any watched address together with any watched topic, and nothing for an empty bloom."""
    sieve = Sieve(WATCHED)
    both = bits(bytes.fromhex(ADDRESS[2:])) | bits(bytes.fromhex(TOPIC[2:]))

    assert sieve.announces(f"0x{both:0512x}")
    assert not sieve.announces(f"0x{bits(bytes.fromhex(ADDRESS[2:])):0512x}")
    assert not sieve.announces("")
    assert not sieve.announces("0x" + "00" * 256)


def test_outcomes__advance_and_reorg__name_the_cursor() -> None:
    """An advance names its first block and the cursor, a reorg the ancestor."""
    chain = SimChain()
    chain.grow(4)
    believer = Believer(Follower(plan()))
    believer.round(chain)

    (advanced,) = believer.round(chain)

    assert isinstance(advanced, Advanced)
    assert (1, 4, True, "one") == (
        advanced.first,
        advanced.cursor.height,
        advanced.complete,
        advanced.via,
    )
    chain.reorg(2)
    reorged = next(outcome for _ in range(3) for outcome in believer.round(chain))
    assert isinstance(reorged, Reorged)
    assert (2, 2) == (reorged.ancestor.height, reorged.dropped)
