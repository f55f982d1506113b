"""Claims, lanes, and what messages learn from them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telling import L1, L2, NOW, at, claimed, engine, moved, observe, reached, said, sent_up, stage

from layerkeep.core.claims import Claim, Lane
from layerkeep.core.facts import AFTER_LOGS, ClaimCovers, ClaimsVoided, Fact
from layerkeep.core.units import DAY


def test_believe__claim_covers_position__message_is_claimed() -> None:
    """A claim covers every position up to its reach, and none above."""
    e = engine()
    observe(e, said(L2, 3, sent_up("low", 3)), said(L2, 7, sent_up("high", 7)))
    observe(e, said(L1, 5, claimed("g1", 5)))
    assert ("claimed", "initiated") == (stage(e, "low"), stage(e, "high"))
    observe(e, said(L1, 6, moved("g1", "confirmed")))
    assert ("confirmed", "initiated") == (stage(e, "low"), stage(e, "high"))
    e.retract(L1, 4, NOW)
    assert ("initiated", "initiated") == (stage(e, "low"), stage(e, "high"))


@pytest.mark.parametrize("reach_known_first", [True, False])
def test_believe__reach_learned_elsewhere__order_does_not_matter(reach_known_first: bool) -> None:
    """How far a claim reaches may be told by the child, before or after the claim itself."""
    e, facts = engine(), [said(L2, 9, ClaimCovers("g1", 5)), said(L1, 5, claimed("g1"))]
    observe(e, said(L2, 3, sent_up("w", 3)))
    observe(e, *(facts if reach_known_first else reversed(facts)))
    assert "claimed" == stage(e, "w")
    e.retract(L2, 8, NOW)
    assert "initiated" == stage(e, "w")
    e.retract(L1, 4, NOW)
    assert {} == e.view.claims.by_id == e.view.claims.early


@pytest.mark.parametrize("covers", [None, 5])
def test_believe__claim_voided__proof_no_longer_counts(covers: int | None) -> None:
    """A proof against a voided claim does not count, whether or not its reach was known."""
    e = engine()
    observe(e, said(L2, 3, sent_up("w", 3)), said(L1, 5, claimed("g1", covers)))
    observe(e, said(L1, 6, reached("w", "proven", "g1")))
    assert "proven" == stage(e, "w")
    observe(e, said(L1, 7, moved("g1", "voided")))
    assert "initiated" == stage(e, "w")
    e.retract(L1, 6, NOW)
    assert "proven" == stage(e, "w")


def test_void__all_claims_up_to_a_time__only_later_ones_count() -> None:
    """Retired games no longer count; retracting the word brings them back."""
    e = engine()
    observe(e, said(L2, 3, sent_up("w", 3)), said(L1, 5, claimed("g1", 5)))
    observe(e, said(L1, 8, ClaimsVoided("l2/claims", at(L1, 5).time, "retired")))
    assert "initiated" == stage(e, "w")
    observe(e, said(L1, 9, claimed("g2", 5)))
    assert "claimed" == stage(e, "w")
    e.retract(L1, 8, NOW)
    assert "initiated" == stage(e, "w")
    e.retract(L1, 7, NOW)
    assert "claimed" == stage(e, "w")


def test_claim__made_again_under_its_name__the_last_making_stands() -> None:
    """An output deleted and proposed again counts again: what was said before does not matter."""
    e = engine()
    observe(e, said(L2, 3, sent_up("w", 3)), said(L1, 5, claimed("o7", 5), log=1))
    observe(e, said(L1, 6, moved("o7", "voided"), log=1))
    assert "initiated" == stage(e, "w")
    observe(e, said(L1, 6, claimed("o7", 4), log=2))
    assert "claimed" == stage(e, "w")
    e.retract(L1, 5, NOW)
    assert "claimed" == stage(e, "w")


def test_claim__probed_in_its_own_block__answer_stands_behind_the_logs() -> None:
    """An answer of the block that made the claim is about that claim."""
    made = Fact(at(L1, 5, "t", 3, 7), claimed("g1"))
    claim = Claim("g1", "l2/claims", [made], [Fact(at(L1, 5), ClaimCovers("g1", 9))])
    assert 9 == claim.covers
    assert AFTER_LOGS == claim.said[0].anchor.log_index


def test_claim__polls_repeat_its_status__are_not_kept() -> None:
    """A status said again changes nothing, and giving it up changes nothing either."""
    e = engine()
    observe(e, said(L1, 5, claimed("g1", 5)), said(L1, 6, moved("g1", "disputed")))
    observe(e, *(said(L1, height, moved("g1", "disputed")) for height in range(7, 20)))
    claim = e.view.claims.by_id["g1"]
    assert 2 == len(claim.facts())
    e.retract(L1, 6, NOW)
    assert "disputed" == claim.status
    e.retract(L1, 5, NOW)
    assert "proposed" == claim.status


def test_drop__voided_claim_left__proof_counts_as_of_unknown_claim() -> None:
    """A proof against a claim that is not known counts; early words of it wait."""
    e = engine()
    observe(e, said(L2, 3, sent_up("w", 3)), said(L2, 9, moved("g1", "voided")))
    observe(e, said(L1, 5, reached("w", "proven", "g1")), said(L1, 6, claimed("g1", 5)))
    assert "initiated" == stage(e, "w")
    e.retract(L1, 5, NOW)
    assert "proven" == stage(e, "w")
    assert ["g1"] == list(e.view.claims.early)
    e.view.claims.drop(said(L2, 30, moved("g1", "voided")), moved("g1", "voided"))
    assert ["g1"] == list(e.view.claims.early)
    e.retract(L2, 8, NOW)
    assert {} == e.view.claims.early


def test_unwanted__undecided_claim__is_kept_until_it_is_decided() -> None:
    """Asked again and again, the answer follows what was said since."""
    e = engine()
    observe(e, said(L1, 5, claimed("g1", 5)))
    lane = e.view.claims.lane("l2/claims")
    later = at(L1, 5).time + DAY
    assert [] == lane.unwanted(later) == lane.unwanted(later)
    observe(e, said(L1, 7, moved("g1", "confirmed")))
    assert ["g1"] == [claim.id for claim in lane.unwanted(later)]


def test_covering__several_claims__the_earliest_that_counts() -> None:
    """The earliest claim with enough reach and status is the one that covers."""
    lane = Lane()
    for name, height, covers, status in (
        ("voided", 1, 9, "voided"),
        ("short", 2, 3, ""),
        ("unknown", 3, None, ""),
        ("late", 6, 9, "confirmed"),
        ("early", 5, 9, ""),
    ):
        claim = Claim(name, "l2/claims", [said(L1, height, claimed(name, covers))])
        if status:
            claim.said.append(said(L1, 8, moved(name, status)))
            claim.refold()
        lane.claims[name] = claim
    lane.moved()
    found = [lane.covering(9, status) for status in ("proposed", "confirmed")]
    assert ["early", "late"] == [claim.id for claim in found if claim is not None]
    assert lane.covering(10, "proposed") is None
    assert lane.reaches(9, "confirmed")
    assert not lane.reaches(10, "proposed")


CLAIMS = st.lists(
    st.tuples(st.none() | st.integers(0, 9), st.sampled_from(["proposed", "confirmed", "voided"])),
    max_size=6,
)


@given(CLAIMS, st.integers(0, 9))
def test_reaches__any_claims__exactly_where_one_covers(
    claims: list[tuple[int | None, str]], position: int
) -> None:
    """The lane's reach says the same as looking for a claim does."""
    lane = Lane()
    for number, (covers, status) in enumerate(claims):
        claim = Claim(str(number), "l2/claims", [said(L1, number, claimed(str(number), covers))])
        claim.said.append(said(L1, 20, moved(str(number), status)))
        claim.refold()
        lane.claims[claim.id] = claim
    lane.moved()
    for status in ("proposed", "confirmed"):
        assert (lane.covering(position, status) is not None) == lane.reaches(position, status)
