"""Who stands behind a policy's words, by the topology's people and rotations."""

from layerkeep.core.acting.oncall.rotation import on_call
from layerkeep.core.acting.oncall.walltime import instant, shown_at
from layerkeep.core.acting.paging.model import BACKUP, ENDED, ON_CALL, TAKEN, Hours, Matter, Policy
from layerkeep.core.acting.paging.model import OPEN as NOT_TAKEN
from layerkeep.core.acting.people.model import Team
from layerkeep.core.acting.people.ownership import owner_of, subject_of
from layerkeep.core.incidents.incident import MERGED, OPEN, RESOLVED, Incident
from layerkeep.core.topology import Topology
from layerkeep.core.units import Timestamp

NOT_SILENCED = Timestamp(0)


class Rota:
    """The topology's people as a pager asks for them."""

    def __init__(self, topology: Topology) -> None:
        self._topology = topology
        self._people = topology.people

    def policy(self, matter: Matter) -> Policy:
        """The policy of a matter; KeyError if it has none."""
        paging = self._topology.paging
        return paging.policies[matter.policy or paging.default_policy]

    def people(self, to: str, matter: Matter, now: Timestamp) -> tuple[str, ...]:
        """The people that `on-call`, `backup`, `person:NAME` or `team:NAME` means now."""
        kind, _, name = to.partition(":")
        if kind == "person":
            return (name,)
        team = self._people.teams.get(name if kind == "team" else matter.team)
        if to == BACKUP and team is not None:
            team = self._people.teams.get(team.backup)
        if team is None:
            return ()
        return self.on_call(team, now) if to in (ON_CALL, BACKUP) else team.people

    def on_call(self, team: Team, now: Timestamp) -> tuple[str, ...]:
        """Who is on call in a team; all of it if it has no rotation."""
        if not team.rotation:
            return team.people
        return on_call(self._topology.oncall, self._people, team.rotation, now)

    def channels(self, person: str, by: tuple[str, ...]) -> tuple[str, ...]:
        """Those of these channels by which a person can be reached."""
        known = self._people.people.get(person)
        if known is None:
            return ()
        channels = self._topology.paging.channels
        return tuple(
            name
            for name in by
            if name in channels and (channels[name].shared or name in known.contacts)
        )

    def inside(self, hours: Hours, now: Timestamp) -> Timestamp | None:
        """Until when these hours last; None outside of them."""
        return inside(hours, now)


def inside(hours: Hours, now: Timestamp) -> Timestamp | None:
    """Until when hours last that have begun today or yesterday on the wall; None outside."""
    today = shown_at(now, hours.timezone).day
    for day in (today - 1, today):
        if (day - 1) % 7 not in hours.days:
            continue
        later = day + 1 if hours.until <= hours.since else day
        since = instant(day, hours.since, hours.timezone)
        until = instant(later, hours.until, hours.timezone)
        if since <= now < until:
            return until
    return None


def matter_of(incident: Incident, topology: Topology, silenced: Timestamp = NOT_SILENCED) -> Matter:
    """What a pager needs of an incident. `silenced` is until when others silence it."""
    root = incident.root
    subject = subject_of(topology, root.component, root.kind, incident.severity)
    paging = topology.paging
    team = owner_of(topology.people, subject) or topology.people.teams.get(paging.team)
    return Matter(
        incident.id,
        incident.key,
        team.name if team is not None else "",
        team.policy if team is not None else "",
        incident.severity,
        _state(incident),
        Timestamp(max(incident.opened, incident.reopened_at)),
        Timestamp(max(incident.muted_until or 0, silenced)),
    )


def _state(incident: Incident) -> str:
    if incident.state in (RESOLVED, MERGED):
        return ENDED
    return NOT_TAKEN if incident.state == OPEN else TAKEN
