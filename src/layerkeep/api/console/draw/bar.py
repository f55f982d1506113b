"""Time in a stage as a bar scaled to its budget: the line stands in one place down a whole table.

The budget stands at 62.5 percent, so that what is overdue has room; past 1.6 budgets the bar ends.
"""

from dataclasses import dataclass

LINE = 62.5
USUAL_ALONE = 31.2
"""Where usual ends if there is no budget to measure by."""


@dataclass(frozen=True, slots=True)
class Bar:
    """Widths in percent: the usual band, then ink, `late` and `bad`, one behind the other.

    `line` is the budget's place, None where there is no budget.
    """

    usual: float
    ok: float
    late: float
    bad: float
    line: float | None


def bar(rested: int, usual: int | None, budget: int | None) -> Bar | None:
    """The bar of a message that has rested so long (durations); None with nothing to scale by."""
    if budget is not None and budget > 0:
        scale, line = LINE / budget, LINE
    elif usual:
        scale, line = USUAL_ALONE / usual, None
    else:
        return None
    reach = min(max(0, rested) * scale, 100.0)
    limit = line if line is not None else 100.0
    band = min(usual * scale, limit) if usual else 0.0
    ok = min(reach, band if usual else limit)
    late = min(reach, limit) - ok
    return Bar(
        usual=round(band, 2),
        ok=round(ok, 2),
        late=round(max(0.0, late), 2),
        bad=round(max(0.0, reach - limit), 2),
        line=line,
    )
