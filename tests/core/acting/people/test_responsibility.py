"""The responsibility matrix, its orphans, and what should be mended before the next night."""

import pytest
from network_text import TEAMS, graph_of, read

from layerkeep.core.acting.oncall.coverage import coverage
from layerkeep.core.acting.people.concerns import concerns
from layerkeep.core.acting.people.matrix import matrix, owned_text, rows
from layerkeep.core.acting.people.ownership import (
    chain_of_component,
    owner_of,
    responsible,
    subject_of,
)
from layerkeep.core.units import DAY
from layerkeep.devnet.description import PEOPLE

NOW = 1_798_099_200_000  # 2026-12-24T08:00Z
ALL = '[[owns]]\nteam = "ops"\n'
ROTATION = """
[rotations.r]
kind = "weekly"
timezone = "Europe/Zurich"
starts = 2026-01-05
people = ["ann", "bob"]
"""
RULE = """
[rules.gas]
parameter = "gas_limit"
chain = "l2"
compare = ">"
threshold = 10
"""


def matrix_of(*texts):
    """The matrix of the network with these files."""
    topology = read(*texts)
    return matrix(topology, graph_of(topology))


def told(*texts):
    """Reason, subject and detail of each concern."""
    topology = read(*texts)
    cover = coverage(topology.oncall, topology.people, NOW, NOW + 30 * DAY)
    found = concerns(topology, matrix(topology, graph_of(topology)), cover)
    return [(each.reason, each.subject, each.detail) for each in found]


def test_matrix__with_an_owner_of_all__has_no_orphan():
    """Every component of the graph, and every kind of rule that finds something there."""
    found = matrix_of(TEAMS + ALL)

    assert set(graph_of(read())) == {cell.component for cell in found.cells}
    assert () == found.orphans
    assert {"ops"} == {cell.team for cell in found.cells}
    sequencer = {cell.kind for cell in found.cells if cell.component == "sequencer:l2"}
    assert {"chains", "messages", "integrity"} == sequencer


def test_rows__owned_alike__share_a_line_with_what_is_owned_otherwise():
    """One line for a chain's plain components, exceptions named as narrowly as they are."""
    special = """
    [[owns]]
    team = "provider"
    component = "bridge:*"
    rule = "integrity"
    severity = "critical"
    [[owns]]
    team = "provider"
    rule = "blind"
    """
    lines = rows(matrix_of(TEAMS + ALL + special))

    assert [
        ("l1", ("upstream:l1-a",), "ops", {}),
        ("l1", ("chain:l1",), "ops", {"blind": "provider"}),
    ] == [(row.chain, row.components, row.owner, row.but) for row in lines if row.chain == "l1"]
    assert {"integrity critical": "provider"} == next(
        row.but for row in lines if row.components == ("bridge:l2",)
    )
    assert sum(row.chain == "l2" for row in lines) == 3


def test_matrix__with_a_part_owned__names_each_orphan():
    """What nobody owns, as narrowly as it is."""
    found = matrix_of(
        TEAMS + '[[owns]]\nteam = "ops"\nchain = "l2"\n[[owns]]\nteam = "ops"\n'
        'component = "upstream:l1-a"\nseverity = "critical"'
    )

    assert {
        ("chain:l1", "chains"),
        ("chain:l1", "nodes"),
        ("chain:l1", "integrity"),
        ("upstream:l1-a", "nodes info+warning"),
    } == {(cell.component, owned_text(cell)) for cell in found.orphans}


def test_matrix__without_teams__falls_back_on_the_chains_own_words():
    """Free text is an owner, if no team is."""
    topology = read()
    chains = topology.chains
    assert len(matrix(topology, graph_of(topology)).orphans) == len(
        matrix(topology, graph_of(topology)).cells
    )

    owned = read('[chains.l1]\nowner = "the L1 people"\n[chains.l2]\nowner = "the L2 people"')

    assert () == matrix(owned, graph_of(owned)).orphans
    assert "the L2 people" == responsible(owned, subject_of(owned, "route:l1->l2", "blind"))
    assert {"l1", "l2"} == set(chains)


def test_responsible__for_an_operators_own_rule__is_its_team_or_its_words():
    """A team comes before free text, and the rule's text before the chain's."""
    own = RULE + 'owner = "treasury"\n'
    free, owned = read(own), read(own + TEAMS + '[[owns]]\nteam = "ops"\nrule = "custom"')

    assert "treasury" == responsible(free, subject_of(free, "chain:l2", "custom:gas"))
    assert "ops" == responsible(owned, subject_of(owned, "chain:l2", "custom:gas"))
    assert owner_of(owned.people, subject_of(owned, "chain:l2", "blind")) is None
    assert "custom:gas" in {rule for cell in matrix_of(own).cells for rule in cell.rules}


