"""The alert rules and dashboards that are deployed: sound, tested, and of series that exist."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from test_metrics_exposition import scraped

from layerkeep.api.metrics.page import PROCESS
from layerkeep.api.metrics.series import HISTOGRAM, SERIES

DEPLOY = Path(__file__).parents[2] / "deploy"
PROMETHEUS = DEPLOY / "prometheus"
DASHBOARDS = sorted((DEPLOY / "grafana").glob("*.json"))
RULES = (PROMETHEUS / "alerts.yml").read_text()
ALERTS = re.findall(r"- alert: (\w+)", RULES)
ENDS = {HISTOGRAM: ("_bucket", "_count", "_sum")}
EXPRESSION = re.compile(r"expr: .*?(?=\n {8}(?:for|labels):)", re.DOTALL)
COLUMNS = 24


@pytest.fixture(scope="session")
def promtool():
    """Runs promtool in a folder, which may be fed; skips loudly without it."""
    path = shutil.which("promtool")
    if path is None:
        pytest.skip("NO PROMTOOL: it is not installed, so alert rules were not tried")

    def run(*arguments, cwd=PROMETHEUS, feed=""):
        return subprocess.run(
            [path, *arguments], cwd=cwd, input=feed, capture_output=True, text=True, check=False
        )

    return run


def panels(path):
    """The panels of a dashboard."""
    return json.loads(path.read_text())["panels"]


def queries(path):
    """What a dashboard asks."""
    return [target["expr"] for panel in panels(path) for target in panel["targets"]]


def test_rules__as_deployed__are_sound(promtool):
    """Prometheus takes the rules and the example that names them."""
    for what, path in (("rules", "alerts.yml"), ("config", "prometheus.yml")):
        found = promtool("check", what, path)
        assert 0 == found.returncode, found.stderr


def test_rules__tried__fire_and_are_silent_as_they_should(promtool):
    """The unit tests that lie beside the rules pass."""
    found = promtool("test", "rules", "alerts_test.yml")

    assert 0 == found.returncode, found.stdout + found.stderr


@pytest.mark.parametrize("alert", ALERTS)
def test_rules__with_one_that_never_fires__fail_their_tests(promtool, tmp_path, alert):
    """Each alert was seen to fire: without it the unit tests fail."""
    before, found, after = RULES.partition(f"- alert: {alert}\n")
    broken = EXPRESSION.sub("expr: vector(0) > 1", after, count=1)
    (tmp_path / "alerts.yml").write_text(before + found + broken)
    shutil.copy(PROMETHEUS / "alerts_test.yml", tmp_path)
    told = promtool("test", "rules", "alerts_test.yml", cwd=tmp_path)

    assert 1 == told.returncode
    assert alert in told.stderr


def test_rules__with_one_that_always_fires__fail_their_tests(promtool, tmp_path):
    """That all is well is tried too: an alert for nothing is seen."""
    (tmp_path / "alerts.yml").write_text(
        RULES.replace("blind == 1\n        for", "blind >= 0\n        for")
    )
    shutil.copy(PROMETHEUS / "alerts_test.yml", tmp_path)

    assert 1 == promtool("test", "rules", "alerts_test.yml", cwd=tmp_path).returncode


def test_exposition__of_a_scene__is_what_promtool_likes(promtool):
    """Names, types and texts as Prometheus wants them."""
    found = promtool("check", "metrics", feed=scraped().text)

    assert (0, "", "") == (found.returncode, found.stdout, found.stderr)


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.name)
def test_dashboard__as_deployed__asks_only_what_is_told(path):
    """Every series of a query is in the table."""
    told = {s.name + end for s in SERIES for end in ENDS.get(s.kind, ("",))} | set(PROCESS)
    named = set(re.findall(r"\b(?:layerkeep|process)_\w+", " ".join(queries(path))))

    assert named
    assert set() == named - told


def test_rules__as_deployed__ask_only_what_is_told():
    """Every series of a rule is in the table, every label of a text is one of it."""
    labels = {label for series in SERIES for label in series.labels}

    assert set() == set(re.findall(r"\blayerkeep_\w+", RULES)) - {s.name for s in SERIES}
    assert set() == set(re.findall(r"\$labels\.(\w+)", RULES)) - labels


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.name)
def test_dashboard__as_deployed__is_small_and_readable(path):
    """Each panel has a title, a sentence and a place of its own; the data source is a variable."""
    board = json.loads(path.read_text())
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in board["panels"])
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]

    assert f"layerkeep-{path.stem}" == board["uid"]
    assert board["schemaVersion"] >= 41
    assert ["datasource"] == [each["type"] for each in board["templating"]["list"]]
    assert 16 >= len(board["panels"])
    assert len(set(cells)) == len(cells)
    assert COLUMNS > max(x for x, _ in cells)
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    for panel in board["panels"]:
        assert panel["title"]
        assert panel["description"].endswith(".")
        sources = {source["uid"] for source in (panel["datasource"], *_sources(panel))}
        assert {"${datasource}"} == sources


def _sources(panel):
    return [target["datasource"] for target in panel["targets"]]


def test_dashboards__together__are_three():
    """What the guide names is there."""
    assert ["itself.json", "messages.json", "overview.json"] == [path.name for path in DASHBOARDS]
