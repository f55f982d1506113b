"""The presets: topologies of public networks that come with layerkeep, one file per chain."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Any

NETWORK = "mainnet"
INDEX = f"{NETWORK}.toml"
CHECKOUT = Path(__file__).resolve().parents[3] / "topologies"


@dataclass(frozen=True, slots=True)
class Preset:
    """One chain of a public network, ready to be used or included by name."""

    name: str
    title: str
    chain_id: int
    stack: str
    settles_on: str
    path: Path


@cache
def preset_folder() -> Path:
    """Where the presets are: in the checkout, or where the installation put them."""
    if (CHECKOUT / NETWORK / INDEX).is_file():
        return CHECKOUT / NETWORK
    try:
        installed = files("layerkeep") or []
    except PackageNotFoundError:
        installed = []
    for file in installed:
        if file.parts[-3:] == ("topologies", NETWORK, INDEX):
            return Path(str(file.locate())).resolve().parent
    return CHECKOUT / NETWORK


def presets() -> list[Preset]:
    """Every chain there is a preset for, ordered by name."""
    found = []
    for path in sorted(preset_folder().glob("*.toml")):
        for name, chain in _chains(path).items():
            found.append(
                Preset(
                    name=name,
                    title=chain.get("title", name),
                    chain_id=chain["chain_id"],
                    stack=chain["stack"],
                    settles_on=chain.get("settles_on", ""),
                    path=path,
                )
            )
    return found


def lineage(name: str) -> list[Preset] | None:
    """The preset of this name and those of all chains below it, or None if there is none."""
    known = {preset.name: preset for preset in presets()}
    if name not in known:
        return None
    line = [known[name]]
    while line[-1].settles_on:
        line.append(known[line[-1].settles_on])
    return line[::-1]


def _chains(path: Path) -> dict[str, dict[str, Any]]:
    chains: dict[str, dict[str, Any]] = tomllib.loads(path.read_text("utf-8")).get("chains", {})
    return chains
