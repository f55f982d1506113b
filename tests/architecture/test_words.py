"""The project's text speaks of the project only."""

import re
import subprocess

import pytest
from rules import ROOT

HOSTS = re.compile(
    r"pypi\.org|pythonhosted|registry\.npmjs|npmjs\.org|deb\.debian|crates\.io|proxy\.golang",
    re.IGNORECASE,
)
PATHS = re.compile(r"(?<![\w.])/(work|root|home)/[\w.]")


def _tracked() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return [line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


def offences(text: str) -> list[str]:
    """Registry hosts and paths of one machine in a text."""
    return [match.group(0) for pattern in (HOSTS, PATHS) for match in pattern.finditer(text)]


def test_files__of_the_project__name_no_host_and_no_path_of_a_machine():
    """Nothing committed depends on, or tells of, where it was made."""
    found = {}
    for name in _tracked():
        if name == "tests/architecture/test_words.py":
            continue
        bad = offences((ROOT / name).read_text(errors="replace"))
        if bad:
            found[name] = bad[:3]

    assert found == {}


@pytest.mark.parametrize("planted", ["https://registry.npmjs.org/x", "see /home/me/x", "/root/.x"])
def test_word__of_a_machine__is_seen(planted):
    """Each kind of offence is seen when planted."""
    assert offences(planted) != []
