"""The follower: what tracks one chain's blocks and reorgs, without I/O."""

from layerkeep.core.follower.exchange import (
    Advanced,
    FollowPlan,
    Given,
    Heads,
    LogFilter,
    Outcome,
    Point,
    Progress,
    Refused,
    Reorged,
    Waiting,
    Want,
    point_of,
)
from layerkeep.core.follower.follower import Follower
from layerkeep.core.follower.window import step_back

__all__ = [
    "Advanced",
    "FollowPlan",
    "Follower",
    "Given",
    "Heads",
    "LogFilter",
    "Outcome",
    "Point",
    "Progress",
    "Refused",
    "Reorged",
    "Waiting",
    "Want",
    "point_of",
    "step_back",
]
