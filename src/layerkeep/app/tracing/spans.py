"""A journey as the spans of one trace.

The journey is the root, each hop (message) a child of the root, each stage a child of its hop, from
reaching the stage until leaving it. A later hop is linked to the stage whose transaction sent it.
All ids are derived: the trace's from the message that began the journey, a span's from its message
and stage, so that whoever tells the same journey tells the same trace. Times are the blocks' own.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from layerkeep.core.facts import AFTER_LOGS
from layerkeep.core.journeys import previous
from layerkeep.core.keccak import keccak256
from layerkeep.core.messages import Message, Step, steps
from layerkeep.core.topology import Topology
from layerkeep.core.view import View
from layerkeep.edge.otlp import Attributes, Span, SpanEvent

SERVICE = "layerkeep"
"""Who tells of journeys and hops; stages belong to the chain that proves them."""

JOURNEY, HOP = "journey", "hop"

BEHIND = "behind incident"
FAILED = "failed"
UNDONE = "undone"
"""The names of a span's events."""


@dataclass(frozen=True, slots=True)
class Behind:
    """A message stood behind an incident: its id, cause and severity, and since when."""

    incident: str
    cause: str
    severity: str
    since: int


@dataclass(frozen=True, slots=True)
class Told:
    """A journey to tell: its messages, the first one first, and the incidents they stood behind."""

    view: View
    messages: Sequence[Message]
    topology: Topology
    behind: Mapping[str, Sequence[Behind]]


@dataclass(frozen=True, slots=True)
class _Hop:
    """A message with the steps that count, those that were undone, and the id of its span."""

    message: Message
    passed: Sequence[Step]
    undone: Sequence[Step]
    ids: Sequence[bytes]

    @property
    def began(self) -> int:
        return self.passed[0].anchor.time

    @property
    def ended(self) -> int:
        return max(step.anchor.time for step in self.passed)

    @property
    def error(self) -> str:
        stage = self.message.lifecycle.stage(self.message.stage)
        return f"{self.message.route} ended {stage.name}" if stage.failed else ""


def trace_id(message_id: str) -> bytes:
    """16 bytes: the first half of the hash that names the message which began the journey."""
    digits = message_id.removeprefix("0x")
    if len(digits) == 64 and int(digits[:32], 16):
        return bytes.fromhex(digits[:32])
    return keccak256(message_id.encode())[:16]


def span_id(message_id: str, stage: str) -> bytes:
    """8 bytes of the keccak of a message's id and its stage."""
    return keccak256(f"{message_id} {stage}".encode())[:8]


def spans_of(told: Told) -> list[Span]:
    """The root, then each hop with its stages."""
    hops = [_hop(message) for message in told.messages]
    first = told.messages[0]
    trace, root = trace_id(first.id), span_id(first.id, JOURNEY)
    chains = (first.says.source, *(hop.message.says.target for hop in hops))
    path = " → ".join(dict.fromkeys(chains))
    spans = [
        Span(
            trace,
            root,
            f"{JOURNEY} {path}",
            SERVICE,
            min(hop.began for hop in hops),
            max(hop.ended for hop in hops),
            attributes={
                "layerkeep.journey": first.id,
                "layerkeep.path": path,
                "layerkeep.hops": len(hops),
                **_carried(first),
            },
            error="; ".join(hop.error for hop in hops if hop.error),
        )
    ]
    for hop in hops:
        spans.append(_hop_span(told, hop, spans[0], _cause(told.view, hop, hops)))
        spans += _stage_spans(told, hop, trace)
    return spans


def _hop(message: Message) -> _Hop:
    found = steps(message)
    passed = [step for step in found if step.counts]
    names: dict[str, int] = {}
    ids: list[bytes] = []
    for step in passed:
        nth = names[step.stage.name] = names.get(step.stage.name, 0) + 1
        again = f" {nth}" if nth > 1 else ""
        ids.append(span_id(message.id, step.stage.name + again))
    return _Hop(message, passed, [step for step in found if not step.counts], ids)


