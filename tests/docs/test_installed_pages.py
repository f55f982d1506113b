"""What an installation has besides code: a wheel is built, put somewhere, and asked."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from layerkeep.core.rules import RULES

ROOT = Path(__file__).parents[2]
BUILT_FROM = ("pyproject.toml", "README.md", "src", "docs/rules", "runbooks", "topologies")
BUILD = "from setuptools.build_meta import build_wheel; print(build_wheel('wheel'))"
ASK = (
    "import layerkeep.app.answers.pages as pages\n"
    "from layerkeep.core.topology import Topology\n"
    "print(pages.CHECKOUT.is_dir(), pages.pages_folder())\n"
    "print(pages.page_of('chain_halted', Topology('x', {})))\n"
)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as an installation lays it out, made of a wheel of this very tree."""
    tree = tmp_path_factory.mktemp("tree")
    for name in BUILT_FROM:
        source, target = ROOT / name, tree / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            unwanted = shutil.ignore_patterns("*.egg-info", "__pycache__")
            shutil.copytree(source, target, ignore=unwanted)
        else:
            shutil.copy(source, target)
    (tree / "wheel").mkdir()
    subprocess.run([sys.executable, "-c", BUILD], cwd=tree, check=True, capture_output=True)
    (wheel,) = (tree / "wheel").glob("*.whl")
    site = tmp_path_factory.mktemp("prefix") / "site"
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(site)
    (data,) = site.glob("*.data/data")
    shutil.copytree(data, site.parent, dirs_exist_ok=True)
    (record,) = site.glob("*.dist-info/RECORD")
    name = data.parent.name
    record.write_text(record.read_text().replace(f"{name}/data/", "../"))
    return site


def test_wheel__of_this_tree__has_the_page_of_every_rule(installed: Path) -> None:
    """Each rule of ours has its page beside the code, the same as in docs."""
    shipped = {
        path.name: path.read_text()
        for path in (installed.parent / "share/layerkeep/rules").iterdir()
    }
    expected = {f"{rule.name}.md" for rule in RULES}

    assert expected == shipped.keys()
    assert shipped["chain_halted.md"] == (ROOT / "docs/rules/chain_halted.md").read_text()


def test_wheel__of_this_tree__has_every_runbook(installed: Path) -> None:
    """Each page as it is here."""
    shipped = (installed.parent / "share/layerkeep/runbooks").iterdir()

    assert {path.name: path.read_text() for path in (ROOT / "runbooks").glob("*.md")} == {
        path.name: path.read_text() for path in shipped
    }


def test_installation__asked_for_the_page_of_a_rule__has_it(installed: Path) -> None:
    """Away from any checkout the page is found where the installation put it."""
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    asked = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=installed,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    found, _, page = asked.stdout.partition("\n")

    assert f"False {installed.parent}/share/layerkeep/rules" == found
    assert page.strip() == (ROOT / "docs/rules/chain_halted.md").read_text().strip()
