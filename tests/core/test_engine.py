"""The engine: asks, effects, and what it lets go of."""

from telling import (
    COVERED,
    L1,
    L2,
    L3,
    NOW,
    claimed,
    engine,
    executed,
    head,
    moved,
    observe,
    reached,
    said,
    sent_down,
    sent_up,
    stage,
)

from layerkeep.core.effects import MessageMoved, PutQuestion
from layerkeep.core.engine import Engine
from layerkeep.core.facts import Ask, ClaimCovers, Described, Fact, Sent
from layerkeep.core.units import HOUR, SECOND, ChainName, Key, Timestamp

ASK = Ask("receipt", L2, L2, "tx-a", Key("l2/msg/a"))
POLL = Ask("status", L1, L2, "g1", every=300 * SECOND)
DEEP = 10_000
"""So many blocks are more than a day: whatever waits for time has waited long enough."""


def answered(fact: Fact, ask: Ask) -> Fact:
    """The fact as the answer to a question."""
    return Fact(fact.anchor, fact.says, fact.ordinal, ask.id)


def put(target: Engine, now: int = 0) -> list[str]:
    """The questions that the engine puts at a time."""
    effects = target.tick(Timestamp(now))
    return [effect.ask.id for effect in effects if isinstance(effect, PutQuestion)]


def final(target: Engine, *chains: ChainName) -> None:
    """Everything said so far is final and long past."""
    for _ in range(2):
        for chain in chains:
            height = target.view.finalized(chain) + DEEP
            observe(target, head(chain, height, height))


def test_observe__message_sent_and_executed__effects_tell_each_stage() -> None:
    """Each stage is told once; a fact that changes nothing tells nothing."""
    e = engine()
    assert [MessageMoved("a", "initiated")] == observe(e, said(L1, 5, sent_down("a")))
    assert [MessageMoved("a", "executed")] == observe(e, said(L2, 9, executed("a"), "x", 1))
    assert [] == observe(e, said(L2, 9, executed("a"), "x", 2))


def test_retract__block_of_sent_left__message_is_gone() -> None:
    """A message whose block left its chain is gone until it is sent again."""
    e = engine()
    observe(e, said(L1, 5, sent_down("a")), said(L2, 9, executed("a")))
    assert [MessageMoved("a", "")] == e.retract(L1, 4, NOW)
    assert {} == e.view.messages
    assert [MessageMoved("a", "executed")] == observe(e, said(L1, 6, sent_down("a")))


def test_retract__execution_left__message_waits_again() -> None:
    """The stage follows the facts back."""
    e = engine()
    observe(e, said(L1, 5, sent_down("a")), said(L2, 9, executed("a")))
    assert [MessageMoved("a", "initiated")] == e.retract(L2, 8, NOW)
    assert [] == e.retract(L2, 8, NOW)


def test_tick__question_open__is_put_until_answered() -> None:
    """A question is put at once, again after a while, and not after its answer."""
    e = engine()
    observe(e, said(L1, 5, sent_down("a", ASK)))
    assert [ASK] == e.awaited(L2, ["tx-a", "tx-b"])
    assert [ASK.id] == put(e)
    assert e.next_deadline() == 2 * SECOND
    assert [] == put(e, 1 * SECOND)
    assert [ASK.id] == put(e, 2 * SECOND)
    observe(e, answered(said(L2, 9, reached("a", "failed")), ASK))
    assert e.next_deadline() is None


def test_tick__message_finished__question_is_moot() -> None:
    """Nobody asks what became of a message that is finished."""
    e = engine()
    observe(e, said(L1, 5, sent_down("a", ASK)), said(L2, 9, executed("a")))
    assert [] == put(e)
    assert {} == e.asks.open


def test_tick__claim_decided__poll_is_moot() -> None:
    """A game is polled until it is decided; whatever was asked once is asked until answered."""
    e, once = engine(), Ask("covers", L1, L2, "g1")
    observe(e, said(L1, 5, claimed("g1", None, POLL, once)))
    assert {POLL.id, once.id} == set(put(e))
    observe(e, answered(said(L1, 6, moved("g1", "disputed")), POLL))
    observe(e, said(L1, 7, moved("g1", "confirmed")))
    assert [once.id] == put(e, HOUR)


