"""Answers: of which block they speak, and when they say nothing yet."""

import asyncio
import json
from types import SimpleNamespace

import pytest

from layerkeep.app.chain_feed import ChainFeed
from layerkeep.app.questions import AnswerReader, PutAsk, TimeUnknown, Unusable
from layerkeep.core.adapter import Call, Probe, Scope
from layerkeep.core.asks import Asks
from layerkeep.core.dispatch import Dispatch
from layerkeep.core.facts import AFTER_LOGS, Ask, Measured
from layerkeep.core.follower import Follower, FollowPlan, LogFilter, Point
from layerkeep.core.follower.head_watch import Heads
from layerkeep.core.units import ChainName, Duration, Height, Timestamp
from layerkeep.core.view import View
from layerkeep.edge.follow import Blind, Seeing
from layerkeep.edge.rpc.wire import Reply

L1, L2 = ChainName("l1"), ChainName("l2")
SCOPE = Scope(L2, L1, 2, 1, L1)
ASK = Ask("told", L1, L2, "0xsubject")
TX = "0x" + "11" * 32


def block(height):
    """The hash of the block at a height."""
    return f"0x{height:064x}"


def reader():
    """Reads the answers of a chain of which blocks 10 to 12 are remembered."""
    probe = Probe(
        "told",
        lambda ask, _scope, at: Call("eth_call", ({"to": ask.subject}, at)),
        lambda _ask, _scope, result: (Measured(L2, "told", str(result)),) if result else (),
    )
    follower = Follower(FollowPlan(L1, Duration(1000), Height(10), LogFilter((), ())))
    points = [Point(Height(h), block(h), Timestamp(h * 1000)) for h in (10, 11, 12)]
    follower.restore(points[-1], points)
    return AnswerReader(Dispatch(probes={(L2, "told"): (probe, SCOPE)}), follower)


def put(height=12):
    """A question asked at a block."""
    return PutAsk(ASK, Point(Height(height), block(height), Timestamp(height * 1000)))


def reply(value):
    """A node's answer."""
    return Reply(json.dumps(value).encode())


def receipt(height, **changes):
    """A receipt in a block."""
    place = {"blockNumber": hex(height), "blockHash": block(height), "transactionIndex": "0x3"}
    return {"transactionHash": TX, **place, **changes}


def test_answer__to_a_call__is_anchored_where_it_was_asked():
    """It stands behind everything else of that block."""
    (fact,) = reader().facts(put(11), reply("0x1"), "a")

    assert (11, block(11), AFTER_LOGS, ASK.id, "a") == (
        fact.anchor.height,
        fact.anchor.block,
        fact.anchor.tx_index,
        fact.answers,
        fact.via,
    )


def test_answer__that_is_a_receipt__is_anchored_at_its_own_block():
    """Whenever it was asked for, it proves what happened in its block."""
    (fact,) = reader().facts(put(12), reply(receipt(10)), "a")

    assert (10, block(10), 10_000, TX, 3) == (
        fact.anchor.height,
        fact.anchor.block,
        fact.anchor.time,
        fact.anchor.tx,
        fact.anchor.tx_index,
    )


def test_answer__that_is_not_there_yet__says_nothing():
    """A null result is no fact and no failure."""
    assert [] == reader().facts(put(), reply(None), "a")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (reply(receipt(13)), "receipt-ahead-of-us"),
        (reply(receipt(11, blockHash=block(99))), "receipt-of-another-block"),
        (reply(receipt(11, blockNumber="soon")), "receipt-malformed"),
        (reply(receipt(11, transactionIndex=None)), "receipt-malformed"),
        (Reply(None, -32000, "missing trie node"), "not-answered"),
        (Reply(b"{"), "not-json"),
    ],
)
def test_answer__that_cannot_be_believed__names_why(answer, reason):
    """The question stays open for a stated reason."""
    with pytest.raises(Unusable, match=reason):
        reader().facts(put(), answer, "a")


def test_answer__asked_at_a_block_that_left__is_not_believed():
    """Its block was replaced while it was under way."""
    asked = PutAsk(ASK, Point(Height(11), block(77), Timestamp(0)))

    with pytest.raises(Unusable, match="asked-at-a-block-that-left"):
        reader().facts(asked, reply("0x1"), "a")


def test_answer__asked_above_the_block_we_are_back_at__is_not_believed():
    """Its block left, and none has taken its place yet: no later reorg would take it back."""
    with pytest.raises(Unusable, match="asked-at-a-block-that-left"):
        reader().facts(put(13), reply("0x1"), "a")


def test_question__about_state__asks_for_the_header_of_that_state():
    """The number alone does not say whose block it is."""
    asked = put(11)
    header, call = asked.calls(reader().dispatch)

    assert Call("eth_getBlockByNumber", ("0xb", False)) == header
    assert Call("eth_call", ({"to": "0xsubject"}, "0xb")) == call
    replies = [reply({"hash": block(11)}), reply("0x1")]
    assert reply("0x1") == asked.check(replies, reader().dispatch)


