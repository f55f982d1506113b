"""The page of metrics is made from the table that the exposition is made from."""

import re
from pathlib import Path

from layerkeep.api.metrics.page import PROCESS, page
from layerkeep.api.metrics.series import SERIES

COMMITTED = Path(__file__).parents[2] / "docs" / "reference" / "metrics.md"


def test_page__as_committed__is_what_the_code_says():
    """`make docs` would change nothing."""
    assert page() == COMMITTED.read_text()


def test_page__of_metrics__names_every_series_once():
    """Every series has its line, and there is no other."""
    named = re.findall(r"^- `(\w+)", COMMITTED.read_text(), re.MULTILINE)

    assert [*(series.name for series in SERIES), *PROCESS] == named


def test_series__by_name_and_text__follow_the_rules_of_prometheus():
    """One prefix, the unit in the name, counters end in `_total`, and each has a sentence."""
    for series in SERIES:
        assert re.fullmatch(r"layerkeep_[a-z_]+", series.name)
        assert ("counter" == series.kind) == series.name.endswith("_total")
        assert not re.search(r"_(ms|millis|minutes|count|sum|bucket)$", series.name)
        assert re.search(r"[.]$", series.text)
        assert "\n" not in series.text
