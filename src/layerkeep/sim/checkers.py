"""What must hold over every seed, whatever the chains do.

A checker takes a world and a way to make engines and says what it found wrong, a line each. The way
to make engines is an argument so that tests can plant bugs and see each checker fail.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from random import Random

from layerkeep.adapters.nitro.lifecycles import LIFECYCLES as NITRO
from layerkeep.adapters.op_stack.lifecycles import LIFECYCLES as OP_STACK
from layerkeep.core.effects import Effect, MessageMoved
from layerkeep.core.engine import Engine
from layerkeep.core.facts import Fact, HeadSeen, Sent
from layerkeep.core.units import ChainName, Timestamp
from layerkeep.sim.digest import Digest, full_digest
from layerkeep.sim.world import Event, World

MakeEngine = Callable[[Iterable[ChainName]], Engine]
Checker = Callable[[World, MakeEngine], list[str]]

SHUFFLES = 2
"""Interleavings drawn besides the two extremes, in which whole chains follow each other."""

RESTARTS = 3


def make_engine(chains: Iterable[ChainName]) -> Engine:
    """An engine that knows the lifecycles of all stacks with actors."""
    return Engine((*OP_STACK, *NITRO), chains)


def check_reorg_truth(world: World, make: MakeEngine) -> list[str]:
    """After all reorgs the engine believes what one believes that saw only the final chains."""
    lived = _live(make(world.fleet.chains), world.events)
    fresh = _live(make(world.fleet.chains), _by_time(world.final))
    return full_digest(lived).differences(full_digest(fresh))


def check_order(world: World, make: MakeEngine) -> list[str]:
    """Any order of chains that keeps each chain's own order gives the same view."""
    chance = Random(f"order {world.seed}")
    chains = list(world.final.values())
    orders = [
        [fact for facts in chains for fact in facts],
        [fact for facts in reversed(chains) for fact in facts],
        *(_shuffled(chains, chance) for _ in range(SHUFFLES)),
    ]
    first = _digest(world, make, _by_time(world.final))
    return [
        difference
        for order in orders
        for difference in first.differences(_digest(world, make, order))
    ]


def check_restart(world: World, make: MakeEngine) -> list[str]:
    """An engine fed the logged facts at any point goes on as if it had never stopped."""
    chance = Random(f"restart {world.seed}")
    points = sorted(chance.randrange(len(world.events)) for _ in range(RESTARTS))
    lived = _live(make(world.fleet.chains), world.events)
    stages = _stages(make(world.fleet.chains), world.events)
    found: list[str] = []
    for point in points:
        log = _logged(world.events[:point])
        now = _live(make(world.fleet.chains), world.events[:point])
        again = _live(make(world.fleet.chains), log)
        found += full_digest(now).differences(full_digest(again))
        again = make(world.fleet.chains)
        told = _stages(again, [*log, *world.events[point:]])
        found += full_digest(lived).differences(full_digest(again))
        found += _unlike({name: stage for name, stage in stages.items() if stage}, told)
    return found


def check_conservation(world: World, make: MakeEngine) -> list[str]:
    """Initiated = in flight + finished + retracted, and so say the chains themselves."""
    engine = make(world.fleet.chains)
    stages = _stages(engine, world.events)
    view = engine.view
    said = [fact.says for fact in _all(world.final)]
    sent = {says.message: says for says in said if isinstance(says, Sent)}
    alive = {name for name, stage in stages.items() if stage}
    found = [f"{name} is sent but not told of" for name in sorted(sent.keys() - alive)]
    found += [f"{name} is told of but not sent" for name in sorted(alive - sent.keys())]
    for name in sorted(alive & sent.keys()):
        message, stage = view.messages.get(name), stages[name]
        is_over = view.lifecycles[sent[name].lifecycle].stage(stage).final
        if message is None and not is_over:
            found.append(f"{name} was let go in stage {stage}")
        elif message is not None and message.stage != stage:
            found.append(f"{name} is {message.stage}, but was told of as {stage}")
    found += [f"{name} is in memory but gone" for name in view.messages if name not in alive]
    return found


CHECKERS: dict[str, Checker] = {
    "reorg truth": check_reorg_truth,
    "order": check_order,
    "restart": check_restart,
    "conservation": check_conservation,
}


def _live(engine: Engine, events: Iterable[Event]) -> Engine:
    for _ in _effects(engine, events):
        continue
    return engine


def _effects(engine: Engine, events: Iterable[Event]) -> Iterator[Effect]:
    for event in events:
        if isinstance(event, Fact):
            yield from engine.observe(event, Timestamp(event.anchor.time))
        else:
            yield from engine.retract(event.chain, event.ancestor, Timestamp(event.time))


def _stages(engine: Engine, events: Iterable[Event]) -> dict[str, str]:
    """The last stage told of each message; empty where it was told to be gone."""
    effects = _effects(engine, events)
    return {each.message: each.stage for each in effects if isinstance(each, MessageMoved)}


def _digest(world: World, make: MakeEngine, facts: Iterable[Fact]) -> Digest:
    return full_digest(_live(make(world.fleet.chains), facts))


def _logged(events: Iterable[Event]) -> list[Event]:
    """What a store holds after these events: facts whose blocks have not left, then the heads."""
    log: list[Event] = []
    heads: dict[str, Event] = {}
    for event in events:
        if not isinstance(event, Fact):
            chain, top = event.chain, event.ancestor
            log = [e for e in log if isinstance(e, Fact) and not _is_above(e, chain, top)]
        elif isinstance(event.says, HeadSeen):
            heads[event.anchor.chain] = event
        else:
            log.append(event)
    return [*log, *heads.values()]


def _is_above(fact: Fact, chain: str, height: int) -> bool:
    return fact.anchor.chain == chain and fact.anchor.height > height


def _all(final: dict[str, list[Fact]]) -> list[Fact]:
    return [fact for facts in final.values() for fact in facts]


def _by_time(final: dict[str, list[Fact]]) -> list[Fact]:
    """One order that keeps each chain's own: by block, as if all chains were read side by side."""
    return sorted(_all(final), key=lambda fact: fact.anchor.time)


def _shuffled(chains: Sequence[Sequence[Fact]], chance: Random) -> list[Fact]:
    """The chains' facts in a drawn order that keeps each chain's own."""
    turns = [number for number, facts in enumerate(chains) for _ in facts]
    chance.shuffle(turns)
    ways = [iter(facts) for facts in chains]
    return [next(ways[number]) for number in turns]


def _unlike(expected: dict[str, str], told: dict[str, str]) -> list[str]:
    return [
        f"{name} was told of as {expected.get(name)}, after a restart as {told.get(name)}"
        for name in sorted(expected.keys() | {name for name in told if told[name]})
        if expected.get(name) != told.get(name)
    ]
