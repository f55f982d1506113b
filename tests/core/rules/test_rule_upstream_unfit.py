"""upstream_unfit: silent, lagging and frozen upstreams."""

from dataclasses import replace

import pytest
from grounds import L2, L3, LAYERS, START, scene

from layerkeep.core.rules.nodes.upstream_unfit import UPSTREAM_UNFIT
from layerkeep.core.units import HOUR, MINUTE, SECOND

POLL = LAYERS[L2].poll_every
SILENT_AFTER = LAYERS[L2].limits.silent_after
FROZEN_AFTER = LAYERS[L2].limits.upstream_lag + POLL


def begun(chain=L2):
    """A scene in which all upstreams of a chain are at block 100."""
    made = scene(UPSTREAM_UNFIT)
    made.head(chain, 100)
    made.all_answer(chain, 100)
    return made


def advance(made, polls, **others):
    """A block with every poll; those named stay behind by so many, stand there, or are silent."""
    for _ in range(polls):
        made.wait(POLL)
        best = made.engine.view.heads[L2].says.latest + 1
        made.head(L2, best)
        told = {n: best + b if b is not None and b <= 0 else b for n, b in others.items()}
        made.all_answer(L2, best, **told)


def test_upstream_unfit__silent_for_the_limit__is_found_just_then():
    """Another node answers: this one is silent, from the first answer it owed."""
    made = begun()
    made.wait(MINUTE)
    made.all_answer(L2, 100, b=None)
    made.wait(SILENT_AFTER - 1)
    assert [] == made.kinds
    made.wait(1)
    found = made.only
    assert ("upstream-silent", "upstream:l2-b", "warning") == _what(found)
    assert START + MINUTE == found.since
    made.wait(HOUR)
    assert found is made.only
    made.all_answer(L2, 100)
    assert [] == made.kinds


def test_upstream_unfit__never_answered__has_its_time_too():
    """Right after the start nobody is blamed."""
    made = scene(UPSTREAM_UNFIT)
    made.all_answer(L2, 100, b=None)
    made.wait(SILENT_AFTER - 1)
    assert [] == made.kinds
    made.wait(1)
    assert ["upstream-silent"] == made.kinds


def test_upstream_unfit__of_a_beacon_node__is_not_asked():
    """It has no blocks to compare, so no look includes it: nothing is lacking without it."""
    upstreams = {**LAYERS[L2].upstreams, "l2-blobs": ("beacon",)}
    made = scene(UPSTREAM_UNFIT, layers={**LAYERS, L2: replace(LAYERS[L2], upstreams=upstreams)})

    assert "" == made.lacks(UPSTREAM_UNFIT, "l2-blobs")
    assert "" != made.lacks(UPSTREAM_UNFIT, "l2-b")


def test_upstream_unfit__all_silent__is_nobodys_fault():
    """Where nobody answers the chain is blind, and what was found before stands."""
    made = begun()
    made.all_answer(L2, 100, a=None, b=None, seq=None)
    made.wait(HOUR)
    assert [] == made.kinds
    assert "" != made.lacks(UPSTREAM_UNFIT, "l2-b")


def test_upstream_unfit__last_to_answer_after_nobody_did__has_its_time():
    """An hour in which nobody answered says nothing of the one that is a look behind."""
    made = begun()
    made.all_answer(L2, 100, a=None, b=None, seq=None)
    made.wait(HOUR)
    made.all_answer(L2, 100, b=None)
    back = made.now
    made.wait(SILENT_AFTER - 1)
    assert [] == made.kinds
    made.wait(1)
    assert ["upstream-silent"] == made.kinds
    assert back == made.only.since


