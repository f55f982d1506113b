"""What preflight says of people: what nobody owns, who is alone, and when nobody is on call."""

from layerkeep.core.acting.oncall.coverage import coverage
from layerkeep.core.acting.people.concerns import concerns
from layerkeep.core.acting.people.matrix import matrix
from layerkeep.core.network.graph import Graph
from layerkeep.core.topology import Topology
from layerkeep.core.units import DAY, ChainName, Timestamp
from layerkeep.edge.preflight.finding import Finding

AHEAD = 30 * DAY
"""How far ahead rotations are looked at: a month's plans are made."""


def look_at_people(topology: Topology, graph: Graph, now: Timestamp) -> list[Finding]:
    """A warning for each concern; nothing of people makes a topology unfit to be followed."""
    cover = coverage(topology.oncall, topology.people, now, Timestamp(now + AHEAD))
    return [
        Finding(ChainName(each.chain), "", each.subject, "warn", each.reason, each.detail)
        for each in concerns(topology, matrix(topology, graph), cover)
    ]
