"""What is well and to be looked at again anyway is left alone: the answers stay the same."""

from collections import Counter
from dataclasses import replace

import pytest

from layerkeep.adapters.nitro.lifecycles import LIFECYCLES as NITRO
from layerkeep.adapters.op_stack.lifecycles import LIFECYCLES as OP_STACK
from layerkeep.core.engine import Engine
from layerkeep.core.network.layers import Layers
from layerkeep.core.rules import RULES
from layerkeep.core.rules.problems import Verdict
from layerkeep.core.rules.rule import Ground, Rule
from layerkeep.core.units import Timestamp
from layerkeep.sim.ops.simulate import Plan, run_seed

DAYS = 9


def make_eager(layers: Layers) -> Engine:
    """An engine that reviews whatever any fact touches."""
    rules = [replace(rule, puts_off=None) for rule in RULES]
    return Engine((*OP_STACK, *NITRO), layers, layers, rules)


@pytest.mark.parametrize("seed", [6, 10, 28])
def test_facts_that_put_off__reviewed_or_not__tell_the_same_at_the_same_time(seed: int) -> None:
    """Leaving subjects alone saves work, and changes no moment of any incident."""
    lazy, eager = run_seed(seed, Plan(DAYS)), run_seed(seed, Plan(DAYS), make_eager)
    assert lazy.moves
    assert eager.moves == lazy.moves


def test_facts_that_put_off__days_of_health__wake_next_to_nothing() -> None:
    """A chain that goes on is judged once a limit, not once a look."""
    counts = [Counter[str](), Counter[str]()]
    for count, is_lazy in zip(counts, (True, False), strict=True):
        rules = [_counted(rule, count, is_lazy=is_lazy) for rule in RULES]
        run_seed(9, Plan(3, count=0), lambda layers, rules=rules: _engine(layers, rules))
    lazy, eager = counts
    for name in ("heads_stalled", "node_split", "upstream_unfit"):
        assert 4 * lazy[name] < eager[name], name


def _engine(layers: Layers, rules: list[Rule]) -> Engine:
    return Engine((*OP_STACK, *NITRO), layers, layers, rules)


def _counted(rule: Rule, count: Counter[str], *, is_lazy: bool) -> Rule:
    def review(ground: Ground, subject: str, now: Timestamp) -> Verdict:
        count[rule.name] += 1
        return rule.review(ground, subject, now)

    return replace(rule, review=review, puts_off=rule.puts_off if is_lazy else None)
