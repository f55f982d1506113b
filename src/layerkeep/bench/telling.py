"""Every measure, and how its figures are told."""

from collections.abc import Callable, Iterator, Sequence

import msgspec

from layerkeep.bench import (
    calling,
    decoding,
    history,
    integrity,
    recording,
    requests,
    serving,
    storm,
)
from layerkeep.bench.figures import Figure, Outcome
from layerkeep.core.errors import SettingsError

MEASURES: dict[str, Callable[[], list[Outcome]]] = {
    "decoding": decoding.measure,
    "recording": recording.measure,
    "storm": storm.measure,
    "history": history.measure,
    "serving": serving.measure,
    "calling": calling.measure,
    "requests": requests.measure,
    "integrity": integrity.measure,
}
HEAD = f"{'':44}{'measured':>12}{'target':>12}  {'':11}{'x baseline':>10}"


def measured(names: Sequence[str]) -> Iterator[Outcome]:
    """The outcomes of the measures named, or of all; SettingsError if there is no such one."""
    unknown = [name for name in names if name not in MEASURES]
    if unknown:
        raise SettingsError(f"no measure {unknown[0]!r}; there are {', '.join(MEASURES)}")
    for name in names or MEASURES:
        yield from MEASURES[name]()


def all_met(outcomes: Sequence[Outcome]) -> bool:
    """True if every target that was measured is reached."""
    return all(each.met for each in outcomes if isinstance(each, Figure))


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
