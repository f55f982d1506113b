"""Reading topology files: includes, presets, and what is wrong with a file itself."""

import json
from pathlib import Path

import pytest

from layerkeep.core.adapter import Adapter
from layerkeep.core.errors import SettingsError, TopologyError
from layerkeep.core.topology.schema import topology_schema
from layerkeep.edge.plugins import load_adapters
from layerkeep.edge.topology_files import load_topology, read_documents

ADAPTERS = {"ethereum": Adapter("ethereum", "stack", (), (), ())}
CHAIN = '[chains.{0}]\nchain_id = {1}\nstack = "ethereum"\nblock_time_ms = 1000\n'
NETWORK = '[network]\nname = "test"\n'


def write(folder: Path, **files: str) -> Path:
    """Files by name without suffix; the path of the first."""
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(text)
    return folder / f"{next(iter(files))}.toml"


def faults_of(path: Path) -> list[str]:
    """The faults of a file as text, without the folder."""
    with pytest.raises(TopologyError) as raised:
        load_topology(path, ADAPTERS)
    return [str(fault).replace(f"{path.parent}/", "") for fault in raised.value.faults]


def test_files__included_ones__are_merged(tmp_path: Path) -> None:
    """Includes are relative to the file that names them."""
    (tmp_path / "deep").mkdir()
    write(tmp_path / "deep", b='include = ["c.toml"]\n' + CHAIN.format("b", 2))
    write(tmp_path / "deep", c=CHAIN.format("c", 3))
    path = write(tmp_path, a='include = ["deep/b.toml"]\n' + NETWORK + CHAIN.format("a", 1))
    assert set(load_topology(path, ADAPTERS).chains) == {"a", "b", "c"}


def test_files__a_preset__can_be_included(tmp_path: Path) -> None:
    """`preset:NAME` stands for the file of that preset."""
    path = write(tmp_path, a='include = ["preset:ethereum"]\n' + NETWORK)
    assert load_topology(str(path), ADAPTERS).chains["ethereum"].chain_id == 1


def test_files__circle__is_a_fault(tmp_path: Path) -> None:
    """A file that includes itself by way of another never comes to an end."""
    path = write(tmp_path, a='include = ["b.toml"]\n' + NETWORK, b='include = ["a.toml"]')
    (fault,) = faults_of(path)
    assert fault.startswith("b.toml: include[0]: found a.toml -> b.toml -> a.toml")


def test_files__same_file_twice__is_a_fault(tmp_path: Path) -> None:
    """Two includes of one file are one too many."""
    path = write(tmp_path, a='include = ["b.toml", "./b.toml"]\n' + NETWORK, b="")
    (fault,) = faults_of(path)
    assert fault.startswith("a.toml: include[1]: found b.toml again")


def test_files__syntax_errors__name_their_lines_together(tmp_path: Path) -> None:
    """Each file that is no TOML is named with the line."""
    path = write(tmp_path, a='include = ["b.toml", "c.toml"]', b="x = 1\ny =", c="[a]\n[a]\n")
    assert [fault.split(":")[:2] for fault in faults_of(path)] == [
        ["b.toml", " last line"],
        ["c.toml", " line 2"],
    ]


def test_files__what_cannot_be_read__is_a_fault(tmp_path: Path) -> None:
    """Missing files, strange includes, unknown presets and bytes that are no text."""
    (tmp_path / "b.toml").write_bytes(b"\xff\xfe")
    path = write(tmp_path, a='include = ["b.toml", "no.toml", 5, "preset:etherum"]')
    told = faults_of(path)
    assert len(told) == 4
    assert "bytes that are no text" in told[0]
    assert "No such file" in told[1]
    assert "include[2]: found 5" in told[2]
    assert "did you mean 'ethereum'" in told[3]


def test_files__include_of_another_kind__is_a_fault_of_the_topology(tmp_path: Path) -> None:
    """`include = "b.toml"` is told together with the rest."""
    path = write(tmp_path, a='include = "b.toml"\n' + NETWORK + CHAIN.format("a", 1))
    assert faults_of(path)[0].startswith("a.toml: include: found 'b.toml', expected a list")


def test_files__missing_file__is_a_fault(tmp_path: Path) -> None:
    """The file the operator named may be the one that is missing."""
    (fault,) = faults_of(tmp_path / "none.toml")
    assert "No such file" in fault


def test_presets__unknown_name__is_refused_with_a_hint() -> None:
    """Neither a file nor a preset."""
    with pytest.raises(SettingsError, match="did you mean 'mainnet'"):
        read_documents("mainet")
    with pytest.raises(SettingsError, match="neither"):
        read_documents("zzzzzz")


def test_presets__one_chain__comes_with_those_below_it() -> None:
    """The preset of a child holds its parents and is named after the child."""
    documents = read_documents("base")
    assert documents["preset:base"] == {"network": {"name": "base"}}
    assert {name for one in documents.values() for name in one.get("chains", {})} == {
        "ethereum",
        "base",
    }


def test_schema__as_committed__is_what_the_reader_follows() -> None:
    """docs/reference/topology.schema.json is written by `layerkeep.core.topology.schema`."""
    path = Path(__file__).parents[2] / "docs" / "reference" / "topology.schema.json"
    assert json.loads(path.read_text("utf-8")) == topology_schema(load_adapters())
