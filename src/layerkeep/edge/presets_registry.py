"""Writes the presets of a network's OP Stack chains from a copy of the Superchain Registry.

    python -m layerkeep.edge.presets_registry REGISTRY topologies/mainnet

REGISTRY is a checkout of https://github.com/ethereum-optimism/superchain-registry. Chains that are
not in it (Ethereum, Base, Arbitrum) are kept by hand in the same folder; the index of all is
written anew.
"""

import json
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from layerkeep.core.topology.spot import checksummed
from layerkeep.core.units import ZERO_ADDRESS, Address

L1 = "ethereum"
INDEX = "mainnet.toml"

ROLES = {
    "portal": "OptimismPortalProxy",
    "l1_messenger": "L1CrossDomainMessengerProxy",
    "l1_standard_bridge": "L1StandardBridgeProxy",
    "l1_erc721_bridge": "L1ERC721BridgeProxy",
    "system_config": "SystemConfigProxy",
    "dispute_game_factory": "DisputeGameFactoryProxy",
    "l2_output_oracle": "L2OutputOracleProxy",
    "anchor_state_registry": "AnchorStateRegistryProxy",
    "superchain_config": "SuperchainConfig",
    "eth_lockbox": "EthLockboxProxy",
}
"""The registry's name of each contract on the L1."""

ACTORS = {
    "batcher": "BatchSubmitter",
    "proposer": "Proposer",
    "challenger": "Challenger",
    "unsafe_block_signer": "UnsafeBlockSigner",
    "guardian": "Guardian",
}

FORK_SUFFIX = "_time"


def write_presets(registry: Path, folder: Path) -> None:
    """One file per chain of the registry's mainnet, and the index of all files in the folder."""
    superchain = registry / "superchain"
    addresses = json.loads((superchain / "extra/addresses/addresses.json").read_text("utf-8"))
    configs = superchain / "configs/mainnet"
    shared = _toml(configs / "superchain.toml").get("hardforks", {})
    for path in sorted(configs.glob("*.toml")):
        if path.name != "superchain.toml":
            config = _toml(path)
            known = addresses.get(str(config["chain_id"]), {})
            text = "\n".join(_chain_lines(config, known, shared)) + "\n"
            (folder / f"{chain_name(config['name'])}.toml").write_text(text, "utf-8")
    (folder / INDEX).write_text("\n".join(_index_lines(folder)) + "\n", "utf-8")


def chain_name(title: str) -> str:
    """A chain's title in lower case, with dashes between its words."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def hardforks(config: Mapping[str, Any], shared: Mapping[str, int]) -> dict[str, int]:
    """Activation times by fork: the chain's own, and from `superchain_time` on everyone's."""
    own = _forks(config.get("hardforks", {}))
    since = config.get("superchain_time")
    if since is None:
        return own
    inherited = {fork: time for fork, time in _forks(shared).items() if time >= since}
    return dict(sorted((inherited | own).items(), key=lambda entry: entry[1]))


def _forks(table: Mapping[str, Any]) -> dict[str, int]:
    return {
        key.removesuffix(FORK_SUFFIX): time
        for key, time in table.items()
        if key.endswith(FORK_SUFFIX)
    }


def _chain_lines(
    config: Mapping[str, Any], known: Mapping[str, str], shared: Mapping[str, int]
) -> Iterator[str]:
    name = chain_name(config["name"])
    known = dict(known) | dict(config.get("roles", {})) | dict(config.get("addresses", {}))
    contracts = _chosen(ROLES, known) | {"batch_inbox": config["batch_inbox_addr"]}
    missing = [role for role in ROLES if role not in contracts]
    yield "# From the Superchain Registry by layerkeep.edge.presets_registry; do not edit."
    yield f"[chains.{name}]"
    yield f"title = {json.dumps(config['name'])}"
    yield f"chain_id = {config['chain_id']}"
    yield 'stack = "op_stack"'
    yield f'settles_on = "{L1}"'
    yield f"block_time_ms = {config['block_time'] * 1000}"
    yield from _upstream_lines(name)
    yield from _table_lines(f"chains.{name}.contracts.{L1}", contracts)
    if missing:
        yield f"# Not in the registry, so left out: {', '.join(missing)}."
    yield from _table_lines(f"chains.{name}.actors", _chosen(ACTORS, known))
    yield ""
    yield f"[chains.{name}.hardforks]"
    for fork, time in hardforks(config, shared).items():
        yield f"{fork} = {time}"
    genesis = config.get("genesis", {})
    if "l2" in genesis:
        yield ""
        yield f"[chains.{name}.genesis]"
        yield f"block = {genesis['l2']['number']}"
        yield f"time_s = {genesis['l2_time']}"


def _upstream_lines(name: str) -> Iterator[str]:
    yield ""
    yield f"[[chains.{name}.upstreams]]"
    yield f'name = "{name}"'
    yield f'url = "env:LAYERKEEP_{name.upper().replace("-", "_")}_RPC"'


def _table_lines(title: str, addresses: Mapping[str, str]) -> Iterator[str]:
    yield ""
    yield f"[{title}]"
    for key, address in addresses.items():
        yield f'{key} = "{checksummed(Address(address.lower()))}"'


def _chosen(names: Mapping[str, str], known: Mapping[str, str]) -> dict[str, str]:
    return {
        ours: known[theirs]
        for ours, theirs in names.items()
        if known.get(theirs, ZERO_ADDRESS) != ZERO_ADDRESS
    }


def _index_lines(folder: Path) -> Iterator[str]:
    files = {path.name for path in folder.glob("*.toml")} - {INDEX, f"{L1}.toml"}
    yield "# Every chain there is a preset for; written by layerkeep.edge.presets_registry."
    yield "include = ["
    for file in (f"{L1}.toml", *sorted(files)):
        yield f'    "{file}",'
    yield "]"
    yield ""
    yield "[network]"
    yield 'name = "mainnet"'


def _toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))


if __name__ == "__main__":
    write_presets(Path(sys.argv[1]), Path(sys.argv[2]))
