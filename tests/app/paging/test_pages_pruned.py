"""A daemon lets go of what it told people, but not while the trouble it told of still stands."""

import asyncio
import tomllib

import pytest
from one_chain_place import ADAPTERS, TEXT

from layerkeep.app.daemon import Daemon, Network
from layerkeep.app.settings import TOLD, Settings
from layerkeep.core.acting.paging.model import Call
from layerkeep.core.topology.parse import read_topology
from layerkeep.core.units import Timestamp
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.notices import NoticeRow, add_notices, read_notices

NOW = Timestamp(1_700_000_000_000)


class Clocked(Daemon):
    """A daemon of one moment, which is told to stop after the first round."""

    def now(self):
        """Always now."""
        return NOW

    async def _pause(self, seconds):
        self.stop.set()


def told(name: str, matter: str, age: int) -> NoticeRow:
    """A notice that was sent so long ago."""
    time = NOW - age
    return NoticeRow(
        name, time, "page", "ann", "sms", "sent", time, calls=(Call(matter, Timestamp(1), 0, 0),)
    )


@pytest.mark.parametrize(
    ("observed", "left"), [(1, ["fresh", "peer"]), (2 * TOLD, ["fresh", "old", "peer"])]
)
def test_notices__of_a_daemon__stay_as_long_as_reviews_are_written(tmp_path, observed, left):
    """A month at least, longer where observations do; trouble with a peer keeps its own."""

    async def body():
        store = await Store.open(str(tmp_path / "one.sqlite"), "one")
        network = Network(read_topology({"t": tomllib.loads(TEXT)}, ADAPTERS), ADAPTERS)
        daemon = Clocked(network, store, Settings("", "", observed=observed))
        await store.keep_setting("paging-peers", '{"b": 1}')
        rows = [
            told("fresh", "x", TOLD - 1),
            told("old", "x", TOLD + 1),
            told("peer", "peer-b", TOLD + 1),
        ]
        await add_notices(store, rows)
        await daemon._prune()
        found = sorted(row.id for row in await read_notices(store))
        await store.close()
        return found

    assert left == asyncio.run(body())
