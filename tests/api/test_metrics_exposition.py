"""What `/metrics` tells is what the source and the counters say, in both formats."""

from collections.abc import Iterable

from litestar import Litestar
from litestar.testing import TestClient
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as plain
from prometheus_client.samples import Sample
from scenes_metrics import SceneCounters, SceneSource

from layerkeep import __version__
from layerkeep.api.metrics import metrics_routes
from layerkeep.api.metrics.page import PROCESS
from layerkeep.api.metrics.series import HISTOGRAM, INCIDENTS_MAX, OWN, SERIES

LATEST = {"chain": "l1", "head": "latest"}
FINALIZED = {"chain": "l1", "head": "finalized"}
LAST_SEEN = {"chain": "l2", "head": "latest"}
INITIATED = {"source": "l2", "target": "l1", "kind": "op_stack.withdrawal", "stage": "initiated"}
PROVEN = {**INITIATED, "stage": "proven"}
NORTH, SOUTH = {"chain": "l1", "upstream": "north"}, {"chain": "l2", "upstream": "south"}
CLAIM, BATCH = {"chain": "l2", "check": "claim"}, {"chain": "l2", "check": "batch"}
CAUSE = {"kind": "blind", "component": "chain:l2"}

EXPECTED = {
    "layerkeep_head_height": [(LATEST, 200), (FINALIZED, 136), (LAST_SEEN, 90)],
    "layerkeep_head_age_seconds": [(LATEST, 1.5), (FINALIZED, 70), (LAST_SEEN, 30)],
    "layerkeep_head_budget_seconds": [(LATEST, 60), (LAST_SEEN, 20)],
    "layerkeep_chain_blind": [({"chain": "l1"}, 0), ({"chain": "l2"}, 1)],
    "layerkeep_read_behind_blocks": [({"chain": "l1"}, 0), ({"chain": "l2"}, 12)],
    "layerkeep_reorgs_total": [({"chain": "l1"}, 1), ({"chain": "l2"}, 0)],
    "layerkeep_open_messages": [(INITIATED, 3), (PROVEN, 0)],
    "layerkeep_overdue_messages": [(INITIATED, 1), (PROVEN, 0)],
    "layerkeep_oldest_message_age_seconds": [(INITIATED, 90)],
    "layerkeep_stage_duration_seconds_bucket": [
        ({**INITIATED, "le": "1.0"}, 2),
        ({**INITIATED, "le": "60.0"}, 3),
        ({**INITIATED, "le": "1.2096e+06"}, 3),
        ({**INITIATED, "le": "+Inf"}, 4),
    ],
    "layerkeep_stage_duration_seconds_count": [(INITIATED, 4)],
    "layerkeep_stage_duration_seconds_sum": [(INITIATED, 1_300_000.5)],
    "layerkeep_incidents_open": [
        ({"severity": "critical"}, 1),
        ({"severity": "warning"}, 1),
        ({"severity": "info"}, 0),
    ],
    "layerkeep_incident": [
        ({"id": f"{0:064x}", **CAUSE, "severity": "critical"}, 1),
        ({"id": f"{999_999:064x}", **CAUSE, "severity": "warning"}, 0),
    ],
    "layerkeep_integrity_checks_total": [
        ({**CLAIM, "verdict": "true"}, 7),
        ({**CLAIM, "verdict": "false"}, 2),
        ({**BATCH, "verdict": "true"}, 0),
        ({**BATCH, "verdict": "false"}, 0),
    ],
    "layerkeep_integrity_false": [(CLAIM, 1), (BATCH, 0)],
    "layerkeep_integrity_last_check_timestamp_seconds": [(CLAIM, 1_700_000_095)],
    "layerkeep_upstream_up": [(NORTH, 1), (SOUTH, 0)],
    "layerkeep_upstream_behind_blocks": [(NORTH, 2)],
    "layerkeep_upstream_calls_total": [
        ({**NORTH, "method": "eth_getLogs"}, 40),
        ({**NORTH, "method": "eth_call"}, 2),
    ],
    "layerkeep_upstream_failures_total": [({**SOUTH, "reason": "timeout"}, 9)],
    "layerkeep_heartbeat_timestamp_seconds": [({}, 1_700_000_099.9)],
    "layerkeep_engine_lag_seconds": [({}, 0.25)],
    "layerkeep_judging": [({}, 1)],
    "layerkeep_rules_lacking": [({"rule": "blind"}, 0), ({"rule": "claim_false"}, 1)],
    "layerkeep_facts_total": [({"chain": "l1"}, 1234)],
    "layerkeep_store_failing": [({}, 0)],
    "layerkeep_start_timestamp_seconds": [({}, 1_700_000_040)],
    "layerkeep_build_info": [({"version": __version__, "network": "scene"}, 1)],
}


