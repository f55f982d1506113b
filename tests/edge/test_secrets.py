"""References to secrets are resolved, and no failure shows a value."""

from pathlib import Path

import pytest

from layerkeep.core.errors import SettingsError
from layerkeep.edge.secrets import resolve


def test_resolve__plain_text__stands_for_itself() -> None:
    """Only env: and file: are references."""
    assert resolve("http://localhost:1") == "http://localhost:1"


def test_resolve__references__give_what_is_kept_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """White space around a value is not part of it."""
    monkeypatch.setenv("OP_RPC", " https://x \n")
    (tmp_path / "rpc").write_text("https://y\n")
    assert resolve("env:OP_RPC") == "https://x"
    assert resolve(f"file:{tmp_path}/rpc") == "https://y"


def test_resolve__nothing_there__names_the_reference_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Absent, empty and unreadable are told apart."""
    monkeypatch.delenv("NOT_SET", raising=False)
    monkeypatch.setenv("EMPTY", "")
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "bytes").write_bytes(b"\xffsecret")
    for reference, said in {
        "env:NOT_SET": "is not set",
        "env:EMPTY": "is empty",
        f"file:{tmp_path}/none": "No such file",
        f"file:{tmp_path}/empty": "is empty",
        f"file:{tmp_path}/bytes": "not text",
    }.items():
        with pytest.raises(SettingsError, match=said) as raised:
            resolve(reference)
        assert str(raised.value).startswith(reference)
        assert "secret" not in str(raised.value)
