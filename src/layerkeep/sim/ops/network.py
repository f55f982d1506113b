"""A drawn network as rules see it: its layers with their limits, and how often they are sampled."""

from dataclasses import replace
from random import Random

from layerkeep.adapters.ethereum.lifecycles import RHYTHM as ETHEREUM
from layerkeep.adapters.nitro.lifecycles import RHYTHM as NITRO
from layerkeep.adapters.op_stack.lifecycles import RHYTHM as OP_STACK
from layerkeep.core.network.layers import ACTORS, Layer, Limits, usual_limits
from layerkeep.core.units import DAY, HOUR, MINUTE, SECOND, ChainName, Duration

CHAINS_MAX = 6
DEPTH_MAX = 3
RHYTHMS = {"ethereum": ETHEREUM, "op_stack": OP_STACK, "nitro": NITRO}

POLLS = tuple(Duration(minutes * MINUTE) for minutes in (5, 10, 20, 20))
"""Real chains are sampled every second or block; a limit is judged one poll later at most."""

MEASURE_EVERY = Duration(3 * HOUR)
"""How often funds and nonces of actors are read."""

MATURITIES = (7 * DAY, DAY, 4 * HOUR)
"""How long a withdrawal must rest before it can be finalized: Ethereum's, and shorter ones that
chains of the third layer give themselves."""


def draw_network(chance: Random) -> dict[ChainName, Layer]:
    """One to six layers, parents first, on a root that settles on nothing."""
    poll = chance.choice(POLLS)
    root = layer_of(chance, ("c1", "ethereum"), None, poll)
    layers = {root.name: root}
    depths = {root.name: 1}
    for number in range(2, chance.randint(1, CHAINS_MAX) + 1):
        parent = chance.choice([name for name, depth in depths.items() if depth < DEPTH_MAX])
        stack = chance.choice(("op_stack", "nitro"))
        layer = layer_of(chance, (f"c{number}", stack), parent, poll)
        layers[layer.name] = layer
        depths[layer.name] = depths[parent] + 1
    return layers


def limits_for(stack: str, block_time: Duration, poll: Duration) -> Limits:
    """The stack's usual limits, none of them shorter than what this few samples can tell."""
    usual = usual_limits(RHYTHMS[stack], block_time, poll)
    return replace(
        usual,
        halted_after=max(usual.halted_after, Duration(2 * poll)),
        upstream_lag=max(usual.upstream_lag, Duration(2 * poll)),
        final_stalled_after=Duration(usual.final_stalled_after + 3 * poll),
        silent_after=max(MINUTE, Duration(2 * poll)),
        stuck_after=Duration(max(usual.stuck_after, HOUR)),
    )


def layer_of(
    chance: Random, called: tuple[str, str], parent: ChainName | None, poll: Duration
) -> Layer:
    """A layer of a name and a stack; its block time and its upstreams are drawn."""
    name, stack = called
    block_time = Duration(12 * SECOND if parent is None else chance.choice((1, 2)) * SECOND)
    count = chance.choice((2, 3, 3))
    upstreams = {f"{name}-{letter}": _roles(stack, letter) for letter in "abc"[:count]}
    return Layer(
        ChainName(name),
        stack,
        parent,
        block_time,
        poll,
        limits_for(stack, block_time, poll),
        empty_blocks=RHYTHMS[stack].empty_blocks,
        actors=ACTORS if parent is not None else (),
        upstreams=upstreams,
    )


def _roles(stack: str, letter: str) -> tuple[str, ...]:
    return ("sequencer",) if letter == "a" and stack != "ethereum" else ()
