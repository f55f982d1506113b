"""Where things stand in the overview's drawings, and what its answer says."""

import msgspec
import pytest
from scenes import (
    ARB_ONE,
    CAUSE,
    ETHEREUM,
    NOW,
    gamma,
    op_main,
    overview_scene,
    quiet_scene,
    route,
    truth,
)

from layerkeep.api.console.answers import also, answer
from layerkeep.api.console.draw.axis import position
from layerkeep.api.console.draw.bands import DOTS_MAX, band
from layerkeep.api.console.draw.gauge import gauge
from layerkeep.api.console.draw.layers import draw_layers
from layerkeep.api.console.top import top_of
from layerkeep.api.console.truths import truth_table
from layerkeep.core.units import HOUR, MINUTE, SECOND


def changed(shown, **fields):
    """The same with other fields."""
    return msgspec.structs.replace(shown, **fields)


@pytest.mark.parametrize(
    ("age", "percent"),
    [
        (SECOND, 98.5),
        (10 * SECOND, 73.35),
        (MINUTE, 53.78),
        (10 * MINUTE, 28.64),
        (HOUR, 9.07),
        (2 * HOUR, 1.5),
        (0, 98.5),
        (9 * HOUR, 1.5),
    ],
)
def test_position__of_an_age__is_logarithmic_and_stays_on_the_axis(age, percent):
    """Position of an age: is logarithmic and stays on the axis."""
    assert percent == position(age)


def test_gauge__of_a_standing_safe_head__drags_it_from_its_band_and_bends_the_keel():
    """Gauge of a standing safe head: drags it from its band and bends the keel."""
    stuck = overview_scene().chains[1]

    found = gauge(stuck, NOW)

    latest, safe, final = found.rails
    assert [rail.x for rail in found.rails] == [90.93, 19.75, 19.75]
    assert (safe.drag, safe.tone, safe.budget) == ((19.75, 41.2), "bad", 36.21)
    assert (final.tone, latest.drag) == ("late", None)
    assert [joint.tone for joint in found.keel] == ["bad", ""]
    assert "safe 22\u00a0m\u00a034\u00a0s overdue" in found.said


def test_gauge__of_a_head_that_is_not_known__draws_no_mark():
    """Gauge of a head that is not known: draws no mark."""
    chain = changed(ETHEREUM, heads=(changed(ETHEREUM.heads[0], time=None),))

    found = gauge(chain, NOW)

    assert found.rails[0].x is None
    assert found.keel == ()
    assert found.said == "latest not seen"


def test_gauge__of_a_blind_chain__has_no_head_marks():
    """Gauge of a blind chain: has no head marks."""
    assert [rail.x for rail in gauge(gamma(blind=True), NOW).rails] == [None, None, None]


def test_layers__of_two_columns__stand_in_the_topologys_order():
    """Layers of two columns: stand in the topologys order."""
    found = draw_layers(overview_scene())

    places = {cell.chain.name: (cell.row, cell.column, cell.width) for cell in found.cells}
    assert places == {
        "ethereum": (2, 1, 2),
        "op-main": (4, 1, 1),
        "delta": (6, 1, 1),
        "arb-one": (4, 2, 1),
        "gamma": (6, 2, 1),
    }


def test_layers__in_trouble__stand_where_they_stand_when_quiet():
    """Layers in trouble: stand where they stand when quiet."""
    bad, calm = draw_layers(overview_scene()), draw_layers(quiet_scene())

    assert [(c.row, c.column) for c in bad.cells] == [(c.row, c.column) for c in calm.cells]
    assert calm.contours == ()


def test_contour__of_an_incident__holds_what_it_touches_with_its_size():
    """Contour of an incident: holds what it touches with its size."""
    (found,) = draw_layers(overview_scene()).contours

    assert (found.row, found.height, found.column, found.width) == (3, 4, 1, 1)
    assert found.says == "blast radius of 7f3a91: 2 chains, 3 routes, 41 messages"


def test_layers__of_more_than_six_chains__fold_those_inside_usual():
    """Layers of more than six chains: fold those inside usual."""
    crowd = tuple(changed(ARB_ONE, name=f"l2-{n}") for n in range(7))
    late = op_main((2 * SECOND, 262 * SECOND, 1190 * SECOND), ("usual", "late", "usual"))

    found = draw_layers(changed(quiet_scene(), chains=(ETHEREUM, *crowd, late)))

    assert found.columns == 0
    assert [cell.chain.name for cell in found.cells if not cell.folded] == ["ethereum", "op-main"]


