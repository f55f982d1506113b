"""A small network in TOML, with people to add."""

import tomllib

from layerkeep.core.network.graph import Graph
from layerkeep.core.network.layers import layers_of
from layerkeep.core.topology.parse import read_topology
from layerkeep.edge.plugins import load_adapters

NETWORK = """
[network]
name = "test"
[chains.l1]
chain_id = 1
stack = "ethereum"
block_time_ms = 12000
upstreams = [{ name = "l1-a", url = "http://127.0.0.1:1" }]
[chains.l2]
chain_id = 2
stack = "op_stack"
settles_on = "l1"
block_time_ms = 2000
upstreams = [{ name = "l2-a", url = "http://127.0.0.1:2" }]
[chains.l2.contracts.l1]
portal = "0x00000000000000000000000000000000000000a1"
l1_messenger = "0x00000000000000000000000000000000000000a2"
"""

TEAMS = """
[people.ann]
contacts = { mail = "ann@example.org" }
[people.bob]
contacts = { mail = "bob@example.org" }
[people.desk]
contacts = { mail = "desk@example.org" }
[teams.ops]
people = ["ann", "bob"]
[teams.provider]
kind = "provider"
people = ["desk"]
"""


def read(*texts):
    """The topology of the network and these files beside it."""
    files = {f"{n}.toml": tomllib.loads(text) for n, text in enumerate((NETWORK, *texts))}
    return read_topology(files, load_adapters())


def graph_of(topology):
    """Its components."""
    return Graph(layers_of(topology, load_adapters()))
