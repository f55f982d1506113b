"""Taking an incident by a link or a reply: who shows a signed token is whom it was sent to.

A token names the incidents, the person and when it ends, signed by HMAC-SHA256. It takes and does
nothing else: whoever finds an old mail can at most say that somebody is on it. It ends by itself.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from layerkeep.app.operating import say, word
from layerkeep.core.facts import Operated
from layerkeep.core.incidents.incident import ACKNOWLEDGED, OPEN
from layerkeep.core.topology import Topology
from layerkeep.core.units import DAY, Duration
from layerkeep.edge.notify.webhook import is_signed
from layerkeep.edge.secrets import resolve
from layerkeep.edge.store.audit import AuditRow, add_audit
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.observations import read_incident

VALID_FOR = Duration(2 * DAY)
"""A link in a notice works so long: over a weekend's first day, not for ever."""

PATH = "/ack/"
ROLE = "link"
PEER_PREFIX = "peer-"
"""How the ids of other layerkeeps begin that are silent or blind."""

TAKEN_NOW = "taken"
ALREADY = "already-taken"
OVER_NOW = "resolved"
UNKNOWN = "unknown-incident"
EXPIRED = "expired"
FORGED = "not-ours"
OFF = "no-secret"


@dataclass(frozen=True, slots=True)
class Acked:
    """What became of one incident that somebody wanted to take: a word of this module.

    `owner` is who has it already, where somebody has.
    """

    incident: str
    result: str
    by: str = ""
    owner: str = ""


class _Claim(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    incidents: list[str]
    person: str
    ends: int


class _Reply(msgspec.Struct, frozen=True):
    incident: str
    person: str
    action: str = "acknowledge"


def ack_link(topology: Topology, incidents: Sequence[str], person: str, now: int) -> str:
    """The link by which this person takes these incidents; empty where none is set up."""
    paging = topology.paging
    if not paging.link or not paging.secret:
        return ""
    return paging.link + PATH + ack_token(resolve(paging.secret), incidents, person, now)


def ack_token(secret: str, incidents: Sequence[str], person: str, now: int) -> str:
    """A token for these incidents and this person, from now (milliseconds) on."""
    claim = msgspec.json.encode(_Claim(list(incidents), person, now + VALID_FOR))
    return f"{_text(claim)}.{_text(_mac(secret, claim))}"


async def ack_by_token(
    store: Store, topology: Topology, token: str, now: int, *, noted: bool = True
) -> list[Acked]:
    """Take what a link's token names; each attempt is in the audit, a forged one if `noted`."""
    if not topology.paging.secret:
        return [Acked("", OFF)]
    claim = _read(resolve(topology.paging.secret), token)
    if claim is None:
        if noted:
            await add_audit(store, AuditRow(now, "", ROLE, "acknowledge", "", FORGED))
        return [Acked("", FORGED)]
    if claim.ends <= now:
        row = AuditRow(now, claim.person, ROLE, "acknowledge", claim.incidents[0], EXPIRED)
        await add_audit(store, row)
        return [Acked(name, EXPIRED, claim.person) for name in claim.incidents]
    return [await _take(store, topology, name, (claim.person, now)) for name in claim.incidents]


async def ack_offered(store: Store, topology: Topology, token: str, now: int) -> list[Acked]:
    """What a link's token would take, and how that stands; nothing is changed or noted."""
    if not topology.paging.secret:
        return [Acked("", OFF)]
    claim = _read(resolve(topology.paging.secret), token)
    if claim is None:
        return [Acked("", FORGED)]
    if claim.ends <= now:
        return [Acked(name, EXPIRED, claim.person) for name in claim.incidents]
    by = _known_as(topology, claim.person)
    found = [(name, await _standing(store, name, by)) for name in claim.incidents]
    return [Acked(name, result, claim.person, owner) for name, (result, owner) in found]


def is_reply(topology: Topology, body: bytes, headers: Mapping[str, str], now: int) -> bool:
    """True if a reply is signed by the secret of `[paging]`."""
    secret = topology.paging.secret
    return bool(secret) and is_signed(resolve(secret), body, headers, now // 1000)


async def ack_by_reply(
    store: Store, topology: Topology, body: bytes, headers: Mapping[str, str], now: int
) -> Acked:
    """Take what a signed reply of a webhook names: `{"incident": ID, "person": NAME}`.

    It is signed as our own webhooks are (edge/notify/webhook.py), by the secret of `[paging]`.
    """
    if not topology.paging.secret:
        return Acked("", OFF)
    try:
        reply = msgspec.json.decode(body, type=_Reply)
    except msgspec.MsgspecError:
        reply = None
    known = reply is not None and reply.action == "acknowledge"
    if not is_reply(topology, body, headers, now) or reply is None or not known:
        await add_audit(store, AuditRow(now, "", "reply", "acknowledge", "", FORGED))
        return Acked("", FORGED)
    if reply.person not in topology.people.people:
        return Acked(reply.incident, FORGED)
    return await _take(store, topology, reply.incident, (reply.person, now))


async def _take(store: Store, topology: Topology, name: str, who: tuple[str, int]) -> Acked:
    person, now = who
    by = _known_as(topology, person)
    result, owner = await _standing(store, name, by)
    row = AuditRow(now, by, ROLE, "acknowledge", name, result)
    if result == TAKEN_NOW:
        await say(store, word(Operated("acknowledge", name, by, reason="by link"), now), row)
    else:
        await add_audit(store, row)
    return Acked(name, result, by, owner)


def _known_as(topology: Topology, person: str) -> str:
    """The name under which a person's words stand in the store."""
    known = topology.people.people.get(person)
    return known.token if known is not None and known.token else person


async def _standing(store: Store, name: str, by: str) -> tuple[str, str]:
    """What taking it would mean now, and who has it."""
    if name.startswith(PEER_PREFIX):
        return TAKEN_NOW, ""
    row = await read_incident(store, name)
    if row is None:
        return UNKNOWN, ""
    if row.state not in (OPEN, ACKNOWLEDGED):
        return OVER_NOW, ""
    owner = msgspec.json.decode(row.body, type=_Owned).owner if row.state == ACKNOWLEDGED else ""
    return (ALREADY if owner == by else TAKEN_NOW), owner


class _Owned(msgspec.Struct, frozen=True):
    owner: str = ""


def _read(secret: str, token: str) -> _Claim | None:
    """What a token says; None if we did not sign it."""
    said, _, mac = token.partition(".")
    try:
        claim, given = _bytes(said), _bytes(mac)
    except (binascii.Error, ValueError):
        return None
    if not hmac.compare_digest(_mac(secret, claim), given):
        return None
    return msgspec.json.decode(claim, type=_Claim)


def _mac(secret: str, claim: bytes) -> bytes:
    return hmac.new(secret.encode(), b"acknowledge." + claim, hashlib.sha256).digest()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))
