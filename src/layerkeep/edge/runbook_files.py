"""Reading runbooks from disk: those that come with layerkeep, and the operator's own.

An operator's page takes the place of the built-in one of the same name.
"""

import tomllib
from functools import cache
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from layerkeep.core.acting.runbooks.model import Runbook
from layerkeep.core.acting.runbooks.read import FENCE, Page, read_runbook
from layerkeep.core.errors import Fault, TopologyError
from layerkeep.core.topology.spot import Spot

CHECKOUT = Path(__file__).resolve().parents[3] / "runbooks"
INSTALLED = ("share", "layerkeep", "runbooks")
"""Where the pages are in a checkout, and where an installation puts them."""


@cache
def runbooks_folder() -> Path:
    """The folder of the built-in runbooks."""
    if CHECKOUT.is_dir():
        return CHECKOUT
    try:
        installed = files("layerkeep") or []
    except PackageNotFoundError:
        installed = []
    for file in installed:
        if file.parts[-4:-1] == INSTALLED:
            return Path(str(file.locate())).resolve().parent
    return CHECKOUT


def load_runbooks(own: str = "") -> dict[str, Runbook]:
    """Every runbook by name; TopologyError with every fault of every page if there is any."""
    faults: list[Fault] = []
    found: dict[str, Runbook] = {}
    folders = [runbooks_folder(), *([Path(own)] if own else [])]
    for folder in folders:
        if not folder.is_dir():
            Spot(str(folder), "acting.runbooks", faults).fault("no folder", "a folder of runbooks")
        for path in sorted(folder.glob("*.md")):
            runbook = _read(path, faults)
            found |= {path.stem: runbook} if runbook is not None else {}
    if faults:
        raise TopologyError(faults)
    return found


def _read(path: Path, faults: list[Fault]) -> Runbook | None:
    page = _page(path, Spot(str(path), "front matter", faults))
    return read_runbook(page, faults) if page is not None else None


def _page(path: Path, spot: Spot) -> Page | None:
    try:
        source = path.read_text(encoding="utf-8")
    except OSError as error:
        spot.fault(f"{path.name}: {error.strerror}", "a file that can be read")
        return None
    except UnicodeDecodeError:
        spot.fault("bytes that are no text", "Markdown in UTF-8")
        return None
    parts = source.split(f"{FENCE}\n", 2)
    if len(parts) != 3 or parts[0]:
        spot.fault("none", f"TOML between two lines of {FENCE} at the top of the page")
        return None
    try:
        return Page(path.stem, str(path), tomllib.loads(parts[1]), source)
    except tomllib.TOMLDecodeError as error:
        spot.fault(str(error), "TOML")
    return None
