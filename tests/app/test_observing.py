"""What a follower's outcomes let us observe: heads now and then, lies, and blocks that left."""

from layerkeep.app.observing import Observing
from layerkeep.core.facts import BlocksLeft, HeadSeen, Lied
from layerkeep.core.follower import Follower, FollowPlan, LogFilter, Point, Refused, Reorged
from layerkeep.core.follower.exchange import Heads
from layerkeep.core.units import ChainName, Duration, Height, Timestamp

L1 = ChainName("l1")
NOW = Timestamp(1_700_000_000_000)


def point(height: int) -> Point:
    """A block."""
    return Point(Height(height), f"0x{height:064x}", Timestamp(height * 1000))


class Fixed(Follower):
    """A follower whose heads are given."""

    told = Heads()

    @property
    def heads(self) -> Heads:
        """As the test says."""
        return self.told


def observing() -> tuple[Fixed, Observing]:
    """Of a chain that is told of every two seconds."""
    follower = Fixed(FollowPlan(L1, Duration(1000), Height(0), LogFilter((), ())))
    return follower, Observing(follower, Duration(2000))


def test_head__sampled__is_told_when_it_is_news_and_not_too_often():
    """One in two seconds; a head that stands still is no news, a safe one that moves is."""
    follower, chain = observing()
    assert chain.head(NOW) is None
    follower.told = Heads(point(5))
    first = chain.head(NOW)
    follower.told = Heads(point(6))

    assert first is not None
    assert HeadSeen(5) == first.says
    assert chain.head(Timestamp(NOW + 1999)) is None
    second = chain.head(Timestamp(NOW + 2000))
    assert second is not None
    assert HeadSeen(6) == second.says
    assert chain.head(Timestamp(NOW + 9000)) is None
    follower.told = Heads(point(6), point(4), point(3))
    third = chain.head(Timestamp(NOW + 9001))
    assert third is not None
    assert HeadSeen(6, 4, 3, 4000, 3000) == third.says


def test_refused__for_what_lag_explains__is_no_lie():
    """An older head, a missing block, logs that an index has not reached, a race with a reorg."""
    _, chain = observing()
    for reason in ("older-head", "block-missing", "answer-incomplete", "broken-link", "no-head"):
        assert chain.refused(Refused(reason, "one"), NOW) is None
    assert chain.refused(Refused("logs-missing", "one", "7"), NOW) is None
    assert chain.refused(Refused("logs-of-another-block", "one"), NOW) is None


def test_refused__for_what_no_lag_explains__is_a_lie():
    """It says who, why and where."""
    _, chain = observing()
    lie = chain.refused(Refused("logs-of-another-block", "one", "logs"), NOW)

    assert lie is not None
    assert Lied("one", "logs-of-another-block", "logs") == lie.says
    assert ("one", NOW, -1) == (lie.via, lie.anchor.time, lie.anchor.height)


def test_left__after_a_reorg__names_ancestor_and_tip():
    """And whether what left had been final."""
    _, chain = observing()
    left = chain.left(Reorged(point(7), 3), NOW)
    final = chain.left(Reorged(point(2), 5, "finality-broken"), NOW)

    assert left is not None
    assert final is not None
    assert BlocksLeft(7, 10) == left.says
    assert BlocksLeft(2, 7, final=True) == final.says


def test_left__blocks_read_again_for_missing_logs__left_nothing():
    """They stand; the next reorg counts."""
    _, chain = observing()
    chain.refused(Refused("logs-missing", "one", "8"), NOW)

    assert chain.left(Reorged(point(7), 3), NOW) is None
    assert chain.left(Reorged(point(7), 3), NOW) is not None
