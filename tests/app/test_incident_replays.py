"""An export lived through again tells what was told: however dense its facts, and at once."""

import tomllib
from pathlib import Path

from one_chain import ADAPTERS, L1, START, TEXT, Dial, heads, nodes, with_daemon

from layerkeep.app.diary import incident_of
from layerkeep.app.replaying.incident_files import changed, gathered
from layerkeep.app.replaying.reliving import Opened, run_again
from layerkeep.core.facts import Anchor, Fact, Switched
from layerkeep.core.units import Timestamp
from layerkeep.edge.store.observations import read_incidents
from layerkeep.edge.store.records import Cursor, Entry

DOCUMENTS = {"one.toml": tomllib.loads(TEXT)}


async def busily(daemon: Dial, seconds: int, *, head: int | None = None) -> None:
    """Time in which something is learned more often than the daemon looks at what is due."""
    for step in range(seconds * 20):
        daemon.time += 50
        height = head if head is not None else (daemon.time - START) // 1000
        seen = [nodes(height, daemon.time)] if step % 20 else []
        await daemon.observe(heads(height, daemon.time), *seen)
        if not step % 4:
            await daemon.look()


def exported(daemon_path: Path, *, settles: bool):
    """The incident of a halt of twelve seconds, exported while it lasts or long after it."""

    async def body(daemon: Dial):
        await daemon.pass_time(20)
        await busily(daemon, 10)
        stands = (daemon.time - START) // 1000
        while not daemon.engine.incidents.open:
            await busily(daemon, 1, head=stands)
        if settles:
            await daemon.pass_time(120)
        (row,) = await read_incidents(daemon.store)
        return await gathered(daemon.store, incident_of(row), DOCUMENTS)

    return with_daemon(daemon_path / "one.sqlite", body)


def again(content, **limits: str) -> list[Opened]:
    """What opens with other limits."""
    given = {f"l1.{name}": value for name, value in limits.items()}
    return run_again(content, changed(content.topology, given, {}), ADAPTERS)


def test_replay__of_an_incident_still_open__opens_it_when_it_opened(tmp_path: Path) -> None:
    """Exported within the second in which it opened, among facts every twentieth of a second."""
    content = exported(tmp_path, settles=False)
    (opened,) = again(content)

    assert ("chain-halted", "chain:l1", None) == (opened.kind, opened.component, opened.resolved)
    assert abs(content.incident.opened - opened.time) <= 200


def test_replay__of_an_incident_that_is_over__ends_it_when_it_ended(tmp_path: Path) -> None:
    """The same root, opened and resolved within a look of when it was."""
    content = exported(tmp_path, settles=True)
    (opened,) = again(content)
    resolved = content.incident.resolved_at

    assert ("chain-halted", "chain:l1") == (opened.kind, opened.component)
    assert abs(content.incident.opened - opened.time) <= 200
    assert resolved is not None
    assert opened.resolved is not None
    assert abs(resolved - opened.resolved) <= 200


def test_replay__with_other_limits__opens_it_sooner_or_not(tmp_path: Path) -> None:
    """Sooner by what the limit is shorter, and not at all where it is longer than the halt."""
    content = exported(tmp_path, settles=False)
    (before,), (after,) = again(content), again(content, halted_after="5s")

    assert 2_800 <= before.time - after.time <= 3_200
    assert [] == again(content, halted_after="20s")


def test_export__of_blocks_read_long_after_their_time__knows_when_they_were_read(
    tmp_path: Path,
) -> None:
    """A sequencer that catches up makes old blocks: nothing in them was known before."""

    async def body(daemon: Dial):
        await daemon.pass_time(20)
        stands = (daemon.time - START) // 1000
        await daemon.pass_time(12, head=stands)
        paused = Switched(L1, "paused", on=True)
        old = Anchor(L1, stands + 1, "0x21", Timestamp(daemon.time - 11_000), "0xaa")
        read = daemon.time
        await daemon.log_and_believe(
            Entry(Cursor(L1, stands + 1, "0x21", old.time, 0, stands + 1), [Fact(old, paused)])
        )
        row = (await read_incidents(daemon.store))[-1]
        content = await gathered(daemon.store, incident_of(row), DOCUMENTS)
        return read, [each.time for each in content.moments if each.fact.says == paused]

    read, learned = with_daemon(tmp_path / "one.sqlite", body)

    assert [read] == learned


def test_replay__over_a_time_in_which_nobody_looked__blames_nobody_for_it(tmp_path: Path) -> None:
    """Ten minutes without a daemon, or without its store, are not ten minutes of a dark chain."""

    async def body(daemon: Dial):
        await daemon.pass_time(30)
        daemon.time += 600_000
        await daemon.pass_time(30)
        await daemon.pass_time(12, head=(daemon.time - START) // 1000)
        (row,) = await read_incidents(daemon.store)
        return await gathered(daemon.store, incident_of(row), DOCUMENTS)

    content = with_daemon(tmp_path / "one.sqlite", body)
    (opened,) = again(content)

    assert content.moments[0].time < content.incident.opened - 600_000
    assert ("chain-halted", "chain:l1") == (opened.kind, opened.component)
    assert abs(content.incident.opened - opened.time) <= 200
