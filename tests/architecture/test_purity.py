"""Core and adapters decide and translate; they touch nothing."""

import pytest
from rules import CORE_THIRD_PARTY, SOURCE, purity_offences, python_files, third_party

PURE = [*python_files(SOURCE / "core"), *python_files(SOURCE / "adapters")]


@pytest.mark.parametrize("path", PURE, ids=lambda p: str(p.relative_to(SOURCE)))
def test_file__of_core_or_adapters__is_pure(path):
    """No async, no output, no hash of the process, no floats, no foreign packages."""
    source = path.read_text()

    assert purity_offences(source) == []
    assert set() == third_party(source) - CORE_THIRD_PARTY


@pytest.mark.parametrize(
    "planted",
    ["async def f(): ...", "open('x')", "hash('x')", "print(1)", "x = 0.5", "[a for a in {1, 2}]"],
)
def test_purity__offended__is_seen(planted):
    """Each impurity is seen to fail when planted."""
    assert purity_offences(planted) != []


def test_third_party__planted__is_seen():
    """A foreign package is seen."""
    assert {"aiohttp"} == third_party("import aiohttp\nfrom layerkeep.core import facts\nimport re")
