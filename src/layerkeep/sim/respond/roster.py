"""Who stands behind a policy's words in a simulated house; incidents as a pager needs them."""

from layerkeep.core.acting.oncall.rotation import on_call
from layerkeep.core.acting.oncall.walltime import instant, shown_at
from layerkeep.core.acting.paging.model import BACKUP, ENDED, ON_CALL, TAKEN, Hours, Matter, Policy
from layerkeep.core.acting.paging.model import OPEN as NOT_TAKEN
from layerkeep.core.acting.people.ownership import owner_of, subject_of
from layerkeep.core.incidents.incident import MERGED, OPEN, RESOLVED, Incident
from layerkeep.core.topology import Topology
from layerkeep.core.units import Timestamp


class Rota:
    """The topology's people as a pager asks for them."""

    def __init__(self, topology: Topology) -> None:
        self._topology = topology

    def policy(self, matter: Matter) -> Policy:
        """The policy of a matter."""
        paging = self._topology.paging
        return paging.policies[matter.policy or paging.default_policy]

    def people(self, to: str, matter: Matter, now: Timestamp) -> tuple[str, ...]:
        """The people that `on-call`, `backup`, `person:NAME` or `team:NAME` means now."""
        kind, _, name = to.partition(":")
        if kind == "person":
            return (name,)
        people = self._topology.people
        team = people.teams.get(name if kind == "team" else matter.team)
        if to == BACKUP and team is not None:
            team = people.teams.get(team.backup)
        if team is None:
            return ()
        if to not in (ON_CALL, BACKUP) or not team.rotation:
            return team.people
        return on_call(self._topology.oncall, people, team.rotation, now)

    def channels(self, person: str, by: tuple[str, ...]) -> tuple[str, ...]:
        """Those of these channels by which a person can be reached."""
        known, channels = self._topology.people.people[person], self._topology.paging.channels
        return tuple(name for name in by if channels[name].shared or name in known.contacts)

    def inside(self, hours: Hours, now: Timestamp) -> Timestamp | None:
        """Until when hours last that have begun today or yesterday on the wall; None outside."""
        today = shown_at(now, hours.timezone).day
        for day in (today - 1, today):
            later = day + 1 if hours.until <= hours.since else day
            since = instant(day, hours.since, hours.timezone)
            until = instant(later, hours.until, hours.timezone)
            if (day - 1) % 7 in hours.days and since <= now < until:
                return until
        return None


def matter_of(incident: Incident, topology: Topology) -> Matter:
    """What a pager needs of an incident."""
    root, people = incident.root, topology.people
    subject = subject_of(topology, root.component, root.kind, incident.severity)
    team = owner_of(people, subject) or people.teams[topology.paging.team]
    state = NOT_TAKEN if incident.state == OPEN else TAKEN
    return Matter(
        incident.id,
        incident.key,
        team.name,
        team.policy,
        incident.severity,
        ENDED if incident.state in (RESOLVED, MERGED) else state,
        Timestamp(max(incident.opened, incident.reopened_at)),
        Timestamp(incident.muted_until or 0),
    )