def test_retract__answer_left__question_is_open_again() -> None:
    """The answer's block left the chain: it is asked again."""
    e = engine()
    observe(e, said(L1, 5, sent_down("a", ASK)))
    observe(e, answered(said(L2, 9, reached("a", "failed")), ASK))
    assert {} == e.asks.open
    e.retract(L2, 8, NOW)
    assert [ASK.id] == put(e)


def test_retract__question_left__is_not_asked() -> None:
    """What only a block that left asked is asked no more; it used to be asked for ever."""
    e = engine()
    observe(e, said(L1, 5, sent_down("a", ASK)))
    e.retract(L1, 4, NOW)
    assert {} == e.asks.open


def test_retract__question_closed_as_moot__is_open_again() -> None:
    """A message that is no longer finished needs its answers again."""
    e = engine()
    observe(e, said(L1, 5, sent_down("a", ASK)), said(L2, 9, executed("a")))
    assert [] == put(e)
    e.retract(L2, 8, NOW)
    assert [ASK.id] == put(e)


def test_retract__claim_left_but_answer_stays__question_is_not_put_twice() -> None:
    """A claim made again with the same name knows the answer that stands on another chain."""
    e, ask = engine(), Ask("covers", L2, L2, "g1")
    observe(e, said(L2, 3, sent_up("w", 3)), said(L1, 5, claimed("g1", None, ask)))
    observe(e, answered(said(L2, 9, ClaimCovers("g1", 4)), ask))
    assert "claimed" == stage(e, "w")
    e.retract(L1, 4, NOW)
    assert "initiated" == stage(e, "w")
    observe(e, said(L1, 6, claimed("g1", None, ask)))
    assert "claimed" == stage(e, "w")
    assert {} == e.asks.open


def test_observe__answer_before_question__question_is_not_put() -> None:
    """Whichever chain is read first, an answered question is not open."""
    e = engine()
    observe(e, answered(said(L2, 9, reached("a", "failed")), ASK))
    observe(e, said(L1, 5, sent_down("a", ASK)))
    assert {} == e.asks.open


def test_let_go__finished_and_final__memory_is_empty() -> None:
    """A message leaves memory when it is finished and its every block final, with its questions."""
    e = engine(L1, L2)
    poll = Ask("timeout", L2, L2, "a", Key("l2/msg/a"), every=HOUR)
    observe(e, said(L1, 5, sent_down("a", poll)), said(L2, 9, executed("a")))
    observe(e, head(L1, 9, 4), head(L2, 9, 9))
    assert "a" in e.view.messages
    observe(e, head(L1, 9, 5))
    assert "a" not in e.view.messages
    assert {} == e.view.executed == e.view.initiated == e.view.by_key
    assert {} == e.asks.open


def test_let_go__head_without_news__nothing_happens() -> None:
    """A head that finalizes nothing more is no reason to look."""
    e = engine()
    observe(e, head(L1, 9, 9), said(L1, 5, sent_down("a")), said(L2, 3, executed("a")))
    observe(e, head(L2, 9, 3), head(L2, 10), head(L1, 10, 9))
    assert "a" not in e.view.messages


def test_let_go__journey_goes_on__is_kept() -> None:
    """A finished message stays as long as what continues it is open."""
    e = engine(L1, L2, L3)
    observe(e, said(L1, 5, sent_down("a")), said(L2, 9, executed("a"), "t"))
    observe(e, said(L2, 9, sent_down("b", child=L3, parent=L2), "t", 1))
    final(e, L1, L2, L3)
    assert {"a", "b"} == set(e.view.messages)
    observe(e, said(L3, 3, executed("b", child=L3)))
    assert {"a", "b"} == set(e.view.messages)
    final(e, L1, L2, L3)
    assert {} == e.view.messages