def test_layers__with_a_late_message_on_a_bridge__do_not_fold_it_away():
    """Layers with a late message on a bridge: do not fold it away."""
    crowd = tuple(changed(ARB_ONE, name=f"l2-{n}") for n in range(7))
    late = route("ethereum", "l2-3", "op_stack.deposit", ("initiated", "hollow", 2, 1, 0, 0))

    found = draw_layers(changed(quiet_scene(), chains=(ETHEREUM, *crowd), routes=(late,)))

    assert [cell.chain.name for cell in found.cells if not cell.folded] == ["ethereum", "l2-3"]


def test_band__of_two_directions__climbs_to_the_upper_layer():
    """Band of two directions: climbs to the upper layer."""
    shown = overview_scene()

    found = band(shown.chains[1], shown.routes)

    assert [s.panel.stage for s in found.shelves] == ["initiated", "proven", "claimed", "initiated"]
    assert [dot.tone for dot in found.shelves[-1].dots].count("bad") == 14
    assert (found.down, found.up) == ("dim3", "bad")


def test_band__of_a_crowd__lets_one_dot_stand_for_ten():
    """Band of a crowd: lets one dot stand for ten."""
    shown = quiet_scene()
    panel = changed(shown.routes[0].stages[0], count=121, overdue=11)
    many = changed(shown.routes[0], stages=(panel,))

    shelf = band(shown.chains[1], (many,)).shelves[0]

    assert (shelf.each, len(shelf.dots)) == (10, 13)
    assert len(shelf.dots) <= DOTS_MAX


def test_answer__when_all_was_checked_and_is_usual__is_calm():
    """Answer when all was checked and is usual: is calm."""
    found = answer(quiet_scene(), NOW)

    assert found.state == "calm"
    assert found.title == "All 5 chains move inside usual, and all that they claim is true"
    assert "at least 2 upstreams" in found.cost


def test_answer__of_an_incident__says_what_for_how_long_and_what_to_do():
    """Answer of an incident: says what for how long and what to do."""
    found = answer(overview_scene(), NOW)

    assert found.state == "cause"
    assert found.title.startswith("The batcher of op-main cannot pay for its next batches (22")
    assert found.lead == "41 messages of 37 users stand behind it, 318.42\u00a0ETH."
    assert found.action.href == f"/incidents/{CAUSE}"
    assert [each.state for each in also(overview_scene(), NOW)] == ["blind"]


@pytest.mark.parametrize(
    ("fields", "state", "title"),
    [
        ({"behind": 14_200}, "late", "The engine answers 14\u00a0s late"),
        ({"judging": False}, "quiet", "Nothing is judged yet: too little is known since the start"),
        ({"overdue": 2}, "cause", "2 messages are overdue"),
        ({"late": 1}, "late", "1 message is late"),
        (
            {"gaps": 3},
            "quiet",
            "All 5 chains move inside usual; not all that they claim is checked",
        ),
        (
            {"truth": truth(blind=True)},
            "quiet",
            "All 5 chains move inside usual; not all that they claim is checked",
        ),
        ({"truth": ()}, "quiet", "All 5 chains move inside usual; nothing to check is claimed"),
        (
            {"chains": (ETHEREUM, gamma(blind=True))},
            "blind",
            "gamma is blind for 4\u00a0m\u00a012\u00a0s",
        ),
        (
            {"chains": (ETHEREUM, overview_scene().chains[1])},
            "cause",
            "op-main: a head is overdue",
        ),
        (
            {"truth": (changed(truth()[0], verdict="false"), *truth()[1:])},
            "false",
            "What op-main claims is false",
        ),
    ],
)
def test_answer__without_an_incident__is_never_calmer_than_what_is_known(fields, state, title):
    """Answer without an incident: is never calmer than what is known."""
    found = answer(changed(quiet_scene(), **fields), NOW)

    assert (found.state, found.title) == (state, title)


def test_top__of_an_engine_that_is_behind__says_so():
    """Top of an engine that is behind: says so."""
    assert top_of(quiet_scene(), NOW).behind == 0
    assert top_of(changed(quiet_scene(), behind=14_200), NOW).behind == 14_000
    assert top_of(quiet_scene(), NOW).facts == SECOND


def test_truth__of_every_child__is_a_table_in_the_topologys_order():
    """Truth of every child: is a table in the topologys order."""
    found = truth_table(truth(blind=True), quiet_scene().chains)

    assert found.chains == ("op-main", "arb-one", "delta", "gamma")
    assert [row.check for row in found.rows][:2] == ["claims recomputed", "batch contents"]
    assert found.note.endswith("9 true, 0 false, 3 blind")
