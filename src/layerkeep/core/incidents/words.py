"""Operators' words: what they take, note, hand over, silence, maintain and resolve."""

from collections.abc import Callable

from layerkeep.core.facts import Operated
from layerkeep.core.incidents.books import Books
from layerkeep.core.incidents.incident import (
    ACKNOWLEDGED,
    OPEN,
    RESOLVED,
    Incident,
    Key,
    Transition,
)
from layerkeep.core.incidents.mutes import MAINTAIN, SILENCE, Mute, Mutes
from layerkeep.core.incidents.timers import Timers
from layerkeep.core.units import Timestamp

TAKEN = ("acknowledge", "note", "hand-over", "resolve")
"""What is said of one incident that is open."""


class Words:
    """Does as operators say. `doubt` is told each root that one of them called resolved."""

    def __init__(
        self,
        books: Books,
        mutes: Mutes,
        timers: Timers,
        doubt: Callable[[Key, Timestamp], None],
    ) -> None:
        self._books = books
        self._mutes = mutes
        self._timers = timers
        self._doubt = doubt

    def heed(self, says: Operated, said: Timestamp, now: Timestamp) -> bool:
        """Do as told; false if it means nothing."""
        incident = self._books.find(says.target)
        if says.action in (SILENCE, MAINTAIN, "unsilence"):
            target = incident.id if incident is not None else says.target
            if incident is None and not self._mutes.knows(target):
                return False
            if says.action == "unsilence":
                self._mutes.lift(target)
            elif not says.until:
                return False
            else:
                self._mutes.heed(says, target, now)
            for each in sorted(self._books.open.values(), key=lambda each: each.id):
                self.mute(each, now, says.by)
            return True
        if incident is None or says.action not in TAKEN:
            return False
        if incident.id in self._books.open and said >= incident.reopened_at:
            self._decide(incident, says, said, now)
        return True

    def _decide(self, incident: Incident, says: Operated, said: Timestamp, now: Timestamp) -> None:
        """An operator decides something of an incident. A word heard twice counts once."""
        if says.action == "resolve":
            self._books.close(incident, Transition(now, RESOLVED, says.reason, says.by))
            self._doubt(incident.key, now)
        elif says.action == "note":
            self._note(incident, Transition(said, "noted", says.reason, says.by))
        elif says.action == "hand-over":
            self._hand_over(incident, says, said, now)
        elif incident.state == OPEN or (
            says.by != incident.owner and said > incident.acknowledged_at
        ):
            incident.state, incident.owner, incident.acknowledged_at = ACKNOWLEDGED, says.by, said
            self._books.tell(incident, Transition(now, "acknowledged", says.reason, says.by))

    def _note(self, incident: Incident, entry: Transition) -> None:
        """Somebody wrote something down; it stands in the history at the moment it was said."""
        same = (entry.time, entry.name, entry.reason, entry.by)
        if same not in {(each.time, each.name, each.reason, each.by) for each in incident.history}:
            self._books.tell(incident, entry)

    def _hand_over(
        self, incident: Incident, says: Operated, said: Timestamp, now: Timestamp
    ) -> None:
        """Somebody else has it from now on; it counts as taken, so nobody is called."""
        if not says.to or says.to == incident.owner or said <= incident.acknowledged_at:
            return
        incident.state, incident.owner, incident.acknowledged_at = ACKNOWLEDGED, says.to, said
        reason = f"{says.to}: {says.reason}" if says.reason else says.to
        self._books.tell(incident, Transition(now, "handed-over", reason, says.by))

    def mute(self, incident: Incident, now: Timestamp, by: str = "") -> None:
        """The incident is muted as long as operators want it."""
        mute = self._mutes.of(incident, now)
        until = mute.until if mute is not None else None
        if until == incident.muted_until:
            return
        incident.muted_until = until
        if mute is None:
            incident.muted_as = ("", "")
            self._books.tell(incident, Transition(now, "unsilenced", "" if by else "ended", by))
            return
        incident.muted_as = (mute.action, mute.target)
        name = "maintenance" if mute.action == MAINTAIN else "silenced"
        self._books.tell(incident, Transition(now, name, mute.reason or mute.target, mute.by))
        self._timers.add(mute.until, "mute", incident.id)

    def restore(self, incident: Incident) -> None:
        """The incident is muted as it was before a restart."""
        if incident.muted_until is not None:
            self._mutes.add(Mute(*incident.muted_as, incident.muted_until))
            self._timers.add(incident.muted_until, "mute", incident.id)
