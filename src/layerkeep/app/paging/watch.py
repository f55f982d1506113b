"""The dead-man's switch: we say that we live, and listen whether others do.

A heartbeat goes to an outside URL, which calls somebody when it misses us, and signed to every
peer. The outside one is held back while we judge nothing: being alive and blind is no better. A
peer that is silent, or says for as long that it is blind, is trouble of ours: an incident of its
own, that people are called for like any other. By what peers say they see, a page can be made to
wait until enough of them agree; the first by name among those that agree pages.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp
import msgspec

from layerkeep.app.paging.links import PEER_PREFIX
from layerkeep.core.acting.paging.model import SENT, Paging, Peer
from layerkeep.core.incidents.incident import ACKNOWLEDGED, OPEN, RESOLVED, ROOT, Incident, Member
from layerkeep.core.rules.problems import CRITICAL, Problem
from layerkeep.core.units import Timestamp, duration_text
from layerkeep.edge.notify.outcome import posted
from layerkeep.edge.notify.webhook import is_signed, signed
from layerkeep.edge.secrets import resolve

HEARTBEAT_PATH = "/api/v1/heartbeat"
WELL, BLIND = "well", "blind"
SILENT_KIND, BLIND_KIND = "layerkeep-silent", "layerkeep-blind"
ALONE = "blind"
"""The kind of incident that pages without anybody's agreement: who is blind sees nothing alike."""

SEEN_MAX = 5_000
"""Keys of open incidents in a heartbeat; more than that is one storm, seen by everybody."""


class Beat(msgspec.Struct, frozen=True):
    """What one instance says of itself. `time` in milliseconds; `seen` are keys of incidents."""

    instance: str
    time: int
    state: str
    reason: str = ""
    seen: list[str] = []


@dataclass(slots=True)
class Heard:
    """A peer as we know it: last heard `at`, in its state since `since`."""

    at: Timestamp
    since: Timestamp
    instance: str = ""
    state: str = WELL
    reason: str = ""
    time: int = 0
    seen: frozenset[str] = frozenset()


