"""From one look at the source and the counters to samples: which series, which labels, how much."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from layerkeep import __version__
from layerkeep.api.metrics import series as named
from layerkeep.api.metrics.counters import Counters, Durations
from layerkeep.api.metrics.series import Series
from layerkeep.api.shapes.chains import ChainShown, UpstreamShown
from layerkeep.api.shapes.incidents import IncidentShown, RuleShown
from layerkeep.api.shapes.messages import RouteShown
from layerkeep.api.shapes.overview import Overview, TruthShown
from layerkeep.api.source import Source

SEVERITIES = ("critical", "warning", "info")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the source said at one scrape; `now` is its moment, in milliseconds."""

    now: int
    overview: Overview
    upstreams: tuple[UpstreamShown, ...]
    rules: tuple[RuleShown, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """One sample of a series; the labels stand in the series' own order."""

    series: Series
    labels: tuple[str, ...]
    value: float | Durations


async def look(source: Source) -> Snapshot:
    """One look at everything that is told."""
    overview = await source.overview()
    return Snapshot(source.now(), overview, await source.upstreams(), await source.rules())


def of_source(seen: Snapshot) -> Iterator[Reading]:
    """What the source knows."""
    for chain in seen.overview.chains:
        yield from _of_chain(chain, seen.now)
    yield from _of_routes(seen.overview.routes, seen.now)
    yield from _of_incidents(seen.overview.incidents)
    for truth in seen.overview.truth:
        yield from _of_truth(truth)
    for upstream in seen.upstreams:
        yield from _of_upstream(upstream)
    yield Reading(named.JUDGING, (), seen.overview.judging)
    for rule in seen.rules:
        yield Reading(named.LACKING, (rule.name,), rule.lacking)


def of_counters(network: str, counters: Counters, *, is_answering: bool) -> Iterator[Reading]:
    """What the counters know; `is_answering` is false if the store gave the source no answer."""
    beat = counters.beat()
    if beat is not None:
        yield Reading(named.HEARTBEAT, (), beat / 1000)
    yield Reading(named.ENGINE_LAG, (), counters.behind() / 1000)
    yield Reading(named.STORE_FAILING, (), counters.store_failing() or not is_answering)
    yield Reading(named.STARTED, (), counters.started() / 1000)
    yield Reading(named.BUILD, (__version__, network), 1)
    for who, count in counters.calls().items():
        yield Reading(named.CALLS, who, count)
    for who, count in counters.failures().items():
        yield Reading(named.FAILURES, who, count)
    by_chain = (
        (named.FACTS, counters.facts()),
        (named.REORGS, counters.reorgs()),
        (named.READ_BEHIND, counters.read_behind()),
    )
    for series, counts in by_chain:
        for chain, count in counts.items():
            yield Reading(series, (chain,), count)
    for stage, durations in counters.durations().items():
        yield Reading(named.STAGE_DURATION, stage, durations)


def _of_chain(chain: ChainShown, now: int) -> Iterator[Reading]:
    yield Reading(named.CHAIN_BLIND, (chain.name,), chain.blind_since is not None)
    for head in chain.heads:
        spot = (chain.name, head.tag)
        if head.height is not None:
            yield Reading(named.HEAD_HEIGHT, spot, head.height)
        if head.time is not None:
            yield Reading(named.HEAD_AGE, spot, _age(head.time, now))
        if head.budget is not None:
            yield Reading(named.HEAD_BUDGET, spot, head.budget / 1000)


def _of_routes(routes: Iterable[RouteShown], now: int) -> Iterator[Reading]:
    panels = (panel for route in routes for panel in route.stages if not panel.final)
    for panel in panels:
        spot = (panel.source, panel.target, panel.kind, panel.stage)
        yield Reading(named.OPEN_MESSAGES, spot, panel.count)
        yield Reading(named.OVERDUE_MESSAGES, spot, panel.overdue)
        if panel.oldest is not None:
            yield Reading(named.OLDEST_MESSAGE, spot, _age(panel.oldest, now))


def _of_incidents(incidents: Iterable[IncidentShown]) -> Iterator[Reading]:
    shown = list(incidents)
    by_severity = Counter(incident.severity for incident in shown)
    for severity in SEVERITIES:
        yield Reading(named.INCIDENTS_OPEN, (severity,), by_severity[severity])
    for each in shown[: named.INCIDENTS_MAX]:
        labels = (each.id, each.kind, each.component, each.severity)
        yield Reading(named.INCIDENT, labels, each.pages)


def _of_truth(truth: TruthShown) -> Iterator[Reading]:
    spot = (truth.chain, truth.check)
    yield Reading(named.CHECKS, (*spot, "true"), truth.right)
    yield Reading(named.CHECKS, (*spot, "false"), truth.wrong)
    yield Reading(named.CHECK_FALSE, spot, truth.verdict == "false")
    if truth.time is not None:
        yield Reading(named.LAST_CHECK, spot, truth.time / 1000)


def _of_upstream(upstream: UpstreamShown) -> Iterator[Reading]:
    spot = (upstream.chain, upstream.name)
    if upstream.looked is not None:
        yield Reading(named.UPSTREAM_UP, spot, upstream.answering)
    if upstream.behind is not None:
        yield Reading(named.UPSTREAM_BEHIND, spot, upstream.behind)


def _age(moment: int, now: int) -> float:
    """Seconds since then; none if that clock is ahead of ours."""
    return max(0, now - moment) / 1000
