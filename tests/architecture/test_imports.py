"""Imports point down the line; siblings never meet."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from rules import ROOT

LINT = Path(sys.executable).with_name("lint-imports")

PLANTED = [
    ("core/planted.py", "import layerkeep.edge.plugins\n"),
    ("core/planted.py", "import asyncio\n"),
    ("adapters/op_stack/planted.py", "import layerkeep.adapters.nitro.decode\n"),
    ("edge/planted.py", "import layerkeep.app\n"),
    ("sim/planted.py", "import layerkeep.edge.plugins\n"),
]


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the import contracts over a copy of the package in `folder`."""
    return subprocess.run(
        [str(LINT), "--no-cache"],
        cwd=folder,
        env={"PYTHONPATH": str(folder / "src")},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the package and its contracts."""
    shutil.copytree(
        ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize(("path", "source"), PLANTED)
def test_import__against_the_line__is_seen(copy, path, source):
    """Each contract is seen to fail on a planted import."""
    (copy / "src" / "layerkeep" / path).write_text(f'"""Planted."""\n\n{source}')

    result = _lint(copy)

    assert result.returncode == 1
    assert "BROKEN" in result.stdout


@pytest.mark.slow
def test_import__inside_core__points_down(copy):
    """What stands lower in the core never imports what stands higher."""
    facts = copy / "src" / "layerkeep" / "core" / "facts.py"
    facts.write_text(facts.read_text() + "\nimport layerkeep.core.engine  # noqa\n")

    result = _lint(copy)

    assert result.returncode == 1
    assert "BROKEN" in result.stdout


@pytest.mark.slow
def test_imports__as_they_are__keep_every_contract(copy):
    """The package as it is keeps every contract."""
    result = _lint(copy)

    assert result.returncode == 0, result.stdout
