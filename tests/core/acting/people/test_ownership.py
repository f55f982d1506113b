"""Ownership: the most specific wins, and every rule is known by its kind."""

import random

import pytest

from layerkeep.core.acting.people.model import Owns, People, Subject, Team
from layerkeep.core.acting.people.ownership import owner_of
from layerkeep.core.acting.people.rule_kinds import FINDS, KINDS, kind_of_rule, rule_of_problem
from layerkeep.core.rules import RULES

SUBJECT = Subject("sequencer:l2", "l2", "op_stack", "chain_halted", "critical")

BY_WEIGHT = (
    Owns("t0", component="sequencer:l2", rule="chain_halted"),
    Owns("t1", component="sequencer:l2"),
    Owns("t2", component="sequencer:*", severity="critical"),
    Owns("t3", component="sequencer:*"),
    Owns("t4", component="*:l2", rule="chain_halted", chain="l2"),
    Owns("t5", rule="chain_halted", chain="l2"),
    Owns("t6", rule="chain_halted", stack="op_stack", severity="critical"),
    Owns("t7", rule="chain_halted"),
    Owns("t8", rule="chains", chain="l2"),
    Owns("t9", rule="chains"),
    Owns("t10", chain="l2", severity="critical"),
    Owns("t11", chain="l2"),
    Owns("t12", stack="op_stack"),
    Owns("t13", severity="critical"),
    Owns("t14"),
)
"""The most specific first."""


def owned(*owns):
    """Who owns the subject if this is declared."""
    people = People({}, {each.team: Team(each.team) for each in owns}, owns)
    team = owner_of(people, SUBJECT)
    return team and team.name


@pytest.mark.parametrize("first", range(len(BY_WEIGHT)))
def test_owner__of_several_that_match__is_the_most_specific(first):
    """Component > rule > chain > stack > severity > all, in whatever order they stand."""
    rest = list(BY_WEIGHT[first:])
    random.Random(first).shuffle(rest)

    assert f"t{first}" == owned(*rest)


@pytest.mark.parametrize(
    "owns",
    [
        Owns("t", component="sequencer:l3"),
        Owns("t", component="batcher:*"),
        Owns("t", chain="l3"),
        Owns("t", stack="nitro"),
        Owns("t", rule="blind"),
        Owns("t", rule="messages"),
        Owns("t", severity="info"),
        Owns("t", component="sequencer:l2", severity="warning"),  # every key must match
    ],
)
def test_owner__where_a_key_does_not_match__is_nobody(owns):
    """One key is enough to be out."""
    assert owned(owns) is None


def test_owner__of_two_that_say_as_much__is_the_first():
    """Two globs of one length."""
    assert "a" == owned(Owns("a", component="sequencer:l*"), Owns("b", component="sequencer:*2"))


def test_rule__named_by_its_problem__is_the_same_rule():
    """A page or a person may name either."""
    assert "t" == owned(Owns("t", rule="sequencer-down"))


def test_rule_kinds__of_every_rule__are_what_the_rules_say():
    """The table below the rules is the rules' own: name, folder and problems."""
    expected = {
        rule.name: (rule.review.__module__.split(".")[-2], tuple(rule.kinds)) for rule in RULES
    }

    assert expected == {name: (finds.kind, finds.problems) for name, finds in FINDS.items()}
    assert {finds.kind for finds in FINDS.values()} | {"custom"} == set(KINDS)


def test_kind__of_rules_and_problems__is_found():
    """Ours, an operator's own, and one that nobody knows."""
    assert "actors" == kind_of_rule(rule_of_problem("batches-stalled"))
    assert "custom" == kind_of_rule(rule_of_problem("custom:gas"))
    assert "" == kind_of_rule("nonsense")
