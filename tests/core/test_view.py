"""The view: facts in any order, facts given up, values and tokens."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from telling import (
    L1,
    L2,
    L3,
    NOW,
    at,
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

from layerkeep.core.engine import Engine
from layerkeep.core.facts import (
    ClaimCovers,
    Described,
    Fact,
    Measured,
    Posted,
    Says,
    Switched,
    Token,
    Undecoded,
)
from layerkeep.core.units import Key
from layerkeep.sim.digest import full_digest

K = Key("l2/msg/a")
K1, K2 = Key("l2/tx/one"), Key("l2/tx/two")


def test_believe__reached_before_sent__is_kept() -> None:
    """What is said of a message before it is sent becomes its own when it is."""
    e = engine()
    assert [] == observe(e, said(L2, 9, executed("a")))
    observe(e, said(L1, 5, sent_down("a")))
    assert "executed" == stage(e, "a")
    e.retract(L1, 4, NOW)
    e.retract(L2, 8, NOW)
    assert {} == e.view.orphans == e.view.executed


def test_believe__last_word_of_a_chain__counts() -> None:
    """A failure that was made good is none; a later failure of another chain's word is one."""
    e = engine()
    observe(e, said(L1, 5, sent_down("a")), said(L2, 9, executed("a")))
    observe(e, said(L2, 12, reached("a", "failed")))
    assert "failed" == stage(e, "a")
    observe(e, said(L2, 13, executed("a")))
    assert "executed" == stage(e, "a")


def test_believe__words_of_two_chains__the_highest_rank_counts() -> None:
    """Across chains it is not the order of reading that decides, but the rank of the stage."""
    for order in (1, -1):
        e = engine()
        words = [said(L2, 9, executed("a")), said(L1, 9, reached("a", "failed"))]
        observe(e, said(L1, 5, sent_down("a")), *words[::order])
        assert "executed" == stage(e, "a")


def test_believe__same_fact_again__counts_once() -> None:
    """A fact that is told twice is one fact, and both tellings leave with the block."""
    e, twice = engine(), said(L2, 9, executed("a"))
    observe(e, said(L1, 5, sent_down("a")), said(L1, 5, sent_down("a")), twice, twice)
    assert [twice] == e.view.messages["a"].facts
    e.retract(L2, 8, NOW)
    assert "initiated" == stage(e, "a")
    e.retract(L1, 4, NOW)
    assert {} == e.view.messages


def test_described__keys_learned_later__lead_to_the_message() -> None:
    """Further names may be learned one from another, and be forgotten again the same way."""
    e = engine()
    observe(e, said(L2, 9, reached("two", "executed")))
    facts = [
        said(L3, 11, Described(K1, keys=(K2,))),
        said(L2, 10, Described(K, keys=(K1,))),
        said(L2, 12, reached("x", "executed")),
    ]
    observe(e, *facts, said(L3, 12, said_under(K2, "executed")), said(L1, 5, sent_down("a")))
    assert "executed" == stage(e, "a")
    assert [K, K1, K2] == e.view.messages["a"].keys
    e.retract(L2, 9, NOW)
    assert "initiated" == stage(e, "a")
    assert [K] == e.view.messages["a"].keys
    observe(e, facts[1])
    assert "executed" == stage(e, "a")


def said_under(key: Key, name: str) -> Says:
    """A message known by this key reached a stage."""
    return type(reached("a", name))(key, name)


def test_described__key_named_twice__stays_while_one_says_so() -> None:
    """A key is forgotten with the last statement that names it."""
    e = engine()
    observe(e, said(L1, 5, sent_down("a")))
    observe(e, *(said(L2, height, Described(K, keys=(K1,))) for height in (8, 10)))
    e.retract(L2, 9, NOW)
    assert [K, K1] == e.view.messages["a"].keys
    e.retract(L2, 7, NOW)
    assert [K] == e.view.messages["a"].keys


def test_token__known_from_a_description__is_told() -> None:
    """The token is known from whichever statement knows it."""
    e, token = engine(), Token("0xt", 5)
    observe(e, said(L1, 5, sent_down("a")))
    assert e.view.messages["a"].token is None
    observe(e, said(L1, 6, Described(K, token)), said(L2, 7, executed("a")))
    assert token == e.view.messages["a"].token


def test_value__switches_and_parameters__the_last_one() -> None:
    """The last value of a name counts; giving it up brings the one before back."""
    e = engine()
    assert e.view.value(L2, "paused") is None
    observe(e, said(L1, 5, Switched(L2, "paused", True)), said(L1, 5, Measured(L2, "delay", 7)))
    observe(e, said(L1, 6, Switched(L2, "paused", False)), said(L1, 6, Measured(L2, "delay", 8)))
    observe(e, said(L1, 6, Posted(L2, "b1")), said(L1, 6, Undecoded("0x", "0x", "odd")))
    assert (0, 8) == (e.view.value(L2, "paused"), e.view.value(L2, "delay"))
    e.retract(L1, 5, NOW)
    assert (1, 7) == (e.view.value(L2, "paused"), e.view.value(L2, "delay"))
    e.retract(L1, 4, NOW)
    assert {} == e.view.named


