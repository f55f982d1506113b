"""Which team an incident is told to belong to."""

from pathlib import Path

from test_incident_commands import TEXT, place

__all__ = ["place"]

TEAM = """
[people.ann]
[teams.ops]
title = "Operations"
people = ["ann"]
[[owns]]
team = "ops"
rule = "chain_halted"
severity = "critical"
"""


def topology_of(place):
    """The file the options name."""
    return next(Path(str(each)) for each in place if str(each).endswith(".toml"))


def test_incident__of_a_team__names_it(layerkeep, layerkeep_json, place):
    """The owner of its cause, by rule and severity; nobody has taken it yet."""
    topology_of(place).write_text(TEXT + TEAM)

    (told,) = layerkeep_json("incidents", "--open", *place)
    assert ("Operations", "") == (told["team"], told["owner"])
    assert "Operations owns it" in layerkeep("incidents", "--open", *place).output
    assert "owned by Operations" in layerkeep("incident", "show", "abcdef012345", *place).output


def test_incident__without_teams__names_the_chains_own_words(layerkeep_json, place):
    """Free text is better than nothing."""
    topology_of(place).write_text(TEXT.replace("limits.", 'owner = "the L1 people"\nlimits.'))

    (told,) = layerkeep_json("incidents", "--open", *place)
    assert "the L1 people" == told["team"]