def scraped(source=None, accept="", counters=None):
    """What a scrape of the scene answers."""
    source = source or SceneSource()
    routes = metrics_routes(source, counters or SceneCounters())
    with TestClient(Litestar(routes, openapi_config=None)) as client:
        return client.get("/metrics", headers={"Accept": accept} if accept else {})


def told(samples: Iterable[Sample]):
    """Samples by series, without those of the process."""
    found = {}
    for sample in samples:
        if sample.name not in PROCESS:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


def samples_of(families):
    """All samples of these families."""
    return [sample for family in families for sample in family.samples]


def test_scrape__of_a_scene__tells_what_it_says():
    """Each sample, each label, each figure, read back by Prometheus' own parser."""
    answer = scraped()

    assert "text/plain; version=0.0.4; charset=utf-8" == answer.headers["Content-Type"]
    assert EXPECTED == told(samples_of(plain(answer.text)))


def test_scrape__by_who_accepts_openmetrics__tells_the_same():
    """The strict parser of OpenMetrics reads the same samples."""
    answer = scraped(accept="application/openmetrics-text;version=1.0.0,text/plain;q=0.5")

    assert answer.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    assert EXPECTED == told(samples_of(openmetrics(answer.text)))


def test_scrape__of_any_kind__has_every_series_with_its_help():
    """A series is announced, with type and text, also while it has no sample."""
    families = {family.name: family for family in plain(scraped().text)}
    announced = {(name, family.type) for name, family in families.items()} - {
        (name.removesuffix("_total"), families[name.removesuffix("_total")].type)
        for name in PROCESS
    }

    assert {(each.name.removesuffix("_total"), each.kind) for each in SERIES} == announced
    for series in SERIES:
        assert series.text == families[series.name.removesuffix("_total")].documentation


def test_scrape__whatever_it_tells__has_the_labels_of_the_table():
    """No sample has a label that is not documented, none lacks one."""
    tables = {series.name: set(series.labels) for series in SERIES}
    histograms = [series.name for series in SERIES if series.kind == HISTOGRAM]
    for name, found in EXPECTED.items():
        series = next((each for each in histograms if name.startswith(each)), name)
        for labels, _ in found:
            assert tables[series] == set(labels) - {"le"}


def test_scrape__with_a_thousand_incidents__tells_the_gravest_only():
    """Their number is told in full, single ones up to the bound."""
    found = told(samples_of(plain(scraped(SceneSource(criticals=1000)).text)))

    assert INCIDENTS_MAX == len(found["layerkeep_incident"])
    assert {"critical"} == {labels["severity"] for labels, _ in found["layerkeep_incident"]}
    assert ({"severity": "critical"}, 1000) == found["layerkeep_incidents_open"][0]


def test_scrape__while_the_store_fails__tells_what_the_counters_know():
    """The page is answered, says that the store fails, and says nothing that is not known."""
    answer = scraped(SceneSource(fails=True))
    found = told(samples_of(plain(answer.text)))
    bare = {name.removesuffix(end) for name in found for end in ("_bucket", "_count", "_sum")}

    assert 200 == answer.status_code
    assert [({}, 1)] == found["layerkeep_store_failing"]
    assert {series.name for series in OWN} == bare & {series.name for series in SERIES}


def test_scrape__before_the_engine_began__has_no_heartbeat():
    """A heart that never beat is absent, not of 1970."""

    class Fresh(SceneCounters):
        def beat(self):
            return None

    found = told(samples_of(plain(scraped(counters=Fresh()).text)))

    assert "layerkeep_heartbeat_timestamp_seconds" not in found


def test_scrape__of_one_request__asks_the_source_once():
    """One look for one scrape: all samples are of the same moment."""
    source = SceneSource()
    scraped(source)

    assert 1 == source.asked