def _cause(view: View, hop: _Hop, hops: Iterable[_Hop]) -> bytes:
    """The span of the stage whose transaction sent this hop's message, empty if there is none."""
    sent, before = hop.message.sent.anchor, previous(view, hop.message)
    for other in hops:
        if other.message is not before:
            continue
        for step, name in zip(other.passed, other.ids, strict=True):
            if (step.anchor.chain, step.anchor.tx) == (sent.chain, sent.tx):
                return name
    return b""


def _hop_span(told: Told, hop: _Hop, root: Span, cause: bytes) -> Span:
    message, says = hop.message, hop.message.says
    events = [_undone(told, step) for step in hop.undone]
    events += [_behind(each, hop) for each in told.behind.get(message.id, ())]
    return Span(
        root.trace,
        span_id(message.id, HOP),
        f"{message.lifecycle.name} {message.route}",
        SERVICE,
        hop.began,
        hop.ended,
        parent=root.id,
        link=cause,
        attributes={
            "layerkeep.message": message.id,
            "layerkeep.route": message.route,
            "layerkeep.lifecycle": message.lifecycle.name,
            "layerkeep.stage": message.stage,
            "layerkeep.sender": says.sender,
            "layerkeep.recipient": says.recipient,
            **_carried(message),
        },
        events=tuple(sorted(events, key=lambda event: event.time)),
        error=hop.error,
    )


def _stage_spans(told: Told, hop: _Hop, trace: bytes) -> list[Span]:
    ends = [max(a.anchor.time, b.anchor.time) for a, b in pairwise(hop.passed)]
    ends.append(hop.passed[-1].anchor.time)
    found: list[Span] = []
    for step, name, end in zip(hop.passed, hop.ids, ends, strict=True):
        failed = step.stage.failed
        reason = step.detail or step.stage.name
        event = SpanEvent(FAILED, step.anchor.time, {"layerkeep.detail": reason})
        found.append(
            Span(
                trace,
                name,
                step.stage.name,
                str(step.anchor.chain),
                step.anchor.time,
                end,
                parent=span_id(hop.message.id, HOP),
                attributes={
                    **_place(told.topology, step),
                    "layerkeep.stage": step.stage.name,
                    "layerkeep.duty": step.stage.duty,
                    "layerkeep.route": hop.message.route,
                    "layerkeep.lifecycle": hop.message.lifecycle.name,
                },
                events=(event,) if failed else (),
                error=reason if failed else "",
            )
        )
    return found


def _place(topology: Topology, step: Step) -> Attributes:
    """Where a step is proven; what only a claim or a state proves has less to say."""
    anchor = step.anchor
    found: dict[str, str | int] = {
        "layerkeep.chain": anchor.chain,
        "layerkeep.block.number": anchor.height,
        "layerkeep.block.hash": anchor.block,
    }
    if anchor.chain in topology.chains:
        found["layerkeep.layer"] = topology.depth(anchor.chain)
    if anchor.tx:
        found["layerkeep.tx.hash"] = anchor.tx
    if anchor.tx and anchor.log_index != AFTER_LOGS:
        found["layerkeep.log.index"] = anchor.log_index
    if step.claim:
        found["layerkeep.claim"] = step.claim
    if step.detail:
        found["layerkeep.detail"] = step.detail
    return found


def _carried(message: Message) -> Attributes:
    """Amounts as text: a collector's numbers end at 2⁶³, which is nine native tokens."""
    found: dict[str, str | int] = {"layerkeep.value": str(message.says.value)}
    token = message.token
    if token is not None:
        found["layerkeep.token"] = token.address
        found["layerkeep.amount"] = str(token.amount)
    return found


def _undone(told: Told, step: Step) -> SpanEvent:
    about = {**_place(told.topology, step), "layerkeep.stage": step.stage.name}
    return SpanEvent(UNDONE, step.anchor.time, about)


def _behind(each: Behind, hop: _Hop) -> SpanEvent:
    about = {
        "layerkeep.incident": each.incident,
        "layerkeep.cause": each.cause,
        "layerkeep.severity": each.severity,
    }
    return SpanEvent(BEHIND, min(hop.ended, max(hop.began, each.since)), about)
