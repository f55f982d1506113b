"""The page of one transfer: its drawing, what is said of it, and whatever else a hash may be."""

import re
from itertools import pairwise

import pytest
from msgspec.structs import replace
from scenes import NOW
from scenes_transfers import (
    BEGAN,
    CLAIM,
    HOP_1,
    HOP_2,
    HOP_2_AT,
    Transfers,
    drawn,
    hop,
    journey_scene,
    step,
    visited,
)

from layerkeep.api.console.draw.clock import Clock, clock_between
from layerkeep.api.console.draw.waterfall import waterfall
from layerkeep.core.units import DAY, HOUR, MINUTE, SECOND

LAYERS = {"ethereum": "L1", "op-main": "L2", "delta": "L3"}
HOSTILE = '<script>alert(1)</script>"><img src=x>'


def spans(drawing):
    """Every piece of every bar, and the bands."""
    return [s for row in drawing.rows for s in (*row.bars, *([row.usual] if row.usual else []))]


def test_waterfall__overdue_step__is_cut_at_usual_and_budget_and_now():
    """Waterfall, overdue step: is cut at usual and budget and now."""
    drawing = waterfall(journey_scene(), NOW, LAYERS)
    row = drawing.rows[2]
    ok, late, bad, eta = row.bars

    assert ["ok", "late", "bad", "eta"] == [s.tone for s in row.bars]
    assert ok.x + ok.width == pytest.approx(late.x, abs=0.02)
    assert late.x + late.width == pytest.approx(row.budget, abs=0.02)
    assert bad.x + bad.width == pytest.approx(drawing.now, abs=0.02)
    assert drawing.now == pytest.approx(eta.x, abs=0.02)


def test_waterfall__now__stands_where_the_clock_has_it():
    """Waterfall, now: stands where the clock has it."""
    clock = clock_between(0, 50, 2_000)

    assert clock.at(1_000) == 50.0
    assert 1.5 == clock.at(-5)
    assert 98.5 == clock.at(9_999)


@pytest.mark.parametrize(
    ("now", "began"),
    [(NOW, BEGAN), (NOW + 30 * DAY, BEGAN), (BEGAN, BEGAN), (NOW, NOW + HOUR), (NOW, NOW - DAY)],
)
def test_waterfall__any_moment__stays_on_the_drawing(now, began):
    """Waterfall, any moment: stays on the drawing."""
    drawing = waterfall(journey_scene(began=began), now, LAYERS)

    for span in spans(drawing):
        assert 0 <= span.x
        assert 0 <= span.width
        assert span.x + span.width <= 100
    for row in drawing.rows:
        ink = [s for s in row.bars if s.tone != "eta"]
        for one, other in pairwise(ink):
            assert one.x + one.width <= other.x + 0.6


def test_waterfall__step_inside_usual__is_ink_only():
    """Waterfall, step inside usual: is ink only."""
    drawing = waterfall(journey_scene(), NOW, LAYERS)

    assert ["ok"] == [s.tone for s in drawing.rows[0].bars]


def test_waterfall__layers__are_told_once_each():
    """Waterfall, layers: are told once each."""
    drawing = waterfall(journey_scene(), NOW, LAYERS)

    assert ["L1", "L2", "", "L3"] == [row.layer for row in drawing.rows]


def test_waterfall__connectors__drop_from_a_step_to_the_next():
    """Waterfall, connectors: drop from a step to the next."""
    rows = waterfall(journey_scene(), NOW, LAYERS).rows

    assert rows[0].leaves == rows[1].enters
    assert rows[1].leaves == rows[2].enters
    assert rows[2].leaves is None


def test_waterfall__step_that_was_undone__has_no_bar():
    """Waterfall, step that was undone: has no bar."""
    steps = (step("initiated", "op-main", "hollow", time=BEGAN, counts=False, took=HOUR),)
    drawing = waterfall(journey_scene(hops=(hop(1, ("op-main", "delta"), steps),)), NOW, LAYERS)

    assert () == drawing.rows[0].bars


def test_waterfall__finished__has_no_now():
    """Waterfall, finished: has no now."""
    ended = journey_scene(state="finished", ended=NOW - HOUR, began=NOW - 2 * HOUR, hops=())

    assert waterfall(ended, NOW, LAYERS).now is None