class Watch:
    """Every peer, and the trouble there is with it."""

    def __init__(self, paging: Paging, now: Timestamp) -> None:
        self._paging = paging
        self.peers = {name: Heard(now, now) for name in paging.peers}
        self.troubles: dict[str, Incident] = {}
        self.past: dict[str, Incident] = {}  # the last of each peer that is over, by its id

    def heard(self, body: bytes, headers: Mapping[str, str], now: Timestamp) -> str:
        """A heartbeat came in; the peer's name, or nothing if no peer of ours signed it."""
        for name, peer in self._paging.peers.items():
            if is_signed(resolve(peer.secret), body, headers, now // 1000):
                return name if self._note(name, body, now) else ""
        return ""

    def look(self, now: Timestamp) -> list[Incident]:
        """Troubles that began or ended since the last look, as incidents."""
        changed = []
        for name, peer in self._paging.peers.items():
            found = self._trouble(peer, self.peers[name], now)
            known = self.troubles.get(name)
            if found is not None and (known is None or known.root.kind != found.root.kind):
                if known is not None:  # blind first and then silent is one trouble
                    found.opened, found.state, found.owner = known.opened, known.state, known.owner
                self.troubles[name] = found
                changed.append(found)
            elif found is None and known is not None:
                del self.troubles[name]
                known.state, known.resolved_at = RESOLVED, now
                self.past[known.id] = known
                changed.append(known)
        return changed

    def take(self, name: str, by: str) -> Incident | None:
        """Somebody takes the trouble with a peer, named as its incident is."""
        trouble = self.troubles.get(name.removeprefix(PEER_PREFIX))
        if trouble is not None and trouble.state == OPEN:
            trouble.state, trouble.owner = ACKNOWLEDGED, by
            return trouble
        return None

    def restore(self, since: Mapping[str, int]) -> None:
        """After a restart a peer that was in trouble still is, until it is heard."""
        for name, time in since.items():
            if name in self.peers:
                self.peers[name].at = self.peers[name].since = Timestamp(time)

    def standing(self) -> dict[str, int]:
        """Peers in trouble, and since when: what `restore` takes."""
        return {name: incident.opened for name, incident in self.troubles.items()}

    def is_held(self, incident: Incident, now: Timestamp) -> bool:
        """True if others have to see it first, or another instance is the one that pages."""
        if self._paging.quorum <= 1 or incident.root.kind in (ALONE, SILENT_KIND, BLIND_KIND):
            return False
        fresh = [each for each in self._fresh(now) if each.instance]
        agreeing = [each.instance for each in fresh if incident.key in each.seen]
        needed = min(self._paging.quorum, 1 + len(fresh))
        return 1 + len(agreeing) < needed or min([*agreeing, us := self._paging.instance]) != us

    def _fresh(self, now: Timestamp) -> list[Heard]:
        """Peers that can vote: heard lately, and not blind."""
        patience = {name: peer.silent_after for name, peer in self._paging.peers.items()}
        found = self.peers.items()
        return [h for name, h in found if h.state == WELL and now - h.at <= patience[name]]

    def _note(self, name: str, body: bytes, now: Timestamp) -> bool:
        try:
            beat = msgspec.json.decode(body, type=Beat)
        except msgspec.MsgspecError:
            return False
        known = self.peers[name]
        if beat.time <= known.time:  # an old one, sent again by whoever recorded it
            return False
        if beat.state != known.state or known.at < now - self._paging.peers[name].silent_after:
            known.since = now
        known.at, known.instance, known.time = now, beat.instance, beat.time
        known.state, known.reason, known.seen = beat.state, beat.reason, frozenset(beat.seen)
        return True

    def _trouble(self, peer: Peer, heard: Heard, now: Timestamp) -> Incident | None:
        if now - heard.at > peer.silent_after:
            words = f"layerkeep {peer.name} is silent: nothing heard from it"
            return _incident(peer, (SILENT_KIND, words), heard.at, now)
        if heard.state != WELL and now - heard.since > peer.silent_after:
            words = f"layerkeep {peer.name} says it is blind: {heard.reason or 'no reason given'}"
            return _incident(peer, (BLIND_KIND, words), heard.since, now)
        return None


def _incident(peer: Peer, what: tuple[str, str], since: Timestamp, now: Timestamp) -> Incident:
    kind, words = what
    component = f"layerkeep:{peer.name}"
    title = f"{words} for {duration_text(max(1000, (now - since) // 1000 * 1000))}"
    root = Problem(kind, component, peer.name, since, CRITICAL, title)
    incident = Incident(f"{PEER_PREFIX}{peer.name}", root, title, CRITICAL, OPEN, since, since)
    incident.members[root.id] = Member(root, ROOT, now, since)
    return incident


@dataclass(frozen=True, slots=True)
class Said:
    """How one heartbeat went: where, and why not if it did not get there."""

    to: str
    fault: str = ""


async def beat_all(session: aiohttp.ClientSession, paging: Paging, beat: Beat) -> list[Said]:
    """Say to everybody how we are."""
    said = []
    heartbeat = paging.heartbeat
    if heartbeat is not None and heartbeat.url and beat.state == WELL:
        outcome = await posted(session, resolve(heartbeat.url), b"", {})
        said.append(Said("outside", "" if outcome.state == SENT else outcome.detail))
    body = msgspec.json.encode(beat)
    for name, peer in paging.peers.items():
        headers = signed(resolve(peer.secret), body, beat.time // 1000)
        url = resolve(peer.url).rstrip("/") + HEARTBEAT_PATH
        outcome = await posted(session, url, body, headers)
        said.append(Said(name, "" if outcome.state == SENT else outcome.detail))
    return said
