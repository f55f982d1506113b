"""actor_stuck: a transaction that waits and is not taken in."""

from grounds import L1, L2, LAYERS, START, limited, scene, silent

from layerkeep.core.facts import HeadSeen
from layerkeep.core.rules.actors.actor_stuck import ACTOR_STUCK
from layerkeep.core.rules.watch import LOOK_AGAIN
from layerkeep.core.units import HOUR, MINUTE

LIMIT = 10 * MINUTE + LAYERS[L2].poll_every


def begun(layers=LAYERS):
    """A scene in which the parent is seen."""
    made = scene(ACTOR_STUCK, layers=layers)
    made.head(L1, 100)
    made.all_answer(L1, 100)
    return made


def nonces(made, nonce, pending, job="batcher"):
    """Both nonces are measured, just now."""
    made.measured(L1, L2, f"{job}.nonce", nonce)
    made.measured(L1, L2, f"{job}.nonce_pending", pending)


def test_actor_stuck__waits_for_the_limit__is_found_just_then():
    """A transaction that waited all the time, although more were sent behind it."""
    made = begun()
    nonces(made, 7, 7)
    made.wait(HOUR)
    nonces(made, 7, 8)
    made.wait(5 * MINUTE)
    nonces(made, 7, 12)
    made.wait(LIMIT - 5 * MINUTE - 1)
    assert [] == made.kinds
    made.wait(1)
    found = made.only
    assert ("nonce-stuck", "batcher:l2", "warning") == _what(found)
    assert START + HOUR == found.since
    assert "transaction 7 of the batcher of l2 waits on l1" in found.summary
    nonces(made, 7, 13)
    assert found is made.only
    nonces(made, 8, 13)
    assert [] == made.kinds


def test_actor_stuck__idle_for_long_then_sends__has_its_time():
    """The nonce stood for hours because nothing was sent."""
    made = begun()
    nonces(made, 7, 7)
    for _ in range(9):
        made.wait(HOUR)
        nonces(made, 7, 7)
    nonces(made, 7, 8)
    made.wait(LIMIT - 1)
    assert [] == made.kinds


def test_actor_stuck__not_looked_at_for_long__counts_from_when_it_was_seen():
    """Nobody measured for hours: what waits now may have been sent just now."""
    made = begun()
    nonces(made, 7, 7)
    made.wait(3 * HOUR)
    nonces(made, 7, 8)
    made.wait(LIMIT - 1)
    assert [] == made.kinds
    made.wait(1)
    assert ["nonce-stuck"] == made.kinds


def unseen_while_waiting(lasts):
    """A transaction is seen to wait, then nobody answers for its chain, then all do again."""
    made = begun()
    nonces(made, 7, 8)
    made.nodes(L1, silent("l1-a"), silent("l1-b"), silent("l1-c"))
    made.wait(lasts)
    assert [] == made.kinds
    made.head(L1, 400)
    made.all_answer(L1, 400)
    return made


def test_actor_stuck__parent_unseen_meanwhile__is_measured_anew_first():
    """What waited then may be long in a block: only the next measurement tells."""
    made = unseen_while_waiting(HOUR)
    made.wait(LOOK_AGAIN)
    assert [] == made.kinds
    assert "l1 was unseen until now" in made.lacks(ACTOR_STUCK, "batcher:l2")
    made.wait(2 * LAYERS[L1].poll_every)
    nonces(made, 8, 8)
    made.wait(HOUR)
    assert [] == made.kinds


def test_actor_stuck__still_waits_after_the_parent_was_unseen__is_found():
    """It is put off for a moment only, and counts from when it was first seen."""
    made = unseen_while_waiting(HOUR)
    made.wait(2 * LAYERS[L1].poll_every)
    nonces(made, 7, 9)
    made.wait(2 * LAYERS[L1].poll_every)
    assert START == made.only.since


def test_actor_stuck__much_is_unread_after_the_parent_was_unseen__waits_for_the_end_of_it():
    """Questions are put near the newest block: until then there is no new measurement."""
    made = unseen_while_waiting(HOUR)
    for read in (100, 200, 300):
        made.tell(L1, HeadSeen(400), height=read)
        made.wait(MINUTE)
        assert [] == made.kinds
    made.head(L1, 401)
    nonces(made, 8, 8)
    made.wait(HOUR)
    assert [] == made.kinds


def test_actor_stuck__nonce_moves_on__is_fine():
    """A queue that is worked off is no queue that stands."""
    made = begun()
    for nonce in range(20):
        nonces(made, nonce, nonce + 3)
        made.wait(9 * MINUTE)
    assert [] == made.kinds


def test_actor_stuck__first_seen_waiting__has_its_time():
    """Right after the start nobody is blamed."""
    made = begun()
    nonces(made, 7, 8, "proposer")
    made.wait(LIMIT - 1)
    assert [] == made.kinds
    made.wait(1)
    assert ("nonce-stuck", "proposer:l2", "warning") == _what(made.only)


def test_actor_stuck__never_measured__says_so():
    """Without both nonces nothing is judged."""
    made = begun()
    made.measured(L1, L2, "batcher.nonce", 7)
    assert "nonces of the batcher of l2" in made.lacks(ACTOR_STUCK, "batcher:l2")


def test_actor_stuck__nobody_answers__says_so():
    """While the parent is not seen nothing is judged."""
    made = begun()
    nonces(made, 7, 8)
    made.standing.clear()
    made.wait(HOUR)
    assert [] == made.kinds
    assert "nobody answers for l1" == made.lacks(ACTOR_STUCK, "batcher:l2")


def test_actor_stuck__another_limit__is_kept():
    """The topology's word counts."""
    made = begun(limited(L2, stuck_after=2 * HOUR))
    nonces(made, 7, 8)
    made.wait(2 * HOUR)
    assert [] == made.kinds


def _what(problem):
    return (problem.kind, problem.component, problem.severity)
