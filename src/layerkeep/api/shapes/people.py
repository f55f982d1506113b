"""Teams and people: what they own, who is on call, and who answers for an incident."""

from layerkeep.api.shapes import Shown
from layerkeep.api.shapes.notices import NoticeShown
from layerkeep.api.shapes.runs import HaltShown, OfferShown, RunShown


class ExceptShown(Shown, frozen=True, gc=False, kw_only=True):
    """What another owns there: `what` is a kind of rule or rules, `owner` empty if nobody does."""

    what: str
    owner: str


class OwnedShown(Shown, frozen=True, gc=False, kw_only=True):
    """Components that are owned alike. `owner` is a team or the topology's text, or empty."""

    chain: str
    components: tuple[str, ...]
    owner: str
    but: tuple[ExceptShown, ...] = ()


class OrphanShown(Shown, frozen=True, gc=False, kw_only=True):
    """A component that nobody owns, with the kinds of rules of which that is so."""

    chain: str
    component: str
    what: tuple[str, ...]


class TeamShown(Shown, frozen=True, gc=False, kw_only=True):
    """A team: who is in it, who of them is on call now, and which team backs it.

    `on_call` is everybody in it where it has no rotation. `idle` if it owns nothing.
    """

    name: str
    title: str
    kind: str
    people: tuple[str, ...] = ()
    rotation: str = ""
    backup: str = ""
    policy: str = ""
    on_call: tuple[str, ...] = ()
    idle: bool = False


class ConcernShown(Shown, frozen=True, gc=False, kw_only=True):
    """Something to mend before the next night: `reason` is a stable word."""

    reason: str
    subject: str
    detail: str


class OwnersPage(Shown, frozen=True, gc=False, kw_only=True):
    """The responsibility matrix with its orphans, the teams, and what is to be mended."""

    rows: tuple[OwnedShown, ...]
    orphans: tuple[OrphanShown, ...] = ()
    teams: tuple[TeamShown, ...] = ()
    concerns: tuple[ConcernShown, ...] = ()


class TurnShown(Shown, frozen=True, gc=False, kw_only=True):
    """From `since` to `until` these are on call, nobody if empty; `local` is `since` on the wall
    clock of the rotation's time zone."""

    since: int
    until: int
    people: tuple[str, ...]
    local: str


class RotationShown(Shown, frozen=True, gc=False, kw_only=True):
    """A rotation: who is on call, and the turns that follow within four weeks.

    `until` is None where nothing changes in that time.
    """

    name: str
    kind: str
    timezone: str
    teams: tuple[str, ...] = ()
    on_call: tuple[str, ...] = ()
    until: int | None = None
    then: tuple[TurnShown, ...] = ()


class FindingShown(Shown, frozen=True, gc=False, kw_only=True):
    """A `gap`, an `overlap` or somebody `double-booked` from `since` to `until`, and why."""

    kind: str
    rotations: tuple[str, ...]
    since: int
    until: int
    people: tuple[str, ...] = ()
    reason: str = ""


class OncallPage(Shown, frozen=True, gc=False, kw_only=True):
    """Who is on call at a moment, by rotation and by team."""

    at: int
    rotations: tuple[RotationShown, ...] = ()
    teams: tuple[TeamShown, ...] = ()


class TurnsShown(Shown, frozen=True, gc=False, kw_only=True):
    """All turns of one rotation."""

    rotation: str
    timezone: str
    turns: tuple[TurnShown, ...]


class CoverPage(Shown, frozen=True, gc=False, kw_only=True):
    """Whose turn it is from `since` to `until`, and everything that is odd, by time."""

    since: int
    until: int
    rotations: tuple[TurnsShown, ...] = ()
    findings: tuple[FindingShown, ...] = ()


class LevelShown(Shown, frozen=True, gc=False, kw_only=True):
    """A level of a policy: after how long (a duration) who is called, and who that is now."""

    after: int
    to: tuple[str, ...]
    by: tuple[str, ...]
    people: tuple[str, ...] = ()


class IncidentCrew(Shown, frozen=True, gc=False, kw_only=True):
    """Who answers for an incident, who was told of it, and what is or can be done.

    `owner` is the team's title, or the topology's text where no team owns it; empty for an orphan,
    whose `team` is the one that is called for what nobody owns.
    `due` is when `next` are called, None where nobody will be; `level` counts from 0. `calls` is
    true where a policy calls people for an incident of this severity.
    """

    incident: str
    team: str = ""
    owner: str = ""
    on_call: tuple[str, ...] = ()
    backup: str = ""
    policy: str = ""
    calls: bool = False
    levels: tuple[LevelShown, ...] = ()
    due: int | None = None
    level: int | None = None
    next: tuple[str, ...] = ()
    notices: tuple[NoticeShown, ...] = ()
    runs: tuple[RunShown, ...] = ()
    offers: tuple[OfferShown, ...] = ()
    halted: HaltShown | None = None
