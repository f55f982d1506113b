"""batches_stalled: blocks that are not posted on the parent."""

from grounds import L1, L2, L3, LAYERS, START, limited, scene

from layerkeep.core.facts import HeadSeen, Posted
from layerkeep.core.rules.actors.batches_stalled import BATCHES_STALLED
from layerkeep.core.units import DAY, HOUR, MINUTE

LIMIT = 4 * HOUR + LAYERS[L2].poll_every


def begun(layers=LAYERS, chains=(L1, L2)):
    """A scene in which the parents are seen."""
    made = scene(BATCHES_STALLED, layers=layers)
    for chain in chains:
        made.all_answer(chain, 100)
        made.head(chain, 100, safe=100)
    return made


def stand(made, chain=L2, safe=10, time=START, latest=100):
    """The safe head stands at a block of a time, now and from now on."""

    def again(here):
        if chain != L2:
            here.head(L2, 100, safe=100)
        here.head(chain, latest, safe=safe, safe_age=here.now - time)

    made.all_answer(chain, latest)
    again(made)
    return again


def post(made, chain=L1, child=L2):
    """A batch, just now."""
    return made.tell(chain, Posted(child, "b"), height=5, tx=f"0x{made.now}")


def test_batches_stalled__at_the_limit__is_found_just_then_and_gets_worse():
    """A warning first; critical once half of the deadline is gone, with no fact in between."""
    made = begun()
    again = stand(made)
    made.wait(LIMIT - 1, again)
    assert [] == made.kinds
    made.wait(1)
    found = made.only
    assert ("batches-stalled", "batcher:l2", "warning") == _what(found)
    assert (START, START + 12 * HOUR) == (found.since, found.impact.deadline)
    assert "4 h" in found.summary
    half = START + 6 * HOUR + LAYERS[L2].poll_every
    assert half == made.until(BATCHES_STALLED, "l2")
    made.wait(half - made.now - 1, again)
    assert found is made.only
    made.wait(1)
    assert ("batches-stalled", "batcher:l2", "critical") == _what(made.only)


def test_batches_stalled__batch_posted_and_safe__clears():
    """The safe head follows what was posted."""
    made = begun()
    again = stand(made)
    made.wait(5 * HOUR, again)
    assert ["batches-stalled"] == made.kinds
    post(made)
    assert [] == made.kinds
    stand(made, safe=100)
    made.wait(DAY)
    assert [] == made.kinds


def test_batches_stalled__batches_posted__is_not_the_batchers_fault():
    """Batches come, so something else holds the safe head; nonces count as well."""
    made = begun()
    again = stand(made)
    made.measured(L1, L2, "batcher.nonce", 7)
    for nonce in range(8, 14):
        made.wait(3 * HOUR, again)
        made.measured(L1, L2, "batcher.nonce", nonce)
    assert [] == made.kinds
    made.wait(LIMIT, again)
    assert ["batches-stalled"] == made.kinds


def test_batches_stalled__batch_left_with_its_block__does_not_count():
    """A reorg of the parent takes back what was posted."""
    made = begun()
    again = stand(made)
    made.wait(3 * HOUR, again)
    post(made)
    made.engine.retract("l1", 4, made.now)
    made.wait(2 * HOUR, again)
    assert ["batches-stalled"] == made.kinds


def test_batches_stalled__long_stalled_at_the_start__is_found_at_once():
    """The blocks' own times count, not since when we look."""
    made = begun(chains=(L1,))
    stand(made, time=START - 7 * HOUR)
    assert ("batches-stalled", "batcher:l2", "critical") == _what(made.only)


def test_batches_stalled__idle_chain__is_never_stalled():
    """Nothing is left to post, however old the newest block is."""
    made = begun()
    again = stand(made, L3, safe=100, time=START - 9 * DAY)
    made.wait(2 * DAY, again)
    assert [] == made.kinds
    stand(made, L3, safe=100, time=START - 9 * DAY, latest=101)
    assert [] == made.kinds


def test_batches_stalled__chain_without_empty_blocks__counts_from_its_last_step():
    """From when its safe head last moved, or was level."""
    made = begun()
    stand(made, L3, safe=100)
    again = stand(made, L3, safe=100, latest=120)
    made.wait(4 * HOUR, again)
    assert [] == made.kinds
    made.wait(MINUTE, again)
    assert ["batches-stalled"] == made.kinds


def test_batches_stalled__parent_not_read_or_not_seen__says_so():
    """What is not read yet is not missing."""
    made = begun(chains=(L1,))
    made.tell(L1, HeadSeen(500, 500), height=50)
    stand(made, time=START - 7 * HOUR)
    assert "l1 is not read so far yet" == made.lacks(BATCHES_STALLED, "l2")

    unseen = begun()
    again = stand(unseen)
    del unseen.standing[L1]
    unseen.wait(9 * HOUR, again)
    assert [] == unseen.kinds
    assert "nobody answers for l1" == unseen.lacks(BATCHES_STALLED, "l2")


def test_batches_stalled__no_safe_head_told__says_so():
    """Without one nothing is judged."""
    made = begun()
    made.head(L2, 101)
    assert "no node of l2 tells its safe head" == made.lacks(BATCHES_STALLED, "l2")


def test_batches_stalled__another_limit__is_kept():
    """The topology's word counts; without a deadline there is none to tell."""
    made = begun(limited(L2, safe_stalled_after=HOUR, batch_deadline=None))
    again = stand(made)
    made.wait(DAY, again)
    assert ("batches-stalled", "batcher:l2", "warning") == _what(made.only)
    assert made.only.impact.deadline is None


def _what(problem):
    return (problem.kind, problem.component, problem.severity)
