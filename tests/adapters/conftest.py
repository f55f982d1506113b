"""Real chain recordings lie beside the checkout, not in it: tests that need them skip without."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

REALDATA = Path(__file__).parents[2].parent / "shared" / "reference" / "realdata"

Load = Callable[[str], Any]


@pytest.fixture(scope="session")
def realdata() -> Path:
    """The folder of recordings."""
    if not REALDATA.is_dir():
        pytest.skip(f"NO RECORDINGS: {REALDATA} is absent, so nothing real was decoded")
    return REALDATA


@pytest.fixture(scope="session")
def recording(realdata: Path) -> Load:
    """Reads one recording by its path in that folder."""

    def load(name: str) -> Any:
        return json.loads((realdata / name).read_text())

    return load
