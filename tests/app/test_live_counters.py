"""What a daemon counts is what happened in it."""

from pathlib import Path

from one_chain import L1, START, heads, with_daemon

from layerkeep.app.answers.counters import LiveCounters
from layerkeep.core.facts import Anchor, Fact, Measured
from layerkeep.core.outlook import BOUNDS, Spread
from layerkeep.edge.store.records import Cursor, Entry


def test_counters__of_a_daemon__tell_when_it_last_looked(tmp_path: Path) -> None:
    """No beat before the first look; then its moment; what is due since is the lag."""

    async def body(daemon):
        counters = LiveCounters(daemon)
        before = counters.beat()
        await daemon.pass_time(3)
        beat, lag = counters.beat(), counters.behind()
        due = daemon.engine.next_deadline()
        daemon.time = due + 7_000
        return before, beat, lag, counters.behind(), counters.started()

    found = with_daemon(tmp_path / "one.sqlite", body)

    assert (None, START + 3_000, 0, 7_000, START) == found


def test_counters__of_facts__count_what_was_logged(tmp_path: Path) -> None:
    """Facts of blocks, by chain; what is seen of a moment is none."""

    async def body(daemon):
        counters = LiveCounters(daemon)
        anchor = Anchor(L1, 5, "0x05", START)
        facts = [Fact(anchor, Measured("l1", "gas_limit", value)) for value in (1, 2)]
        entry = Entry(Cursor(L1, 5, "0x05", START, 0, 5, None, None), facts)
        await daemon.log_and_believe(entry)
        await daemon.observe(heads(6, START))
        return dict(counters.facts())

    assert {"l1": 2} == with_daemon(tmp_path / "one.sqlite", body)


def test_counters__while_the_store_fails__say_so(tmp_path: Path) -> None:
    """From a failed write on."""

    async def body(daemon):
        counters = LiveCounters(daemon)
        before = counters.store_failing()
        daemon.store_fault = "disk full"
        return before, counters.store_failing()

    assert (False, True) == with_daemon(tmp_path / "one.sqlite", body)


def test_counters__of_durations__name_both_ends_of_the_route(tmp_path: Path) -> None:
    """A route's name is two labels; a duration on a bound is within it."""

    async def body(daemon):
        spread = Spread()
        for elapsed in (0, BOUNDS[0], BOUNDS[0] + 1, BOUNDS[-1] + 1):
            spread.add(elapsed)
        daemon.engine.experience.spreads["kind", "l1->l2", "sent"] = spread
        return LiveCounters(daemon).durations()

    found = with_daemon(tmp_path / "one.sqlite", body)["l1", "l2", "kind", "sent"]

    assert (2, 1, 1) == (found.counts[0], found.counts[1], found.counts[-1])
    assert len(BOUNDS) + 1 == len(found.counts)
    assert 2 * BOUNDS[0] + 2 + BOUNDS[-1] == found.total
