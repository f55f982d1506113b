"""`layerkeep init`: write a topology by asking the chains themselves."""

import aiohttp
import click

from layerkeep.cli.terminal.options import json_option, run_async
from layerkeep.cli.terminal.output import print_json
from layerkeep.core.errors import SettingsError
from layerkeep.core.units import Address
from layerkeep.edge.discover import Discovery, Endpoint, Hints, discover
from layerkeep.edge.discover.client_rpc import ClientRpc
from layerkeep.edge.plugins import load_adapters
from layerkeep.edge.rpc.client import Line, RpcClient
from layerkeep.edge.rpc.counts import Counts
from layerkeep.edge.secrets import resolve


@click.command("init")
@click.option("--l1", required=True, help="Where a node of the L1 answers.")
@click.option("--l2", "l2", multiple=True, required=True, help="A node of an L2.")
@click.option("--l3", "l3", multiple=True, help="A node of an L3.")
@click.option(
    "--rollup",
    "rollups",
    multiple=True,
    metavar="CHAIN=0x…",
    help="A Nitro chain's rollup contract on its parent, for example l3=0x….",
)
@click.option(
    "--inbox",
    "inboxes",
    multiple=True,
    metavar="CHAIN=0x…",
    help="A Nitro chain's inbox contract on its parent.",
)
@click.option("--network", default="discovered", show_default=True, help="The network's name.")
@click.option("--output", default="-", type=click.Path(), help="A file  [default: stdout]")
@json_option
def command(
    l1: str,
    l2: tuple[str, ...],
    l3: tuple[str, ...],
    rollups: tuple[str, ...],
    inboxes: tuple[str, ...],
    network: str,
    output: str,
    as_json: bool,
) -> None:
    """Discover stacks, contracts and delays from the chains, and write a topology.

    Each of --l1, --l2, --l3 takes URL or NAME=URL; --l2 and --l3 may be given several times.
    """
    endpoints = [*_named("l1", (l1,)), *_named("l2", l2), *_named("l3", l3)]
    contracts: dict[str, dict[str, Address]] = {}
    for role, given in (("rollup", rollups), ("inbox", inboxes)):
        for text in given:
            chain, _, address = text.partition("=")
            contracts.setdefault(chain, {})[role] = _address(text, address)
    found = run_async(_discover(endpoints, Hints(network, contracts)))
    if as_json:
        print_json({"toml": found.toml, "doubts": found.doubts})
    elif output == "-":
        click.echo(found.toml, nl=False)
    else:
        with click.open_file(output, "w", encoding="utf-8") as file:
            file.write(found.toml)
    for doubt in found.doubts:
        click.echo(f"in doubt: {doubt}", err=True)


def _named(layer: str, given: tuple[str, ...]) -> list[Endpoint]:
    """One endpoint is named like its layer, several are numbered, unless they are named."""
    endpoints = []
    for number, text in enumerate(given):
        name, separator, url = text.partition("=")
        if separator and "://" not in name:
            endpoints.append(Endpoint(name, resolve(url)))
        else:
            suffix = chr(ord("a") + number) if len(given) > 1 else ""
            endpoints.append(Endpoint(layer + suffix, resolve(text)))
    return endpoints


def _address(text: str, address: str) -> Address:
    digits = address.removeprefix("0x").lower()
    if len(digits) != 40 or any(digit not in "0123456789abcdef" for digit in digits):
        raise SettingsError(f"{text!r}: expected CHAIN=0x and 40 hex digits")
    return Address("0x" + digits)


async def _discover(endpoints: list[Endpoint], hints: Hints) -> Discovery:
    async with aiohttp.ClientSession() as session:

        def connect(one: Endpoint) -> ClientRpc:
            return ClientRpc(RpcClient(Line(one.name, one.url), session, Counts()))

        return await discover(endpoints, connect, load_adapters(), hints)
