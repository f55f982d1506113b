"""What a fault is: where it can be put, how it is put there and taken away, what it must look like.

A fault is put on a component, and that component is the one cause a correct monitor names; what
else goes wrong meanwhile are symptoms of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from layerkeep.core.units import Duration

AT_ONCE = Duration(0)


@dataclass(frozen=True, slots=True)
class Step:
    """One request to the admin endpoint: a path below it, and the switches to set.

    `patience` is for how many ms it is asked again while the devnet refuses.
    """

    path: str
    switches: Mapping[str, Any]
    patience: Duration = AT_ONCE


@dataclass(frozen=True, slots=True)
class Place:
    """How a fault comes to one component, and how it goes; both may be done twice."""

    inject: tuple[Step, ...]
    heal: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Cause:
    """What a correct monitor names: the kind of a problem, and its component."""

    kind: str
    component: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way in which a devnet can fail.

    `recovery` is how many ms after healing the network is well again, at the latest. What is
    `lasting` stays in the chains' history after that: no healing takes it back.
    """

    name: str
    does: str
    kind: str
    places: Mapping[str, Place]
    recovery: Duration
    lasting: bool = False

    @property
    def default(self) -> str:
        """The component it is put on if none is asked for."""
        return next(iter(self.places))

    def cause(self, component: str) -> Cause:
        """What a correct monitor names while the fault is on this component."""
        assert component in self.places, (self.name, component)
        return Cause(self.kind, component)


def actor(name: str, **switches: Any) -> Step:
    """Sets switches of an actor."""
    return Step(f"actors/{name}", switches)


def lying(name: str, lie: str) -> Place:
    """An actor tells this lie, then none."""
    return Place((actor(name, lie=lie),), (actor(name, lie=None),))


def stopped(name: str) -> Place:
    """An actor stands still, then works again."""
    return Place((actor(name, enabled=False),), (actor(name, enabled=True),))


def started(name: str) -> Place:
    """An actor that is idle as a rule works, then is idle again."""
    return Place((actor(name, enabled=True),), (actor(name, enabled=False),))


def together(*places: Place) -> Place:
    """Several at once, taken away in the opposite order."""
    inject = tuple(step for place in places for step in place.inject)
    heal = tuple(step for place in reversed(places) for step in place.heal)
    return Place(inject, heal)
