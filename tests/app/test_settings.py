"""Durations and places an operator names."""

import pytest

from layerkeep.app.settings import default_store, duration
from layerkeep.core.errors import SettingsError
from layerkeep.core.units import DAY, HOUR, MILLISECOND, SECOND


@pytest.mark.parametrize(
    ("text", "expected"),
    [("250ms", 250 * MILLISECOND), ("90s", 90 * SECOND), ("2h", 2 * HOUR), ("7d", 7 * DAY)],
)
def test_duration__with_a_unit__is_milliseconds(text, expected):
    """Every unit is understood."""
    assert expected == duration(text)


@pytest.mark.parametrize("text", ["", "7", "d", "-2h", "two days", "1.5h"])
def test_duration__malformed__says_what_is_expected(text):
    """Anything else is refused with an example."""
    with pytest.raises(SettingsError, match="expected for example 90s"):
        duration(text)


def test_default_store__of_a_network__lies_in_the_state_directory(tmp_path):
    """Each network has its own file, and its folder exists."""
    place = default_store("devnet", {"XDG_STATE_HOME": str(tmp_path)})

    assert str(tmp_path / "layerkeep" / "devnet.sqlite") == place
    assert (tmp_path / "layerkeep").is_dir()


def test_default_store__where_nothing_can_be_written__points_to_the_option(tmp_path):
    """A file in the way is told with the way out."""
    (tmp_path / "layerkeep").write_text("in the way")

    with pytest.raises(SettingsError, match="use --store"):
        default_store("devnet", {"XDG_STATE_HOME": str(tmp_path)})
