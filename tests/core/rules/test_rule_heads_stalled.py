"""heads_stalled: a safe or finalized head that does not follow the newest block."""

from grounds import L1, L2, L3, LAYERS, START, Scene, limited, scene

from layerkeep.core.facts import Posted
from layerkeep.core.rules.chains.heads_stalled import HEADS_STALLED
from layerkeep.core.units import DAY, HOUR, MINUTE

SAFE_LIMIT = 4 * HOUR + LAYERS[L2].poll_every
FINAL_LIMIT = 30 * MINUTE + LAYERS[L1].poll_every


def told(made: Scene, chain, latest, **tags):
    """The heads, now and from now on; tags as height and time."""
    made.all_answer(chain, latest)

    def again(here: Scene) -> None:
        heights = {name: place[0] for name, place in tags.items()}
        ages = {f"{name}_age": here.now - place[1] for name, place in tags.items()}
        here.head(chain, latest, **heights, **ages)

    again(made)
    return again


def posted(made: Scene) -> None:
    """A batch of l2, just now."""
    made.tell(L1, Posted(L2, "b"), height=5, tx=f"0x{made.now}")


def begun(layers=LAYERS):
    """A scene in which the parent is seen and idle."""
    made = scene(HEADS_STALLED, layers=layers)
    return made, told(made, L1, 50, finalized=(50, START))


def both(*each):
    """All of these, again and again."""
    return lambda made: [one(made) for one in each]


def test_heads_stalled__finalized_at_the_limit__is_found_just_then():
    """The finalized block's own time counts; on a chain without a parent it is critical."""
    made = scene(HEADS_STALLED)
    again = told(made, L1, 100, finalized=(10, START))
    made.wait(FINAL_LIMIT - 1, again)
    assert [] == made.kinds
    made.wait(1)
    found = made.only
    assert ("finalized-stalled", "chain:l1", "critical") == _what(found)
    assert START == found.since
    made.wait(HOUR, again)
    assert found is made.only
    told(made, L1, 300, finalized=(290, made.now))
    assert [] == made.kinds


def test_heads_stalled__finalized_of_a_rollup__is_a_warning():
    """A rollup waits for its parent's finality: that can wait a little."""
    made = scene(HEADS_STALLED)
    told(made, L2, 100, safe=(99, START), finalized=(10, START - 7 * HOUR))
    assert [("finalized-stalled", "chain:l2", "warning")] == [_what(p) for p in made.problems]


def test_heads_stalled__no_finalized_head_told__says_so():
    """What no node tells cannot be judged."""
    made = scene(HEADS_STALLED)
    told(made, L1, 100)
    assert "no node of l1 tells its finalized head" == made.lacks(HEADS_STALLED, "l1 finalized")


def test_heads_stalled__safe_at_the_limit_with_batches__is_found_just_then():
    """Batches come, and still the safe head stands."""
    made, parent = begun()
    again = told(made, L2, 100, safe=(10, START), finalized=(100, START))
    made.wait(2 * HOUR, both(parent, again))
    posted(made)
    made.wait(SAFE_LIMIT - 2 * HOUR - 1, both(parent, again))
    assert [] == made.kinds
    made.wait(1)
    found = made.only
    assert ("safe-stalled", "chain:l2", "warning") == _what(found)
    assert START == found.since
    told(made, L2, 120, safe=(110, made.now), finalized=(120, made.now))
    assert [] == made.kinds


def test_heads_stalled__safe_without_batches__is_left_to_the_batcher():
    """Once no batch came for as long, the batcher is what is wrong."""
    made, parent = begun()
    again = told(made, L2, 100, safe=(10, START), finalized=(100, START))
    made.wait(2 * HOUR, both(parent, again))
    posted(made)
    made.wait(3 * HOUR, both(parent, again))
    assert ["safe-stalled"] == made.kinds
    made.wait(HOUR + MINUTE, both(parent, again))
    assert [] == made.kinds


def test_heads_stalled__batcher_nonce_moved__counts_as_posted():
    """A chain whose batches leave no log is known by its batcher's nonce."""
    made, parent = begun()
    again = told(made, L2, 100, safe=(10, START - 5 * HOUR), finalized=(100, START))
    made.measured(L1, L2, "batcher.nonce", 7)
    assert [] == made.kinds
    made.wait(HOUR, both(parent, again))
    made.measured(L1, L2, "batcher.nonce", 8)
    assert ["safe-stalled"] == made.kinds


def test_heads_stalled__idle_chain__is_fine():
    """Where the newest block is safe and final nothing stands still."""
    made, parent = begun()
    again = told(made, L3, 100, safe=(100, START - 9 * DAY), finalized=(100, START - 9 * DAY))
    base = told(made, L2, 100, safe=(100, START), finalized=(100, START))
    made.wait(DAY, both(parent, base, again))
    assert [] == made.kinds


def test_heads_stalled__first_block_after_days_of_idling__is_fine():
    """The safe head's block is days old then, and nothing has waited for long."""
    made, _parent = begun()
    told(made, L2, 100, safe=(100, START), finalized=(100, START))
    told(made, L3, 100, safe=(100, START - 9 * DAY), finalized=(100, START - 9 * DAY))
    told(made, L3, 101, safe=(100, START - 9 * DAY), finalized=(100, START - 9 * DAY))
    assert [] == made.kinds
    assert START + 6 * HOUR + LAYERS[L3].poll_every == made.until(HEADS_STALLED, "l3 finalized")


def test_heads_stalled__heads_not_told_lately__says_so():
    """Nodes answer, but nobody told how far the chain is: what is old is not judged."""
    made = scene(HEADS_STALLED)
    told(made, L1, 100, finalized=(10, START))
    made.wait(HOUR)
    assert [] == made.kinds
    assert "the heads of l1 were not told lately" == made.lacks(HEADS_STALLED, "l1 finalized")


def test_heads_stalled__parent_not_read_yet__says_so():
    """Batches that are not read yet are not missing."""
    made = scene(HEADS_STALLED)
    made.head(L1, 50)
    made.all_answer(L1, 50)
    fact = made.engine.view.heads[L1]
    made.tell(L1, fact.says.__class__(500), height=50)
    told(made, L2, 100, safe=(10, START - 5 * HOUR), finalized=(100, START))
    assert "l1 is not read so far yet" == made.lacks(HEADS_STALLED, "l2 safe")


def test_heads_stalled__another_limit__is_kept():
    """The topology's word counts."""
    made, parent = begun(limited(L2, safe_stalled_after=HOUR))
    again = told(made, L2, 100, safe=(10, START - 50 * MINUTE), finalized=(100, START))
    made.wait(5 * MINUTE, both(parent, again))
    posted(made)
    made.wait(4 * MINUTE, both(parent, again))
    assert [] == made.kinds
    made.wait(2 * MINUTE, both(parent, again))
    assert ["safe-stalled"] == made.kinds


def test_heads_stalled__no_batch_since_it_last_moved__says_nothing():
    """The last batch did its work; that none follows is the batcher's trouble."""
    made, parent = begun(limited(L2, safe_stalled_after=HOUR))
    posted(made)
    again = told(made, L2, 100, safe=(10, START - 50 * MINUTE), finalized=(100, START))
    made.wait(30 * MINUTE, both(parent, again))
    assert [] == made.kinds


def _what(problem):
    return (problem.kind, problem.component, problem.severity)
