"""A network in operation, healthy unless a fault says otherwise, told as facts in order of time."""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from layerkeep.adapters.nitro.actors import NitroModel
from layerkeep.adapters.op_stack.actors import OpStackModel
from layerkeep.core.adapter import Scope
from layerkeep.core.facts import BlocksLeft, Judged, Measured
from layerkeep.core.network.layers import Layer
from layerkeep.core.units import DAY, HOUR, MINUTE, SECOND, ChainName
from layerkeep.sim.ops.bridges import ETHER, SimActor, SimBridge
from layerkeep.sim.ops.chains import FINAL_LAG, SAFE_LAG, Mark, SimLayer
from layerkeep.sim.ops.network import MATURITIES, MEASURE_EVERY
from layerkeep.sim.ops.nodes import SimNodes, nodes_of
from layerkeep.sim.ops.posting import Posting
from layerkeep.sim.ops.speaking import Speech
from layerkeep.sim.ops.traffic import Story, draw_any
from layerkeep.sim.world import EPOCH, Event

MESSAGES_A_DAY = 10

TAKEN_IN_AFTER = 15 * MINUTE
"""A sequencer reads what its parent sends down within so long."""

Act = Callable[..., object]
Draw = Callable[[SimBridge, Random], Story]


@dataclass(slots=True)
class OpsWorld:
    """One network and everything that is due in it."""

    layers: dict[ChainName, Layer]
    chance: Random
    chains: dict[str, SimLayer] = field(default_factory=dict)
    nodes: dict[str, SimNodes] = field(default_factory=dict)
    bridges: dict[str, SimBridge] = field(default_factory=dict)
    speech: Speech = field(default_factory=Speech)
    due: list[tuple[int, int, Act, tuple[Any, ...]]] = field(default_factory=list)
    planned: int = 0
    now: int = EPOCH

    def at(self, time: int, act: Act, *given: Any) -> None:
        """Something is due at a time."""
        self.planned += 1
        heapq.heappush(self.due, (time, self.planned, act, given))

    def after(self, wait: int, act: Act, *given: Any) -> None:
        """Something is due after a while."""
        self.at(self.now + wait, act, *given)

    def play(self, end: int) -> Iterator[tuple[int, list[Event]]]:
        """Let everything happen that is due before the end; what was seen, with its time."""
        while self.due and self.due[0][0] < end:
            time, _, act, given = heapq.heappop(self.due)
            self.now = time
            act(*given)
            if self.speech.said:
                yield time, self.speech.heard()

    # ---- what happens again and again

    def poll(self, name: str) -> None:
        """Heads and nodes of a chain are looked at."""
        chain, nodes = self.chains[name], self.nodes[name]
        chain.move(self.now)
        seen = nodes.seen(self.now)
        if seen.height >= 0:
            if chain.layer.limits.drift_max is not None:
                says = Measured(chain.name, "origin_time_s", chain.origin // SECOND)
                self.speech.say(chain, says)
            self.speech.tell(chain, nodes.heads(), self.now)
        self.speech.look(chain, seen, self.now)
        self.after(chain.layer.poll_every, self.poll, name)

    def measure(self, name: str) -> None:
        """Funds and nonces of a bridge's actors are read."""
        bridge = self.bridges[name]
        bridge.parent.move(self.now)
        for actor in (bridge.batcher, bridge.proposer):
            if actor.refills and actor.balance < 10 * actor.spent:
                actor.balance += 30 * actor.spent
            self.measured(bridge, f"{actor.job}.balance_wei", actor.balance)
            self.measured(bridge, f"{actor.job}.nonce", actor.nonce)
            self.measured(bridge, f"{actor.job}.nonce_pending", actor.nonce_pending)
        self.measured(bridge, "bridge_balance_wei", 1 if bridge.drained else bridge.balance)
        self.after(MEASURE_EVERY, self.measure, name)

    def send(self, name: str) -> None:
        """Somebody sends a message, if the source chain takes it."""
        self.begin(name, draw_any)
        wait = int(self.chance.expovariate(MESSAGES_A_DAY / DAY))
        self.after(MINUTE + wait, self.send, name)

    def begin(self, name: str, draw: Draw) -> Story | None:
        """A message is sent now; None if its source takes none, or the bridge is paused."""
        bridge = self.bridges[name]
        if not (bridge.child.is_making and bridge.parent.is_making) or bridge.paused:
            return None
        bridge.child.poke(self.now)
        bridge.parent.poke(self.now)
        story = draw(bridge, self.chance)
        story.sent_at = self.now
        story.tx = f"{name}-{bridge.number}"
        if story.is_down:
            self.after(TAKEN_IN_AFTER, self.use, name)
        self._say_step(story)
        return story

    def use(self, name: str) -> None:
        """The chain makes a block for what came from its parent."""
        chain = self.chains[name]
        if not chain.now.censored:
            chain.poke(self.now)

    def step(self, story: Story) -> None:
        """The next step of a message happens, or is tried again later."""
        if story.at >= len(story.steps):
            return
        if not story.ready(self.now):
            wait = story.patience(story.bridge.child.layer.poll_every, self.now)
            self.after(wait, self.step, story)
            return
        self._say_step(story)

    def _say_step(self, story: Story) -> None:
        story.spare_failure()
        planned = story.steps[story.at]
        chain = self.chains[planned.chain]
        chain.poke(self.now)
        self.speech.say(chain, story.says(self.now), f"{story.tx}-{story.at}")
        story.at += 1
        if story.at < len(story.steps):
            self.after(max(story.wait, 0), self.step, story)

    def reorg(self, name: str, depth: int) -> None:
        """Blocks leave a chain, and others with the same in them take their place."""
        chain = self.chains[name]
        chain.move(self.now)
        tip = chain.latest.height
        ancestor = self.speech.leave(chain, depth, self.now)
        self.speech.tell(chain, BlocksLeft(ancestor, tip), self.now)

    # ---- words

    def measured(self, bridge: SimBridge, name: str, value: int | str) -> None:
        """A quantity of a bridge, read on the parent."""
        self.speech.say(bridge.parent, Measured(bridge.name, name, value))

    def judged(
        self, bridge: SimBridge, check: str, subject: str, verdict: str, *, height: int = -1
    ) -> None:
        """Something a child or its parent says was compared with our own node's word.

        `height` is the child's first block that is another, where one is.
        """
        says = Judged(check, bridge.name, subject, verdict, height=height)
        self.speech.say(bridge.parent, says, via=next(iter(bridge.child.layer.upstreams)))


def open_world(layers: dict[ChainName, Layer], seed: int) -> OpsWorld:
    """A healthy network at its beginning, with everything regular planned."""
    chance = Random(f"layerkeep ops {seed}")
    world = OpsWorld(layers, chance)
    for layer in layers.values():
        _open_layer(world, layer)
    for bridge in world.bridges.values():
        _open_bridge(world, bridge)
    return world


def _open_layer(world: OpsWorld, layer: Layer) -> None:
    chance = world.chance
    parent = world.chains[layer.parent] if layer.parent is not None else None
    latest = Mark(chance.randrange(10**6, 10**7), EPOCH - layer.block_time)
    chain = SimLayer(layer, parent, latest, EPOCH)
    chain.lags = (chance.randrange(*SAFE_LAG), chance.randrange(*FINAL_LAG))
    world.chains[layer.name] = chain
    world.nodes[layer.name] = nodes_of(chain)
    world.at(EPOCH + chance.randrange(1, MINUTE), world.poll, layer.name)
    if parent is not None:
        world.bridges[layer.name] = _bridge(world, chain, parent)


def _bridge(world: OpsWorld, child: SimLayer, parent: SimLayer) -> SimBridge:
    chance = world.chance
    scope = Scope(child.name, parent.name, int(child.name[1:]), int(parent.name[1:]), child.name)
    op_stack = child.layer.stack == "op_stack"
    mature = chance.choice(MATURITIES) if parent.parent is not None else MATURITIES[0]
    post_every, claim_every = (
        chance.randrange(60 * MINUTE, 90 * MINUTE),
        chance.randrange(100 * MINUTE, 150 * MINUTE),
    )
    return SimBridge(
        child,
        parent,
        (OpStackModel if op_stack else NitroModel)(scope, chance),
        _actor("batcher", post_every),
        _actor("proposer", claim_every),
        post_every,
        claim_every,
        confirm_after=mature // 2 if op_stack else mature,
        mature_after=mature,
        posted=child.latest,
    )


def _actor(job: str, every: int) -> SimActor:
    cost = ETHER // 100
    spent = cost * DAY // every
    return SimActor(job, cost, 30 * spent, spent=spent)


def _open_bridge(world: OpsWorld, bridge: SimBridge) -> None:
    chance, name = world.chance, bridge.name
    posting = Posting(world, bridge)
    if bridge.is_op_stack:
        world.measured(bridge, "proof_maturity_delay_s", bridge.mature_after // SECOND)
    else:
        blocks = bridge.confirm_after // bridge.parent.layer.block_time
        world.measured(bridge, "confirm_period_blocks", blocks)
    world.at(EPOCH + chance.randrange(bridge.post_every), posting.post)
    world.at(EPOCH + chance.randrange(bridge.claim_every), posting.claim)
    world.at(EPOCH + chance.randrange(MEASURE_EVERY), world.measure, name)
    world.at(EPOCH + chance.randrange(HOUR), world.send, name)
