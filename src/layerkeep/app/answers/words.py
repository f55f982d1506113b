"""Short forms that answers use in their few words: amounts, addresses, troubles."""

from layerkeep.core.incidents.explanation import component_text
from layerkeep.core.incidents.incident import Incident
from layerkeep.core.network.graph import Graph

ETHER = 10**18
DIGITS = 4


def amount(wei: int) -> str:
    """An amount of native tokens, with four digits behind the point: `1.2500 ETH`."""
    whole, rest = divmod(wei * 10**DIGITS // ETHER, 10**DIGITS)
    return f"{whole:,}.{rest:0{DIGITS}} ETH"


def short(name: str) -> str:
    """A hash or an address, cut as people know it: `0x7be1…30ca`."""
    return f"{name[:6]}…{name[-4:]}" if name.startswith("0x") and len(name) > 12 else name


def trouble(kind: str) -> str:
    """A kind of problem in words: `batches-stalled` is `batches stalled`."""
    return kind.partition(":")[2] or kind.replace("-", " ")


def behind(incident: Incident, graph: Graph, chain: str) -> str:
    """What a chain stands behind: another chain, or a component that is its own."""
    component = incident.root.component
    other = graph.chain(component)
    return component_text(component) if other is None or other == chain else str(other)
