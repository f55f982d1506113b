"""What providers say when too many logs were asked for, and what is learnt from it."""

import pytest

from layerkeep.core.units import Height
from layerkeep.edge.rpc.ranges import (
    RangeLearner,
    ceiling,
    is_too_large,
    is_too_many_addresses,
    suggested_span,
)

LARGER = "block range is larger than max block range, block range = 5120, max block range = 5000"
SLOW = (
    "Query timeout exceeded. Consider reducing your block range. Based on your parameters and the"
    " response size limit, this block range should work: [0x5223c98, 0x5223e80]"
)
SIZED = (
    "Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range and"
    " no limit on the response size, or you can request any block range with a cap of 10K logs in"
    " the response. Based on your parameters and the response size limit, this block range should"
    " work: [0xc5dc00, 0xc614a7]"
)
COMPLAINTS = [
    (-32005, "query returned more than 10000 results", None, None),
    (-32000, "block range is too wide", None, None),
    (-32000, "exceed maximum block range: 5000", None, 5000),
    (-32602, SIZED, 14504, 2000),
    (0, "limited to a 10000 blocks range", None, 10000),
    (-32614, "eth_getLogs is limited to a 10,000 range", None, 10000),
    (0, "eth_getLogs is limited to 0 - 10000 blocks range", None, 10000),
    (-32602, "range 1000000 exceeds limit of 10000", None, 10000),
    (-32000, LARGER, None, 5000),
    (-32602, 'invalid params {"payload":"range 9009594 is bigger than range limit 2000"}', None,
     2000),
    (-32602, "query exceeds max results 20000, retry with the range 25766988-25775072", 8085, None),
    (-32602, "query exceeds max block range 5000", None, 5000),
    (-32000, "block range is bigger than maxBlockRange", None, None),
    (-32005, "block range too large, max range: 800", None, 800),
    (0, "requested too many blocks from 0 to 5000000, maximum is set to 1024", None, 1024),
    (0, SLOW, 489, None),
    (0, "Cannot request logs over more than 1000 blocks", None, 1000),
    (0, "ranges over 10000 blocks are not supported on freetier", None, 10000),
    (-32600, "block range too high", None, None),
    (-32005, "limit exceeded", None, None),
    (-32000, "request timed out", None, None),
]  # fmt: skip
OTHER = [
    (-32005, "project ID request rate exceeded"),
    (429, "Your app has exceeded its compute units per second capacity"),
    (-32602, "BlockOutOfRangeError: block height is 2 but requested was 256"),
    (-32000, "block range extends beyond current head block"),
    (-32000, "unknown block"),
    (-32000, "execution reverted"),
    (-32601, "the method eth_getLogs does not exist/is not available"),
]


@pytest.mark.parametrize(("code", "text", "suggestion", "most"), COMPLAINTS)
def test_complaint__range__is_understood(
    code: int, text: str, suggestion: int | None, most: int | None
) -> None:
    """The many ways to say that a range was too large, with what they suggest."""
    assert is_too_large(code, text)
    assert (suggestion, most) == (suggested_span(text), ceiling(text))


@pytest.mark.parametrize(("code", "text"), OTHER)
def test_complaint__of_another_kind__is_not_taken_for_it(code: int, text: str) -> None:
    """Asking for less does not help against these."""
    assert not is_too_large(code, text)


def test_learner__complaints_and_successes__shrinks_and_grows() -> None:
    """Half after a moan, exactly what is suggested, more again after successes."""
    learner = RangeLearner()
    assert learner.last_of(Height(1), Height(10**6)) == 2000

    learner.complained(2000, "query returned more than 10000 results")
    assert learner.span == 1000
    learner.complained(1000, "this block range should work: [0x1, 0x64]")
    assert learner.span == 100
    for _ in range(4):
        learner.worked(learner.span)
    assert learner.span == 225


def test_learner__named_maximum__is_a_ceiling() -> None:
    """A maximum that was named is not tried to exceed at once, but one day it is."""
    learner = RangeLearner()
    learner.complained(2000, "exceed maximum block range: 500")
    for _ in range(20):
        learner.worked(learner.span)
    assert learner.span == 500
    for _ in range(400):
        learner.worked(learner.span)
    assert learner.span > 500


def test_learner__short_ranges__teach_nothing() -> None:
    """That one block worked does not mean that thousands do."""
    learner = RangeLearner()
    learner.worked(1)
    assert learner.span == 2000


def test_learner__addresses__are_halved() -> None:
    """Too many addresses, or one block too full, asks for fewer addresses at once."""
    text = "exceed max addresses or topics per search position"
    assert is_too_many_addresses(text)
    learner = RangeLearner()
    learner.complained(10, text)
    assert (500, 2000) == (learner.addresses, learner.span)
    learner.complained(1, "query returned more than 10000 results")
    assert (250, 1) == (learner.addresses, learner.span)
