"""Steps that rely on claims: what the answer to a question changes about them."""

from telling import L1, L2, claimed, engine, moved, observe, reached, said, sent_up, stage

from layerkeep.core.facts import AFTER_LOGS, Anchor, Ask, Fact
from layerkeep.core.messages import steps
from layerkeep.core.units import Key

ASK = Ask("proof", L1, L2, "0xp", Key("l2/msg/w"))


def proven_against(claim):
    """A withdrawal covered by a claim, proven by a log, whose claim an answer told."""
    target = engine(L1, L2)
    answer = Fact(
        Anchor(L1, 22, "0x16", 264_000, tx_index=AFTER_LOGS),
        reached("w", "proven", claim=claim),
        answers=ASK.id,
    )
    observe(
        target,
        said(L2, 5, sent_up("w", 5)),
        said(L1, 20, claimed("game", 9)),
        said(L1, 21, reached("w", "proven", asks=(ASK,))),
        answer,
    )
    return target


def test_proof__its_claim_voided__the_message_falls_back():
    """The log of the proof does not hold a message up when the claim it relies on fell."""
    target = proven_against("game")
    before = stage(target, "w")

    observe(target, said(L1, 30, moved("game", "voided")))

    assert ("proven", "initiated") == (before, stage(target, "w"))


def test_proof__made_again_against_another_claim__counts():
    """A second proof against a claim that stands lifts the message again."""
    target = proven_against("game")
    again = Ask("proof", L1, L2, "0xq", Key("l2/msg/w"))
    observe(
        target,
        said(L1, 30, moved("game", "voided")),
        said(L1, 31, claimed("other", 9)),
        said(L1, 32, reached("w", "proven", asks=(again,))),
        Fact(
            Anchor(L1, 33, "0x21", 396_000, tx_index=AFTER_LOGS),
            reached("w", "proven", claim="other"),
            answers=again.id,
        ),
    )

    assert "proven" == stage(target, "w")


def test_steps__of_a_proof_and_its_answer__are_one():
    """The transaction that proved and the claim it relied on are told in one step."""
    target = proven_against("game")
    message = target.view.messages["w"]

    told = [(s.stage.name, s.anchor.tx, s.claim) for s in steps(message)]

    assert [
        ("initiated", "l2-5", ""),
        ("claimed", "l1-20", "game"),
        ("proven", "l1-21", "game"),
    ] == told


def test_proof__whose_claim_is_told_after_the_end__does_not_take_the_end_back():
    """What a later state says of the proof has the proof's place, not that of the state read."""
    target = proven_against("game")
    observe(target, said(L1, 21, reached("w", "finalized"), tx="l1-21b", log=AFTER_LOGS))
    before = stage(target, "w")

    late = Anchor(L1, 40, "0x28", 480_000, tx_index=AFTER_LOGS)
    observe(target, Fact(late, reached("w", "proven", claim="game"), answers=ASK.id))

    assert ("finalized", "finalized") == (before, stage(target, "w"))


def test_answer__that_asks_again_what_it_answers__still_counts():
    """A state that is read again and again is not left out because its own question is answered."""
    target = engine(L1, L2)
    again = Ask("state", L1, L2, "0xs", Key("l2/msg/w"), every=1000)
    place = Anchor(L1, 22, "0x16", 264_000, tx_index=AFTER_LOGS)
    observe(
        target,
        said(L2, 5, sent_up("w", 5)),
        Fact(place, reached("w", "proven", asks=(again,)), answers=again.id),
    )
    message = target.view.messages["w"]

    assert "proven" == stage(target, "w")
    assert ["initiated", "proven"] == [each.stage.name for each in steps(message)]


def test_state__that_still_shows_what_a_transaction_ended__takes_nothing_back():
    """State may lag behind its own block's transactions: what one of them proves to be done is."""
    target = engine(L1, L2)
    state = Anchor(L1, 22, "0x16", 264_000, tx_index=AFTER_LOGS)
    observe(
        target,
        said(L2, 5, sent_up("w", 5)),
        Fact(state, reached("w", "proven"), answers=ASK.id),
        said(L1, 22, reached("w", "finalized")),
    )

    assert "finalized" == stage(target, "w")


def test_claim__disputed_after_it_was_confirmed__stays_confirmed():
    """Who disputed a claim that was confirmed has lost; the order of two polls does not matter."""
    target = engine(L1, L2)
    observe(
        target,
        said(L2, 5, sent_up("w", 5)),
        said(L1, 20, claimed("game", 9)),
        said(L1, 21, moved("game", "confirmed")),
        said(L1, 22, moved("game", "disputed")),
    )

    assert "confirmed" == stage(target, "w")
