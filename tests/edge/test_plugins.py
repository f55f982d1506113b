"""Adapters are found, not registered; one that cannot load is named."""

import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

import layerkeep.adapters
from layerkeep.core.errors import OperatorError
from layerkeep.edge import plugins
from layerkeep.edge.plugins import load_adapters

GOOD = 'from layerkeep.core.adapter import Adapter\nADAPTER = Adapter("{0}", "stack", (), (), ())\n'


@pytest.fixture(autouse=True)
def nothing_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The adapters' folder is an empty one, and no package offers any."""
    monkeypatch.setattr(layerkeep.adapters, "__path__", [str(tmp_path)])
    monkeypatch.setattr(plugins, "entry_points", lambda group: [])
    for name in [name for name in sys.modules if name.startswith("layerkeep.adapters.")]:
        monkeypatch.delitem(sys.modules, name)


def adapter(folder: Path, name: str, text: str) -> None:
    """One adapter's folder."""
    (folder / name).mkdir()
    (folder / name / "__init__.py").write_text(text)


def offer(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """A package that is installed offers an adapter."""
    entry = EntryPoint(name=name, value=value, group=plugins.GROUP)
    monkeypatch.setattr(plugins, "entry_points", lambda group: [entry])


def test_adapters__folders_and_offers__are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both sources count; single modules beside the folders do not."""
    adapter(tmp_path, "plugin_one", GOOD.format("one"))
    (tmp_path / "notes.py").write_text("raise RuntimeError")
    (tmp_path / "plugin_two_offered.py").write_text(GOOD.format("two"))
    monkeypatch.syspath_prepend(str(tmp_path))
    offer(monkeypatch, "two", "plugin_two_offered:ADAPTER")
    assert set(load_adapters()) == {"one", "two"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("raise RuntimeError('boom')", "RuntimeError: boom"),
        ("import nowhere_to_be_found", "ModuleNotFoundError"),
        ("", "ADAPTER"),
        ("ADAPTER = 5", "is a int, not an Adapter"),
    ],
)
def test_adapters__one_cannot_load__it_is_named(tmp_path: Path, text: str, said: str) -> None:
    """The operator learns which one, and what it said."""
    adapter(tmp_path, "plugin_bad", text)
    with pytest.raises(OperatorError, match=said) as raised:
        load_adapters()
    assert "layerkeep.adapters.plugin_bad" in str(raised.value)


def test_adapters__an_offer_cannot_load__it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken package of somebody else does not look like ours."""
    offer(monkeypatch, "zk", "nowhere_to_be_found:ADAPTER")
    with pytest.raises(OperatorError, match=r"the plugin zk \(nowhere_to_be_found:ADAPTER\)"):
        load_adapters()


def test_adapters__two_of_one_name__are_refused(tmp_path: Path) -> None:
    """A name stands for one adapter."""
    adapter(tmp_path, "plugin_a", GOOD.format("same"))
    adapter(tmp_path, "plugin_b", GOOD.format("same"))
    with pytest.raises(OperatorError, match="already an adapter named 'same'"):
        load_adapters()
