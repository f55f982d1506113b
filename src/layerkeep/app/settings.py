"""How this process runs: read once from arguments and environment, then passed down."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from layerkeep.core.errors import SettingsError
from layerkeep.core.units import DAY, HOUR, MILLISECOND, MINUTE, SECOND, Duration

UNITS = {"ms": MILLISECOND, "s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}

START_AGE = Duration(DAY)
"""How far back a chain without a cursor is read: a day shows every route of a busy network."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One process's own settings. `keep` is how long finished messages stay (None: for ever)."""

    topology: str
    store: str
    start: str = "1d"
    keep: Duration | None = None


def duration(text: str) -> Duration:
    """A duration such as `90s`, `2h` or `7d`; SettingsError if it is none."""
    for unit in ("ms", "s", "m", "h", "d"):
        number = text.removesuffix(unit)
        if number != text and number.isdigit():
            return Duration(int(number) * UNITS[unit])
    raise SettingsError(f"{text!r} is no duration; expected for example 90s, 5m, 2h or 7d")


def default_store(network: str, environment: Mapping[str, str] = os.environ) -> str:
    """Where a network's store lies unless told otherwise: in the user's state directory."""
    home = environment.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    folder = Path(home) / "layerkeep"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"cannot make {folder}: {error.strerror}; use --store") from error
    return str(folder / f"{network}.sqlite")
