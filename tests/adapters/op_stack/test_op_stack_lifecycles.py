"""The tables of stages, and that decoders, probes and tables use the same words."""

import ast
from pathlib import Path

import pytest
from op_stack_world import ALICE, BASE, HASH, L1, ON_PARENT, OP

import layerkeep.adapters.op_stack
from layerkeep.adapters.op_stack.actors import OpStackModel
from layerkeep.adapters.op_stack.contracts import PARAMETERS
from layerkeep.adapters.op_stack.lifecycles import DEPOSIT, LIFECYCLES, WITHDRAWAL
from layerkeep.core.claims import Lane
from layerkeep.core.facts import (
    AFTER_LOGS,
    Anchor,
    ClaimCovers,
    Claimed,
    ClaimMoved,
    Fact,
    Reached,
    Sent,
)
from layerkeep.core.messages import Message, current_stage

FOLDER = Path(layerkeep.adapters.op_stack.__file__).parent
STAGES = {stage.name for lifecycle in LIFECYCLES for stage in lifecycle.stages}


def stages_said() -> set[str]:
    """Every stage that a decoder or probe names."""
    found = set()
    paths = [path for part in ("decode", "probes") for path in sorted((FOLDER / part).glob("*.py"))]
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Reached":
                stage = node.args[1]
                assert isinstance(stage, ast.Constant)
                found.add(stage.value)
    return found


def test_stages__said_by_decoders__are_in_a_table():
    """A stage that no table knows would stop the engine."""
    assert stages_said() <= STAGES
    unsaid = STAGES - stages_said()
    assert {"initiated", "claimed"} == unsaid


def test_stages__of_one_direction__are_all_known_to_both_its_lifecycles():
    """A decoder cannot tell a migrated withdrawal from a new one: both know its stages."""
    by_name = {each.name: {stage.name for stage in each.stages} for each in LIFECYCLES}
    new, old = by_name["op_stack.withdrawal"], by_name["op_stack.legacy_withdrawal"]
    assert {"claimed"} == new - old
    assert {"reverted"} == by_name["op_stack.deposit"] - by_name["op_stack.legacy_deposit"]


def test_clocks__of_every_stage__are_parameters():
    """A clock names what is read from a contract, in seconds."""
    clocks = {stage.clock for each in LIFECYCLES for stage in each.stages if stage.clock}
    assert clocks <= {parameter.name for parameter in PARAMETERS}
    assert all(clock.endswith("_s") for clock in clocks)


def at(chain: str, height: int, tx: int = 0, index: int = 0) -> Anchor:
    """A place."""
    return Anchor(chain, height, HASH, height * 1000, f"0x{height}", tx, index)


def message(lifecycle, *facts: Fact, position: int | None = None) -> Message:
    """A message and what became of it."""
    sent = Sent(lifecycle.name, HASH, ("op/msg/1",), L1, OP, ALICE, ALICE, position=position)
    found = Message(Fact(at(L1, 1), sent), lifecycle, OP)
    found.facts.extend(facts)
    return found


def reached(stage: str, *place: int, claim: str = "", chain: str = OP) -> Fact:
    """A statement about the message."""
    return Fact(at(chain, *place), Reached("op/msg/1", stage, claim=claim))


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ([], "initiated"),
        ([("failed", 5)], "failed"),
        ([("failed", 5, 1, 3), ("failed", 5, 1, AFTER_LOGS)], "failed"),
        ([("failed", 5), ("executed", 9)], "executed"),
        ([("executed", 5, 1, 3), ("executed", 5, 1, AFTER_LOGS)], "executed"),
        ([("reverted", 5)], "reverted"),
    ],
)
def test_deposit__with_each_end__is_in_its_stage(facts, expected):
    """The last word of the child counts."""
    found = message(DEPOSIT, *(reached(*each) for each in facts))
    assert expected == current_stage(found).name


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ([("proven", 5)], "proven"),
        ([("proven", 5), ("failed-on-target", 9)], "failed-on-target"),
        ([("failed-on-target", 9, 1, 7), ("failed-on-target", 9, 1, 8)], "failed-on-target"),
        ([("failed-on-target", 9), ("finalized", 12)], "finalized"),
        ([("proven", 5), ("finalized-failed", 9)], "finalized-failed"),
    ],
)
def test_withdrawal__with_each_end__is_in_its_stage(facts, expected):
    """The last word of the parent counts."""
    found = message(WITHDRAWAL, *(reached(*each, chain=L1) for each in facts), position=50)
    found.lane = Lane()
    assert expected == current_stage(found).name


class Middle:
    """Chance that always takes the middle."""

    def randrange(self, start: int, stop: int) -> int:
        """A number halfway."""
        return (start + stop) // 2


def test_model__of_a_withdrawal__tells_one_story():
    """Sent on the child, proven against the claim of its number, finalized after the delay."""
    model = OpStackModel(ON_PARENT, Middle())
    sent, proven, done = model.act_withdrawal(3, 40)
    assert (OP, L1, L1) == (sent.chain, proven.chain, done.chain)
    assert 0 == sent.delay < proven.delay < done.delay
    assert 40 == sent.says.position
    assert sent.says.keys == (proven.says.key,) == (done.says.key,)
    made, covers, won = model.act_claim(3, 40)
    assert isinstance(made.says, Claimed)
    assert isinstance(covers.says, ClaimCovers)
    assert isinstance(won.says, ClaimMoved)
    assert {proven.says.claim} == {plan.says.claim for plan in (made, covers, won)}


def test_model__proving_again__names_the_other_claim():
    """After a void the proof has to rely on another game."""
    model = OpStackModel(ON_PARENT, Middle())
    (again,) = model.act_proof(3, against=4)
    (void,) = model.act_void(3)
    assert model.claim(4) == again.says.claim != void.says.claim == model.claim(3)
    lost = model.act_losing_claim(3, 40)
    assert ["disputed", "voided"] == [plan.says.status for plan in lost[2:]]


def test_model__of_two_chains__never_shares_a_name():
    """Numbers are told apart by their chain."""
    other = OpStackModel(type(ON_PARENT)(BASE, L1, 8453, 1, L1), Middle())
    ours = OpStackModel(ON_PARENT, Middle())
    assert ours.act_deposit(1)[0].says.message != other.act_deposit(1)[0].says.message
    assert ours.claim(1) != other.claim(1)
