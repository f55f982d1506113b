"""No new block, although nodes answer: a chain stands still, or a rollup's sequencer is down.

A chain that makes no blocks while nobody uses it is not judged by its silence: there the sequencer
is down when its own node is silent, or when a message to the chain waits while no block comes.
"""

from collections.abc import Collection, Iterable

from layerkeep.core.facts import Fact, HeadSeen, NodesSeen, Sent
from layerkeep.core.network.graph import actor_of, chain_of
from layerkeep.core.network.layers import Layer
from layerkeep.core.rules.heads import head_fact, is_read, itself
from layerkeep.core.rules.problems import CRITICAL, Problem, Verdict
from layerkeep.core.rules.rule import Ground, Rule
from layerkeep.core.units import ChainName, Duration, Timestamp, duration_text

SEQUENCER = "sequencer"

ENOUGH = 8
"""So many recent messages tell how long one takes at most; before that the stack's word counts."""


def _chains(ground: Ground) -> Iterable[str]:
    return [layer.name for layer in ground.layers.values() if layer.empty_blocks or layer.parent]


def _touched(ground: Ground, fact: Fact) -> Collection[str]:
    says = fact.says
    chain = says.target if isinstance(says, Sent) else fact.anchor.chain
    layer = ground.layers.get(chain)
    if layer is None or (isinstance(says, Sent) and layer.empty_blocks):
        return ()
    return (layer.name,) if layer.empty_blocks or layer.parent else ()


def _puts_off(_ground: Ground, fact: Fact) -> bool:
    """A block, and an answer, can only put off when one is missed; so can silence that begins."""
    return not isinstance(fact.says, Sent)


def _review(ground: Ground, subject: str, now: Timestamp) -> Verdict:
    layer = ground.layers[ChainName(subject)]
    last = _last_block(ground, layer)
    if last is None:
        return Verdict(Timestamp(now + layer.poll_every), lacks=f"no block of {subject} was seen")
    if not layer.empty_blocks:
        return _review_idle(ground, layer, last, now)
    height, since = last
    expires = Timestamp(since + layer.limits.halted_after + layer.poll_every)
    if now < expires:
        return Verdict(expires)
    if not _heard_after(ground, layer, Timestamp(since + layer.limits.halted_after)):
        return Verdict(lacks=f"no node of {subject} answered since the limit was passed")
    after = duration_text(layer.limits.halted_after)
    summary = (
        f"{subject} has made no block since {height}; usual is one each"
        f" {duration_text(layer.block_time)}, and {after} without one is too long"
    )
    return Verdict(None, (_problem(ground, layer, since, summary),))


def _heard_after(ground: Ground, layer: Layer, time: Timestamp) -> bool:
    """True if somebody answered at or after a time: older answers do not tell of no block."""
    return (ground.sightings.heard(layer.name) or 0) >= time


def _last_block(ground: Ground, layer: Layer) -> tuple[int, Timestamp] | None:
    """The newest block known of, and when it was first seen.

    Blocks that at least half of the nodes have are there, whether or not they could be read.
    """
    last = ground.sightings.moved.get(f"{layer.name} latest")
    if last is None:
        return None
    states = [node for node in ground.sightings.states(layer.name) if node.answering]
    above = [node for node in states if node.head > last[0]]
    if not above or 2 * len(above) < len(states):
        return last
    return max((ground.sightings.moved[node.upstream] for node in above), key=_time)


def _time(moved: tuple[int, Timestamp]) -> Timestamp:
    return moved[1]


def _review_idle(
    ground: Ground, layer: Layer, last: tuple[int, Timestamp], now: Timestamp
) -> Verdict:
    """A chain without empty blocks: its sequencer's node first, then messages that wait."""
    silent = _silent_since(ground, layer)
    dues = []
    if silent is not None:
        due = Timestamp(silent + layer.limits.silent_after)
        if now >= due and not _others_answer(ground, layer, silent):
            return Verdict(None, lacks=f"no node of {layer.name} answers")
        if now >= due:
            summary = (
                f"the sequencer of {layer.name} has given no answer for more than"
                f" {duration_text(layer.limits.silent_after)}, while another node answers"
            )
            return Verdict(None, (_problem(ground, layer, silent, summary, "silent"),))
        dues.append(due)
    else:
        dues.append(Timestamp(now + layer.limits.silent_after))
    waited = _waited_since(ground, layer, last[1])
    if waited is not None:
        due = Timestamp(waited + layer.limits.halted_after + layer.poll_every)
        late = Timestamp(waited + layer.limits.halted_after)
        if now >= due and not (_heard_after(ground, layer, late) and is_read(ground, layer.name)):
            return Verdict(lacks=f"{layer.name} is not read so far yet")
        if now >= due:
            summary = (
                f"a message to {layer.name} waits for longer than usual, and no block came after"
                f" {last[0]}"
            )
            return Verdict(None, (_problem(ground, layer, waited, summary, "messages-wait"),))
        dues.append(due)
    return Verdict(min(dues))


def _silent_since(ground: Ground, layer: Layer) -> Timestamp | None:
    """Since when all of a chain's sequencers have been silent; None if one answers, or none is."""
    progress = ground.sightings.progress
    names = [name for name, roles in layer.upstreams.items() if SEQUENCER in roles]
    if not names or not all(name in progress.silent for name in names):
        return None
    return max(progress.since_silent(name) for name in names)


def _others_answer(ground: Ground, layer: Layer, silent: Timestamp) -> bool:
    """True if in a look at all nodes after the first without the sequencer some node answered."""
    look = ground.sightings.nodes[layer.name]
    answering = any(node.answering for node in ground.sightings.states(layer.name))
    return answering and look.anchor.time > silent


def _waited_since(ground: Ground, layer: Layer, block: Timestamp) -> Timestamp | None:
    """Since when a message is due and no block came; None if none waits."""
    oldest = ground.sightings.resting.oldest(layer.name, in_a_block=True)
    message = ground.view.messages.get(oldest[1]) if oldest is not None else None
    if oldest is None or message is None:
        return None
    stage = message.lifecycle.stage(message.stage)
    spot = (message.lifecycle.name, message.route, stage.name)
    times = ground.experience.times.get(spot, ())
    usual = max(times) if len(times) >= ENOUGH else max(stage.usual, *times, 0)
    return Timestamp(max(oldest[0] + Duration(usual), block))


def _problem(
    ground: Ground, layer: Layer, since: Timestamp, summary: str, reason: str = ""
) -> Problem:
    rollup = layer.parent is not None
    nodes = ground.sightings.nodes.get(layer.name)
    problem = Problem(
        "sequencer-down" if rollup else "chain-halted",
        actor_of(SEQUENCER, layer.name) if rollup else chain_of(layer.name),
        layer.name,
        since,
        CRITICAL,
        summary,
        reason,
        (*head_fact(ground, layer.name), *((nodes,) if nodes is not None else ())),
    )
    return ground.lasting(problem)


CHAIN_HALTED = Rule(
    name="chain_halted",
    about="No new block for longer than the chain's limit, although its nodes answer.",
    kinds=("chain-halted", "sequencer-down"),
    review=_review,
    causes=(
        "sequencer-down",
        "sequencer-drift",
        "batches-stalled",
        "safe-stalled",
        "finalized-stalled",
        "claims-stalled",
        "message-overdue",
        "message-expiring",
        "inclusion-delayed",
        "nonce-stuck",
    ),
    wakes=(HeadSeen, NodesSeen, Sent),
    touched=_touched,
    subjects=_chains,
    needs=itself,
    puts_off=_puts_off,
)
