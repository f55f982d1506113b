"""Questions that want witnesses: open until enough have answered, and again after a reorg."""

import msgspec
from telling import L1, L2, claimed, engine, observe, said

from layerkeep.core.asks import Asks
from layerkeep.core.effects import PutQuestion
from layerkeep.core.facts import Anchor, Ask, Fact, Judged
from layerkeep.core.units import Timestamp

ASK = Ask("claim-root", L2, L2, "game 9 0x", witnesses=2)
NOW, LATER = Timestamp(1_000_000), Timestamp(9_000_000)


def opened():
    """The question, open."""
    asks = Asks()
    asks.put(ASK, NOW)
    return asks


def verdict(via, height=9):
    """A witness's answer, read at a height."""
    place = Anchor(L2, height, f"0x{height}", height * 1000)
    return Fact(place, Judged("claim", L2, "game", "true"), answers=ASK.id, via=via)


def test_ask__without_witnesses__has_the_id_it_always_had():
    """Stored questions are recognised, and read back equal."""
    plain = Ask("receipt", L2, L2, "tx", "l2/tx/a")
    assert "receipt l2 l2 tx l2/tx/a" == plain.id
    old = b'{"probe":"receipt","chain":"l2","child":"l2","subject":"tx","key":"l2/tx/a","every":0}'
    assert plain == msgspec.json.decode(old, type=Ask)
    assert plain == msgspec.json.decode(msgspec.json.encode(plain), type=Ask)


def test_question__that_wants_two__stays_open_after_one():
    """The same witness twice is one."""
    asks = opened()
    asks.answered(ASK.id, NOW, "a")
    asks.answered(ASK.id, NOW, "a")
    assert {"a"} == asks.heard(ASK.id)
    assert ASK.id in asks.open
    asks.answered(ASK.id, NOW, "b")
    assert {"a", "b"} == asks.heard(ASK.id)
    assert [] == asks.due(LATER, 9)


def test_question__settled_with_fewer__is_not_put_again():
    """A chain may have one upstream."""
    asks = opened()
    asks.answered(ASK.id, NOW, "a")
    asks.settle(ASK.id)
    asks.put(ASK, NOW)
    assert [] == asks.due(LATER, 9)
    asks.close(ASK.id)
    assert frozenset() == asks.heard(ASK.id)
    asks.put(ASK, NOW)
    assert [ASK] == asks.due(LATER, 9)


def test_question__whose_answers_block_left__is_open_again():
    """Only the witness whose answer is gone is to be heard once more."""
    asks = opened()
    for via in "ab":
        asks.answered(ASK.id, NOW, via)
    asks.unanswered(ASK.id, NOW, "b")
    assert [ASK] == asks.due(LATER, 9)
    assert {"a"} == asks.heard(ASK.id)


def test_verdicts__retracted_by_a_reorg__are_asked_for_again():
    """The claim stands on the parent; what the child said of it has to be said again."""
    target = engine(L1, L2)
    says = msgspec.structs.replace(claimed("game", 9), asks=(ASK,))
    observe(target, said(L1, 20, says), verdict("a"), verdict("b"))
    assert [] == target.tick(LATER)
    target.retract(L2, 8, LATER)
    assert [PutQuestion(ASK)] == target.tick(LATER)
    assert [] == target.sightings.judged.of("claim", "game")


def test_verdicts__on_a_claim_whose_block_left__go_with_it():
    """They were read on the child, which has not changed; there is nothing left to judge."""
    target = engine(L1, L2)
    says = msgspec.structs.replace(claimed("game", 9), asks=(ASK,))
    observe(target, said(L1, 20, says), verdict("a"), verdict("b"))
    target.retract(L1, 20, LATER)
    assert 2 == len(target.sightings.judged.of("claim", "game"))
    target.retract(L1, 19, LATER)
    assert [] == target.sightings.judged.of("claim", "game")
    observe(target, said(L1, 20, says))
    assert [PutQuestion(ASK)] == target.tick(LATER)
