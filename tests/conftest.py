"""What all tests share: where the recordings are, and how to run the command."""

import json
import os
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from layerkeep.cli.main import cli

os.environ["LAYERKEEP_LISTEN"] = "127.0.0.1:0"
"""Several daemons may run at once in tests, each on a port of its own."""

RECORDINGS = Path(__file__).parents[2] / "shared" / "reference" / "realdata"


RECURSION = sys.getrecursionlimit()


def pytest_collection_finish():
    """Some test library lifts the limit so high that nested JSON would end the process."""
    sys.setrecursionlimit(RECURSION)


@pytest.fixture(scope="session")
def realdata() -> Path:
    """The folder of recorded mainnet data; tests that need it are skipped, loudly, without it."""
    if not RECORDINGS.is_dir():
        pytest.skip(f"NO RECORDED MAINNET DATA at {RECORDINGS}: this is not tested")
    return RECORDINGS


@pytest.fixture
def layerkeep():
    """Run a command in this process; its result has exit_code, output and exception."""
    runner = CliRunner()
    return lambda *words: runner.invoke(cli, [str(word) for word in words])


@pytest.fixture
def layerkeep_json(layerkeep):
    """Run a command with --json; the object it printed last."""

    def run(*words):
        result = layerkeep(*words, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.output.strip().splitlines()[-1])

    return run
