"""Measure everything, or what is named: `python -m bench [decoding] [recording] [history]`.

Prints a table and, as its last line, one JSON object. Fails if a target is not met.
"""

import sys
from collections.abc import Callable, Sequence

import msgspec

from bench import decoding, history, recording
from bench.figures import Figure, Outcome

MEASURES: dict[str, Callable[[], list[Outcome]]] = {
    "decoding": decoding.measure,
    "recording": recording.measure,
    "history": history.measure,
}


def main(names: Sequence[str]) -> int:
    """Print what was measured; 0 if every target is met, 2 if a name is unknown."""
    unknown = [name for name in names if name not in MEASURES]
    if unknown:
        print(f"nothing called {unknown[0]!r}; there are {', '.join(MEASURES)}", file=sys.stderr)
        return 2
    outcomes: list[Outcome] = []
    print(f"{'':44}{'measured':>12}{'target':>12}  {'':11}{'x parse':>8}")
    for name in names or MEASURES:
        for outcome in MEASURES[name]():
            outcomes.append(outcome)
            print(line(outcome), flush=True)
    met = all(each.met for each in outcomes if isinstance(each, Figure))
    rows = [msgspec.structs.asdict(told(each)) for each in outcomes]
    print(msgspec.json.encode({"met": met, "figures": rows}).decode())
    return 0 if met else 1


class Told(msgspec.Struct):
    """An outcome in the JSON at the end."""

    name: str
    value: float | None = None
    unit: str = ""
    target: float | None = None
    ratio: float | None = None
    met: bool | None = None
    why: str = ""


def told(outcome: Outcome) -> Told:
    """An outcome for the JSON."""
    if not isinstance(outcome, Figure):
        return Told(outcome.name, why=outcome.why)
    return Told(
        *(outcome.name, outcome.value, outcome.unit, outcome.target, outcome.ratio, outcome.met)
    )


def line(outcome: Outcome) -> str:
    """An outcome as a line of the table."""
    if not isinstance(outcome, Figure):
        return f"{outcome.name:44}  skipped: {outcome.why}"
    ratio = "" if outcome.ratio is None else f"{outcome.ratio:.1f}"
    if outcome.ratio_max is not None:
        ratio += f" (<= {outcome.ratio_max:g})"
    bound = (">= " if outcome.more_is_better else "<= ") + figure(outcome.target)
    state = "ok" if outcome.met else "NOT MET"
    return (
        f"{outcome.name:44}{figure(outcome.value):>12}{bound:>12}"
        f"  {outcome.unit:11}{ratio:>8}  {state}"
    )


def figure(value: float) -> str:
    """A number that is read at a glance."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
