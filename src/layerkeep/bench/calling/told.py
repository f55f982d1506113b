"""Whom the calls reached, held against whom they had to reach."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from layerkeep.bench.calling.plan import Step, Trouble, steps

CALLS = ("page", "again", "summary")


@dataclass(frozen=True, slots=True)
class Received:
    """One call as it came in: at which team's address, for whom, about which incidents.

    `is_signed` is false where the signature is not that of the address.
    """

    address: str
    kind: str
    person: str
    incidents: tuple[str, ...]
    is_signed: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """An incident as the store has it: by which rule, and when after the clock's start it opened.

    `over` is when it was resolved, None if it is open.
    """

    id: str
    rule: str
    opened: int
    over: int | None


@dataclass(slots=True)
class Compared:
    """How many were opened as they should, how many of these reached exactly whom they had to.

    `twice` counts calls of one step beyond its first; `wrong` says what else was not right.
    """

    opened: int = 0
    right: int = 0
    twice: int = 0
    wrong: list[str] = field(default_factory=list)


def compared(
    planned: Iterable[Trouble], opened: Sequence[Opened], received: Iterable[Received]
) -> Compared:
    """What became of everything that was planned."""
    by_rule = defaultdict(list)
    for each in opened:
        by_rule[each.rule].append(each)
    calls: dict[str, list[Received]] = defaultdict(list)
    for call in received:
        for name in call.incidents if call.kind in CALLS else ():
            calls[name].append(call)
    found = Compared()
    for trouble in planned:
        incidents = by_rule.pop(trouble.rule, [])
        over = incidents[0].over if len(incidents) == 1 else None
        if over is None:
            found.wrong.append(f"{trouble.rule}: {len(incidents)} incidents, none of them is over")
            continue
        found.opened += 1
        wanted = steps(trouble, incidents[0].opened, over)
        _judge(trouble, wanted, calls[incidents[0].id], found)
    found.wrong += [f"{rule}: nobody planned it" for rule in by_rule]
    strange = calls.keys() - {each.id for each in opened}
    found.wrong += [f"{name}: called for, and no incident" for name in strange]
    return found


def _judge(
    trouble: Trouble, wanted: Sequence[Step], calls: Iterable[Received], found: Compared
) -> None:
    reached: Counter[int] = Counter()
    wrong = []
    for call in calls:
        if not call.is_signed:
            wrong.append(f"to {call.person} not signed")
        if call.kind == "page" and call.address != trouble.team:
            wrong.append(f"to {call.person} at the address of {call.address}")
        levels = [step.level for step in wanted if call.person in step.people]
        wrong += [] if levels else [f"to {call.person}, who has no part in it"]
        reached.update(levels)
    for step in wanted:
        if step.is_needed and not reached[step.level]:
            wrong.append(f"nobody of {', '.join(sorted(step.people))} was called")
    found.twice += sum(count - 1 for count in reached.values())
    found.right += not wrong
    found.wrong += [f"{trouble.rule} of {trouble.team}: {each}" for each in wrong]