def test_upstream_unfit__nobody_answers_amid_a_silence__neither_ends_nor_lengthens_it():
    """Only the time counts in which others answer; what stands already stays."""
    made = begun()
    made.all_answer(L2, 100, b=None)
    made.wait(SILENT_AFTER // 2)
    made.all_answer(L2, 100, a=None, b=None, seq=None)
    made.wait(HOUR)
    made.all_answer(L2, 100, b=None)
    made.wait(SILENT_AFTER - SILENT_AFTER // 2 - 1)
    assert [] == made.kinds
    made.wait(1)
    found = made.only
    assert "upstream-silent" == found.kind
    made.all_answer(L2, 100, a=None, b=None, seq=None)
    made.wait(HOUR)
    made.all_answer(L2, 100, b=None)
    assert found is made.only


def test_upstream_unfit__not_asked_again__says_so():
    """One silence is no long one, however long ago it was."""
    made = begun()
    made.all_answer(L2, 100, b=None)
    made.standing.clear()
    made.wait(SILENT_AFTER + 1)
    assert [] == made.kinds
    assert "" != made.lacks(UPSTREAM_UNFIT, "l2-b")


def test_upstream_unfit__sequencer_of_a_chain_without_empty_blocks__is_left_to_the_halt():
    """There its silence means more than an upstream that is gone."""
    made = begun(L3)
    made.all_answer(L3, 100, seq=None)
    made.wait(HOUR)
    assert [] == made.kinds


def test_upstream_unfit__behind_as_far_as_allowed__is_fine():
    """Fifteen blocks are the limit's half minute."""
    made = begun()
    advance(made, 20, b=-15)
    assert [] == made.kinds


def test_upstream_unfit__further_behind_at_two_looks__lags():
    """One look more, and it is said; level again, and it is over."""
    made = begun()
    advance(made, 1, b=-16)
    assert [] == made.kinds
    advance(made, 1, b=-16)
    found = made.only
    assert ("upstream-lagging", "upstream:l2-b", "warning") == _what(found)
    assert "more than 15 blocks, 30 s of them" in found.summary
    advance(made, 50, b=-40)
    assert found is made.only
    advance(made, 1)
    assert [] == made.kinds


def test_upstream_unfit__head_beyond_all_that_was_read__makes_nobody_lag():
    """A node that names a head nobody has may lie."""
    made = begun()
    advance(made, 30, a=10_000)
    assert [] == made.kinds


def test_upstream_unfit__stands_while_others_move__is_frozen_after_the_limit():
    """It answers, but always the same."""
    made = begun()
    advance(made, FROZEN_AFTER // POLL, b=100)
    assert ["upstream-frozen"] == made.kinds
    assert ("upstream-frozen", "upstream:l2-b", "warning") == _what(made.only)
    assert START == made.only.since

    less = begun()
    advance(less, FROZEN_AFTER // POLL - 1, b=100)
    assert [] == less.kinds
    advance(less, 1)
    assert [] == less.kinds


@pytest.mark.parametrize("unheard", [1, 14, 20])
def test_upstream_unfit__stood_since_before_it_was_heard_again__is_frozen_only(unheard):
    """It fell back by standing still, and does not lag first: one fault, told once."""
    made = begun()
    advance(made, 1)
    advance(made, unheard, b=None)
    told = []
    for _ in range(FROZEN_AFTER // POLL + 1):
        advance(made, 1, b=102)
        told += made.kinds
    assert ["upstream-frozen"] == told


def test_upstream_unfit__moves_far_behind_after_a_silence__lags():
    """Two looks in a row in which it answers tell that it moves, and how far behind."""
    made = begun()
    advance(made, 10, b=None)
    advance(made, 1, b=-40)
    assert [] == made.kinds
    advance(made, 1, b=-40)
    assert ["upstream-lagging"] == made.kinds


def test_upstream_unfit__falls_back_on_a_chain_that_makes_no_block__lags():
    """Where nobody moves, to stand still is nothing: it was far behind when it fell back."""
    made = begun()
    made.all_answer(L2, 100, b=84)
    assert [] == made.kinds
    made.wait(POLL)
    made.all_answer(L2, 100, b=84)
    assert ["upstream-lagging"] == made.kinds


def test_upstream_unfit__lagging_one_that_stands__is_frozen_then():
    """It is one problem at a time."""
    made = begun()
    advance(made, 5, b=-20)
    assert ["upstream-lagging"] == made.kinds
    advance(made, FROZEN_AFTER // POLL + 1, b=85)
    assert ["upstream-frozen"] == made.kinds


def test_upstream_unfit__idle_chain_goes_on__nobody_is_frozen():
    """A node a moment late with the first block after hours did not stand for hours."""
    made = begun(L3)
    made.wait(9 * HOUR)
    made.all_answer(L3, 100)
    made.head(L3, 101)
    made.all_answer(L3, 101, b=100)
    made.wait(20 * SECOND)
    assert [] == made.kinds
    made.all_answer(L3, 101)
    made.wait(HOUR)
    assert [] == made.kinds


def test_upstream_unfit__frozen_one_owes_an_answer__is_frozen_still():
    """One answer that is missing is no sign of life, and no new trouble."""
    made = begun()
    advance(made, FROZEN_AFTER // POLL + 5, b=100)
    found = made.only
    advance(made, 1, b=None)
    assert found is made.only
    advance(made, 3, b=100)
    assert found is made.only


def test_upstream_unfit__frozen_one_is_the_only_one_to_answer__is_frozen_still():
    """The others had newer blocks when they last answered: alone it is not level."""
    made = begun()
    stood = made.now + POLL
    advance(made, 4, b=100)
    advance(made, 1, a=None, seq=None, b=100)
    advance(made, FROZEN_AFTER // POLL - 4, b=100)
    found = made.only
    assert ("upstream-frozen", "upstream:l2-b", "warning") == _what(found)
    assert stood - POLL == found.since
    advance(made, 1, a=None, seq=None, b=100)
    assert found is made.only


def test_upstream_unfit__back_after_a_long_silence__has_its_time():
    """It did not stand still while it was away."""
    made = begun()
    advance(made, SILENT_AFTER // POLL + 10, b=None)
    assert ["upstream-silent"] == made.kinds
    advance(made, 2, b=100)
    assert "upstream-frozen" not in made.kinds


def _what(problem):
    return (problem.kind, problem.component, problem.severity)
