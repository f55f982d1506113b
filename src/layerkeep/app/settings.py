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

OBSERVED = Duration(3 * DAY)
"""How long observations stay: an incident can be replayed on Monday that was open on Friday."""

TOLD = Duration(30 * DAY)
"""How long notices stay at least: whoever reviews an incident afterwards reads who was called."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One process's own settings. `keep` is how long finished messages stay (None: for ever).

    `observed` is how long stays what was true of a moment only: heads, nodes, reorgs, lies; and
    what people were told of incidents that are over, if it is longer than `TOLD`.
    """

    topology: str
    store: str
    start: str = "1d"
    keep: Duration | None = None
    observed: Duration = OBSERVED


def duration(text: str) -> Duration:
    """A duration such as `90s`, `2h` or `7d`; SettingsError if it is none."""
    for unit in ("ms", "s", "m", "h", "d"):
        number = text.removesuffix(unit)
        if number != text and number.isdigit():
            return Duration(int(number) * UNITS[unit])
    raise SettingsError(f"{text!r} is no duration; expected for example 90s, 5m, 2h or 7d")


def start_age(text: str) -> Duration:
    """How far back to begin; SettingsError if it is no duration."""
    try:
        return duration(text)
    except SettingsError as error:
        raise SettingsError(
            f"{text!r} is no start; expected a block number, `latest` or an age such as 2h"
        ) from error


def default_store(network: str, environment: Mapping[str, str] = os.environ) -> str:
    """Where a network's store lies unless told otherwise: in the user's state directory."""
    return str(state_folder(environment) / f"{network}.sqlite")


def state_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Our folder in the user's state directory, made if missing; SettingsError if it cannot be."""
    home = environment.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    folder = Path(home) / "layerkeep"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"cannot make {folder}: {error.strerror}; use --store") from error
    return folder
