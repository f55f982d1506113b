"""People and rotations for tests, said in few words."""

from datetime import datetime

from layerkeep.core.acting.oncall.model import Oncall, Rotation
from layerkeep.core.acting.people.model import People, Person, Team

ZURICH = "Europe/Zurich"
NEW_YORK = "America/New_York"
DAY_ONE = datetime(2026, 1, 5).toordinal()  # a Monday


def at(text):
    """A moment with its offset, in ms."""
    return int(datetime.fromisoformat(text).timestamp()) * 1000


def day(text):
    """A day's number."""
    return datetime.fromisoformat(text).toordinal()


def everybody(*names, **teams):
    """These people, and teams by name."""
    made = {name: Team(name, people=tuple(people)) for name, people in teams.items()}
    return People({name: Person(name) for name in names}, made)


def weekly(name="r", people=("ann", "bob"), **more):
    """A weekly rotation in Zurich from Monday 2026-01-05 on, handed over at 9."""
    given = {"kind": "weekly", "timezone": ZURICH, "starts": DAY_ONE, "handover": 540} | more
    return Rotation(name, people=tuple(people), **given)


def all_of(*rotations):
    """These rotations by name."""
    return Oncall({each.name: each for each in rotations})
