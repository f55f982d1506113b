"""actor_funds: an account that runs out, or has run out."""

from grounds import L1, L2, LAYERS, limited, scene

from layerkeep.core.rules.actors.actor_funds import ACTOR_FUNDS
from layerkeep.core.units import DAY, HOUR, MINUTE

COST = 10**15


def begun(layers=LAYERS):
    """A scene in which the parent is seen."""
    made = scene(ACTOR_FUNDS, layers=layers)
    made.head(L1, 100)
    made.all_answer(L1, 100)
    return made


def balance(made, value, job="batcher"):
    """A balance, just now."""
    made.measured(L1, L2, f"{job}.balance_wei", value)


def spend(made, start, hours, cost=COST):
    """One transaction an hour, from a balance of so many of them."""
    for spent in range(hours + 1):
        balance(made, (start - spent) * cost)
        made.wait(HOUR)


def test_actor_funds__lasts_as_long_as_it_should__is_fine():
    """At the limit of three days all is well."""
    made = begun()
    spend(made, 72 + 12, 12)
    assert [] == made.kinds


def test_actor_funds__lasts_shorter__is_low():
    """Projected from what was spent lately."""
    made = begun()
    spend(made, 71 + 12, 12)
    found = made.only
    assert ("funds-low", "batcher:l2", "warning") == _what(found)
    assert "runs out of funds within 3 d" in found.summary
    balance(made, 70 * COST)
    assert found is made.only


def test_actor_funds__filled_up__clears():
    """It needs to last a little longer than the limit before it is well again."""
    made = begun()
    spend(made, 60, 12)
    assert ["funds-low"] == made.kinds
    balance(made, 80 * COST)
    assert ["funds-low"] == made.kinds
    balance(made, 120 * COST)
    assert [] == made.kinds


def test_actor_funds__one_dear_transaction__is_no_pace():
    """The median counts, not the one that cost thirty times as much."""
    made = begun()
    spend(made, 300, 12)
    balance(made, (288 - 30) * COST)
    made.wait(HOUR)
    assert [] == made.kinds


def test_actor_funds__several_payments_between_samples__all_count():
    """One in some hours and two in others: the usual hour alone would tell too slow a pace."""
    made = begun()
    left = 100
    for hour in range(13):
        balance(made, left * COST)
        left -= 1 + hour % 2
        made.wait(HOUR)
    assert ["funds-low"] == made.kinds


def test_actor_funds__below_a_few_usual_transactions__is_out():
    """Gas must be paid for at its limit and top price; low is no longer said."""
    made = begun()
    spend(made, 30, 12)
    assert ["funds-low"] == made.kinds
    balance(made, 4 * COST)
    assert ["funds-low"] == made.kinds
    balance(made, 4 * COST - 1)
    assert ("funds-out", "batcher:l2", "critical") == _what(made.only)


def nonce(made, value):
    """A batcher's nonce, just now."""
    made.measured(L1, L2, "batcher.nonce", value)


def test_actor_funds__emptied_and_nothing_sent_since__is_out():
    """What is left may still be more than was ever paid for one transaction."""
    made = begun()
    nonce(made, 7)
    balance(made, 10_000 * COST)
    made.wait(HOUR)
    balance(made, 99 * COST)
    assert [] == made.kinds
    made.wait(2 * MINUTE)
    assert ("funds-out", "batcher:l2", "critical") == _what(made.only)


def test_actor_funds__emptied_by_its_owner_and_at_work__is_fine():
    """It goes on posting with what is left."""
    made = begun()
    nonce(made, 7)
    balance(made, 10_000 * COST)
    made.wait(HOUR)
    balance(made, 99 * COST)
    made.wait(1)
    nonce(made, 8)
    made.wait(HOUR)
    assert [] == made.kinds


def test_actor_funds__nothing_left__is_out_even_if_nothing_was_seen_spent():
    """Nothing is nothing."""
    made = begun()
    balance(made, 0, "proposer")
    assert ("funds-out", "proposer:l2", "critical") == _what(made.only)
    balance(made, 5 * COST, "proposer")
    assert [] == made.kinds


def test_actor_funds__idle_actor__is_fine():
    """Who spends nothing runs out of nothing, and three payments in a row are no pace."""
    made = begun()
    for spent in range(4):
        balance(made, (100 - spent) * COST)
        made.wait(60_000)
    assert [] == made.kinds
    made.wait(DAY)
    balance(made, 97 * COST)
    assert [] == made.kinds


def test_actor_funds__never_measured__says_so():
    """Without a balance nothing is judged."""
    made = begun()
    made.engine.watch.start(made.now)
    assert "balance of the batcher of l2" in made.lacks(ACTOR_FUNDS, "batcher:l2")


def test_actor_funds__nobody_answers__stands():
    """What was found before stands while the parent is not seen."""
    made = begun()
    balance(made, 0)
    made.standing.clear()
    made.wait(HOUR)
    balance(made, 9 * COST)
    assert ["funds-out"] == made.kinds
    assert "nobody answers for l1" == made.lacks(ACTOR_FUNDS, "batcher:l2")


def test_actor_funds__another_limit__is_kept():
    """The topology's word counts."""
    made = begun(limited(L2, runway_min=DAY))
    spend(made, 48 + 12, 12)
    assert [] == made.kinds


def _what(problem):
    return (problem.kind, problem.component, problem.severity)
