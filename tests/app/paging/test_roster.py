"""Who stands behind a policy's words, and when hours are."""

import tomllib
from datetime import UTC, datetime

import pytest
from one_chain_place import ADAPTERS, TEXT

from layerkeep.core.acting.paging.model import Hours, Matter
from layerkeep.core.acting.paging.roster import Rota, inside
from layerkeep.core.topology.parse import read_topology

PEOPLE = """
[people.ann]
contacts = { sms = "+41" }
[people.bob]
[teams.one]
people = ["ann", "bob"]
backup = "two"
rotation = "one"
[teams.two]
people = ["bob"]
[rotations.one]
kind = "weekly"
timezone = "UTC"
people = ["ann", "bob"]
starts = 2026-11-02
handover = "09:00"
[channels.sms]
kind = "apprise"
url = "env:X"
[channels.hook]
kind = "webhook"
url = "http://127.0.0.1:9"
secret = "env:X"
[policies.urgent]
levels = [{ after = "0s", to = ["on-call"], by = ["sms"] }]
"""


def at(text):
    """A moment in milliseconds."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def test_rota__asked_for_words__names_people():
    """By rotation, by backup, by name and by team."""
    rota = Rota(read_topology({"t": tomllib.loads(TEXT + PEOPLE)}, ADAPTERS))
    subject = Matter("a", "k", "one", "", "critical", "open", 0)
    first, second = at("2026-11-03"), at("2026-11-10")

    assert ("ann",) == rota.people("on-call", subject, first)
    assert ("bob",) == rota.people("on-call", subject, second)
    assert () == rota.people("on-call", subject, at("2026-11-01")), "before the rotation starts"
    assert ("bob",) == rota.people("backup", subject, first)
    assert ("bob",) == rota.people("person:bob", subject, first)
    assert ("ann", "bob") == rota.people("team:one", subject, first)


def test_rota__asked_for_channels__leaves_out_those_without_address():
    """A webhook finds its person by itself."""
    rota = Rota(read_topology({"t": tomllib.loads(TEXT + PEOPLE)}, ADAPTERS))

    assert ("sms", "hook") == rota.channels("ann", ("sms", "hook", "gone"))
    assert ("hook",) == rota.channels("bob", ("sms", "hook"))
    assert () == rota.channels("nobody", ("hook",))


NIGHT = Hours(22 * 60, 7 * 60, "Europe/Zurich")
WEEKEND = Hours(0, 0, "UTC", (5, 6))


@pytest.mark.parametrize(
    ("hours", "now", "until"),
    [
        (NIGHT, "2026-11-23T21:30", "2026-11-24T06:00"),
        (NIGHT, "2026-11-23T05:59", "2026-11-23T06:00"),
        (NIGHT, "2026-11-23T06:00", None),
        (NIGHT, "2026-10-24T20:00", "2026-10-25T06:00"),  # an hour longer: the clocks go back
        (NIGHT, "2027-03-27T21:00", "2027-03-28T05:00"),  # an hour shorter
        (WEEKEND, "2026-11-21T12:00", "2026-11-22T00:00"),
        (WEEKEND, "2026-11-23T12:00", None),
    ],
)
def test_hours__on_the_wall__are_those_of_their_time_zone(hours, now, until):
    """Over midnight, over a change of the clocks, on some days only."""
    assert (None if until is None else at(until)) == inside(hours, at(now))
