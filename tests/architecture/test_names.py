"""Names say what a thing is."""

import pytest
from rules import SOURCE, name_offences, python_files


@pytest.mark.parametrize("path", python_files(), ids=lambda p: str(p.relative_to(SOURCE)))
def test_file__of_the_package__has_no_vague_names(path):
    """No Manager, Service, Handler, Helper, Util, Base, Common, Data, Info; no get_."""
    assert name_offences(str(path), path.read_text()) == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("core/utils.py", ""),
        ("edge/rpc_helper.py", ""),
        ("a.py", "class ChainManager: ..."),
        ("a.py", "class BaseThing: ..."),
        ("a.py", "def get_chain(): ..."),
    ],
)
def test_name__vague__is_seen(path, source):
    """Each vague name is seen to fail when planted."""
    assert name_offences(path, source) != []
