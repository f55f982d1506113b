"""The console's formats of numbers, times, hashes and names."""

import pytest

from layerkeep.api.console import words
from layerkeep.core.units import DAY, HOUR, MINUTE, SECOND

NOW = 1_763_866_980_000 + 41_000
"""2025-11-23T03:03:41Z."""
GAP = "\u00a0"


@pytest.mark.parametrize(
    ("ms", "said"),
    [
        (0, "0 s"),
        (240, "240 ms"),
        (2 * SECOND, "2 s"),
        (59_999, "59 s"),
        (64 * SECOND, "1 m 04 s"),
        (1354 * SECOND, "22 m 34 s"),
        (11 * HOUR + 37 * MINUTE + 59 * SECOND, "11 h 37 m"),
        (6 * DAY + 10 * HOUR, "6 d 10 h"),
        (-64 * SECOND, "\u22121 m 04 s"),
    ],
)
def test_duration__of_any_size__has_two_units_at_most(ms, said):
    """Duration of any size: has two units at most."""
    assert said.replace(" ", GAP) == words.duration(ms)


@pytest.mark.parametrize(
    ("then", "said"),
    [
        (NOW, "03:03:41"),
        (NOW - 4 * DAY, f"19{GAP}Nov{GAP}03:03"),
        (NOW - 400 * DAY, "2024-10-19"),
    ],
)
def test_moment__near_and_far__says_no_more_than_it_takes(then, said):
    """Moment near and far: says no more than it takes."""
    assert said == words.moment(then, NOW)


def test_moment__for_machines__is_whole():
    """Moment for machines: is whole."""
    assert words.iso(NOW) == "2025-11-23T03:03:41Z"
    assert words.clock(NOW) == f"03:03:41{GAP}UTC"


def test_age__of_what_is_in_the_future__is_nothing():
    """Age of what is in the future: is nothing."""
    assert words.age(NOW + 5_000, NOW) == f"0{GAP}s"
    assert words.age(NOW - 64_900, NOW) == f"1{GAP}m{GAP}04{GAP}s"


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (NOW + 9 * MINUTE, NOW + 17 * MINUTE, "03:12 to 03:20"),
        (NOW, NOW + SECOND, "03:03"),
        (NOW, NOW + DAY, "23 Nov 03:03 to 24 Nov 03:03"),
    ],
)
def test_eta__of_two_moments__is_a_range(low, high, said):
    """Eta of two moments: is a range."""
    assert said == words.eta(low, high, NOW)


@pytest.mark.parametrize(
    ("units", "decimals", "said"),
    [
        (4_500_000_000_000_000_000, 18, "4.50"),
        ("80" + "0" * 18, 18, "80.00"),
        (880_000_000_000, 6, "880,000"),
        (1_234_567_891_234_567_890, 18, "1.234567"),
        (123_456_789_000, 18, "0.000000123456"),
        (1, 18, "0.000000000000000001"),
        (0, 18, "0.00"),
        (7, 0, "7.00"),
        (-(10**18), 18, "\u22121.00"),
    ],
)
def test_amount__of_any_size__is_cut_and_never_rounded_up(units, decimals, said):
    """Amount of any size: is cut and never rounded up."""
    assert said == words.amount(units, decimals)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (words.count(18_441_902), "18,441,902"),
        (words.short("0x7be1" + "0" * 56 + "30ca"), "0x7be1…30ca"),
        (words.short("op-main"), "op-main"),
        (words.of(3, 3), "3 of 3"),
        (words.route("ethereum", "op-main", "delta"), "ethereum → op-main → delta"),
        (words.kind("op_stack.withdrawal"), "withdrawal"),
        (words.kind("nitro.send"), "withdrawal"),
        (words.kind("nitro.retryable"), "retryable"),
        (words.stage("redeem-failed"), "redeem failed"),
        (words.component("batcher:l2"), "l2 batcher"),
        (words.component("route:l1->l2"), "l1 → l2"),
        (words.component("chain:l2"), "l2"),
        (words.component("odd"), "odd"),
        (words.incident_id("7f3a91c0ffee"), "7f3a91"),
        (words.many(1, "message"), "1 message"),
        (words.many(41, "message"), "41 messages"),
        (words.sentence("the batcher of l2 waits"), "The batcher of l2 waits"),
        (words.sentence("op-main waits"), "op-main waits"),
    ],
)
def test_word__for_a_name_or_number__is_the_products_own(found, said):
    """Word for a name or number: is the products own."""
    assert said == found


@pytest.mark.parametrize("each", words.FILTERS, ids=lambda each: each.__name__)
def test_filter__of_the_templates__says_what_it_does(each):
    """Filter of the templates: says what it does."""
    assert each.__doc__


def test_told__the_name_of_a_lifecycle__is_the_products_word():
    """Told, the name of a lifecycle: is the product's word."""
    said = "a nitro.send rests, a op_stack.deposit moves; see chain.l2"
    assert "a withdrawal rests, a deposit moves; see chain.l2" == words.told(said)


def test_headline__of_a_long_title__is_its_first_part_and_the_rest_an_aside():
    """Headline of a long title: is its first part and the rest an aside."""
    title = "l2 has made no block since 207; usual is one each 1 s; more"

    assert "l2 has made no block since 207" == words.headline(title)
    assert "Usual is one each 1 s; more." == words.aside(title)
    assert "" == words.aside("l2 is blind")
