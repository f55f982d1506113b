"""Nothing is larger than a reader can hold in mind."""

import pytest
from rules import FOLDER_ENTRIES_MAX, SOURCE, python_files, size_offences


@pytest.mark.parametrize("path", python_files(), ids=lambda p: str(p.relative_to(SOURCE)))
def test_file__of_the_package__is_within_limits(path):
    """Files, functions, lines, arguments and nesting stay within STYLE's numbers."""
    assert size_offences(path.read_text()) == []


def test_folder__of_the_package__holds_few_entries():
    """No folder has more entries than can be read at a glance."""
    crowded = {
        str(folder): len(entries)
        for folder in (SOURCE, *(p for p in SOURCE.rglob("*") if p.is_dir()))
        if len(entries := [e for e in folder.iterdir() if e.name != "__pycache__"])
        > FOLDER_ENTRIES_MAX
    }

    assert crowded == {}


@pytest.mark.parametrize(
    ("planted", "offence"),
    [
        ("x = 1\n" * 401, "file has 401 lines"),
        ("def f():\n" + "    x = 1\n" * 70, "f has 71 lines"),
        ("def f(a, b, c, d, *, e, g): ...\n", "f takes 6 arguments"),
        (
            "def f():\n if 1:\n  for a in b:\n   while 1:\n    with c:\n     pass\n",
            "f is nested 4 deep",
        ),
        ("x = '" + "y" * 100 + "'\n", "line 1 has 106"),
    ],
)
def test_limit__overstepped__is_seen(planted, offence):
    """Each limit is seen to fail on a planted offence."""
    assert offence in size_offences(planted)
