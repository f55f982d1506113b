"""chain_slow: blocks that take more than three times as long as they should."""

from dataclasses import replace

from grounds import L2, L3, LAYERS, limited, scene

from layerkeep.core.rules.chains.chain_slow import CHAIN_SLOW, window
from layerkeep.core.units import HOUR, MINUTE, SECOND

BLOCK = LAYERS[L2].block_time


def run(made, duration, every):
    """The chain makes a block so often, for so long."""
    end = made.now + duration
    while made.now < end:
        made.wait(every)
        height = made.engine.view.heads[L2].says.latest
        made.head(L2, height + 1)
        made.all_answer(L2, height + 1)


def begun(chain=L2):
    """A scene that begins at block 100."""
    made = scene(CHAIN_SLOW)
    made.head(chain, 100)
    made.all_answer(chain, 100)
    return made


def test_chain_slow__three_times_the_usual__is_fine():
    """At the limit all is well."""
    made = begun()
    run(made, 10 * MINUTE, 3 * BLOCK)
    assert [] == made.kinds


def test_chain_slow__more_than_three_times__is_found_within_its_window():
    """A little more is slow, and while it stays so the problem stays the same."""
    made = begun()
    run(made, 10 * MINUTE, BLOCK)
    slowed = made.now
    run(made, window(LAYERS[L2]) + 5 * SECOND, 3 * BLOCK + SECOND)
    found = made.only
    assert ("chain-slow", "chain:l2", "warning") == (found.kind, found.component, found.severity)
    assert found.since <= slowed + 10 * SECOND
    assert "6 s on average" in found.summary
    run(made, 20 * MINUTE, 3 * BLOCK + SECOND)
    assert found is made.only


def test_chain_slow__usual_pace_again__clears():
    """A window of usual blocks ends it."""
    made = begun()
    run(made, 5 * MINUTE, 10 * SECOND)
    assert ["chain-slow"] == made.kinds
    run(made, window(LAYERS[L2]), BLOCK)
    assert [] == made.kinds


def test_chain_slow__just_started__waits_for_its_window():
    """Two slow blocks right after the start are no pace yet."""
    made = begun()
    run(made, window(LAYERS[L2]) - 10 * SECOND, 10 * SECOND)
    assert [] == made.kinds


def test_chain_slow__after_a_halt__begins_anew():
    """A time without blocks is a halt, and what follows it is not slow."""
    made = begun()
    run(made, 5 * MINUTE, BLOCK)
    made.wait(HOUR)
    assert [] == made.kinds
    run(made, 20 * SECOND, BLOCK)
    assert [] == made.kinds


def test_chain_slow__after_a_halt_hardly_longer_than_the_limit__begins_anew():
    """It was told as a halt: the blocks missed in it are no news on their own."""
    fast = replace(LAYERS[L2], block_time=SECOND, poll_every=SECOND)
    layers = {**LAYERS, L2: replace(fast, limits=replace(fast.limits, halted_after=8 * SECOND))}
    for longer in range(6):
        made = scene(CHAIN_SLOW, layers=layers)
        made.head(L2, 100)
        made.all_answer(L2, 100)
        run(made, MINUTE, SECOND)
        made.wait((8 + longer) * SECOND)
        found = []
        for _ in range(20):
            run(made, SECOND, SECOND)
            found += made.kinds
        assert [] == found


def test_chain_slow__one_block_lost_by_a_reorg__goes_on_measuring():
    """A head that goes back a block and comes again is no new beginning."""
    made = begun()
    run(made, 5 * MINUTE, 10 * SECOND)
    made.head(L2, made.engine.view.heads[L2].says.latest - 1)
    run(made, 10 * SECOND, 10 * SECOND)
    assert ["chain-slow"] == made.kinds


def test_chain_slow__halts_while_slow__is_left_to_the_halt():
    """Once no block comes at all, it is no longer slow."""
    made = begun()
    run(made, 5 * MINUTE, 10 * SECOND)
    made.wait(MINUTE)
    assert [] == made.kinds


def test_chain_slow__idle_chain_without_empty_blocks__is_not_watched():
    """One block an hour is no slow chain where blocks come with use."""
    made = begun(L3)
    for height in range(101, 120):
        made.wait(HOUR)
        made.head(L3, height)
    assert [] == made.kinds


def test_chain_slow__nobody_answers__says_what_is_missing():
    """Blind is not slow."""
    made = scene(CHAIN_SLOW, layers=limited(L2, halted_after=2 * MINUTE))
    made.head(L2, 100)
    made.wait(10 * MINUTE)
    assert [] == made.kinds
    assert "nobody answers for l2" == made.lacks(CHAIN_SLOW, "l2")
