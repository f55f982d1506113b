"""Two layerkeeps watch each other over HTTP: who pages, who waits, and who tells of the other."""

import asyncio

import pytest
from two_houses import SILENT_AFTER_S, STEP_MS, STEP_S, two_houses

LOOK_MS = 3 * 1000 * STEP_MS // int(STEP_S * 1000)
"""Pages are looked at once in a second on the wall, which is ten of these; with room for a slow
machine."""

HALTED, SILENT, BLIND = "l1 ", "is silent", "says it is blind"


@pytest.fixture(autouse=True)
def _secrets(monkeypatch):
    monkeypatch.setenv("HOOK_SECRET", "a secret both sides know")
    monkeypatch.setenv("PEER_SECRET", "a secret of two peers")
    monkeypatch.setenv("OTHER_SECRET", "another secret, of nobody")


def both(tmp_path, body, quorum=1, **secrets):
    """Run with both of them."""

    async def run():
        async with two_houses(tmp_path, quorum, **secrets) as (a, b):
            await body(a, b)

    asyncio.run(run())


def test_incident__that_one_sees__pages_nobody_until_the_other_sees_it_too(tmp_path):
    """Then it pages once, by the first by name; and the same one says that it is over."""

    async def body(a, b):
        await asyncio.gather(a.well(), b.well(), a.beats(2), b.beats(2))
        b.daemon.stuck = 10
        await b.sees("chain-halted")
        await asyncio.gather(a.beats(2), b.beats(2))
        assert ([], []) == (await a.told(), await b.told())

        a.daemon.stuck = 10
        await a.expect(("page", HALTED))
        await asyncio.gather(a.beats(2), b.beats(2))
        assert (1, 0) == (len(a.called.got), len(b.called.got))

        a.daemon.stuck = b.daemon.stuck = None
        await a.expect(("page", HALTED), ("resolved", HALTED))
        await asyncio.gather(a.beats(1), b.beats(1))
        assert [] == await b.told()

    both(tmp_path, body, quorum=2)


def test_instance__that_is_blind__pages_alone_and_is_well_to_nobody(tmp_path):
    """No agreement is asked for; the outside URL misses it, and the other tells of it in time."""

    async def body(a, b):
        await asyncio.gather(a.well(), b.well())
        b.daemon.dark = True
        await b.sees("blind")
        await a.beats(1)
        count = len(b.outside.paths)
        await b.expect(("page", HALTED))
        await a.expect(("page", BLIND))
        assert "nobody answers for chain:l1" in a.called.got[0]["body"]
        await a.well()
        assert count == len(b.outside.paths)

        b.daemon.dark = False
        await a.expect(("page", BLIND), ("resolved", BLIND))
        await b.expect(("page", HALTED), ("resolved", HALTED))
        await b.well()

    both(tmp_path, body, quorum=2)


def test_instance__killed__is_told_of_by_the_other_and_when_it_is_back(tmp_path):
    """Within its time; and with nobody left to agree one is enough to page."""

    async def body(a, b):
        await asyncio.gather(a.well(), b.well(), a.beats(1), b.beats(1))
        await b.kill()
        last = a.daemon.pages.watch.peers["b"].at
        await a.world.pass_by((last - a.world.time) / 1000 + SILENT_AFTER_S - 2)
        assert [] == await a.told()
        await a.expect(("page", SILENT))
        (row,) = a.called.got
        late = row["time_ms"] - last - SILENT_AFTER_S * 1000
        assert 0 < late <= LOOK_MS

        a.daemon.stuck = 10
        await a.expect(("page", SILENT), ("page", HALTED))
        a.daemon.stuck = None
        await a.expect(("page", SILENT), ("page", HALTED), ("resolved", HALTED))
        await b.start()
        await a.expect(
            ("page", SILENT), ("page", HALTED), ("resolved", HALTED), ("resolved", SILENT)
        )
        assert [] == await b.told()

    both(tmp_path, body, quorum=2)


def test_heartbeat__by_another_secret__counts_for_nothing(tmp_path):
    """Each finds the other silent, though both live and beat."""

    async def body(a, b):
        await asyncio.gather(a.expect(("page", SILENT)), b.expect(("page", SILENT)))
        assert [0, 0] == [h.daemon.pages.watch.peers[h.peer].time for h in (a, b)]
        assert "HTTP 403" in a.daemon.pages._faults["b"]

    both(tmp_path, body, a="OTHER_SECRET")