def test_let_go__continuation_left__first_is_released() -> None:
    """What held a finished message up is gone with its block; the message is let go."""
    e = engine(L1, L2, L3)
    observe(e, said(L1, 5, sent_down("a")), said(L2, 9, executed("a"), "t"))
    observe(e, said(L3, 9, sent_up("b", 9, L3, L2)), said(L3, 10, sent_down("c")))
    observe(e, said(L2, 9, sent_down("d", child=L3, parent=L2), "t", 1), head(L1, 9, 9))
    observe(e, head(L2, 8, 8))
    e.retract(L2, 8, NOW)
    observe(e, said(L2, 10, executed("a"), "t"))
    final(e, L1, L2)
    assert "a" not in e.view.messages


def test_let_go__finished_by_claim__waits_until_claim_is_final() -> None:
    """A stage that rests on a claim is not over while the claim's block can leave."""
    e = engine(L1, L2)
    covered = Sent(COVERED.name, "m", (Key("l2/n/1"),), L1, L2, "0xa", "0xb", position=1)
    observe(e, said(L1, 5, covered), said(L1, 9, claimed("b1", 1, lane="l2/batches")))
    observe(e, head(L1, 9, 8))
    assert "sequenced" == stage(e, "m")
    e.retract(L1, 8, NOW)
    assert "initiated" == stage(e, "m")
    observe(e, said(L1, 10, claimed("b1", 1, lane="l2/batches")), head(L1, 11, 11))
    assert {} == e.view.messages


def test_let_go__touched_while_waiting__waits_for_the_new_fact() -> None:
    """A further word about a finished message has to be final as well."""
    e = engine(L1, L2)
    observe(e, said(L1, 5, sent_down("a")), said(L2, 9, executed("a")))
    observe(e, said(L2, 12, reached("a", "executed", detail="again")))
    observe(e, head(L1, 9, 9), head(L2, 12, 11))
    assert "a" in e.view.messages
    observe(e, head(L2, 13, 12))
    assert {} == e.view.messages


def test_let_go__sent_beside_unknown_execution__is_kept_until_hopeless() -> None:
    """What may continue a message not read yet is kept until that one can no longer come."""
    e = engine(L1, L2, L3)
    observe(e, said(L2, 9, executed("unread"), "t"))
    observe(e, said(L2, 9, sent_down("b", child=L3, parent=L2), "t", 1))
    observe(e, said(L3, 9, executed("b", child=L3)))
    observe(e, head(L2, DEEP, DEEP), head(L3, DEEP, DEEP))
    assert "b" in e.view.messages
    final(e, L1, L2, L3)
    assert {} == e.view.messages == e.view.orphans == e.view.executed


def test_let_go__other_execution_unfinished__doubt_is_kept() -> None:
    """Two executions in one transaction: releasing one would make the other's link look sure."""
    e = engine(L1, L2, L3)
    observe(e, said(L1, 5, sent_down("a")), said(L1, 6, sent_down("c")))
    observe(e, said(L2, 9, executed("a"), "t"), said(L2, 9, executed("c"), "t"))
    observe(e, said(L2, 9, sent_down("b", child=L3, parent=L2), "t", 1))
    final(e, L1, L2, L3)
    assert {"a", "b", "c"} == set(e.view.messages)


def test_let_go__claim_nobody_waits_for__stays_until_it_is_decided() -> None:
    """It may be disputed until then; once decided it is let go, and polled no more."""
    e = engine(L1, L2)
    observe(e, said(L1, 5, claimed("g1", 4, POLL)), said(L2, 9, Described(Key("l2/msg/x"))))
    final(e, L1, L2)
    assert ["g1"] == list(e.view.claims.by_id)
    assert [POLL.id] == list(e.asks.open)
    observe(e, said(L1, 30_001, moved("g1", "confirmed")))
    final(e, L1, L2)
    assert {} == e.view.claims.by_id == e.view.orphans
    assert {} == e.asks.open
    assert {} == e.view.claims.early


def test_settle__one_chain_unread__nothing_is_given_up() -> None:
    """A chain that nobody has read yet may still tell of what others speak of."""
    e = engine(L1, L2)
    observe(e, said(L1, 5, reached("w", "finalized")), said(L1, 6, moved("g", "voided")))
    observe(e, head(L1, DEEP, DEEP))
    assert ["l2/msg/w"] == list(e.view.orphans)
    assert ["g"] == list(e.view.claims.early)
    observe(e, said(L2, 4, sent_up("w", 4)))
    assert "finalized" == stage(e, "w")
