"""The network on one screen: what is wrong, the layers with their heads, routes, what is late."""

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from layerkeep.cli.acting.incidents import incident_lines
from layerkeep.cli.status import STALE, seen_text
from layerkeep.cli.terminal.glance import Glance, Head, JourneySeen, LayerSeen
from layerkeep.cli.terminal.output import ago, short
from layerkeep.core.units import SECOND, duration_text

HASH_DIGITS = 5
NEAR_ENOUGH = 16
"""Blocks behind the newest: what they say comes in a moment."""


def render(seen: Glance, place: str, now: int) -> RenderableType:
    """One frame; `place` are the options that name topology and store."""
    parts: list[RenderableType] = [
        Text(f"layerkeep · {seen.network}", style="bold"),
        _panel(_incidents(seen, now), "incidents"),
        _panel(_layers(seen, now), "layers"),
        _panel(_routes(seen), "messages by route"),
    ]
    if seen.late:
        parts.append(_panel(_late(seen, now), "overdue"))
    if seen.journeys:
        parts.append(_panel(_journeys(seen, now), "latest journeys"))
        newest = seen.journeys[0].id
        parts.append(Text(f"layerkeep trace {place} \\\n    {newest}", style="dim"))
    return Group(*parts)


def _panel(inside: RenderableType, title: str) -> Panel:
    return Panel(inside, title=title, title_align="left")


def is_blind(layer: LayerSeen) -> bool:
    """True if nobody answers for a chain, or it was never looked at."""
    return layer.sight is None or not layer.sight.answering


def _incidents(seen: Glance, now: int) -> RenderableType:
    """What is wrong now, gravest first; quiet is not called well where not everything is seen."""
    lines = [*incident_lines((*seen.found.incidents, *seen.resolved), now)]
    if not seen.found.incidents:
        lines.insert(0, _quiet(seen, now))
    return Text.from_markup("\n".join(lines))


def _quiet(seen: Glance, now: int) -> str:
    looked = max((layer.sight.looked for layer in seen.layers if layer.sight), default=None)
    if looked is None or now - looked > STALE:
        return (
            f"[bold red]NOBODY LOOKS[/] last look {ago(looked, now)}: is `layerkeep run` running?"
        )
    if blind := [layer.name for layer in seen.layers if is_blind(layer)]:
        return f"[yellow]no incident is open, but nothing is seen of {escape(', '.join(blind))}[/]"
    if any(layer.behind is None or layer.behind > NEAR_ENOUGH for layer in seen.layers):
        return "[yellow]no incident is open; still reading[/]"
    return "[green]no incident is open[/]"


def _layers(seen: Glance, now: int) -> RenderableType:
    """Each chain under the one it settles on, with its three heads and their ages."""
    table = Table("layer", "stack", "seen", "latest", "safe", "finalized", "read to", box=None)
    for layer in seen.layers:
        name = "  " * (layer.depth - 1) + ("└ " if layer.depth > 1 else "") + layer.name
        read = "-" if layer.read is None else str(layer.read)
        if layer.behind is not None and layer.behind > NEAR_ENOUGH:
            read += f" ({layer.behind} behind)"
        heads = [_head(head, now) for head in (layer.latest, layer.safe, layer.finalized)]
        style = "dim" if is_blind(layer) else ""
        table.add_row(
            Text(name), layer.stack, seen_text(layer.sight, now), *heads, read, style=style
        )
    return table


def _head(head: Head, now: int) -> str:
    if head.height is None:
        return "-"
    age = "" if head.time is None else f"  {duration_text(max(0, now - head.time))}"
    return f"{head.height}{age}"


def _routes(seen: Glance) -> RenderableType:
    """How many messages of each route rest in which stage."""
    routes: dict[str, dict[bool, list[str]]] = {}
    totals: dict[str, int] = {}
    for count in seen.found.stages:
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
    return table


def _late(seen: Glance, now: int) -> RenderableType:
    """The eldest messages past their budget, and whose turn it is."""
    table = Table("message", "route", "stage", "late by", "awaited", "from", box=None)
    for each in seen.late:
        table.add_row(
            short(each.id, HASH_DIGITS),
            each.route.replace("->", " → "),
            f"{each.stage} since {ago(each.since, now)}",
            Text(duration_text(now - each.due), style="yellow"),
            each.awaited,
            each.duty,
        )
    if seen.more_late:
        table.add_row("more: messages --state overdue", style="dim")
    return table


def _journeys(seen: Glance, now: int) -> RenderableType:
    """The latest journeys over more than one hop."""
    table = Table("journey", "began with", "where", "time", box=None)
    for each in seen.journeys:
        table.add_row(
            " → ".join(each.path), short(each.id, HASH_DIGITS), each.where, _took(each, now)
        )
    return table


def _took(journey: JourneySeen, now: int) -> str:
    elapsed = (journey.moved if journey.finished else now) - journey.began
    took = duration_text(elapsed) if elapsed >= SECOND else "in the same second"
    return took if journey.finished else f"{took} so far"
