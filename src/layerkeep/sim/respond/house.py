"""A simulated network's topology: its people, the means of acting, and the limits of it."""

from random import Random

from layerkeep.core.acting.runbooks.model import Runbook
from layerkeep.core.acting.runs.model import Acting, Endpoint, Freeze, Runner, Signer
from layerkeep.core.network.layers import Layer, Layers
from layerkeep.core.topology import Chain, Topology
from layerkeep.core.units import DAY, HOUR, Address, ChainName, Timestamp
from layerkeep.sim.ops.bridges import ETHER
from layerkeep.sim.respond.staff import Staff
from layerkeep.sim.world import EPOCH

PARENT_ROLES = ("portal", "superchain_config", "l1_messenger")
CHILD_ROLES = ("arb_retryable_tx", "l2_messenger")
AMOUNTS = {"floor": 6 * ETHER // 10, "refill": 3 * ETHER}
JOBS = ("batcher", "proposer", "sequencer")


def draw_house(
    layers: Layers, staff: Staff, runbooks: dict[str, Runbook], chance: Random
) -> Topology:
    """The topology of a seed: some runbooks may run without a person, and some days are frozen."""
    may = [name for name, each in sorted(runbooks.items()) if each.automatic]
    automatic = tuple(name for name in may if chance.random() < 0.8)
    starts = [EPOCH + chance.randrange(4, 200) * DAY for _ in range(2)]
    freezes = [Freeze(f"f{s}", Timestamp(s), Timestamp(s + 6 * HOUR)) for s in starts]
    units = {
        f"{job}:{name}": f"{job}-{name}"
        for layer in layers.values()
        for job, name in (*((job, layer.name) for job in JOBS), *(_nodes(layer)))
    }
    endpoints = {name: Endpoint(name, "env:URL", ("*",)) for name in units}
    signers = {
        name: Signer(
            name, "safe", name, _address(name, "safe"), jobs=("relayer", "funder", "guardian")
        )
        for name in layers
    }
    acting = Acting(
        automatic=automatic,
        automatic_max=chance.choice((1, 3, 5)),
        amounts=AMOUNTS,
        freezes=tuple(freezes),
        runners={"host": Runner("host", "systemd", units=units)},
        endpoints=endpoints,
        signers={str(name): signer for name, signer in signers.items()},
    )
    chains = {name: _chain(layer) for name, layer in layers.items()}
    people, oncall, paging = staff.people, staff.oncall, staff.paging
    return Topology("sim", chains, people=people, oncall=oncall, paging=paging, acting=acting)


def _nodes(layer: Layer) -> list[tuple[str, str]]:
    return [("upstream", name) for name in layer.upstreams]


def _chain(layer: Layer) -> Chain:
    contracts: dict[ChainName, dict[str, Address]] = {
        layer.name: {role: _address(layer.name, role) for role in CHILD_ROLES}
    }
    if layer.parent is not None:
        contracts[layer.parent] = {role: _address(layer.name, role) for role in PARENT_ROLES}
    actors = {job: _address(layer.name, job) for job in JOBS}
    number = int(layer.name[1:])
    return Chain(
        layer.name,
        number,
        layer.stack,
        layer.block_time,
        layer.parent,
        contracts=contracts,
        actors=actors,
    )


def _address(chain: str, role: str) -> Address:
    return Address(f"0x{(chain + role).encode().hex():0>40}"[-40:])
