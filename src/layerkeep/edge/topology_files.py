"""Reading a topology from disk: a file with what it includes, or a preset by name.

A file includes others by a path relative to itself, or a preset by `preset:NAME`. Each file is
read once; a file that includes itself, or is included twice, is a fault.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from layerkeep.core.adapter import Adapter
from layerkeep.core.errors import Fault, SettingsError, TopologyError
from layerkeep.core.topology import Topology
from layerkeep.core.topology.parse import read_topology
from layerkeep.core.topology.spot import Spot, close_match, shown
from layerkeep.edge.presets import INDEX, NETWORK, lineage, preset_folder, presets

PRESET = "preset:"
WHERE = re.compile(
    r"(?P<what>.*) \(at (?:(?P<line>line \d+), column \d+|end of document)\)", re.DOTALL
)

Documents = dict[str, dict[str, Any]]


@dataclass(slots=True)
class _Reading:
    """What has been read so far, by the name that faults give it, and where each file was named."""

    documents: Documents = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    seen: dict[Path, str] = field(default_factory=dict)


def load_topology(place: str | Path, adapters: Mapping[str, Adapter]) -> Topology:
    """The topology of a file or of a preset; TopologyError with every fault if it has any."""
    return read_topology(read_documents(place), adapters)


def read_documents(place: str | Path) -> Documents:
    """The tables of a topology file and of all it includes, by file."""
    path = Path(place)
    if path.suffix != ".toml" and not path.exists():
        return _preset_documents(str(place))
    reading = _Reading()
    _read(path, Spot(str(place), "file", reading.faults), reading, ())
    if reading.faults:
        raise TopologyError(reading.faults)
    return reading.documents


def _preset_documents(name: str) -> Documents:
    if name == NETWORK:
        return read_documents(preset_folder() / INDEX)
    line = lineage(name)
    if line is None:
        near = close_match(name, [NETWORK, *(preset.name for preset in presets())])
        hint = f"; did you mean {near!r}?" if near else ""
        raise SettingsError(f"{name}: there is neither such a file nor such a preset{hint}")
    documents: Documents = {PRESET + name: {"network": {"name": name}}}
    for preset in line:
        documents |= read_documents(preset.path)
    return documents


def _read(path: Path, spot: Spot, reading: _Reading, trail: tuple[Path, ...]) -> None:
    """Read a file and what it includes; `spot` is where it was named, `trail` who includes it."""
    key = path.resolve()
    if key in trail:
        circle = " -> ".join(one.name for one in (*trail[trail.index(key) :], key))
        spot.fault(circle, "includes that never come round")
        return
    if key in reading.seen:
        spot.fault(f"{path.name} again", f"only the one in {reading.seen[key]}")
        return
    reading.seen[key] = spot.file
    document = _parse(path, spot)
    if document is None:
        return
    reading.documents[str(path)] = document
    included = document.get("include", [])
    inner = Spot(str(path), "include", reading.faults)
    for index, name in enumerate(included if isinstance(included, list) else []):
        target = _target(name, path, inner.at(index))
        if target is not None:
            _read(target, inner.at(index), reading, (*trail, key))


def _parse(path: Path, spot: Spot) -> dict[str, Any] | None:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        spot.fault(f"{str(path)!r}: {error.strerror}", "a file that can be read")
    except UnicodeDecodeError:
        Spot(str(path), "file", spot.faults).fault("bytes that are no text", "TOML in UTF-8")
    except tomllib.TOMLDecodeError as error:
        match = WHERE.fullmatch(str(error))
        what = match["what"] if match else str(error)
        line = (match and match["line"]) or "last line"
        Spot(str(path), line, spot.faults).fault(what[:1].lower() + what[1:], "TOML")
    return None


def _target(name: object, path: Path, spot: Spot) -> Path | None:
    if not isinstance(name, str) or not name:
        spot.fault(shown(name), "a file name or preset:NAME, in quotes")
        return None
    if not name.startswith(PRESET):
        return path.parent / name
    known = {preset.name: preset.path for preset in presets()}
    wanted = name.removeprefix(PRESET)
    if wanted not in known:
        spot.fault(shown(name), "preset:NAME of a chain", close_match(wanted, known))
        return None
    return known[wanted]
