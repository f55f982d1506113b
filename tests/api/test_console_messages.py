"""The page of messages: the address is the filter, and every row is measured by its budget."""

import re
from itertools import pairwise

import pytest
from msgspec.structs import replace
from scenes import quiet_scene
from scenes_transfers import LISTED, PANELS, Transfers, drawn, visited

from layerkeep.api.console.draw.bar import bar
from layerkeep.api.console.draw.histogram import histogram
from layerkeep.api.console.tell.filters import asked
from layerkeep.api.console.tell.message import directions, sentence_of
from layerkeep.api.shapes.messages import Bucket, MessagePage
from layerkeep.core.units import DAY, HOUR, MINUTE, SECOND

PATH = "/messages?via=op-main&state=overdue&sort=-value"
HOSTILE = '<script>alert(1)</script>"><img src=x>'


def links(html, start="/messages"):
    """Every address on the page that begins so."""
    return [each.replace("&amp;", "&") for each in re.findall(rf'href="({start}[^"]*)"', html)]


@pytest.mark.parametrize(
    ("rested", "usual", "budget", "expected"),
    [
        (3 * MINUTE, 6 * MINUTE, 12 * MINUTE, (31.25, 15.62, 0.0, 0.0, 62.5)),
        (12 * MINUTE, 6 * MINUTE, 12 * MINUTE, (31.25, 31.25, 31.25, 0.0, 62.5)),
        (18 * MINUTE, 6 * MINUTE, 12 * MINUTE, (31.25, 31.25, 31.25, 31.25, 62.5)),
        (9 * DAY, 6 * MINUTE, 12 * MINUTE, (31.25, 31.25, 31.25, 37.5, 62.5)),
        (6 * MINUTE, None, 12 * MINUTE, (0.0, 31.25, 0.0, 0.0, 62.5)),
        (2 * HOUR, HOUR, None, (31.2, 31.2, 31.2, 0.0, None)),
        (MINUTE, 20 * MINUTE, 10 * MINUTE, (62.5, 6.25, 0.0, 0.0, 62.5)),
    ],
)
def test_bar__time_in_stage__is_scaled_to_the_budget(rested, usual, budget, expected):
    """Bar, time in stage: is scaled to the budget."""
    found = bar(rested, usual, budget)

    assert expected == (found.usual, found.ok, found.late, found.bad, found.line)
    assert found.ok + found.late + found.bad <= 100


def test_bar__nothing_to_scale_by__is_none():
    """Bar, nothing to scale by: is none."""
    assert bar(HOUR, None, None) is None


@pytest.mark.parametrize(("total", "said"), [(7, "7 messages"), (None, "at least 0 messages")])
def test_sentence__of_what_was_not_counted__says_at_least(total, said):
    """A page holds 25 of them: that is no count."""
    assert said == sentence_of(asked({}), MessagePage(items=(), total=total))


@pytest.mark.parametrize("more", [(False, True), (True, False)])
def test_stages__that_have_more_than_was_counted__say_so_together(more):
    """One route's stage that was not counted to its end makes the sum of all a least one."""
    one, other = (replace(PANELS[3], count=4, more=each) for each in more)
    (direction,) = directions([one, other], asked({}))

    assert (8, True) == (direction.panels[0].shown.count, direction.panels[0].shown.more)


def test_page__with_a_stage_that_has_more__writes_a_plus():
    """`4+` finished today; what was counted has none."""

    async def panels(_wanted):
        return (replace(PANELS[3], count=4, more=True), replace(PANELS[0], count=3))

    source = Transfers()
    source.panels = panels
    text = drawn("/messages", source)
    assert "<b>4+</b>" in text
    assert "<b>3</b>" in text


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: f"{panel.kind} {panel.stage}")
def test_histogram__columns__never_overlap_and_stay_on_the_drawing(panel):
    """Histogram, columns: never overlap and stay on the drawing."""
    drawing = histogram(panel)

    for one, other in pairwise(drawing.columns):
        assert one.x + one.width <= other.x
    for column in drawing.columns:
        assert 0 <= column.x
        assert column.x + column.width <= 100
        assert 48 == pytest.approx(column.y + column.height)


def test_histogram__colour__changes_exactly_at_the_budget():
    """Histogram, colour: changes exactly at the budget."""
    buckets = (
        Bucket(until=MINUTE, count=1),
        Bucket(until=4 * MINUTE, count=5),
        Bucket(until=16 * MINUTE, count=3, overdue=True),
    )
    drawing = histogram(replace(PANELS[0], buckets=buckets, budget=8 * MINUTE))

    assert drawing.columns[-1].x == drawing.budget
    assert ["ok", "ok", "bad"] == [column.tone for column in drawing.columns]
    assert 46.0 == max(column.height for column in drawing.columns)


def test_histogram__nothing_there__draws_nothing():
    """Histogram, nothing there: draws nothing."""
    assert () == histogram(PANELS[3]).columns


def test_filters__address__is_read_and_written_back():
    """Filters, address: is read and written back."""
    ask = asked({"via": "op-main", "state": "overdue", "sort": "-value"})

    assert ("op-main", "overdue", "-value") == (ask.wanted.via, ask.wanted.state, ask.wanted.sort)
    assert PATH == ask.address()
    assert "/messages?via=op-main&sort=-value" == ask.tokens[1].without


@pytest.mark.parametrize(
    ("typed", "field", "value"),
    [
        ("stage=proven", "stage", "proven"),
        ("from=op-main", "source", "op-main"),
        ("older>10m", "older", 10 * MINUTE),
        ("older=90s", "older", 90 * SECOND),
        ("older=5000", "older", 5000),
        ("value>1.5eth", "value_min", "1500000000000000000"),
        ("value_min=12", "value_min", "12"),
        ("overdue", "state", "overdue"),
    ],
)
def test_filters__what_was_typed__is_added(typed, field, value):
    """Filters, what was typed: is added."""
    ask = asked({"via": "op-main", "add": typed})

    assert value == getattr(ask.wanted, field)
    assert "op-main" == ask.wanted.via
    assert () == ask.faults
    assert "add=" not in ask.address()


