"""An incident in a file: enough to live through it again, and nothing that is secret."""

import tomllib
from pathlib import Path

import pytest
from one_chain import ADAPTERS, TEXT, Dial, with_daemon

from layerkeep.app.diary import incident_of
from layerkeep.app.replaying.incident_files import (
    changed,
    gathered,
    read_incident_file,
    write_incident_file,
)
from layerkeep.app.replaying.reliving import Opened, run_again
from layerkeep.core.errors import SettingsError, TopologyError
from layerkeep.edge.store.observations import read_incidents

PEOPLE = """
[people.ada]
name = "Ada"
[teams.ops]
members = ["ada"]
[rotations.ops]
starts = 2026-01-01
"""
DOCUMENTS = {"one.toml": tomllib.loads(TEXT), "people.toml": tomllib.loads(PEOPLE)}


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    """A file of twelve seconds without a block."""
    folder = tmp_path_factory.mktemp("incident")

    async def body(daemon: Dial):
        await daemon.pass_time(30)
        await daemon.pass_time(12, head=30)
        await daemon.pass_time(30)
        (row,) = await read_incidents(daemon.store)
        return await gathered(daemon.store, incident_of(row), DOCUMENTS)

    content = with_daemon(folder / "one.sqlite", body)
    write_incident_file(content, folder / "incident.json")
    return folder / "incident.json"


def again(path: Path, **limits: str) -> list[Opened]:
    """What opens with other limits."""
    content = read_incident_file(path)
    given = {f"l1.{name}": value for name, value in limits.items()}
    opened = run_again(content, changed(content.topology, given, {}), ADAPTERS)
    return [each for each in opened if each.kind == "chain-halted"]


def test_file__written__has_no_url_and_names_nobody(written: Path):
    """A file may be handed to anybody."""
    text = written.read_text()

    assert "127.0.0.1" not in text
    assert "http" not in text
    assert "ada" not in text.lower()
    assert "rotations" not in text


def test_replay__with_the_same_limits__opens_the_same_incident(written: Path):
    """At the second it opened then, with the same cause."""
    content = read_incident_file(written)
    (opened,) = again(written)

    assert (content.incident.id, content.incident.opened) == (opened.id, opened.time)
    assert "chain:l1" == opened.component
    assert content.incident.resolved_at == opened.resolved


def test_replay__with_a_looser_limit__opens_nothing(written: Path):
    """Twelve seconds would have been too few."""
    assert [] == again(written, halted_after="20s")


def test_replay__with_a_tighter_limit__opens_sooner(written: Path):
    """Three seconds sooner for a limit that is three seconds shorter."""
    (before,), (after,) = again(written), again(written, halted_after="5s")

    assert 3_000 == before.time - after.time


def test_changes__that_mean_nothing__are_refused(written: Path):
    """An unknown chain, limit or budget is told with its nearest match."""
    content = read_incident_file(written)
    with pytest.raises(SettingsError, match=r"no chain 'l11'; did you mean 'l1'\?"):
        changed(content.topology, {"l11.halted_after": "5s"}, {})
    with pytest.raises(TopologyError, match="did you mean 'halted_after'"):
        again(written, halted_aftr="5s")
    with pytest.raises(TopologyError, match="a duration such as"):
        again(written, halted_after="soon")


def test_changes__of_a_nested_budget__replace_it():
    """However the file wrote it, the new value counts; the given documents stay as they were."""
    nested = {"a.toml": {"chains": {"l2": {"budgets": {"nitro": {"send": {"asserted": "1d"}}}}}}}
    flat = {"a.toml": {"chains": {"l2": {"budgets": {"nitro.send.asserted": "1d"}}}}}
    fresh = {"a.toml": {"chains": {"l2": {}}}}
    for documents in (nested, flat, fresh):
        found = changed(documents, {}, {"l2.nitro.send.asserted": "8d"})
        assert "8d" in repr(found)
        assert "1d" not in repr(found)
    assert "8d" not in repr(nested)


def test_file__of_something_else__is_refused(tmp_path: Path):
    """And so is one that is not there."""
    (tmp_path / "notes.txt").write_text("not ours")
    with pytest.raises(SettingsError, match="was not written by"):
        read_incident_file(tmp_path / "notes.txt")
    with pytest.raises(SettingsError, match="cannot read"):
        read_incident_file(tmp_path / "none.json")
