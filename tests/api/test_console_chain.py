"""The page of one chain: its geometry, its states, and that nothing in it can hurt a reader."""

import re

import msgspec
import pytest
from scenes_chains import (
    AGREEMENT,
    HEIGHTS,
    INCIDENT,
    LATEST,
    NOW,
    PAGE,
    PARTED,
    TRUTH,
    UPSTREAMS,
    Told,
    batch,
    chain_as,
    drawn,
    head,
    heads,
    parts_drawn,
    row,
)

from layerkeep.api.console.draw.agreement import matrix
from layerkeep.api.console.pages.chain import heads_of, settings_of
from layerkeep.api.shapes.chains import AgreementShown, HeadShown

SECOND = 1_000
HOSTILE = '<script>alert(1)</script>" style="x" onload=\'y'


def answer(html: str) -> str:
    """The answer of a page as a reader sees it."""
    found = re.search(r'<section class="say[^>]*>(.*?)</section>', html, re.DOTALL)
    assert found is not None, "a page has an answer"
    return " ".join(re.sub(r"<[^>]+>", "", found.group(1)).split())


def test_matrix__of_34_heights__fills_its_width_and_parts_on_an_edge():
    """Columns are alike, the newest ends at the right, the line stands before the first odd one."""
    drawing = matrix(AGREEMENT)
    column = HEIGHTS.index(PARTED)
    cells = drawing.rows[0].cells

    assert 0.0 == drawing.edge
    assert round(100 / 34 * column, 2) == drawing.parting
    assert cells[column - 1].x + cells[column - 1].width < drawing.parting < cells[column].x
    assert 100 > cells[-1].x + cells[-1].width
    assert {"same", "other", "behind"} == drawing.states


def test_matrix__of_few_heights__keeps_them_at_the_right():
    """Eight heights do not swell to the whole width."""
    few = msgspec.structs.replace(AGREEMENT, heights=HEIGHTS[-8:], parted=None)

    drawing = matrix(few)

    assert 50.0 == drawing.edge
    assert 8 == len(drawing.rows[0].cells)
    assert drawing.parting is None


def test_matrix__parted_below_all_shown__says_beyond():
    """The line then stands at the left end."""
    few = msgspec.structs.replace(AGREEMENT, heights=HEIGHTS[-8:], parted=HEIGHTS[0])

    drawing = matrix(few)

    assert drawing.beyond
    assert drawing.edge == drawing.parting


def test_matrix__of_nothing__has_no_cells():
    """No upstream and no height is no drawing."""
    drawing = matrix(AgreementShown())

    assert ((), (), None) == (drawing.rows, drawing.heights, drawing.parting)


def test_page__of_a_chain_that_does_not_settle__says_so_first():
    """What, for how long, what it costs, and where to go."""
    html = drawn("/chains/op-main")

    assert "op-main moves, but nothing of it has settled for 22 m 34 s" in answer(html).replace(
        "\u00a0", " "
    )
    assert "<b>676 blocks</b> could still be lost" in html
    assert f'href="/incidents/{INCIDENT}"' in html
    assert "<title>op-main moves, but nothing of it has settled" in html
    assert "pub-2, has parted at 18,442,561" in html


def test_page__while_a_batch_is_missing__leads_with_it():
    """The missing one stands before those that came."""
    html = parts_drawn("/chains/op-main")["batches"]

    assert "missing since 02:42:45: 676 blocks wait for it" in html
    assert html.index("missing since") < html.index("88,213")


def test_page__without_an_incident_of_batches__has_no_missing_one():
    """Only an incident says that one is missing."""
    told = chain_as(mark="usual", incident="", parts=(), heads=heads(LATEST, LATEST - 50, 900))

    assert "missing since" not in drawn("/chains/op-main", told)


def test_page__of_a_blind_chain__draws_no_head():
    """What was last seen is written, hatched, and no age is told as if it were live."""
    told = chain_as(
        blind_since=NOW - 252 * SECOND,
        mark="blind",
        incident="",
        answering=0,
        heads=(HeadShown(tag="latest", height=6_910_552, state="blind"),),
    )
    html = drawn("/chains/op-main", told)
    part = parts_drawn("/chains/op-main", told)["heads"]

    assert "op-main is blind for 4 m 12 s" in answer(html).replace("\u00a0", " ")
    assert "0 of 5 upstreams answer." in part
    assert "hatch" in part
    assert "Last seen: latest 6,910,552" in part
    assert 'class="mk' not in part


def test_page__of_a_chain_never_checked__does_not_say_true():
    """Nothing was recomputed, so there is no tick in the answer."""
    never = tuple(msgspec.structs.replace(each, verdict="never", nodes=0) for each in TRUTH)
    told = chain_as(mark="usual", incident="", parts=(), heads=heads(LATEST, LATEST - 50, 900))
    told.of_truth = never
    html = drawn("/chains/op-main", told)

    assert "op-main moves inside usual" in answer(html)
    assert "Nothing that it posted was checked yet." in answer(html)
    assert "is true" not in answer(html)
    assert "never checked" in html
    assert 'class="say quiet"' in html


