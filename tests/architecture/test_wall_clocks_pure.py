"""The core's one use of `datetime` is arithmetic: nothing there asks what time it is."""

import re

import pytest
from rules import SOURCE

ASKS = re.compile(r"\b(now|utcnow|today|localtime|fromtimestamp)\b\s*\(|astimezone\(\s*\)")
WALLTIME = SOURCE / "core" / "acting" / "oncall" / "walltime.py"


def test_walltime__as_it_is__never_asks_for_the_time():
    """No clock, and no zone of this machine."""
    assert ASKS.search(WALLTIME.read_text()) is None


@pytest.mark.parametrize(
    "planted", ["datetime.now(UTC)", "date.today()", "moment.astimezone()", "fromtimestamp(1)"]
)
def test_walltime__asking_for_the_time__is_seen(planted):
    """Each way to ask is seen to fail when planted."""
    assert ASKS.search(WALLTIME.read_text() + planted) is not None
