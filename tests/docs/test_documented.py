"""What the documents say is what the code does."""

import re
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest

from layerkeep.cli.main import COMMANDS

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def _docs_script():
    loader = SourceFileLoader("docs_script", str(ROOT / "scripts" / "docs"))
    module = module_from_spec(spec_from_loader("docs_script", loader))
    loader.exec_module(module)
    return module


def test_reference__as_committed__is_what_the_code_says():
    """`make docs` would change nothing."""
    docs = _docs_script()

    assert docs.commands_page() == (ROOT / "docs/reference/commands.md").read_text()
    assert docs.schema_page() == (ROOT / "docs/reference/topology.schema.json").read_text()


def _code(text):
    """Only what stands in code blocks."""
    return "\n".join(text.split("```")[1::2])


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_page__naming_commands__names_real_ones(page):
    """Every `layerkeep WORD` in a code span is a command."""
    text = page.read_text()
    named = set(re.findall(r"^layerkeep ([a-z]+)", _code(text), re.MULTILINE)) | set(
        re.findall(r"`layerkeep ([a-z]+)", text)
    )

    assert set() == named - set(COMMANDS)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_page__linking_files__links_to_existing_ones(page):
    """Every relative link leads somewhere."""
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text())

    assert [] == [link for link in links if not (page.parent / link).exists()]


def test_make_targets__named_in_the_readme__exist():
    """Every `make WORD` of the README is a target."""
    makefile = (ROOT / "Makefile").read_text()
    named = set(re.findall(r"`make ([a-z]+)", (ROOT / "README.md").read_text()))

    assert set() == {name for name in named if not re.search(rf"^{name}:", makefile, re.MULTILINE)}
