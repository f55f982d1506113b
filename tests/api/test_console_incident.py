"""The page of one incident: the fall, the tree, its cost, and what its forms do."""

import re

import pytest
from http_scene import bearer, incident, served, tokens
from msgspec.structs import replace
from scenes import NOW
from scenes_transfers import CAUSE, LINES, Transfers, drawn, fact, incident_scene, visited

from layerkeep.api.console.draw.fall import MARK_Y, ROW, SLACK, WIDTH_TYPICAL, fall
from layerkeep.api.console.markdown import markdown
from layerkeep.api.console.pages.acting import ROUTES
from layerkeep.api.console.tell.incident import tree
from layerkeep.core.units import DAY, HOUR, MINUTE, SECOND

PATH = f"/incidents/{CAUSE}"
ORDER = ("ethereum", "op-main", "arb-one", "delta", "gamma")
HOSTILE = '<script>alert(1)</script>"><img src=x>'


def test_fall__rows__go_down_by_layer_and_right_by_clock():
    """Fall, rows: go down by layer and right by clock."""
    rows = fall(incident_scene(), NOW, ORDER).rows

    assert ["ethereum", "op-main", "delta"] == [row.where for row in rows if row.first]
    for chain in ORDER:
        xs = [row.x for row in rows if row.where == chain]
        assert sorted(xs) == xs


@pytest.mark.parametrize("now", [NOW, NOW - 242 * SECOND, NOW + HOUR, NOW + 40 * DAY])
def test_fall__any_moment__stays_on_the_drawing(now):
    """Fall, any moment: stays on the drawing."""
    drawing = fall(incident_scene(), now, ORDER)

    assert 0 <= drawing.now <= 100
    for row in drawing.rows:
        assert 0 <= row.x <= drawing.now + 0.01
        for edge in row.edges:
            assert 0 <= edge.x1 <= 100
            assert 0 <= edge.x2 <= 100
            assert 0 <= edge.y1 <= edge.y2 <= ROW


def test_fall__elbow__leads_from_the_cause_through_every_row_between():
    """Fall, elbow: leads from the cause through every row between."""
    rows = fall(incident_scene(), NOW, ORDER).rows
    cause = next(n for n, row in enumerate(rows) if row.mark == "cause")
    below = next(n for n, row in enumerate(rows) if "delta safe head" in row.says)

    x = rows[cause].x
    pieces = [[(e.y1, e.y2) for e in row.edges if e.x1 == e.x2 == x] for row in rows]
    assert (MARK_Y, ROW) in pieces[cause]
    assert all((0, ROW) in pieces[n] for n in range(cause + 1, below))
    assert (0, MARK_Y) in pieces[below]
    assert any(e.x1 == x and e.x2 == rows[below].x and e.y1 == MARK_Y for e in rows[below].edges)


def test_fall__what_led_to_it__stands_before_the_cause():
    """Fall, what led to it: stands before the cause."""
    rows = fall(incident_scene(), NOW, ORDER).rows

    assert ["fine", "fine", "cause"] == [row.mark for row in rows[:3]]
    assert all(edge.pre for edge in rows[1].edges if edge.y1 != MARK_Y or edge.x1 != edge.x2)


def test_fall__words_with_no_room_on_either_side__are_cut_to_the_wider_one():
    """Fall, words with no room on either side: are cut to the wider one."""
    scene = incident_scene()
    lines = tuple(replace(line, summary="long " * 40) for line in scene.lines)
    for now in (NOW, NOW + 40 * DAY):
        rows = fall(replace(scene, lines=lines), now, ORDER).rows
        told = [row for row in rows if row.line is not None]
        for row in told:
            before = row.x / 100 * WIDTH_TYPICAL
            free = before if row.side == "left" else WIDTH_TYPICAL - before + SLACK
            assert row.room <= free


def test_fall__long_ago__breaks_its_axis_before_now():
    """Fall, long ago: breaks its axis before now."""
    drawing = fall(incident_scene(), NOW + 40 * DAY, ORDER)

    assert drawing.joint is not None
    assert max(row.x for row in drawing.rows) < drawing.joint < drawing.now
    assert max(row.x for row in drawing.rows) - min(row.x for row in drawing.rows) > 50


def test_tree__symptoms__stand_below_what_they_follow_from():
    """Tree, symptoms: stand below what they follow from."""
    found = [(branch.line.component, branch.indent) for branch in tree(LINES)]

    assert [
        ("batcher:op-main", 0),
        ("chain:op-main", 1),
        ("proposer:op-main", 2),
        ("route:op-main->ethereum", 2),
        ("route:op-main->delta", 2),
        ("chain:delta", 1),
        ("route:delta->op-main", 2),
    ] == found


