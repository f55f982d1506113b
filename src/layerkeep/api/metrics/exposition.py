"""From readings to the families that prometheus-client writes out."""

from collections.abc import Iterable, Iterator
from itertools import accumulate

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from layerkeep.api.metrics.counters import Durations
from layerkeep.api.metrics.readings import Reading
from layerkeep.api.metrics.series import COUNTER, GAUGE, SERIES, Series


class Exposition(Collector):
    """One scrape's readings, told series by series; then memory, time and files of the process."""

    def __init__(self, readings: Iterable[Reading]) -> None:
        self._by_series: dict[Series, list[Reading]] = {series: [] for series in SERIES}
        for reading in readings:
            self._by_series[reading.series].append(reading)

    def collect(self) -> Iterator[Metric]:
        """Every series, also those without a sample now."""
        for series, readings in self._by_series.items():
            yield _family(series, readings)
        yield from ProcessCollector(registry=None).collect()


def _family(series: Series, readings: Iterable[Reading]) -> Metric:
    if series.kind == GAUGE:
        gauge = GaugeMetricFamily(series.name, series.text, labels=series.labels)
        for reading in readings:
            gauge.add_metric(reading.labels, _number(reading))
        return gauge
    if series.kind == COUNTER:
        counter = CounterMetricFamily(series.name, series.text, labels=series.labels)
        for reading in readings:
            counter.add_metric(reading.labels, _number(reading))
        return counter
    histogram = HistogramMetricFamily(series.name, series.text, labels=series.labels)
    for reading in readings:
        assert isinstance(reading.value, Durations), series.name
        histogram.add_metric(reading.labels, _buckets(reading.value), reading.value.total / 1000)
    return histogram


def _number(reading: Reading) -> float:
    assert not isinstance(reading.value, Durations), reading.series.name
    return float(reading.value)


def _buckets(durations: Durations) -> list[tuple[str, float]]:
    """How many were at most so many seconds, from the least to any number of them."""
    bounds = [_canonical(bound / 1000) for bound in durations.bounds]
    counts = accumulate(durations.counts)
    return [(bound, float(count)) for bound, count in zip([*bounds, "+Inf"], counts, strict=True)]


def _canonical(bound: float) -> str:
    """A bound as OpenMetrics wants it written: 1.2096e+06."""
    return str(floatToGoString(bound))  # type: ignore[no-untyped-call]
