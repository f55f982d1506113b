"""How old a chain's heads usually are: the band between the 5th and the 95th percentile.

A head's age grows until the next one comes and falls then. So each step gives two samples, the age
just before it and the age just after it, and each of them counts for half of the time since the
step before: what lasts long counts for more. Samples are counted in classes of 1/16 octave, so a
week of them takes a few kilobytes. All times in milliseconds.
"""

from collections import Counter
from dataclasses import dataclass, field

from layerkeep.core.units import DAY, HOUR, MINUTE, Duration, Timestamp

REMEMBERED = Duration(7 * DAY)
SLOT = Duration(6 * HOUR)
"""What is older than `REMEMBERED` is forgotten in slots of this length."""

CLASSES_PER_OCTAVE = 16
"""A class is 4.4 % wide: no eye sees more on a logarithmic axis."""

SAMPLES_MIN = 16
"""With fewer samples nothing is called usual."""

LOW, HIGH = 5, 95
"""Percentiles: one hour in twenty may be quicker, and one slower, than usual."""

FRESH_FOR = Duration(MINUTE)
"""A band is worked out anew no more often: a week does not change in a minute."""

Band = tuple[Duration, Duration]


def class_of(age: int) -> int:
    """The class of an age; what is younger than a millisecond counts as one."""
    octave = max(1, age).bit_length() - 1
    step = CLASSES_PER_OCTAVE * (max(1, age) - (1 << octave)) >> octave
    return CLASSES_PER_OCTAVE * octave + step


def bounds_of(number: int) -> Band:
    """The ages between which a class lies."""
    octave, step = divmod(number, CLASSES_PER_OCTAVE)
    low = (1 << octave) * (CLASSES_PER_OCTAVE + step) / CLASSES_PER_OCTAVE
    return Duration(int(low)), Duration(int(low + (1 << octave) / CLASSES_PER_OCTAVE))


@dataclass(slots=True)
class Ages:
    """The ages of one head in the last seven days."""

    samples: int = 0
    _weights: Counter[int] = field(default_factory=Counter)
    _slots: dict[int, Counter[int]] = field(default_factory=dict)
    _band: tuple[Timestamp, Band | None] | None = None

    def add(self, age: int, weight: int, at: Timestamp) -> None:
        """The head was so old at a moment, and that stands for so much time."""
        self._put(at // SLOT, Counter({class_of(age): weight}))
        self.samples += 1

    def merge(self, other: "Ages", part: int, whole: int) -> None:
        """The other's ages are known too; what weighed `whole` there weighs `part` here."""
        for slot, weights in other._slots.items():
            scaled = {number: max(1, each * part // whole) for number, each in weights.items()}
            self._put(slot, Counter(scaled))
        self.samples += other.samples

    def band(self, now: Timestamp) -> Band | None:
        """Between which ages it usually is; None while too little is known."""
        if self._band is None or now - self._band[0] >= FRESH_FOR or self._band[1] is None:
            self._band = now, self._worked_out()
        return self._band[1]

    def _put(self, slot: int, weights: Counter[int]) -> None:
        known = self._slots.get(slot)
        if known is None:
            known = self._slots[slot] = Counter()
            newest = max(self._slots)
            for old in [each for each in self._slots if (newest - each) * SLOT > REMEMBERED]:
                self._weights -= self._slots.pop(old)
            if slot not in self._slots:
                return
        known.update(weights)
        self._weights.update(weights)

    def _worked_out(self) -> Band | None:
        total = self._weights.total()
        if self.samples < SAMPLES_MIN or not total:
            return None
        classes = sorted(self._weights.items())
        low = bounds_of(_percentile(classes, total, LOW))[0]
        return low, bounds_of(_percentile(classes, total, HIGH))[1]


def _percentile(classes: list[tuple[int, int]], total: int, percent: int) -> int:
    """The class below which so much of the time lies."""
    passed = 0
    for number, weight in classes:
        passed += weight
        if 100 * passed >= percent * total:
            return number
    return classes[-1][0]
