"""Runbooks: every rule has one, and a page that cannot be used says where and why."""

import tomllib
from typing import Any

import pytest

from layerkeep.core.acting.runbooks.conditions import CONDITIONS
from layerkeep.core.acting.runbooks.kinds import KIND_FIELDS
from layerkeep.core.acting.runbooks.matching import answering
from layerkeep.core.acting.runbooks.model import KINDS, Runbook
from layerkeep.core.acting.runbooks.placeholders import Unfilled, filled
from layerkeep.core.acting.runbooks.read import Page, read_runbook
from layerkeep.core.acting.runs.conditions import JUDGES
from layerkeep.core.errors import Fault
from layerkeep.core.rules import RULES
from layerkeep.edge.runbook_files import load_runbooks

WELL = """
title = "Wake it"
rules = ["sequencer-down"]
[[steps]]
name = "wake"
kind = "rpc"
endpoint = "{component}"
method = "admin_wake"
proof = { is = "head-moving", chain = "{chain}" }
"""
STEP = '[[steps]]\nname = "more"\n'
HOST = 'kind = "host"\nrunner = "r"\nproof = { is = "head-moving", chain = "x" }'
STOPS = 'answers", endpoint = "x", method = "admin_stopSequencer", expect = true, x = "'


def top(line: str) -> str:
    """The page with one more line above its steps."""
    return WELL.replace("[[steps]]", f"{line}\n[[steps]]", 1)


def more(name: str = "more") -> str:
    """The page with the beginning of one more step."""
    return WELL + STEP.replace("more", name)


def read(text: str) -> tuple[Runbook | None, list[Fault]]:
    """The page and its faults."""
    faults: list[Fault] = []
    page = Page("wake", "wake.md", tomllib.loads(text), f"+++\n{text}+++\n# Wake it\n")
    return read_runbook(page, faults), faults


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_rule__of_ours__has_a_runbook_for_each_kind_of_problem(rule: Any) -> None:
    """Found by the kind, on some component."""
    books = load_runbooks().values()

    assert [] == [kind for kind in rule.kinds if not any(kind in each.rules for each in books)]


@pytest.mark.parametrize(
    ("kind", "component", "expected"),
    [
        ("message-expiring", "route:l1->l3", "redeem-retryable"),
        ("message-expiring", "route:l1->l3", "keep-retryable-alive"),
        ("relays-failing", "route:l1->l2", "relay-failed-deposit"),
        ("message-overdue", "route:l2->l1", "relay-failed-withdrawal"),
        ("message-overdue", "route:l2->l1", "finalize-withdrawal"),
        ("message-overdue", "route:l2->l1", "reprove-withdrawal"),
        ("funds-out", "batcher:l2", "refill-actor"),
        ("upstream-silent", "upstream:a", "restart-node"),
        ("node-split", "upstream:a", "take-out-node"),
        ("sequencer-down", "sequencer:l2", "start-sequencer"),
        ("batches-stalled", "batcher:l2", "start-batcher"),
        ("sequencer-down", "sequencer:l2", "transfer-leader"),
        ("withdrawal-forged", "bridge:l2", "pause-bridge"),
        ("bridge-paused", "bridge:l2", "resume-bridge"),
        ("batches-stalled", "batcher:l2", "roll-back-release"),
    ],
)
def test_runbook__that_acts__is_offered_for_its_problem(
    kind: str, component: str, expected: str
) -> None:
    """Each of those that come with layerkeep, beside one that helps to think."""
    found = [each.name for each in answering(load_runbooks().values(), kind, component)]

    assert expected in found
    assert len(found) > 1


def test_tables__of_kinds_and_conditions__are_complete() -> None:
    """Each kind has its fields, each condition but the one that asks the world its judge."""
    assert set(KINDS) == KIND_FIELDS.keys()
    assert CONDITIONS.keys() == {*JUDGES, "answers"}


def test_page__without_a_fault__is_read_whole() -> None:
    """Text, steps, and a digest that changes with any letter."""
    found, faults = read(WELL)
    other, _ = read(WELL.replace("Wake it", "Wake it!"))

    assert [] == faults
    assert found is not None
    assert other is not None
    assert ("# Wake it\n", "wake", "head-moving") == (
        found.text,
        found.steps[0].name,
        found.steps[0].proof and found.steps[0].proof.name,
    )
    assert found.digest != other.digest


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ("", "title", "found nothing"),
        (
            WELL.replace("sequencer-down", "sequencer-dwn"),
            "rules[0]",
            "did you mean 'sequencer-down'",
        ),
        (WELL.replace('kind = "rpc"', 'kind = "rcp"'), "steps[0].kind", "did you mean 'rpc'"),
        (WELL.replace("method", "methd"), "steps[0].methd", "did you mean 'method'"),
        (
            WELL.replace("head-moving", "head-movin"),
            "steps[0].proof.is",
            "did you mean 'head-moving'",
        ),
        (WELL.replace("{chain}", "{chian}"), "steps[0].proof.chain", "did you mean 'chain'"),
        (WELL.replace("proof =", "#"), "steps[0].proof", "without one nobody can tell"),
        (WELL.replace('wake"\nkind', 'Wake up"\nkind'), "steps[0].name", "lower-case"),
        (more("wake") + 'kind = "note"', "steps", "a second 'wake'"),
        (
            more() + 'kind = "note"\nproof = { is = "head-moving", chain = "x" }',
            "steps[1].proof",
            "none",
        ),
        (more() + 'kind = "ask"', "steps[1].question", "found nothing"),
        (
            more() + 'kind = "wait"\nuntil = { is = "head-moving" }',
            "steps[1].until.chain",
            "found nothing",
        ),
        (more() + HOST, "steps[1]", "nothing to do"),
        (top("automatic = 1"), "automatic", "true or false"),
        (
            top("automatic = true") + STEP + 'kind = "ask"\nquestion = "?"',
            "automatic",
            "asks a person",
        ),
        (top("approvals = { count = 0 }"), "approvals.count", "at least 1"),
        (top('approvals = { role = "viewer" }'), "approvals.role", "one of operator, admin"),
        (top('time_limit = "1 hour"'), "time_limit", "a duration"),
        (
            WELL.replace('head-moving", chain = "', STOPS),
            "steps[0].proof.method",
            "one of admin_sequencerActive",
        ),
    ],
)
def test_page__with_a_fault__says_where_and_what_was_expected(
    text: str, key: str, words: str
) -> None:
    """File, key, found, expected, and the nearest word."""
    found, faults = read(text)

    assert None is found
    told = {fault.key: str(fault) for fault in faults}
    assert key in told
    assert words in told[key]
    assert told[key].startswith("wake.md: ")


def test_placeholder__without_a_value__is_named() -> None:
    """Nothing is left out silently."""
    assert {"a": ["x l2"]} == filled({"a": ["x {chain}"]}, {"chain": "l2"})
    with pytest.raises(Unfilled, match=r"amount\.refill"):
        filled(["{amount.refill}"], {})
