"""Tokens by the symbol and the digits that the topology tells, and by units where nobody does."""

import pytest
from msgspec.structs import replace
from scenes_transfers import Transfers, drawn, journey_scene, message

from layerkeep.api.console.tell.worth import summed, worth
from layerkeep.api.shapes.messages import Amount

COIN = "0x" + "3c" * 20
HOSTILE = "<script>alert(1)</script>"


def carrying(units, **token):
    """A message that carries so many units of a token."""
    sent = message(1, 0.0, ("op-main", "delta"), 0)
    return replace(sent, token=COIN, amount=str(units), **token)


@pytest.mark.parametrize(
    ("units", "token", "expected"),
    [
        (1_500_000, {"symbol": "USDC", "decimals": 6}, "1.50 USDC"),
        (880_000_000_000, {"symbol": "USDC", "decimals": 6}, "880,000 USDC"),
        (1, {"symbol": "WBTC", "decimals": 8}, "0.00000001 WBTC"),
        (1_234, {"symbol": "TICKET", "decimals": 0}, "1,234 TICKET"),
        (10**30, {"symbol": "BIG", "decimals": 77}, f"0.{'0' * 46}1 BIG"),
        (1_500_000, {}, "1,500,000 units of 0x3c3c…3c3c"),
        (0, {"symbol": "USDC", "decimals": 6}, "0.00 USDC"),
    ],
)
def test_worth__of_a_token__is_told_in_its_digits_or_in_units(units, token, expected):
    """All digits stand in the title; what is not known is not guessed."""
    found = worth(carrying(units, **token))

    assert expected == str(found)
    assert f"{units} units of {COIN}" == found.exact


def test_sums__of_known_and_unknown_tokens__are_told_each_in_its_own_way():
    """The chain's own money, a token that is named, and one that is not."""
    known = Amount(token=COIN, amount="2500000", symbol="USDC", decimals=6)
    other = Amount(token="0x" + "4d" * 20, amount="7")

    assert "2.50 USDC and 7 units of 0x4d4d…4d4d" == summed((known, other))


@pytest.mark.parametrize("path", ["/messages", "/journeys/"])
def test_page__with_a_hostile_symbol__escapes_it(path):
    """A token may call itself anything."""
    sent = carrying(5, symbol=HOSTILE, decimals=0)
    if path == "/messages":
        html = drawn(path, Transfers(listed=(sent,)))
    else:
        told = journey_scene()
        hops = (replace(told.hops[0], message=sent), *told.hops[1:])
        html = drawn(path + told.id, Transfers(journeys=(replace(told, hops=hops),)))

    assert "&lt;script&gt;alert(1)" in html
    assert HOSTILE not in html