def test_page__of_a_chain_that_is_well_and_true__has_the_tick():
    """Every check was made and found equal."""
    agreed = AgreementShown(heights=HEIGHTS, rows=(row("own-1", HEIGHTS),), agreeing=1)
    told = chain_as(
        mark="usual",
        incident="",
        parts=(),
        heads=heads(LATEST, LATEST - 50, 900),
        page={"agreement": agreed},
    )
    html = drawn("/chains/op-main", told)

    assert "op-main moves inside usual, and all that it posted is true" in answer(html)
    assert 'class="say calm"' in html


def test_page__of_a_chain_that_lied__says_false_before_all_else():
    """False outranks overdue."""
    told = chain_as(page={"batches": (batch(0, "false"),)})
    wrong = msgspec.structs.replace(TRUTH[0], verdict="false", detail="root 0x9a03 is not ours")
    told.of_truth = (wrong, *TRUTH[1:])
    html = drawn("/chains/op-main", told)

    assert answer(html).startswith("op-main has told something that is false")
    assert "root 0x9a03 is not ours" in answer(html)
    assert "<b>false</b>" in parts_drawn("/chains/op-main", told)["batches"]


def test_page__of_a_chain_without_safe_head__says_that_it_is_not_known():
    """An untold head is no figure."""
    only = (head("latest", LATEST, 2 * SECOND, (SECOND, 4 * SECOND), 20 * SECOND),)
    untold = (HeadShown(tag="safe"), HeadShown(tag="finalized"))
    told = chain_as(mark="usual", incident="", parts=(), heads=(*only, *untold))
    html = drawn("/chains/op-main", told)

    assert "It has no safe head" in answer(html)
    assert "no safe head" in parts_drawn("/chains/op-main", told)["heads"]
    assert "not known" in parts_drawn("/chains/op-main", told)["heads"]


@pytest.mark.parametrize(
    ("agreement", "says"),
    [
        (AgreementShown(), "No upstream is named for this chain"),
        (
            AgreementShown(heights=HEIGHTS, rows=(row("own-1", HEIGHTS),), agreeing=1),
            "One upstream only",
        ),
        (AgreementShown(rows=(row("own-1", HEIGHTS), row("own-2", HEIGHTS))), "were not compared"),
    ],
)
def test_agreement__that_cannot_be_told__is_not_known(agreement, says):
    """No tick stands where there is nothing to compare with."""
    part = parts_drawn("/chains/op-main", chain_as(page={"agreement": agreement}))["agree"]

    assert "Not known." in part
    assert says in part
    assert '<use href="#true"/>' not in part


def test_page__of_a_chain_that_settles_on_nothing__asks_for_no_claims():
    """It posts nothing and has no contracts that set it."""
    html = drawn("/chains/op-main", chain_as(parent="", mark="usual", incident="", parts=()))

    assert "What was posted" not in html
    assert "How is it set?" not in html
    assert "It settles on nothing" in html


def test_heads__that_met__say_so():
    """A finalized head at the safe one has met it."""
    rows = heads_of(PAGE.chain)

    assert [0, 676, 676] == [each.behind for each in rows]
    assert [False, False, True] == [each.met for each in rows]


def test_settings__of_contracts__are_said_in_words():
    """Seconds are durations, or moments where they are as large as one; versions stand apart."""
    found = {name: value.replace("\u00a0", " ") for name, value in settings_of(PAGE, NOW)}

    assert "3 d 12 h" == found["dispute game finality delay"]
    assert "60,000,000" == found["gas limit"]
    assert "13 Nov 02:13" == found["retirement time"]
    assert "0x6887…2985" == found["batcher"]
    assert "portal version" not in found


def test_page__with_hostile_words_of_nodes_and_chains__stays_text():
    """Client versions, claims and reasons are whatever somebody sends."""
    hostile = {
        "upstreams": (msgspec.structs.replace(UPSTREAMS[0], client=HOSTILE, name=HOSTILE),),
        "agreement": msgspec.structs.replace(
            AGREEMENT,
            rows=(
                msgspec.structs.replace(AGREEMENT.rows[0], client=HOSTILE, verdict=HOSTILE),
                msgspec.structs.replace(AGREEMENT.rows[1], upstream=HOSTILE),
            ),
        ),
        "batches": (
            msgspec.structs.replace(batch(0, "unknown"), batch=HOSTILE, tx=HOSTILE, detail=HOSTILE),
        ),
        "settings": (msgspec.structs.replace(PAGE.settings[0], name=HOSTILE, value=HOSTILE),),
    }
    html = drawn("/chains/op-main", chain_as(page=hostile, phrase=HOSTILE))

    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html
    assert [] == re.findall(r'<[^>"]*(?:"[^"]*"[^>"]*)*\s(?:style|on\w+)=', html)
    assert [] == re.findall(r"<style|<script(?! src=)", html)


def test_parts__of_the_page__are_one_element_each_with_its_id():
    """The stream replaces a part whole, by its id."""
    for name, html in parts_drawn("/chains/op-main").items():
        opened = re.match(r"<(\w+)[^>]*\bid=\"([\w-]+)\"", html)

        assert opened is not None, html[:120]
        assert (name, True) == (opened.group(2), html.endswith(f"</{opened.group(1)}>"))


def test_page__of_a_chain_that_is_not_there__is_not_known():
    """The name nearest to it is offered by the frame."""
    from layerkeep.api.source import NotKnown

    with pytest.raises(NotKnown) as raised:
        drawn("/chains/op-mian", Told())

    assert "op-main" == raised.value.near
