"""chain_halted: a chain without new blocks, and what a chain without empty blocks is judged by."""

import pytest
from grounds import L1, L2, L3, LAYERS, START, Scene, scene

from layerkeep.core.facts import Reached, Sent
from layerkeep.core.lifecycle import Lifecycle, Stage
from layerkeep.core.rules.chains.chain_halted import CHAIN_HALTED
from layerkeep.core.units import HOUR, MINUTE, SECOND, Duration, Key

DOWN = Lifecycle(
    "down",
    "parent-to-child",
    (
        Stage("sent", "sequencer", HOUR, "a rule", usual=Duration(10 * MINUTE)),
        Stage("executed", "nobody", None, "done", final=True, on_target=True),
    ),
    happy=("sent", "executed"),
)
KEY = Key("l3/msg/a")


def seen(chain, height=100):
    """A scene in which a chain and its nodes are at a height."""
    made = scene(CHAIN_HALTED, lifecycles=(DOWN,))
    made.head(chain, height)
    made.all_answer(chain, height)
    return made


def limit(chain):
    """When a chain that made no block since the start is halted."""
    return LAYERS[chain].limits.halted_after + LAYERS[chain].poll_every


@pytest.mark.parametrize(
    ("chain", "kind", "component"),
    [(L1, "chain-halted", "chain:l1"), (L2, "sequencer-down", "sequencer:l2")],
)
def test_chain_halted__no_block_at_the_limit__is_found_just_then(chain, kind, component):
    """Until the limit and one poll all is well, then it is not; since the last block."""
    made = seen(chain)
    made.wait(limit(chain) - 1)
    assert [] == made.kinds
    made.wait(1)
    found = made.only
    assert (kind, component, START) == (found.kind, found.component, found.since)
    assert "critical" == found.severity
    assert "since 100" in found.summary


def test_chain_halted__looked_at_again__is_the_same_problem():
    """Nodes that say the same again change nothing."""
    made = seen(L2)
    made.wait(MINUTE)
    found = made.only
    made.wait(HOUR)
    assert found is made.only


def test_chain_halted__next_block__clears():
    """A new block ends it."""
    made = seen(L2)
    made.wait(MINUTE)
    made.head(L2, 101)
    assert [] == made.kinds


def test_chain_halted__nobody_answers__says_what_is_missing():
    """Without an answer nothing is found, and nothing found before is forgotten."""
    made = seen(L2)
    made.standing.clear()
    made.wait(5 * MINUTE)
    assert [] == made.kinds
    assert "answered since" in made.lacks(CHAIN_HALTED, "l2")

    found = seen(L2)
    found.wait(MINUTE)
    found.standing.clear()
    found.wait(5 * MINUTE)
    assert ["sequencer-down"] == found.kinds


def test_chain_halted__nodes_have_blocks_we_did_not_read__moves():
    """What most nodes have is there, even while our own reading stands."""
    made = seen(L2)
    for height in range(101, 160):
        made.wait(10 * SECOND)
        made.all_answer(L2, height)
    assert [] == made.kinds


def test_chain_halted__idle_chain_without_empty_blocks__is_fine():
    """Where nobody uses it, silence proves nothing."""
    made = seen(L3)
    made.wait(24 * HOUR)
    assert [] == made.kinds


def test_chain_halted__sequencer_silent_while_another_answers__is_down():
    """Its own node tells that it is down."""
    made = seen(L3)
    made.all_answer(L3, 100, seq=None)
    after = LAYERS[L3].limits.silent_after
    made.wait(after - 1)
    assert [] == made.kinds
    made.wait(1)
    assert ("sequencer-down", "silent", START) == _told(made)
    made.all_answer(L3, 100)
    assert [] == made.kinds


def test_chain_halted__sequencer_and_all_others_silent__is_not_said_to_be_down():
    """Who sees nobody cannot tell one from the other."""
    made = seen(L3)
    made.all_answer(L3, 100, seq=None, a=None, b=None)
    made.wait(MINUTE + 1)
    assert [] == made.kinds
    assert "" != made.lacks(CHAIN_HALTED, "l3")
    made.wait(HOUR)
    made.head(L3, 100)
    assert [] == made.kinds


def test_chain_halted__sequencer_last_to_answer_after_nobody_did__has_its_time():
    """An hour in which nobody answered says nothing of the one that is a look behind."""
    made = seen(L3)
    made.all_answer(L3, 100, seq=None, a=None, b=None)
    made.wait(HOUR)
    made.all_answer(L3, 100, seq=None)
    back, after = made.now, LAYERS[L3].limits.silent_after
    made.wait(after - 1)
    assert [] == made.kinds
    made.wait(1)
    assert ("sequencer-down", "silent", back) == _told(made)


def send(made: Scene) -> None:
    """A message to the idle chain, just now."""
    made.tell(L2, Sent("down", "a", (KEY,), L2, L3, "0xa", "0xb", awaits="0x8"), height=7, tx="0x7")


def test_chain_halted__message_waits_longer_than_usual__is_down():
    """No block came for a message that is due: nobody makes any."""
    made = seen(L3)
    send(made)
    made.wait(10 * MINUTE + limit(L3) - 1)
    assert [] == made.kinds
    made.wait(1)
    assert ("sequencer-down", "messages-wait", START + 10 * MINUTE) == _told(made)


def test_chain_halted__message_that_no_certain_block_takes_in__says_nothing():
    """A raw message waits for a batch, whatever blocks there are meanwhile."""
    made = seen(L3)
    made.tell(L2, Sent("down", "a", (KEY,), L2, L3, "0xa", "0xb"), height=7, tx="0x7")
    made.wait(10 * HOUR)
    assert [] == made.kinds


def test_chain_halted__message_taken_in__is_fine():
    """A block with the message proves that the sequencer works."""
    made = seen(L3)
    send(made)
    made.wait(9 * MINUTE)
    made.head(L3, 101)
    made.tell(L3, Reached(KEY, "executed"), height=101, tx="0x8")
    made.wait(HOUR)
    assert [] == made.kinds


def test_chain_halted__blocks_come_while_a_message_waits__is_not_down():
    """It makes blocks: that it leaves a message out is something else."""
    made = seen(L3)
    send(made)
    for height in range(101, 220):
        made.wait(20 * SECOND)
        made.head(L3, height)
    assert [] == made.kinds


def _told(made: Scene):
    found = made.only
    return (found.kind, found.reason, found.since)
