"""Seeds, reports and histories; nothing depends on anything but the seed."""

import os
import subprocess
import sys

from planted_bugs import DropsRetractions, planted

from layerkeep.core.facts import Fact
from layerkeep.core.units import DAY
from layerkeep.sim.run import simulate, timeline
from layerkeep.sim.world import Left, draw_world

PRINT_DIGEST = """
from hashlib import sha256
from layerkeep.core.units import DAY
from layerkeep.sim.checkers import make_engine
from layerkeep.sim.digest import full_digest
from layerkeep.sim.world import Left, draw_world
world = draw_world(1, DAY)
engine = make_engine(world.fleet.chains)
told = []
for event in world.events:
    if isinstance(event, Left):
        told += engine.retract(event.chain, event.ancestor, event.time)
    else:
        told += engine.observe(event, event.anchor.time)
print(sha256(repr((full_digest(engine), told)).encode()).hexdigest())
"""


def test_simulate__twenty_seeds__no_checker_fails() -> None:
    """Every checker holds over twenty drawn worlds of a day, with reorgs and journeys in them."""
    report = simulate(range(20), 1)
    assert [] == report.violations
    assert () == report.failing_seeds
    assert {"reorg truth": 0, "order": 0, "restart": 0, "conservation": 0} == report.by_checker
    assert (20, 1) == (report.seeds, report.days)
    assert report.messages > 1_000
    assert report.journeys > 100
    assert report.reorgs > 500


def test_simulate__bug_planted__names_checker_and_seed() -> None:
    """A failing seed is named, with what differed, and progress is told seed by seed."""
    done: list[int] = []
    report = simulate([3], 1, planted(DropsRetractions), done.append)
    assert (3,) == report.failing_seeds
    assert report.by_checker["reorg truth"] == 1
    assert report.violations[0].differences >= len(report.violations[0].details) > 0
    assert [3] == done


def test_draw_world__same_seed__same_events() -> None:
    """A world is a function of its seed."""
    first, second = draw_world(7, DAY), draw_world(7, DAY)
    assert first.events == second.events
    assert first.final == second.final
    assert first.events != draw_world(8, DAY).events


def test_draw_world__reorgs__final_chains_are_what_did_not_leave() -> None:
    """What each chain says in the end is what was seen of it and did not leave again."""
    world = draw_world(4, DAY)
    seen: dict[str, list[Fact]] = {name: [] for name in world.final}
    for event in world.events:
        if isinstance(event, Left):
            kept = [f for f in seen[event.chain] if f.anchor.height <= event.ancestor]
            seen[event.chain] = kept
        else:
            seen[event.anchor.chain].append(event)
    assert seen == world.final
    for facts in world.final.values():
        heights = [fact.anchor.height for fact in facts]
        assert sorted(heights) == heights


def test_timeline__one_seed__tells_every_event_in_words() -> None:
    """A history can be read: when, where, and what was said or left."""
    lines = timeline(3)
    assert any("blocks above" in line for line in lines)
    assert any("Sent" in line and "->" in line for line in lines)
    assert any("Reached" in line for line in lines)
    assert not any("HeadSeen" in line for line in lines)


def test_digest__hash_seeds__are_equal() -> None:
    """Neither world nor engine depends on the order of hashes."""
    digests = {
        subprocess.run(
            [sys.executable, "-c", PRINT_DIGEST],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert 1 == len(digests)
