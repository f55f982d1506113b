"""Blocks come, but take more than three times as long as they should.

Measured over a window of time, so that a few missed blocks are no news; a time without any block is
chain_halted's, and the window begins anew after it.
"""

from collections.abc import Collection, Iterable
from itertools import pairwise

from layerkeep.core.facts import Fact, HeadSeen
from layerkeep.core.network.graph import chain_of
from layerkeep.core.network.layers import Layer
from layerkeep.core.rules.heads import goes_on, head_fact, itself
from layerkeep.core.rules.problems import WARNING, Problem, Verdict
from layerkeep.core.rules.rule import Ground, Rule
from layerkeep.core.units import MINUTE, ChainName, Duration, Timestamp, duration_text

TIMES = 3
"""So many times the usual time for a block is slow."""

POLLS = 10
WINDOW_MAX = Duration(5 * MINUTE)
"""The window is twice the time after which a chain is halted, so that one gap just below that is
not slow, and ten polls at least; further back than this no fast chain is remembered."""

Pace = tuple[Timestamp, int]


def window(layer: Layer) -> Duration:
    """How far back a chain's pace is measured."""
    gap = min(WINDOW_MAX, Duration(2 * layer.limits.halted_after))
    return Duration(max(POLLS * layer.poll_every, gap))


def _chains(ground: Ground) -> Iterable[str]:
    return [layer.name for layer in ground.layers.values() if layer.empty_blocks]


def _touched(ground: Ground, fact: Fact) -> Collection[str]:
    layer = ground.layers.get(fact.anchor.chain)
    return (layer.name,) if layer is not None and layer.empty_blocks else ()


def _review(ground: Ground, subject: str, now: Timestamp) -> Verdict:
    layer = ground.layers[ChainName(subject)]
    moved = ground.sightings.moved.get(f"{subject} latest")
    kept = list(ground.sightings.progress.paces.get(subject, ()))
    if moved is None or not kept:
        return Verdict(lacks=f"no block of {subject} was seen")
    if now - moved[1] >= _gap(layer):
        return Verdict()
    paces = _unbroken(kept, layer)
    seen = ground.sightings.progress.sampled[subject]
    start = _before(paces, Timestamp(seen - window(layer)))
    if start is not None and seen >= _slow_at(layer, start, moved[0]):
        return Verdict(Timestamp(moved[1] + _gap(layer)), (_problem(ground, layer, start),))
    soonest = _soonest(layer, paces, moved[0], seen)
    return Verdict(soonest if now < soonest else None)


def _gap(layer: Layer) -> Duration:
    """A time without blocks that is chain_halted's to judge."""
    return Duration(layer.limits.halted_after + layer.poll_every)


def _unbroken(paces: list[Pace], layer: Layer) -> list[Pace]:
    """The samples since blocks last came after a time without any."""
    gap = _gap(layer)
    for index in range(len(paces) - 1, 0, -1):
        if paces[index][0] - paces[index - 1][0] >= gap:
            return paces[index:]
    return paces


def _slow_at(layer: Layer, start: Pace, latest: int) -> Timestamp:
    """When it is slow, measured from this sample on, if no block comes after the latest."""
    return Timestamp(start[0] + TIMES * layer.block_time * (latest - start[1]) + 1)


def _soonest(layer: Layer, paces: list[Pace], latest: int, seen: Timestamp) -> Timestamp:
    """When it can be slow at the earliest, if no block comes: each one more puts that off.

    Each sample begins the window from so long after it on until the next one does.
    """
    wide = window(layer)
    for pace, after in pairwise(paces):
        ends = after[0] + wide
        if seen >= ends:
            continue
        soonest = max(pace[0] + wide, _slow_at(layer, pace, latest))
        if soonest < ends:
            return Timestamp(soonest)
    return Timestamp(max(paces[-1][0] + wide, _slow_at(layer, paces[-1], latest)))


def _before(paces: list[Pace], time: Timestamp) -> Pace | None:
    """The newest sample at or before a time."""
    return next((pace for pace in reversed(paces) if pace[0] <= time), None)


def _problem(ground: Ground, layer: Layer, start: Pace) -> Problem:
    slow = duration_text(TIMES * layer.block_time)
    problem = Problem(
        "chain-slow",
        chain_of(layer.name),
        layer.name,
        start[0],
        WARNING,
        f"{layer.name} makes blocks, but they take more than {slow} on average over"
        f" {duration_text(window(layer))}; usual is {duration_text(layer.block_time)}",
        proof=head_fact(ground, layer.name),
    )
    return ground.lasting(problem)


CHAIN_SLOW = Rule(
    name="chain_slow",
    about="Blocks take more than three times as long as they should, on average.",
    kinds=("chain-slow",),
    review=_review,
    causes=("message-overdue", "finalized-stalled", "safe-stalled"),
    wakes=(HeadSeen,),
    touched=_touched,
    subjects=_chains,
    needs=itself,
    puts_off=goes_on,
)