@pytest.mark.parametrize(
    ("query", "field", "near"),
    [
        ({"stagee": "proven"}, "stagee", "stage"),
        ({"state": "overdu"}, "state", "state=overdue"),
        ({"sort": "#"}, "sort", ""),
        ({"older": "soon"}, "older", "older=10m"),
        ({"value_min": "much"}, "value_min", "value_min=1.5eth"),
        ({"add": "#"}, "#", ""),
        ({"via": "x" * 999}, "via", ""),
    ],
)
def test_filters__not_understood__filters_nothing_and_names_the_nearest(query, field, near):
    """Filters, not understood: filters nothing and names the nearest."""
    ask = asked(query)

    assert [(field, near)] == [(fault.field, fault.near) for fault in ask.faults]
    assert "/messages" == ask.address()


def test_messages__unknown_field__is_told_calmly():
    """Messages, unknown field: is told calmly."""
    page, _ = visited("/messages?stagee=proven")
    html = drawn("/messages?stagee=proven")

    assert 200 == page.status
    assert "stagee is not something that messages have." in html
    assert "<code>stage</code>" in html


def test_messages__unknown_chain__names_the_nearest_and_leads_there():
    """Messages, unknown chain: names the nearest and leads there."""
    html = drawn("/messages?via=op-mian&state=overdue")

    assert "No chain is named op-mian." in html
    assert "/messages?via=op-main&state=overdue" in links(html)


def test_messages__title__counts_what_matches():
    """Messages, title: counts what matches."""
    page, _ = visited(PATH)
    html = drawn(PATH)

    assert "41 overdue through op-main" == page.title
    assert "All stand behind" in html
    assert "25 of 41" in html


def test_messages__links__keep_the_filters():
    """Messages, links: keep the filters."""
    found = links(drawn(PATH))

    assert "/messages?via=op-main&state=overdue&sort=value" in found
    assert "/messages?via=op-main&state=overdue&sort=due" in found
    assert "/messages?via=op-main&state=overdue&sort=-value&cursor=25" in found
    assert "/messages?via=op-main&stage=proven&state=overdue&sort=-value" in found
    assert "/messages?via=op-main&state=overdue" in found


def test_messages__form__adds_to_the_filters_without_script():
    """Messages, form: adds to the filters without script."""
    html = drawn(PATH)

    assert '<input type="hidden" name="via" value="op-main">' in html
    assert 'action="/messages"' in html
    assert 'name="add"' in html


def test_messages__what_was_typed__becomes_the_address():
    """Messages, what was typed: becomes the address, unless it is not understood."""
    page, _ = visited("/messages?via=op-main&add=stage%3Dproven")

    assert "/messages?via=op-main&stage=proven" == page.location
    assert "" == visited("/messages?add=colour%3Dblue")[0].location


def test_messages__second_page__leads_back_to_the_first():
    """Messages, second page: leads back to the first."""
    html = drawn(PATH + "&cursor=25")

    assert "16 of 41" in html
    assert "First ones" in html
    assert 'rel="next"' not in html


def test_messages__cursor_of_another_query__begins_again():
    """Messages, cursor of another query: begins again."""
    html = drawn(PATH + "&cursor=zz")

    assert "This page of the list is gone" in html
    assert "25 of 41" in html


def test_messages__row__tells_how_far_over_and_behind_what():
    """Messages, row: tells how far over and behind what."""
    html = drawn(PATH)

    assert "7\u00a0m\u00a050\u00a0s" in html
    assert "<title>overdue, symptom</title>" in html
    assert "<b>120.00</b>" in html


def test_messages__none_overdue__is_good():
    """Messages, none overdue: is good."""
    html = drawn("/messages?state=overdue", Transfers(listed=(), overview=quiet_scene()))

    assert "No message is overdue." in html


def test_messages__filter_too_narrow__names_the_one_to_drop():
    """Messages, filter too narrow: names the one to drop."""
    html = drawn(PATH + "&token=WBTC", Transfers(overview=quiet_scene()))

    assert "No message matches these filters." in html
    assert "Without <code>token=WBTC</code> there are 41 messages." in html
    assert PATH in links(html)


def test_messages__chain_is_blind__is_not_known_and_never_none():
    """Messages, chain is blind: is not known and never none."""
    html = drawn("/messages?via=gamma", Transfers(listed=()))

    assert "Not known." in html
    assert "gamma is blind for" in html
    assert "No message" not in html


def test_messages__nothing_sent_yet__says_so():
    """Messages, nothing sent yet: says so."""
    html = drawn("/messages", Transfers(listed=(), overview=quiet_scene()))

    assert "No message was sent yet." in html


def test_messages__hostile_text__is_escaped():
    """Messages, hostile text: is escaped."""
    row = replace(LISTED[0], token=HOSTILE, awaited=HOSTILE, stage=HOSTILE, id=HOSTILE)
    other = replace(LISTED[1], reason=HOSTILE, incident="", kind=HOSTILE)
    html = drawn("/messages?token=%3Cscript%3Ealert(1)", Transfers(listed=(row, other)))
    html += drawn("/messages", Transfers(listed=(row, other)))

    assert "<script>alert" not in html
    assert "<img" not in html


def test_messages__page__has_no_inline_script_or_style():
    """Messages, page: has no inline script or style."""
    html = drawn(PATH)

    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", html)
    assert not re.search(r"<script(?![^>]*\ssrc=)", html)
