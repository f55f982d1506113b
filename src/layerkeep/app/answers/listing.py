"""One question about messages for the API, the console and the command line alike."""

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b

import msgspec

from layerkeep.api.shapes.messages import Amount, MessageFilter
from layerkeep.api.source import BadCursor
from layerkeep.core.incidents.incident import Incident
from layerkeep.core.lifecycle import Lifecycle
from layerkeep.edge.store.counting import stage_counts
from layerkeep.edge.store.listing import (
    LATE,
    OVERDUE,
    SORTS,
    Kind,
    Position,
    Wanted,
    Way,
    page,
    way_to,
)
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.records import MessageRow
from layerkeep.edge.store.summing import Sum, summed

OPEN, FINISHED, FAILED = "open", "finished", "failed"
STATES = ("", OPEN, LATE, OVERDUE, FINISHED, FAILED)

FINGERPRINT = 8
"""Bytes of a query's digest: enough to tell a cursor of another query from ours."""


class BadQuery(ValueError):
    """A filter that asks for something that there cannot be: an unknown sort, state or number."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about messages at a moment: what it means for the store."""

    wanted: Wanted
    way: Way


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of rows; `cursor` asks for those behind them and is empty at the end."""

    rows: list[MessageRow]
    cursor: str
    sum: Sum


async def asked(
    store: Store,
    lifecycles: Mapping[str, Lifecycle],
    wanted: MessageFilter,
    incidents: Iterable[Incident],
    now: int,
) -> Asked:
    """What a filter means now, `incidents` being those that are open.

    Raises BadQuery if it means nothing.
    """
    if wanted.sort not in SORTS:
        raise BadQuery(f"no sort is named {wanted.sort!r}; there are {', '.join(SORTS)}")
    if wanted.state not in STATES:
        raise BadQuery(f"no state is named {wanted.state!r}; there are {', '.join(STATES[1:])}")
    if wanted.value_min and not (wanted.value_min.isascii() and wanted.value_min.isdigit()):
        raise BadQuery(f"{wanted.value_min!r} is no amount; expected wei, as digits")
    every = await stage_counts(store)
    kinds = tuple(kind for kind in every if _matches(kind, wanted, lifecycles))
    found = Wanted(
        kinds=kinds,
        every=len(kinds) == len(every) and not _by_kind(wanted),
        now=now,
        token=wanted.token.lower(),
        sender=wanted.sender.lower(),
        recipient=wanted.recipient.lower(),
        value_min=int(wanted.value_min or 0),
        rested=None if wanted.older is None else now - wanted.older,
        state=wanted.state if wanted.state in (LATE, OVERDUE) else "",
        ids=_subjects(incidents, wanted) if wanted.reason or wanted.incident else None,
        sort=wanted.sort,
        seen=sum(kind[5] for kind in every),
        under_way=sum(kind[5] for kind in every if not kind[4]),
    )
    return Asked(found, await way_to(store, found))


async def listed(
    store: Store, query: Asked, wanted: MessageFilter, cursor: str, count: int
) -> Listed:
    """The rows behind a cursor; BadCursor if another query gave it, or nobody."""
    after = position_of(wanted, cursor) if cursor else None
    rows, last = await page(store, query.wanted, query.way, after, count)
    behind = cursor_at(wanted, last) if last is not None else ""
    return Listed(rows, behind, await summed(store, query.wanted, query.way))


def amounts_of(found: Sum) -> tuple[Amount, ...]:
    """What the rows carry, the chains' own token first; none where that was not counted."""
    return tuple(
        Amount(token=name, amount=str(a)) for name, a in sorted((found.amounts or {}).items())
    )


def cursor_at(wanted: MessageFilter, last: Position) -> str:
    """Where a page of this query ended, as a text that nobody has to understand."""
    packed = msgspec.msgpack.encode((fingerprint(wanted), *last))
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def position_of(wanted: MessageFilter, cursor: str) -> Position:
    """Where a page of this query ended."""
    try:
        packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True)
        whose, segment, key, seq = msgspec.msgpack.decode(
            packed, type=tuple[bytes, int, int | str, int]
        )
    except (binascii.Error, msgspec.MsgspecError, ValueError) as error:
        raise BadCursor("the cursor is none that was given here") from error
    if whose != fingerprint(wanted):
        raise BadCursor("the cursor was given by another query; begin again without it")
    if isinstance(key, str) != wanted.sort.endswith("value"):
        raise BadCursor("the cursor is none that was given here")
    return segment, key, seq


def fingerprint(wanted: MessageFilter) -> bytes:
    """What tells one query from another."""
    return blake2b(msgspec.json.encode(wanted), digest_size=FINGERPRINT).digest()


def _by_kind(wanted: MessageFilter) -> bool:
    """True if the filter asks for some kinds only, even if there are no others now."""
    asked = (wanted.source, wanted.target, wanted.via, wanted.kind, wanted.stage, wanted.state)
    return any(asked)


def _matches(kind: Kind, wanted: MessageFilter, lifecycles: Mapping[str, Lifecycle]) -> bool:
    """True if messages of this kind can be what is asked for."""
    source, target, lifecycle, stage, finished, _ = kind
    same = (
        (wanted.source, source),
        (wanted.target, target),
        (wanted.kind, lifecycle),
        (wanted.stage, stage),
    )
    if any(asked not in ("", found) for asked, found in same):
        return False
    if wanted.via not in ("", source, target):
        return False
    if wanted.state in (OPEN, LATE, OVERDUE):
        return not finished
    if wanted.state == "":
        return True
    failed = lifecycle in lifecycles and lifecycles[lifecycle].stage(stage).failed
    return failed if wanted.state == FAILED else finished and not failed


def _subjects(incidents: Iterable[Incident], wanted: MessageFilter) -> frozenset[str]:
    """What the problems of these incidents are about, with the reason asked for."""
    return frozenset(
        member.problem.subject
        for incident in incidents
        if incident.id.startswith(wanted.incident)
        for member in incident.members.values()
        if wanted.reason in ("", member.problem.reason)
    )
