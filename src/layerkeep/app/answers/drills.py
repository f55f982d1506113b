"""The newest drill of each fault, kept in one file in the user's state directory.

A drill runs on a devnet of its own that is gone afterwards, so no network's store can hold how it
went. A fault that is drilled again on the same component takes the place of its former line.
"""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from layerkeep.api.shapes.drills import DrillShown
from layerkeep.app.settings import state_folder
from layerkeep.core.errors import SettingsError


def drills_file() -> Path:
    """Where drills are kept, whether or not any was run; SettingsError without a place for it."""
    return state_folder() / "drills.json"


def kept_drills(place: Path) -> tuple[DrillShown, ...]:
    """The newest drill of every fault, by name; none where none has run."""
    if not place.exists():
        return ()
    try:
        return msgspec.json.decode(place.read_bytes(), type=tuple[DrillShown, ...])
    except (OSError, msgspec.DecodeError) as error:
        raise SettingsError(f"cannot read {place}: {error}; remove it and drill again") from error


def keep_drills(place: Path, ended: Iterable[DrillShown]) -> None:
    """The file has these drills now, each in place of the former one of its fault."""
    newest = {(each.fault, each.component): each for each in kept_drills(place)}
    newest |= {(each.fault, each.component): each for each in ended}
    half = place.with_suffix(".part")
    half.write_bytes(msgspec.json.encode([newest[key] for key in sorted(newest)]))
    half.replace(place)
