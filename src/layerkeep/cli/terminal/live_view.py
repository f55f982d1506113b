"""The demo's live picture: layers with their heads, messages moving per route, latest journeys."""

from dataclasses import dataclass
from pathlib import Path

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from layerkeep.app.daemon import Daemon
from layerkeep.app.incidents_told import told
from layerkeep.app.overview import Overview
from layerkeep.cli.incidents import incident_lines
from layerkeep.cli.terminal.output import ago, short
from layerkeep.core.journeys import Journey, all_journeys
from layerkeep.core.topology import Chain
from layerkeep.core.units import SECOND, duration_text

JOURNEYS_SHOWN = 8
RESOLVED_SHOWN = 2
HASH_DIGITS = 5


@dataclass(frozen=True, slots=True)
class Watched:
    """What a live view looks at."""

    daemon: Daemon
    topology: Path
    store: str
    ready_s: float


def render(watched: Watched, found: Overview) -> RenderableType:
    """One frame."""
    daemon = watched.daemon
    return Group(
        Text(f"layerkeep · {daemon.network.topology.network}", style="bold"),
        _incidents(daemon),
        _layers(daemon),
        _routes(found),
        _journeys(daemon),
        Text(_trace_command(watched), style="dim"),
    )


def _trace_command(watched: Watched) -> str:
    """What to type in another terminal to read the whole story of the latest journey."""
    journeys = all_journeys(watched.daemon.engine.view)
    sent = max((j.messages[0].sent.anchor for j in journeys), key=lambda a: a.time, default=None)
    place = f"--topology {watched.topology} --store {watched.store}"
    return f"layerkeep trace {place} \\\n    {sent.tx if sent else 'HASH'}"


def _incidents(daemon: Daemon) -> RenderableType:
    """What is wrong now: each incident with its cause, and how much follows from it."""
    now = daemon.now()
    incidents = daemon.engine.incidents
    latest = [each for each in incidents.recent.values() if each.resolved_at is not None]
    lines = [told(each) for each in incidents.open.values()]
    lines += [told(each) for each in latest[-RESOLVED_SHOWN:]]
    if not lines:
        word = "nothing is wrong" if not daemon.engine.watch.asleep else "reading, judging nothing"
        return Panel(Text(word, style="green"), title="incidents", title_align="left")
    told_lines = "\n".join(incident_lines(lines, now))
    return Panel(Text.from_markup(told_lines), title="incidents", title_align="left")


def _layers(daemon: Daemon) -> RenderableType:
    """Each chain under the one it settles on, with its three heads and their ages."""
    table = Table("layer", "stack", "latest", "safe", "finalized", "read to", "", box=None)
    topology = daemon.network.topology
    for chain in topology.chains.values():
        table.add_row(*_layer(daemon, chain, topology.depth(chain.name)))
    return Panel(table, title="layers", title_align="left")


def _layer(daemon: Daemon, chain: Chain, depth: int) -> tuple[str, ...]:
    name = "  " * (depth - 1) + ("└ " if depth > 1 else "") + chain.name
    feed = daemon.feeds.get(chain.name)
    if feed is None:
        return (name, chain.stack, "not seen yet", "", "", "", "")
    heads, now = feed.follower.heads, daemon.now()
    shown = [
        f"{point.height}  {duration_text(max(0, now - point.time))}" if point else "not seen"
        for point in (heads.latest, heads.safe, heads.finalized)
    ]
    state = f"blind since {ago(feed.blind.since, now)}" if feed.blind else ""
    reorgs = f"{feed.reorgs} reorgs" if feed.reorgs else ""
    return (name, chain.stack, *shown, str(feed.follower.cursor.height), f"{state} {reorgs}")


def _routes(found: Overview) -> RenderableType:
    """How many messages of each route rest in which stage."""
    routes: dict[str, dict[bool, list[str]]] = {}
    totals: dict[str, int] = {}
    for count in found.stages:
        by_end = routes.setdefault(count.route, {False: [], True: []})
        kind = count.lifecycle.split(".")[-1].replace("_", " ")
        by_end[count.finished].append(f"{count.messages} {kind} {count.stage}")
        totals[count.route] = totals.get(count.route, 0) + count.messages
    table = Table("route", "messages", "under way", "done", box=None)
    for route, by_end in routes.items():
        table.add_row(
            route.replace("->", " → "),
            str(totals[route]),
            "\n".join(by_end[False]),
            "\n".join(by_end[True]),
        )
    return Panel(table, title="messages by route", title_align="left")


def _journeys(daemon: Daemon) -> RenderableType:
    """The latest journeys over more than one hop."""
    found = all_journeys(daemon.engine.view)
    latest = sorted(found, key=lambda j: j.messages[0].sent.anchor.time)[-JOURNEYS_SHOWN:]
    table = Table("journey", "began with", "where", "time", box=None)
    for journey in reversed(latest):
        table.add_row(*_journey(journey, daemon.now()))
    return Panel(table, title="latest journeys", title_align="left")


def _journey(journey: Journey, now: int) -> tuple[str, ...]:
    first, last = journey.messages[0], journey.messages[-1]
    end = max(fact.anchor.time for fact in last.all_facts()) if journey.finished else now
    elapsed = end - first.sent.anchor.time
    took = duration_text(elapsed) if elapsed >= SECOND else "in the same second"
    where = f"{last.stage} ({last.route.replace('->', ' → ')})"
    return (
        " → ".join(journey.path),
        short(first.sent.anchor.tx, HASH_DIGITS),
        where,
        took if journey.finished else f"{took} so far",
    )