def test_tree__parents_in_a_circle__lose_no_line():
    """Tree, parents in a circle: lose no line."""
    one, other = replace(LINES[1], parent=LINES[2].key), replace(LINES[2], parent=LINES[1].key)

    assert {one.key, other.key, LINES[0].key} == {
        branch.line.key for branch in tree((LINES[0], one, other))
    }


def test_incident__open__says_what_and_for_how_long():
    """Incident, open: says what and for how long."""
    html = drawn(PATH)

    assert "op-main batcher cannot pay for its next batches, for 21\u00a0m\u00a008\u00a0s" in html
    assert '<use href="#cause"/>' in html
    assert "318.42 <small>ETH, 37 users</small>" in html
    assert "14:40:41 <small>in 11\u00a0h\u00a037\u00a0m</small>" in html
    assert "2 <small>of 5</small>" in html


def test_incident__list_twin__says_the_same_as_the_drawing():
    """Incident, list twin: says the same as the drawing."""
    html = drawn(PATH)

    for row in fall(incident_scene(), NOW, ORDER).rows:
        assert 2 <= html.count(row.says)


def test_incident__something_said_is_not_true__has_the_loudest_mark():
    """Incident, something said is not true: has the loudest mark."""
    page = incident_scene(kind="claim-false")

    assert '<use href="#false"/></svg><h1>' in drawn(PATH, Transfers(page=page))


def test_incident__over__asks_for_nothing():
    """Incident, over: asks for nothing."""
    page = incident_scene(state="resolved", resolved=NOW - HOUR)
    html = drawn(PATH, Transfers(page=page), role="operator")

    assert "Nothing is to be done." in html
    assert f'action="{PATH}' not in html


def test_incident__merged__leads_to_where_it_belongs():
    """Incident, merged: leads to where it belongs."""
    page = incident_scene(state="merged", merged_into="c20e17ab12cd")

    assert 'href="/incidents/c20e17ab12cd">c20e17</a>' in drawn(PATH, Transfers(page=page))


@pytest.mark.parametrize(("role", "may"), [("viewer", False), ("operator", True), ("admin", True)])
def test_incident__forms__are_for_those_who_may_act(role, may):
    """Incident, forms: are for those who may act."""
    html = drawn(PATH, role=role)

    assert may == (f'action="{PATH}/acknowledge"' in html)
    assert may == (f'action="{PATH}/silence"' in html)
    assert may == (f'action="{PATH}/resolve"' in html)
    assert may != ("need the role operator" in html)


def test_incident__silence__has_an_end_to_choose_and_can_be_lifted():
    """Incident, silence: has an end to choose and can be lifted."""
    page = incident_scene(muted_until=NOW + HOUR)
    html = drawn(PATH, Transfers(page=page), role="operator")

    assert f'<option value="{HOUR}" selected>1 h</option>' in html
    assert f'action="{PATH}/unsilence"' in html
    assert "taken, silenced until 04:03:41" in html


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("done=acknowledge", "You took it."),
        ("first=acknowledge", "op-main lead has already taken it."),
        ("failed=store-failing", "Not done: the store does not answer."),
        ("failed=whatever", "This did not work."),
    ],
)
def test_incident__after_a_form__says_what_became_of_it(query, says):
    """Incident, after a form: says what became of it."""
    assert says in drawn(f"{PATH}?{query}", role="operator")


def test_incident__outcome_that_was_made_up__is_not_repeated():
    """Incident, outcome that was made up: is not repeated."""
    html = drawn(f"{PATH}?done=call+0800-666&failed=%3Cb%3Ehacked", role="operator")

    assert "0800" not in html.split('id="main"')[1]
    assert "hacked" not in html.split('id="main"')[1]


def test_incident__facts__have_anchors():
    """Incident, facts: have anchors."""
    html = drawn(PATH)

    assert "Evidence, 3 facts" in html
    assert 'id="fact-3"' in html


def test_incident__title__is_the_sentence():
    """Incident, title: is the sentence."""
    page, _ = visited(PATH)

    assert "op-main batcher cannot pay for its next batches · 7f3a91" == page.title


