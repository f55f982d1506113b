"""A discovered topology as a TOML file that says where each value comes from."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from layerkeep.core.topology import Chain
from layerkeep.core.topology.spot import checksummed
from layerkeep.core.units import SECOND, Address, ChainName


@dataclass(frozen=True, slots=True)
class Remarks:
    """What a reader of the file should know about one chain."""

    settled: str = ""
    measured: str = ""
    parameters: tuple[str, ...] = ()
    missing: Mapping[ChainName, tuple[str, ...]] = field(default_factory=dict)
    hidden_url: bool = False


def topology_text(
    network: str, chains: Iterable[tuple[Chain, Remarks]], doubts: Iterable[str]
) -> str:
    """The file: doubts first, then the chains, parents before children."""
    return "\n".join(_lines(network, chains, doubts)) + "\n"


def _lines(
    network: str, chains: Iterable[tuple[Chain, Remarks]], doubts: Iterable[str]
) -> Iterator[str]:
    yield "# Written by `layerkeep init` from what the chains say about themselves."
    yield "# Read it, correct it, and keep it under version control."
    for doubt in doubts:
        yield f"# IN DOUBT: {doubt}."
    yield ""
    yield "[network]"
    yield f"name = {_text(network)}"
    for chain, remarks in chains:
        yield ""
        yield from _chain_lines(chain, remarks)


def _chain_lines(chain: Chain, remarks: Remarks) -> Iterator[str]:
    title = f"chains.{chain.name}"
    yield f"[{title}]"
    yield f"chain_id = {chain.chain_id}"
    yield f"stack = {_text(chain.stack)}"
    if chain.settles_on is not None:
        yield f"settles_on = {_text(chain.settles_on)} # proven: {remarks.settled}"
    yield f"block_time_ms = {chain.block_time} # {remarks.measured}"
    yield from (f"# {parameter}" for parameter in remarks.parameters)
    for upstream in chain.upstreams:
        yield ""
        if remarks.hidden_url:
            yield "# The URL holds a secret, so it is not written here: set the variable to it."
        yield f"[[{title}.upstreams]]"
        yield f"name = {_text(upstream.name)}"
        yield f"url = {_text(upstream.url)}"
    for here, contracts in chain.contracts.items():
        yield from _address_lines(f"{title}.contracts.{here}", contracts)
        if missing := remarks.missing.get(here):
            yield f"# Not found, so not watched: {', '.join(missing)}."
    yield from _address_lines(f"{title}.actors", chain.actors)
    yield from _genesis_lines(f"{title}.genesis", chain)


def _genesis_lines(title: str, chain: Chain) -> Iterator[str]:
    if chain.settles_on is None:
        return
    yield ""
    if chain.genesis is None:
        yield f"# The rollup did not begin with block 0. [{title}] names its first block;"
        yield "# until then not all that is posted of it can be compared with its blocks."
        return
    yield f"[{title}]"
    yield f"block = {chain.genesis.block}"
    if chain.genesis.time is not None:
        yield f"time_s = {chain.genesis.time // SECOND}"


def _address_lines(title: str, addresses: Mapping[str, Address]) -> Iterator[str]:
    if addresses:
        yield ""
        yield f"[{title}]"
    for key, address in addresses.items():
        yield f'{key} = "{checksummed(address)}"'


def _text(value: str) -> str:
    """A TOML basic string."""
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"'
