"""The options that several commands share, and how they reach what they name."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import click
import uvloop

from layerkeep.app.settings import default_store
from layerkeep.core.adapter import Adapter
from layerkeep.core.errors import OperatorError, SettingsError
from layerkeep.core.topology import Topology
from layerkeep.edge.plugins import load_adapters
from layerkeep.edge.store.log import Store
from layerkeep.edge.topology_files import load_topology

Result = TypeVar("Result")
Command = TypeVar("Command", bound=Callable[..., Any])

TOPOLOGY = "layerkeep.toml"


def json_option(command: Command) -> Command:
    """`--json`: one JSON object on stdout instead of text."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def topology_option(command: Command) -> Command:
    """`--topology`: a file or the name of a preset."""
    return click.option(
        "--topology",
        default=TOPOLOGY,
        envvar="LAYERKEEP_TOPOLOGY",
        show_default=True,
        help="A topology file, or the name of a preset.",
    )(command)


def store_option(command: Command) -> Command:
    """`--store`: where the facts are."""
    return click.option(
        "--store",
        "store_path",
        default=None,
        envvar="LAYERKEEP_STORE",
        help="The store's file or database URL  [default: by network, in your state directory]",
    )(command)


def loaded(place: str) -> tuple[Topology, dict[str, Adapter]]:
    """The topology at a place, and the adapters it was read with."""
    adapters = load_adapters()
    if place == TOPOLOGY and not Path(place).exists():
        raise SettingsError(
            f"there is no {TOPOLOGY} here; write one with `layerkeep init`, or name a file or a "
            "preset with --topology"
        )
    return load_topology(place, adapters), adapters


def known_topology(place: str) -> Topology | None:
    """The topology, for its budgets, where there is one: much can be told without."""
    try:
        return loaded(place)[0]
    except OperatorError:
        return None


async def existing_store(store_path: str | None, topology_place: str) -> Store:
    """The store of a network that has been followed; SettingsError if there is none yet."""
    path = store_path
    network: str | None = None
    if path is None:
        network = loaded(topology_place)[0].network
        path = default_store(network)
    _require(path)
    return await Store.open(path, network)


def _require(path: str) -> None:
    if "://" not in path and not Path(path).exists():
        raise SettingsError(f"there is no store at {path}; `layerkeep run` makes one")


def run_async(work: Coroutine[Any, Any, Result]) -> Result:
    """Run to the end on the fast event loop."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)