@pytest.mark.parametrize("header", [{"hash": block(77)}, None, {}])
def test_answer__read_from_another_block__is_not_believed(header):
    """A node behind, or on the other side of a reorg, has another block of that number."""
    with pytest.raises(Unusable, match="state-of-another-block"):
        put(11).check([reply(header), reply("0x1")], reader().dispatch)


def several(*calls):
    """A reader of one question that consists of these calls, and answers with what it was told."""
    probe = Probe(
        "told",
        lambda _ask, _scope, at: tuple(Call(name, (*rest, at)) for name, *rest in calls),
        lambda _ask, _scope, results: (Measured(L2, "told", json.dumps(results)),),
    )
    dispatch = Dispatch(probes={(L2, "told"): (probe, SCOPE)})
    return AnswerReader(dispatch, reader().follower)


def test_question__of_several_calls__is_answered_with_all_results():
    """Refused ones among them are for the adapter to judge."""
    them = several(("eth_getLogs",), ("eth_getProof", "0x42"))
    replies = [reply(["a"]), Reply(None, -32000, "missing trie node")]

    assert ["eth_getLogs", "eth_getProof"] == [call.method for call in put().calls(them.dispatch)]
    (fact,) = them.facts(put(), put().check(replies, them.dispatch), "a")
    refused = {"error": {"code": -32000, "message": "missing trie node"}}
    assert [["a"], refused] == json.loads(fact.says.value)


def test_question__of_several_calls_about_state__has_its_header_checked_once():
    """One that asks for the header itself is not asked for another."""
    state = several(("eth_getBalance", "0x42"))
    own = several(("eth_getBalance", "0x42"))
    header = Call("eth_getBlockByNumber", ("0xb", False))
    own.dispatch.probes[L2, "told"] = (
        Probe("told", lambda _ask, _scope, at: (header, Call("eth_getBalance", (at,))), list),
        SCOPE,
    )
    for them in (state, own):
        calls = put(11).calls(them.dispatch)
        assert [header, "eth_getBalance"] == [calls[0], calls[1].method]
        good = [reply({"hash": block(11)}), reply("0x1")]
        assert good[-1] == put(11).check(good, them.dispatch)[-1]
        with pytest.raises(Unusable, match="state-of-another-block"):
            put(11).check([reply({"hash": block(7)}), reply("0x1")], them.dispatch)


def test_answer__that_reverts__is_handed_on_as_an_error():
    """A revert can mean something: the adapter decides what."""
    (fact,) = reader().facts(put(), Reply(None, 3, "execution reverted: NoTicket"), "a")

    assert "NoTicket" in fact.says.value


def test_receipt__below_the_window__needs_its_header_first():
    """Its time is not known; once the header told it, the receipt can be read."""
    with pytest.raises(TimeUnknown):
        reader().facts(put(), reply(receipt(4)), "a")

    seen = Point(Height(4), block(4), Timestamp(4000))
    (fact,) = reader().facts(put(), reply(receipt(4)), "a", seen)

    assert 4000 == fact.anchor.time


def fed(entries):
    """A feed that nobody drives, and the daemon it would tell of entries."""
    read = reader()
    read.follower._watch.heads = Heads(SimpleNamespace(height=Height(12)))

    async def believed(entry):
        entries.append(entry)

    daemon = SimpleNamespace(
        engine=SimpleNamespace(asks=Asks(), view=View({})),
        layers={L1: SimpleNamespace(poll_every=1000)},
        dispatch=read.dispatch,
        stop=asyncio.Event(),
        now=lambda: Timestamp(13_000),
        log_and_believe=believed,
        log=SimpleNamespace(error=lambda *_, **__: None, info=lambda *_, **__: None),
    )
    return ChainFeed(daemon, read.follower, SimpleNamespace(clients=()), 0), daemon


@pytest.mark.parametrize("gone", [False, True])
def test_answer__to_what_nobody_asks_any_more__is_not_believed(gone):
    """What asked left its chain while the answer was under way; a liar may have told it."""
    entries = []
    feed, daemon = fed(entries)
    daemon.engine.asks.put(ASK, Timestamp(12_000))
    if gone:
        daemon.engine.asks.close(ASK.id)

    replies = [reply({"hash": block(12)}), reply("0x1")]
    asyncio.run(feed._answered(put(), replies, "a"))

    assert (0 if gone else 1) == len(entries)


def test_question__that_rode_along_in_vain__is_put_again():
    """Not twice while it is on its way; at once when it comes again after it was dropped."""
    feed, _ = fed([])
    riders = []
    feed.follow.enqueue = lambda *rider: riders.append(rider)
    feed.put(ASK)
    feed.put(ASK)
    assert 1 == len(riders)

    _, _, on_dropped = riders[0]
    on_dropped()
    feed.put(ASK)

    assert 2 == len(riders)


def test_question__while_nobody_answers__waits_until_somebody_does():
    """It is not used up on a chain that is blind."""
    feed, _ = fed([])
    riders = []
    feed.follow.enqueue = lambda *rider: riders.append(rider)
    blind, seeing = Blind(Timestamp(1), "no answer"), Seeing(Timestamp(9))

    asyncio.run(feed.on_outcome(blind))
    feed.put(ASK)
    assert [] == riders
    asyncio.run(feed.on_outcome(seeing))

    assert 1 == len(riders)
