"""What people were told, for whoever asks: nothing here changes anything."""

from collections.abc import Sequence
from dataclasses import dataclass

from layerkeep.core.acting.paging.model import Matter
from layerkeep.core.acting.paging.roster import Rota, matter_of
from layerkeep.core.incidents.incident import Incident
from layerkeep.core.topology import Topology
from layerkeep.core.units import Timestamp
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.notices import NoticeRow, read_notices


@dataclass(frozen=True, slots=True)
class PageTold:
    """One notice: who was told what, by which channel, and what became of it.

    Times in milliseconds. `state` is `planned`, `sending`, `sent`, `failed`, `unsure` or `moot`,
    `detail` says why. `level` counts from 0, `round` how often the policy was gone through before.
    """

    id: str
    time: int
    kind: str
    person: str
    channel: str
    state: str
    changed: int
    tries: int
    detail: str
    subject: str
    body: str
    incidents: tuple[str, ...]
    level: int
    round: int


@dataclass(frozen=True, slots=True)
class LevelTold:
    """A level of the policy that an incident climbs, and who would be called on it now."""

    after: int
    to: tuple[str, ...]
    by: tuple[str, ...]
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ladder:
    """Who is called for an incident: its team, its policy and the policy's levels."""

    team: str
    policy: str
    levels: tuple[LevelTold, ...]
    pages: bool


async def pages_told(
    store: Store,
    *,
    since: int = 0,
    incident: str = "",
    count: int = 1_000,
    behind: tuple[int, str] | None = None,
) -> list[PageTold]:
    """Notices since a time, of one incident if it is named, the newest first.

    With `behind` only those that come behind the one of this time and id.
    """
    rows = await read_notices(store, since=since, matter=incident, count=count, behind=behind)
    return [told(row) for row in rows]


def told(row: NoticeRow) -> PageTold:
    """A notice as it is shown; links that take an incident are left out of its words."""
    return PageTold(
        id=row.id,
        time=row.time,
        kind=row.kind,
        person=row.person,
        channel=row.channel,
        state=row.state,
        changed=row.changed,
        tries=row.tries,
        detail=row.detail,
        subject=row.subject,
        body=_without_links(row.body),
        incidents=tuple(call.matter for call in row.calls),
        level=max((call.level for call in row.calls), default=0),
        round=max((call.round for call in row.calls), default=0),
    )


def ladder_of(topology: Topology, incident: Incident, now: Timestamp) -> Ladder | None:
    """Who is called for an incident, level by level; None where nobody is."""
    matter = matter_of(incident, topology)
    name = matter.policy or topology.paging.default_policy
    policy = topology.paging.policies.get(name)
    if policy is None:
        return None
    rota = Rota(topology)
    levels = tuple(
        LevelTold(each.after, each.to, each.by, _people(rota, each.to, matter, now))
        for each in policy.levels
    )
    return Ladder(matter.team, name, levels, matter.severity in policy.severities)


def _people(rota: Rota, words: Sequence[str], matter: Matter, now: Timestamp) -> tuple[str, ...]:
    found = [who for to in words for who in rota.people(to, matter, now)]
    return tuple(dict.fromkeys(found))


def _without_links(body: str) -> str:
    """Whoever may read what was sent may not take incidents in somebody else's name."""
    return "\n".join(line for line in body.splitlines() if not line.startswith("Take it: "))
