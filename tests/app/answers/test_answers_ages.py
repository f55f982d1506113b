"""How old heads usually are: classes, percentiles, forgetting, and what the store remembers."""

import asyncio
from pathlib import Path

from answers_scene import L1, START, Dialled, with_answers

from layerkeep.app.answers import Answers
from layerkeep.app.answers.memory.ages import REMEMBERED, SLOT, Ages, bounds_of, class_of
from layerkeep.core.units import HOUR, Timestamp


def test_class__of_any_age__holds_it_and_is_narrow():
    """Every age lies in the class it is counted in, and a class is a 16th of an octave."""
    for age in (1, 2, 3, 17, 999, 1000, 12_345, 86_400_000, 700_000_000):
        low, high = bounds_of(class_of(age))
        assert low <= age <= high
        assert high - low <= max(1, age // 16 + 1)


def test_band__of_a_chain_with_rare_gaps__leaves_them_out():
    """One step in fifty took a minute instead of a second; only 2 % of samples, so not usual."""
    ages = Ages()
    for step in range(100):
        age = 60_000 if step % 50 == 0 else 1000
        ages.add(age, 1000, Timestamp(START + step * 1000))

    low, high = ages.band(Timestamp(START)) or (0, 0)
    assert low <= 1000 <= high < 1100


def test_band__weighs_by_time__what_lasts_counts_for_more():
    """A tenth of the samples that stands for half of the time is usual."""
    ages = Ages()
    for step in range(100):
        rare = step % 10 == 0
        ages.add(60_000 if rare else 1000, 9000 if rare else 1000, Timestamp(START))

    assert (ages.band(Timestamp(START)) or (0, 0))[1] >= 60_000


def test_band__of_few_samples__is_not_told():
    """Fifteen are too few."""
    ages = Ages()
    for _ in range(15):
        ages.add(1000, 1, Timestamp(START))
    assert ages.band(Timestamp(START)) is None
    ages.add(1000, 1, Timestamp(START))
    assert ages.band(Timestamp(START)) is not None


def test_ages__older_than_a_week__are_forgotten():
    """What was usual then is not usual now, and memory stays bounded."""
    ages = Ages()
    for _ in range(100):
        ages.add(60_000, 1000, Timestamp(START))
    later = START + REMEMBERED + 2 * SLOT
    for _ in range(20):
        ages.add(1000, 1, Timestamp(later))

    assert (ages.band(Timestamp(later)) or (0, 0))[1] < 1100
    assert 1 == len(ages._slots)


def test_ages__of_the_past__are_known_after_a_restart(tmp_path: Path):
    """Looks of every other hour are read from the store; before that nothing is called usual."""
    path = tmp_path / "one.sqlite"

    async def before(daemon: Dialled, _answers: Answers) -> None:
        for hour in range(30):
            daemon.time = START + hour * HOUR
            for step in range(4):
                daemon.time += 1000
                height = (daemon.time - START) // 1000
                await daemon.observe(daemon.heads(L1, height, age=2000 + step * 100))

    async def after(daemon: Dialled, answers: Answers):
        daemon.time = START + 31 * HOUR
        untold = (await answers.chains())[0].heads[0]
        await answers.learn(asyncio.Event())
        return untold, (await answers.chains())[0].heads[0]

    with_answers(path, before)
    untold, told = with_answers(path, after)

    assert untold.usual_high is None
    assert told.usual_low is not None
    assert told.usual_high is not None
    assert 950 <= told.usual_low <= 1100
    assert 2000 <= told.usual_high < 2500