@pytest.mark.parametrize("component", list(graph_of(read())))
def test_chain_of_component__is_the_graphs_own(component):
    """The topology alone says the same as the graph."""
    topology = read()

    assert graph_of(topology).chain(component) == chain_of_component(topology, component)


def test_subject__of_a_problem__names_chain_stack_and_rule():
    """By the problem's kind; nothing is known of a component that is not there."""
    topology = read()

    subject = subject_of(topology, "batcher:l2", "batches-stalled", "critical")
    assert ("l2", "op_stack", "batches_stalled") == (subject.chain, subject.stack, subject.rule)
    assert "" == subject_of(topology, "batcher:l9").chain


def test_concerns__of_a_sound_declaration__are_none():
    """Two people by turns, and a provider behind them."""
    sound = TEAMS.replace('"bob"]', '"bob"]\nrotation = "r"\nbackup = "provider"')

    assert [] == told(sound + ALL + ROTATION)


def test_concerns__of_the_devnet__are_none():
    """What a demo shows is in order."""
    assert [] == told(PEOPLE)


def test_concern__orphans__are_told_by_chain():
    """Each component, and which part of it where that is not all."""
    found = told(
        TEAMS + '[[owns]]\nteam = "ops"\nchain = "l2"\n[[owns]]\nteam = "provider"\nrule = "blind"'
    )

    orphan = (
        "nobody owns upstream:l1-a, chain:l1 (chain_halted+chain_slow+heads_stalled+reorg_deep, "
        "nodes, integrity)"
    )
    assert ("orphan", "l1", orphan) in found


def test_concern__team_that_owns_nothing__is_told_unless_it_backs_another():
    """A team behind another has its work."""
    idle = ("team-owns-nothing", "provider", "owns nothing, backs no team, and no rotation asks it")

    assert idle in told(TEAMS + ALL)
    assert idle not in told(TEAMS.replace('"bob"]', '"bob"]\nbackup = "provider"') + ALL)
    holiday = 'holidays = [{ on = 2026-12-25, team = "provider" }]'
    assert idle not in told(TEAMS + ALL + ROTATION + holiday)


@pytest.mark.parametrize(
    ("people", "more", "detail"),
    [
        ('["ann"]', "", "is ann alone, with no team behind it"),
        ('["ann"]', 'backup = "same"', "is ann alone, with the same person behind it"),
        ('["ann", "bob"]', 'rotation = "r"', "is ann alone, with no team behind it"),
    ],
)
def test_concern__single_person__is_told(people, more, detail):
    """Alone in the team, behind oneself, or the only one who takes turns."""
    text = (
        TEAMS.replace('["ann", "bob"]', f"{people}\n{more}")
        + '[teams.same]\npeople = ["ann"]\n'
        + ALL
        + ROTATION.replace('["ann", "bob"]', '["ann"]')
    )

    assert ("single-person", "ops", detail) in told(text)


def test_concern__single_person__is_none_with_somebody_else_behind():
    """A provider's desk is not one human either."""
    one = TEAMS.replace('["ann", "bob"]', '["ann"]\nbackup = "provider"')
    desk = TEAMS + '[[owns]]\nteam = "provider"\n'

    assert "single-person" not in {reason for reason, *_ in told(one + ALL)}
    assert "single-person" not in {reason for reason, *_ in told(desk)}


def test_concern__person_without_contact__is_told_if_they_take_part():
    """Nobody can be told anything."""
    text = TEAMS.replace('[people.ann]\ncontacts = { mail = "ann@example.org" }', "[people.ann]")

    found = told(text + "[people.cat]\n" + ALL)

    assert ["ann"] == [subject for reason, subject, _ in found if reason == "unreachable"]


def test_concern__rotation_without_a_team__is_told():
    """Nobody would ever ask it."""
    assert ("rotation-unused", "r", "no team is on call by this rotation") in told(
        TEAMS + ALL + ROTATION
    )


def test_concern__gap_and_overlap_ahead__are_told_with_the_first_of_them():
    """On the rotation's own clock."""
    late = ROTATION.replace("2026-01-05", "2026-12-28")
    override = "from = 2026-12-29T00:00:00Z, to = 2026-12-29T02:00:00Z, person"
    text = late + f'overrides = [{{ {override} = "ann" }}, {{ {override} = "bob" }}]\n'

    found = told(TEAMS + ALL + text)

    gap = "nobody from Thu 2026-12-24 09:00 CET for 4 d because it has not begun"
    assert ("rotation-gap", "r", gap) in found
    overlap = "ann and bob from Tue 2026-12-29 01:00 CET for 2 h"
    assert ("rotation-double", "r", overlap) in found