def test_clock__past_one_to_two_hundred__breaks_once_at_now():
    """Clock, past one to two hundred: breaks once at now."""
    whole, broken = clock_between(0, MINUTE, 3 * HOUR), clock_between(0, MINUTE, 4 * HOUR)

    assert whole.joint is None
    assert MINUTE == broken.joint
    assert 50.0 == broken.at(MINUTE)
    assert broken.at(MINUTE // 2) < 50 < broken.at(2 * HOUR) < broken.at(4 * HOUR)


@pytest.mark.parametrize("span", [3 * SECOND, MINUTE, 37 * MINUTE, 11 * HOUR, 8 * DAY, 900 * DAY])
def test_clock__ticks__are_few_and_apart_and_leave_now_free(span):
    """Clock, ticks: are few and apart and leave now free."""
    clock = Clock(NOW, NOW + span)
    ticks = clock.ticks(NOW + span // 2)

    assert 0 < len(ticks) <= 9
    for one, other in pairwise(ticks):
        assert other.x - one.x >= 5
    assert all(abs(tick.x - clock.at(NOW + span // 2)) >= 5 for tick in ticks)


def test_journey__overdue__says_how_far_and_that_it_is_sound():
    """Journey, overdue: says how far and that it is sound."""
    page, _ = visited(f"/journeys/{HOP_2}")
    html = drawn(f"/journeys/{HOP_2}")

    assert "4.50 ETH waits on op-main, 2\u00a0m\u00a021\u00a0s past its budget" == page.title
    assert "The transfer itself is sound." in html
    assert "Hop 2 of 2 stands behind 7f3a91." in html
    assert 'href="/incidents/7f3a91c0ffee"' in html


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"state": "usual"}, "4.50 ETH is on its way to delta, inside usual"),
        ({"state": "late"}, "4.50 ETH waits on op-main, 15\u00a0m\u00a031\u00a0s late"),
        ({"state": "failed"}, "4.50 ETH failed on op-main"),
        (
            {"state": "finished", "ended": BEGAN + 8 * MINUTE},
            "4.50 ETH arrived on delta after 8\u00a0m\u00a000\u00a0s",
        ),
    ],
)
def test_journey__state__has_its_sentence(changes, says):
    """Journey, state: has its sentence."""
    page, _ = visited(f"/journeys/{HOP_2}", Transfers(journeys=(journey_scene(**changes),)))

    assert says == page.title


def test_journey__link_that_is_false__outranks_all_else():
    """Journey, link that is false: outranks all else."""
    scene = journey_scene()
    wrong = replace(scene.checked[0], verdict="false", detail="0x9a03 is not ours")
    html = drawn(f"/journeys/{HOP_2}", Transfers(journeys=(replace(scene, checked=(wrong,)),)))

    assert "This is false: deposit is the op-main tx." in html
    assert 'href="#false"' in html
    assert "The transfer itself is sound." not in html


def test_journey__nothing_recomputed__is_not_called_sound():
    """Journey, nothing recomputed: is not called sound."""
    html = drawn(f"/journeys/{HOP_2}", Transfers(journeys=(journey_scene(checked=()),)))

    assert "No link of it was recomputed yet." in html
    assert "sound" not in html


def test_journey__facts__have_anchors_and_steps_lead_to_them():
    """Journey, facts: have anchors and steps lead to them."""
    html = drawn(f"/journeys/{HOP_2}")

    assert 'id="fact-1"' in html
    assert '<a href="#fact-1">block 21,884,323</a>' in html


def test_journey__one_hash_in_several__is_a_list_to_choose_from():
    """Journey, one hash in several: is a list to choose from."""
    several = (journey_scene(), journey_scene(id="0x11", state="usual"))
    html = drawn(f"/journeys/{HOP_1}", Transfers(journeys=several))

    assert "is in 2 journeys" in html
    assert 'href="/journeys/0x11"' in html


def test_journey__hash_known_by_facts_only__shows_them():
    """Journey, hash known by facts only: shows them."""
    html = drawn(f"/journeys/{CLAIM}")

    assert "is in 1 fact and in no transfer" in html
    assert 'id="fact-1"' in html


def test_journey__not_known__says_what_was_searched():
    """Journey, not known: says what was searched."""
    page, _ = visited("/journeys/0xdead")
    html = drawn("/journeys/0xdead")

    assert 404 == page.status
    assert "No transfer and no fact has" in html
    assert all(chain in html for chain in ("ethereum", "op-main", "arb-one", "delta", "gamma"))


def test_journey__hostile_text__is_escaped():
    """Journey, hostile text: is escaped."""
    scene = journey_scene(where=HOSTILE)
    steps = (step(HOSTILE, HOSTILE, "hollow", time=HOP_2_AT, detail=HOSTILE, mark="failed"),)
    last = hop(2, ("op-main", HOSTILE), steps, reason=HOSTILE, token=HOSTILE, amount="7")
    facts = (replace(scene.facts[0], says=HOSTILE, body=HOSTILE, via=HOSTILE),)
    shown = replace(
        scene,
        hops=(last,),
        facts=facts,
        awaited=(replace(scene.awaited[0], what=HOSTILE, why=HOSTILE),),
        checked=(replace(scene.checked[0], link=HOSTILE, detail=HOSTILE, value=HOSTILE),),
        path=(HOSTILE, "delta"),
        state="failed",
    )
    html = drawn(f"/journeys/{HOP_2}", Transfers(journeys=(shown,)))

    assert "<script>alert" not in html
    assert "<img" not in html
    assert "&lt;script&gt;alert" in html


@pytest.mark.parametrize("path", [f"/journeys/{HOP_2}", f"/journeys/{CLAIM}", "/journeys/0xdead"])
def test_journey__page__has_no_inline_script_or_style(path):
    """Journey, page: has no inline script or style."""
    html = drawn(path)

    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", html)
    assert not re.search(r"<script(?![^>]*\ssrc=)", html)
    assert "https://" not in html
