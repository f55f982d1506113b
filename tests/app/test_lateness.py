"""How late the engine was is still known when somebody asks who could not ask before."""

from pathlib import Path

from one_chain import START, with_daemon

from layerkeep.app.answers.counters import LiveCounters
from layerkeep.app.readiness import REMEMBERED, Lateness
from layerkeep.core.units import Timestamp


def moment(seconds: int) -> Timestamp:
    """So many seconds after the start."""
    return Timestamp(START + 1000 * seconds)


def test_lateness__of_several_looks__is_the_worst_until_that_is_forgotten() -> None:
    """A look in time does not hide one that was late; another late one takes its place."""
    lateness = Lateness()
    never = lateness.worst(moment(0))
    lateness.note(moment(6), moment(0))
    lateness.note(moment(10), moment(8))
    lateness.note(moment(11), None)
    last = Timestamp(moment(6) + REMEMBERED)
    found = [lateness.worst(now) for now in (moment(11), last, Timestamp(last + 1), moment(60))]

    assert 0 == never
    assert [6000, 6000, 2000, 0] == found


def test_lag__once_what_was_due_is_done__tells_how_late_that_was(tmp_path: Path) -> None:
    """A scrape that had to wait for the same processor finds the engine in time, and tells it."""

    async def body(daemon):
        await daemon.pass_time(3)
        due = daemon.engine.next_deadline()
        daemon.time = due + 6_000
        await daemon.look()
        return LiveCounters(daemon).behind()

    assert 6_000 == with_daemon(tmp_path / "one.sqlite", body)
