"""What a view comes down to: equal digests mean that two engines believe the same.

Left out is what may differ without anybody being wrong: how long messages usually take (learned in
the order of arrival), and whatever is finished and final or can no longer matter, which one engine
may already have let go while another still waits for a head to do so.
"""

from collections.abc import Hashable
from dataclasses import dataclass

from layerkeep.core.claims import Claim
from layerkeep.core.engine import Engine
from layerkeep.core.facts import Fact
from layerkeep.core.finished import last_open
from layerkeep.core.journeys import previous
from layerkeep.core.messages import Message
from layerkeep.core.units import Timestamp
from layerkeep.core.view import SLACK, View

FAR = Timestamp(1 << 60)
"""Later than any question is due."""

Row = tuple[Hashable, ...]


@dataclass(frozen=True, slots=True)
class Digest:
    """The parts of a digest, each sorted."""

    messages: tuple[Row, ...]
    claims: tuple[Row, ...]
    named: tuple[Row, ...]
    waiting: tuple[Row, ...]
    asks: tuple[Row, ...] = ()

    def differences(self, other: "Digest") -> list[str]:
        """What stands in one digest only, a line each."""
        found: list[str] = []
        for name in self.__slots__:
            mine, theirs = getattr(self, name), getattr(other, name)
            found += [f"{name}: only here: {row}" for row in mine if row not in theirs]
            found += [f"{name}: only there: {row}" for row in theirs if row not in mine]
        return found


def digest(view: View) -> Digest:
    """What is believed, less what is over and final."""
    claims = [
        (claim.id, claim.status, claim.covers, view.claims.lanes[claim.lane].counts(claim))
        for claim in fresh_claims(view)
    ]
    waiting = [*view.orphans.items(), *view.claims.early.items()]
    return Digest(
        messages=tuple(sorted(_row(view, m) for m in view.messages.values() if not _over(view, m))),
        claims=tuple(sorted(claims, key=repr)),
        named=tuple(sorted((name, _last(facts)) for name, facts in view.named.items())),
        waiting=tuple(
            sorted((name, *_orders(facts)) for name, facts in waiting if view.hopes(facts))
        ),
    )


def full_digest(engine: Engine) -> Digest:
    """The digest of an engine's view, and the questions that somebody still needs answered."""
    while engine.tick(FAR):
        continue
    view, found = engine.view, digest(engine.view)
    needless = view.claims.by_id.keys() - {claim.id for claim in fresh_claims(view)}
    asks = sorted(
        pending.ask.id
        for pending in engine.asks.open.values()
        if pending.ask.subject not in needless
        and (pending.ask.key not in view.orphans or view.hopes(view.orphans[pending.ask.key]))
    )
    rows = tuple((ask,) for ask in asks)
    return Digest(found.messages, found.claims, found.named, found.waiting, rows)


def fresh_claims(view: View) -> list[Claim]:
    """The claims that are not final or recent: older ones go as soon as nobody waits for them."""
    return [
        claim
        for claim in view.claims.by_id.values()
        if claim.covers is None
        or not view.is_final(claim.made)
        or claim.made.anchor.time + SLACK >= view.read_until(claim.lane.split("/", 1)[0])
    ]


def _over(view: View, message: Message) -> bool:
    return message.finished and last_open(view, message) is None


def _row(view: View, message: Message) -> Row:
    before = previous(view, message)
    return (
        message.id,
        message.lifecycle.name,
        message.route,
        message.stage,
        message.finished,
        _orders(message.all_facts()),
        tuple(sorted(message.keys)),
        before.id if before is not None else "",
    )


def _orders(facts: list[Fact]) -> tuple[Row, ...]:
    return tuple(sorted((fact.anchor.chain, *fact.order) for fact in facts))


def _last(facts: list[Fact]) -> Row:
    last = max(facts, key=lambda fact: fact.order)
    return (last.anchor.chain, last.order, repr(last.says))
