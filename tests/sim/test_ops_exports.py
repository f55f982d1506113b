"""What a simulated fault opened opens again from an export: same root, a look apart at most."""

import asyncio
from copy import deepcopy
from itertools import groupby
from pathlib import Path

import pytest

from layerkeep.adapters.nitro.lifecycles import LIFECYCLES as NITRO
from layerkeep.adapters.op_stack.lifecycles import LIFECYCLES as OP_STACK
from layerkeep.app.replaying.incident_files import gathered
from layerkeep.app.replaying.reliving import relive
from layerkeep.core.engine import Engine
from layerkeep.core.facts import Fact, Observed
from layerkeep.core.incidents.incident import MERGED
from layerkeep.core.units import DAY
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.rebuilding import rebuild
from layerkeep.edge.store.records import Cursor, Entry
from layerkeep.sim.ops.faults import FAULTS
from layerkeep.sim.ops.runner import Run, make_engine, prepare
from layerkeep.sim.world import EPOCH, Event

SEED = 9
DAYS = 5
NEVER = EPOCH + 1_000 * DAY

KINDS = (
    "sequencer-down",
    "batches-stalled",
    "message-overdue",
    "reorg-deep",
    "blind",
)
"""One of each sort: chains, actors, messages, blocks that left, silence."""


def lived(kind: str) -> Run:
    """A network with one kind of fault, and everything that was said in it."""
    run = prepare(SEED, DAYS * DAY, only=FAULTS[kind])
    run.restart_at = NEVER  # so it keeps a log
    run.go(EPOCH + DAYS * DAY)
    return run


async def keep(store: Store, time: int, events: list[Event]) -> None:
    """What was said at one time as a daemon would have stored it: of one chain, and of one sort."""
    first = events[0]
    if not isinstance(first, Fact):
        cursor = Cursor(first.chain, first.ancestor, "", time, 0, first.ancestor)
        await store.append(Entry(cursor, retract_above=first.ancestor))
        return
    said = [event for event in events if isinstance(event, Fact)]
    if isinstance(first.says, Observed):
        await store.observe(said, time)
    else:
        at = said[-1].anchor
        cursor = Cursor(at.chain, at.height, at.block, at.time, 0, at.height)
        await store.append(Entry(cursor, said))


def sort_of(moment: tuple[int, Event]) -> tuple[int, str, object]:
    """What is stored together: of one time and one chain, and of one sort; a reorg stands alone."""
    time, event = moment
    if not isinstance(event, Fact):
        return time, event.chain, id(event)
    if isinstance(event.says, Observed):
        return time, "", "observed"
    return time, event.anchor.chain, "said"


async def exported_and_relived(run: Run, path: Path) -> list[tuple[str, bool]]:
    """Every incident that was told, and whether its export opens it again when it opened."""
    store = await Store.open(str(path), "sim")
    try:
        for (time, *_), part in groupby(run.log, sort_of):
            await keep(store, time, [event for _, event in part])
        await rebuild(store, lambda: Engine((*OP_STACK, *NITRO)))
        within = min(layer.poll_every for layer in run.world.layers.values())
        found = []
        for incident in [each for each in run.closed.values() if each.state != MERGED]:
            content = await gathered(store, deepcopy(incident), {})
            opened = relive(make_engine(run.world.layers), content)
            root = incident.root.kind, incident.root.component
            again = [
                each.time
                for each in opened
                if (each.kind, each.component) == root
                if abs(each.time - incident.opened) <= within
            ]
            found.append((incident.key, bool(again)))
        return found
    finally:
        await store.close()


@pytest.mark.parametrize("kind", KINDS)
def test_export__of_a_fault__opens_again_with_the_same_root(kind: str, tmp_path: Path) -> None:
    """Whatever rule found it, from what an export holds alone."""
    found = asyncio.run(exported_and_relived(lived(kind), tmp_path / "sim.sqlite"))

    assert [] == [key for key, again in found if not again]
    assert kind in {key.split(" ")[0] for key, _ in found}
