"""The presets: real chains, all valid, quick to load, and written again from the registry."""

import json
import time
from pathlib import Path

import pytest

from layerkeep.core.adapter import Genesis
from layerkeep.edge import presets as presets_module
from layerkeep.edge.plugins import load_adapters
from layerkeep.edge.presets import lineage, preset_folder, presets
from layerkeep.edge.presets_registry import hardforks, write_presets
from layerkeep.edge.topology_files import load_topology

ADAPTERS = load_adapters()


def test_mainnet__as_a_whole__loads_in_less_than_a_second() -> None:
    """Every preset is valid together with all others."""
    began = time.perf_counter()
    topology = load_topology("mainnet", ADAPTERS)
    assert time.perf_counter() - began < 1
    assert len(topology.chains) == len(presets()) >= 35
    assert topology.chains["op-mainnet"].hardforks["ecotone"] == 1710374401
    assert topology.chains["op-mainnet"].genesis == Genesis(105235063, 1686068903000)
    assert topology.chains["arbitrum-one"].genesis == Genesis(22207817)
    assert topology.chains["arbitrum-one"].settles_on == "ethereum"
    assert all(chain.genesis for chain in topology.chains.values() if chain.settles_on)


def test_presets__each__loads_by_its_name() -> None:
    """A chain's preset is complete: it comes with what it settles on."""
    for preset in presets():
        topology = load_topology(preset.name, ADAPTERS)
        assert topology.chains[preset.name].chain_id == preset.chain_id
        assert preset.path.stem == preset.name


def test_presets__upstreams__are_references_of_their_own() -> None:
    """No preset names anybody's node."""
    topology = load_topology("mainnet", ADAPTERS)
    urls = [one.url for chain in topology.chains.values() for one in chain.upstreams]
    assert len(set(urls)) == len(topology.chains)
    assert all(url.startswith("env:LAYERKEEP_") and url.endswith("_RPC") for url in urls)


def test_lineage__unknown_name__is_none() -> None:
    """There is no preset for a chain nobody knows."""
    assert lineage("nowhere") is None


def test_preset_folder__installed__is_where_the_installation_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a checkout the package's own list of files tells."""

    class Installed:
        parts = ("..", "share", "layerkeep", "topologies", "mainnet", "mainnet.toml")

        def locate(self) -> Path:
            return tmp_path / "topologies" / "mainnet" / "mainnet.toml"

    monkeypatch.setattr(presets_module, "CHECKOUT", tmp_path / "none")
    monkeypatch.setattr(presets_module, "files", lambda name: [Installed()])
    preset_folder.cache_clear()
    try:
        assert preset_folder() == (tmp_path / "topologies" / "mainnet").resolve()
    finally:
        preset_folder.cache_clear()


def test_hardforks__superchain_time__inherits_from_then_on() -> None:
    """A chain that joins late has the later forks of everyone, and its own before."""
    shared = {"canyon_time": 10, "delta_time": 20, "ecotone_time": 30}
    config = {"superchain_time": 20, "hardforks": {"canyon_time": 0, "keep_gas": True}}
    assert hardforks(config, shared) == {"canyon": 0, "delta": 20, "ecotone": 30}
    assert hardforks({"hardforks": {"delta_time": 5}}, shared) == {"delta": 5}


def test_write_presets__small_registry__gives_a_file_per_chain(tmp_path: Path) -> None:
    """What the registry does not know is left out and said so."""
    configs = tmp_path / "superchain" / "configs" / "mainnet"
    configs.mkdir(parents=True)
    extra = tmp_path / "superchain" / "extra" / "addresses"
    extra.mkdir(parents=True)
    portal = "0xbEb5Fc579115071764c7423A4f12eDde41f106Ed"
    (extra / "addresses.json").write_text(json.dumps({"7": {"Proposer": portal}}))
    (configs / "superchain.toml").write_text("[hardforks]\nfjord_time = 9\n")
    (configs / "x.toml").write_text(
        f'name = "X (Y)"\nchain_id = 7\nblock_time = 2\nsuperchain_time = 0\n'
        f'batch_inbox_addr = "{portal.lower()}"\n[addresses]\nOptimismPortalProxy = "{portal}"\n'
        f'L1StandardBridgeProxy = "0x{"00" * 20}"\n'
        "[genesis]\nl2_time = 5\n[genesis.l2]\nnumber = 3\n"
    )
    out = tmp_path / "out"
    out.mkdir()
    write_presets(tmp_path, out)
    text = (out / "x-y.toml").read_text()
    assert f'portal = "{portal}"' in text
    assert f'batch_inbox = "{portal}"' in text
    assert f'proposer = "{portal}"' in text
    assert "fjord = 9" in text
    assert "[chains.x-y.genesis]\nblock = 3\ntime_s = 5\n" in text
    assert "left out: l1_messenger, l1_standard_bridge" in text
    assert '"x-y.toml"' in (out / "mainnet.toml").read_text()
