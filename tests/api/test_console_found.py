"""Where a found claim, component or address leads, and the row that is meant there."""

import asyncio

import pytest
from scenes_chains import RENDERER, Told, claim
from scenes_transfers import NOW, Transfers, visited

from layerkeep.api.console.page import Place
from layerkeep.api.console.pages import pages
from layerkeep.api.console.top import Top
from layerkeep.api.shapes.journeys import Found

GAME = "l2/game/0x" + "9a" * 20
ANN = "0x" + "1a" * 20


@pytest.mark.parametrize(
    ("found", "location"),
    [
        (
            Found(kind="claim", name=GAME, title="x", chain="l2", height=77),
            f"/chains/l2?claim=l2%2Fgame%2F0x{'9a' * 20}&until=77#claims",
        ),
        (Found(kind="component", name="batcher:l2", title="x", chain="l2"), "/chains/l2#parts"),
        (Found(kind="messages", name=ANN, title="x", matched="sender"), f"/messages?sender={ANN}"),
        (Found(kind="messages", name=ANN, title="x", matched="token"), f"/messages?token={ANN}"),
    ],
)
def test_find__of_what_stands_on_another_page__leads_there(found, location):
    """A claim to its row, a component to the parts of its chain, an address to its messages."""
    page, _ = visited("/find?q=x", Transfers(found=(found,)))

    assert (303, location) == (page.status, page.location)


class Claims(Told):
    """A chain with more claims than its page shows."""

    def __init__(self):
        super().__init__()
        self.asked = []

    async def claims(self, chain, before, count):
        self.asked.append((chain, before, count))
        return (claim(40), claim(41))


def chain_page(**query):
    """The chain's page at an address with this query."""
    told = Claims()
    name = told.of_chain.chain.name
    place = Place(f"/chains/{name}", {"name": name}, query)
    page = asyncio.run(pages()["/chains/{name}"](told, place))
    return RENDERER.page(page, place, Top("devnet", NOW)), told


def test_chain__with_a_claim_in_its_address__shows_it_and_those_below_it():
    """It is the current row, and a link leads back to the newest."""
    html, told = chain_page(claim=claim(40).claim, until="21884300")

    assert [(told.of_chain.chain.name, 21_884_301, 20)] == told.asked
    assert 1 == html.count('aria-current="true"')
    (row,) = [part for part in html.split("<tr") if 'aria-current="true"' in part]
    assert "7,064" in row
    assert "Show the newest claims" in html


@pytest.mark.parametrize("until", ["", "x", "-1", "9" * 16, "²"])
def test_chain__with_no_height_in_its_address__shows_the_newest_claims(until):
    """What is no height asks for nothing."""
    html, told = chain_page(claim=claim(40).claim, until=until)

    assert [] == told.asked
    assert "Show the newest claims" not in html
