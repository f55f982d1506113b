"""Search: one result is gone to, several are listed, none is calm."""

import pytest
from scenes_transfers import HOP_2, Transfers, drawn, visited

from layerkeep.api.console.pages.find import plain
from layerkeep.api.shapes.journeys import Found

HASH = "0x" + "ab" * 32
ONE = Found(kind="journey", name=HOP_2, title="4.50 ETH, ethereum → delta", matched="hash")
OTHER = Found(kind="chain", name="op-main", title="op-main", matched="name")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (f"  {HASH}\n", HASH),
        (HASH.upper(), HASH),
        ("AB" * 32, HASH),
        (f'"{HASH}",', HASH),
        ("0xabab abab\tabab", "0xabababababab"),
        ("0x7BE1 …30ca", "0x7be1…30ca"),
        ("0x7be1...30ca", "0x7be1...30ca"),
        ("7F3A91", "7f3a91"),
        ("Op-Main", "op-main"),
        (" ", ""),
    ],
)
def test_find__what_was_typed__is_read_as_it_was_meant(typed, expected):
    """Find, what was typed: is read as it was meant."""
    assert expected == plain(typed)


@pytest.mark.parametrize(
    ("found", "location"),
    [
        (ONE, f"/journeys/{HOP_2}"),
        (OTHER, "/chains/op-main"),
        (Found(kind="incident", name="7f3a91", title="x"), "/incidents/7f3a91"),
        (Found(kind="facts", name=HASH, title="x"), f"/journeys/{HASH}"),
        (Found(kind="upstream", name="own 1", title="x"), "/upstreams#own%201"),
        (Found(kind="chain", name="//example.org", title="x"), "/chains/%2F%2Fexample.org"),
    ],
)
def test_find__one_result__is_gone_to(found, location):
    """Find, one result: is gone to."""
    page, _ = visited("/find?q=x", Transfers(found=(found,)))

    assert (303, location) == (page.status, page.location)


def test_find__several_results__are_listed():
    """Find, several results: are listed."""
    html = drawn("/find?q=x", Transfers(found=(ONE, OTHER)))

    assert "2 results" in html
    assert f'href="/journeys/{HOP_2}"' in html
    assert 'href="/chains/op-main"' in html


def test_find__none__is_calm_and_says_what_can_be_pasted():
    """Find, none: is calm and says what can be pasted."""
    page, _ = visited("/find?q=zzz")
    html = drawn("/find?q=zzz")

    assert 404 == page.status
    assert "Nothing here has this name or hash." in html
    assert "the first digits of an incident" in html
    assert "gamma" in html


def test_find__nothing_typed__searches_nothing():
    """Find, nothing typed: searches nothing."""
    source = Transfers()
    html = drawn("/find", source)

    assert [] == source.searched
    assert "Paste anything that was copied." in html


def test_find__hostile_text__is_escaped():
    """Find, hostile text: is escaped."""
    html = drawn("/find?q=%3Cscript%3Ealert(1)%3C/script%3E")

    assert "<script>alert" not in html
    assert "&lt;script&gt;alert" in html
