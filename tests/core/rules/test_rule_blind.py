"""blind: nobody answers for a chain."""

from grounds import L1, L2, L3, LAYERS, START, limited, scene, silent

from layerkeep.core.rules.chains.blind import BLIND
from layerkeep.core.rules.rule import patience
from layerkeep.core.units import HOUR, MINUTE

PATIENCE = patience(LAYERS[L2])


def others(made):
    """All chains but l2 answer."""
    for chain in (L1, L3):
        made.all_answer(chain, 100)


def test_blind__just_started__is_patient():
    """Nobody was heard yet, and nothing is wrong until there was time to hear somebody."""
    made = scene(BLIND)
    others(made)
    made.wait(PATIENCE)
    assert [] == made.kinds
    made.wait(1)
    found = made.only
    assert ("blind", "chain:l2", "critical") == (found.kind, found.component, found.severity)
    assert START == found.since
    assert "none was ever heard" in found.summary


def test_blind__last_answer_too_old__is_found_and_names_reasons():
    """All were silent for too long; each upstream's reason is told."""
    made = scene(BLIND)
    others(made)
    made.all_answer(L2, 100)
    made.wait(10 * MINUTE)
    heard = made.now
    made.nodes(L2, silent("l2-a", "timeout"), silent("l2-b", "refused"), silent("l2-seq", ""))
    made.wait(PATIENCE)
    assert ["blind"] == made.kinds
    assert heard - MINUTE <= made.only.since <= heard
    assert "(l2-a: timeout, l2-b: refused, l2-seq: no answer)" in made.only.summary
    found = made.only
    made.wait(HOUR)
    assert found is made.only


def test_blind__one_answers_again__clears():
    """One node is enough to see."""
    made = scene(BLIND)
    others(made)
    made.wait(HOUR)
    assert ["blind"] == made.kinds
    made.all_answer(L2, 100, a=None, seq=None)
    assert [] == made.kinds


def test_blind__idle_chain_that_answers__is_fine():
    """An answer counts, whether or not anything moved."""
    made = scene(BLIND)
    others(made)
    made.all_answer(L2, 100)
    made.wait(24 * HOUR)
    assert [] == made.kinds


def test_blind__more_patience__is_kept():
    """The topology's word counts."""
    made = scene(BLIND, layers=limited(L2, silent_after=HOUR))
    others(made)
    made.wait(HOUR)
    assert [] == made.kinds