def test_incident__hostile_text__is_escaped():
    """Incident, hostile text: is escaped."""
    entry = incident_scene().timeline[1]
    root = replace(LINES[0], summary=HOSTILE, way=(HOSTILE,), component=HOSTILE)
    page = {
        "lines": (root, replace(LINES[1], summary=HOSTILE, chain=HOSTILE, way=(HOSTILE,))),
        "timeline": (replace(entry, reason=HOSTILE, by=HOSTILE), replace(entry, what=HOSTILE)),
        "facts": (fact(1, HOSTILE, NOW - MINUTE, HOSTILE, body=HOSTILE),),
        "page": HOSTILE + "\n\n[a](javascript:alert(1)) ![b](https://example.org/x.png)",
        "report": HOSTILE,
        "chains": (HOSTILE,),
        "rule": HOSTILE,
    }
    shown = incident_scene(page, title=HOSTILE, owner=HOSTILE, severity=HOSTILE)
    html = drawn(PATH, Transfers(page=shown), role="operator")

    assert "<script>alert" not in html
    assert "<img" not in html
    assert 'href="javascript:' not in html


def test_incident__page__has_no_inline_script_or_style():
    """Incident, page: has no inline script or style."""
    html = drawn(PATH, role="operator")

    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", html)
    assert not re.search(r"<script(?![^>]*\ssrc=)", html)


def test_markdown__runbook__is_drawn_without_its_html():
    """Markdown, runbook: is drawn without its html."""
    html = markdown("# Do\n\n1. `this`\n\n| a |\n|---|\n| b |\n\n<script>x</script>")

    assert "<h1>Do</h1>" in html
    assert "<ol>" in html
    assert "<table>" in html
    assert "&lt;script&gt;" in html


def send(site, action, form, role="operator"):
    """One form sent to the incident."""
    return site.client.post(f"/incidents/c0ffee00/{action}", data=form, headers=bearer(role))


def test_acting__forms__put_the_word_in_the_store_and_lead_back():
    """Acting, forms: put the word in the store and lead back."""
    with served(tokens(), lambda *_: ROUTES) as site:
        took = send(site, "acknowledge", {"seen": ""})
        mute = send(site, "silence", {"long": str(HOUR), "reason": HOSTILE})
        over = send(site, "resolve", {"reason": "topped up"})

        assert [303, 303, 303] == [took.status_code, mute.status_code, over.status_code]
        assert "/incidents/c0ffee00?done=acknowledge#outcome" == took.headers["location"]
        words = [(word.action, word.by, word.reason) for word in site.source.words]
        assert [
            ("acknowledge", "the-operator", ""),
            ("silence", "the-operator", HOSTILE),
            ("resolve", "the-operator", "topped up"),
        ] == words
        assert site.source.time + HOUR == site.source.words[1].until
        assert ["done"] * 3 == [entry.outcome for entry in site.audit.noted]


def test_acting__somebody_was_first__says_nothing_to_the_store():
    """Acting, somebody was first: says nothing to the store."""
    with served(tokens(), lambda *_: ROUTES) as site:
        site.source.open = (incident(owner="contracts lead", acknowledged=1),)
        late = send(site, "acknowledge", {"seen": ""})
        over = send(site, "acknowledge", {"seen": "contracts lead"})

        assert "?first=acknowledge" in late.headers["location"]
        assert "?done=acknowledge" in over.headers["location"]
        assert 1 == len(site.source.words)


def test_acting__incident_is_over__is_told_as_first():
    """Acting, incident is over: is told as first."""
    with served(tokens(), lambda *_: ROUTES) as site:
        site.source.open = (incident(state="resolved"),)

        assert "?first=resolve" in send(site, "resolve", {"reason": "x"}).headers["location"]
        assert [] == site.source.words


def test_acting__form_is_wrong__leads_back_and_says_so():
    """Acting, form is wrong: leads back and says so."""
    with served(tokens(), lambda *_: ROUTES) as site:
        found = send(site, "silence", {"reason": "no end"})

        assert "?failed=invalid" in found.headers["location"]
        assert [] == site.source.words


def test_acting__viewer__is_refused():
    """Acting, viewer: is refused."""
    with served(tokens(), lambda *_: ROUTES) as site:
        found = send(site, "acknowledge", {"seen": ""}, role="viewer")

        assert 403 == found.status_code
        assert [] == site.source.words


def test_acting__form_of_another_site__is_refused():
    """Acting, form of another site: is refused."""
    with served(tokens(), lambda *_: ROUTES) as site:
        headers = bearer("operator") | {"origin": "https://example.org"}
        found = site.client.post(
            "/incidents/c0ffee00/resolve", data={"reason": "x"}, headers=headers
        )

        assert 403 == found.status_code
        assert [] == site.source.words
