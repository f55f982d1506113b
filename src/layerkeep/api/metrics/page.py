"""The page docs/reference/metrics.md, made from the table of series."""

from layerkeep.api.metrics.series import GROUPS, Series

PROCESS = {
    "process_cpu_seconds_total": "Processor time used.",
    "process_max_fds": "Files that may be open.",
    "process_open_fds": "Files that are open.",
    "process_resident_memory_bytes": "Memory in use.",
    "process_start_time_seconds": "When the process began.",
    "process_virtual_memory_bytes": "Memory mapped.",
}
"""What prometheus-client tells of any process on Linux."""

HEAD = """# Metrics

Written by `make docs` from the table that `/metrics` itself is made from.

`GET /metrics` answers in Prometheus' text format 0.0.4, or in OpenMetrics 1.0 if the request \
accepts that. Times are Unix seconds, durations are seconds. A label's values come from the \
topology, the adapters and the rules, and from incidents' ids (the gravest only): no message, no \
hash, no address and no text from a chain is ever one.

While the store gives no answers, what is read from it is left out and `layerkeep_store_failing` \
is 1: a series that is absent is not known, it is not zero.

How to scrape them, and what to be woken by: [Prometheus and Grafana](../guide/prometheus.md)."""


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for title, group in GROUPS.items():
        parts += [f"## {title}", "\n".join(_told(series) for series in group)]
    process = [f"- `{name}`: {text}" for name, text in PROCESS.items()]
    parts += ["## The process", "\n".join(process)]
    return "\n\n".join(parts) + "\n"


def _told(series: Series) -> str:
    labels = "{" + ", ".join(series.labels) + "}" if series.labels else ""
    absent = f" Absent: {series.absent}." if series.absent else ""
    return f"- `{series.name}{labels}` ({series.kind}): {series.text}{absent}"