def test_settle__values_final__only_the_last_is_kept() -> None:
    """What a later final value replaced is let go; what can still leave is kept."""
    e = engine(L1)
    observe(e, *(said(L1, height, Measured(L2, "delay", height)) for height in (5, 6, 7, 8)))
    observe(e, head(L1, 9, 7))
    assert [7, 8] == [fact.anchor.height for fact in e.view.named[L2, "delay"]]
    assert [8] == list(e.view.by_block[L1])


def test_final_until__told_or_not__is_never_later_than_what_was_read() -> None:
    """Where no head tells a time of finality, what was read stands for it."""
    e = engine()
    assert 0 == e.view.final_until(L1)
    assert -1 == e.view.finalized(L1)
    observe(e, head(L1, 9, 7))
    assert at(L1, 9).time == e.view.final_until(L1)
    says = type(head(L1, 9).says)(9, None, 7, finalized_time=at(L1, 7).time)
    observe(e, Fact(at(L1, 9), says))
    assert at(L1, 7).time == e.view.final_until(L1)


STATEMENTS: dict[str, list[Says]] = {
    L1: [
        sent_down("a"),
        sent_down("c"),
        claimed("g1", 4),
        claimed("g2"),
        moved("g1", "voided"),
        moved("g2", "confirmed"),
        reached("w", "proven", "g1"),
        reached("w", "finalized", executes=True),
        Described(K, Token("0xt", 1), keys=(K1,)),
        Measured(L2, "delay_s", 3),
    ],
    L2: [
        sent_up("w", 3),
        executed("a"),
        executed("c", 0, 2),
        reached("a", "failed"),
        sent_down("b", child=L3, parent=L2),
        ClaimCovers("g2", 9),
        said_under(K1, "executed"),
        Described(K1, keys=(K2,)),
    ],
    L3: [executed("b", child=L3), said_under(K2, "failed"), reached("b", "failed", child=L3)],
}


@st.composite
def chains(draw: st.DrawFn) -> list[list[Fact]]:
    """Each chain says some of what it can say, each once, in some order, in few blocks."""
    found: list[list[Fact]] = []
    for chain, statements in STATEMENTS.items():
        says = draw(st.lists(st.sampled_from(statements), unique_by=repr, max_size=8))
        sizes = [draw(st.integers(0, 1)) for _ in says]
        heights = [5 + sum(sizes[: index + 1]) for index in range(len(says))]
        found.append(
            [
                said(chain, h, each, log=n)
                for n, (h, each) in enumerate(zip(heights, says, strict=True))
            ]
        )
    return found


def merged(draw: st.DataObject, ways: Sequence[Sequence[Fact]]) -> list[Fact]:
    """The chains' facts in a drawn order that keeps each chain's own."""
    turns = draw.draw(st.permutations([n for n, way in enumerate(ways) for _ in way]))
    rest = [iter(way) for way in ways]
    return [next(rest[turn]) for turn in turns]


def lived(facts: Sequence[Fact]) -> Engine:
    """An engine that believes these facts."""
    e = engine(L1, L2, L3)
    observe(e, *facts)
    return e


@settings(max_examples=150, deadline=None)
@given(chains(), st.data())
def test_believe__any_order_of_chains__same_view(
    ways: list[list[Fact]], data: st.DataObject
) -> None:
    """Only each chain's own order matters."""
    one = lived([fact for way in ways for fact in way])
    assert full_digest(one) == full_digest(lived(merged(data, ways)))


@settings(max_examples=150, deadline=None)
@given(chains(), st.data())
def test_retract__any_blocks__as_if_never_believed(
    ways: list[list[Fact]], data: st.DataObject
) -> None:
    """An engine that gives blocks up believes what one believes that never saw them."""
    e = lived(merged(data, ways))
    kept: list[Fact] = []
    for way, chain in zip(ways, STATEMENTS, strict=True):
        ancestor = data.draw(st.integers(4, 12))
        e.retract(chain, ancestor, NOW)
        kept += [fact for fact in way if fact.anchor.height <= ancestor]
    assert full_digest(lived(kept)) == full_digest(e)


@pytest.mark.parametrize("says", [Measured(L2, "delay", 1), Switched(L2, "x", True)])
def test_retract__value_already_replaced__is_no_error(says: Says) -> None:
    """A head that once said more was final than it says now does no harm."""
    e = engine(L1)
    observe(e, said(L1, 5, says), said(L1, 6, says), head(L1, 9, 6), said(L1, 5, says))
    observe(e, head(L2, 1, 1))
    e.retract(L1, 4, NOW)
    assert [6] == [fact.anchor.height for (fact,) in e.view.named.values()]
