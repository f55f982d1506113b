"""What is checked, as a table: a row for each kind of check, a column for each child chain."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from layerkeep.api.shapes.chains import ChainShown
from layerkeep.api.shapes.overview import TruthShown

_WORDS = {
    "claim": "claims recomputed",
    "batch": "batch contents",
    "attributes": "block attributes",
    "placement": "batches in place",
    "withdrawal": "withdrawals burned",
    "delivery": "deliveries sent",
    "escrow": "escrow ≥ supply",
}
"""The console's words for the checks; any other is printed as it is called."""


@dataclass(frozen=True, slots=True)
class TruthRow:
    """One kind of check of every chain; None where a chain claims nothing of that kind."""

    check: str
    cells: tuple[TruthShown | None, ...]


@dataclass(frozen=True, slots=True)
class TruthTable:
    """The table, and the line that counts it."""

    chains: tuple[str, ...]
    rows: tuple[TruthRow, ...]
    note: str


def truth_table(truth: Sequence[TruthShown], chains: Sequence[ChainShown]) -> TruthTable:
    """The table of these checks, columns in the order of the chains."""
    told = {(each.check, each.chain): each for each in truth}
    names = tuple(chain.name for chain in chains if chain.parent)
    rows = tuple(
        TruthRow(check_words(check), tuple(told.get((check, name)) for name in names))
        for check in dict.fromkeys(each.check for each in truth)
    )
    return TruthTable(names, rows, _note(truth))


def check_words(check: str) -> str:
    """A kind of check in words."""
    return _WORDS.get(check, check.replace("-", " "))


def _note(truth: Sequence[TruthShown]) -> str:
    counted = Counter(each.verdict for each in truth)
    said = [f"{counted[verdict]} {verdict}" for verdict in ("true", "false", "blind")]
    if counted["unknown"]:
        said.append(f"{counted['unknown']} no node can tell")
    if counted["never"]:
        said.append(f"{counted['never']} not checked yet")
    return "what the layers claim about each other, recomputed on our own nodes. " + ", ".join(said)
