"""Runs over many seeds: workers die anywhere, steps fail in every manner, stores come back old."""

import random

import msgspec
import pytest
from acted_world import Driver, World, agree, proposed

from layerkeep.core.acting.runs import run as journal
from layerkeep.core.acting.runs.record import (
    ALREADY,
    DONE,
    REASONS,
    STOPPED,
    SUCCEEDED,
    UNDONE,
    Run,
)
from layerkeep.core.units import MINUTE, Timestamp

SEEDS = 400
ROUNDS = 2_000


def played(seed: int, *, backups: bool = False) -> tuple[World, Run]:
    """One run carried to its end in a world of this seed."""
    chance = random.Random(seed)
    world = World(chance)
    count = chance.choice((1, 2))
    automatic = chance.random() < 0.3
    driver = Driver(world, proposed(count=count, automatic=automatic, back=chance.random() < 0.7))
    quiet = chance.random() < 0.1
    for _ in range(ROUNDS):
        world.now += MINUTE // 2
        driver.halted = "ann" if chance.random() < 0.1 else ""
        if backups and chance.random() < 0.02:
            driver.restore()
        if chance.random() < 0.02:
            world.effects.setdefault("outside", world.now)
        if not quiet:
            _speak(driver, chance, world.now)
        driver.round()
        if driver.run.is_over and not (backups and chance.random() < 0.5):
            break
    return world, driver.run


def _speak(driver: Driver, chance: random.Random, now: int) -> None:
    """People say what people say: some of it does not count."""
    run = driver.run
    word = chance.choice(("agree", "agree", "start", "answer", "nothing", "nothing"))
    if word == "agree":
        agree(run, chance.choice(("ann", "bob", "cid")), now)
    elif word == "start":
        journal.start(run, "bob", Timestamp(now))
    elif word == "answer" and chance.random() < 0.2:
        journal.answered(run, "bob", Timestamp(now), yes=chance.random() < 0.8)
    driver.kept.append(msgspec.json.encode(run))


@pytest.mark.parametrize("backups", [False, True], ids=["kills", "kills-and-backups"])
def test_runs__over_seeds__do_nothing_twice_and_nothing_unapproved(backups: bool) -> None:
    """Whatever dies and whatever is restored."""
    offences = {
        (seed, each) for seed in range(SEEDS) for each in played(seed, backups=backups)[0].offences
    }

    assert set() == offences


def test_runs__over_seeds__end_as_they_say() -> None:
    """Done has every proof; undone has gone its whole way back; each other end has its reason."""
    ends: dict[str, int] = {}
    for seed in range(SEEDS):
        world, run = played(seed)
        ends[run.state] = ends.get(run.state, 0) + 1
        name = f"{run.state} {run.reason}".strip()
        assert run.is_over, f"seed {seed} ends"
        assert run.state == DONE or run.reason in REASONS, f"seed {seed}: {name}"
        if run.state == DONE:
            assert [True] * 3 == [world.holds(s.proof) for s in run.steps if s.proof], seed
        if run.state == UNDONE:
            assert {SUCCEEDED, ALREADY} >= {each.state for each in run.undone}, seed
            assert [True] * 2 == [world.holds(s.proof) for s in run.way_back if s.proof], seed
        if run.state == STOPPED and run.acted and run.way_back:
            assert run.reason == "way-back-failed", seed

    assert {DONE, UNDONE, STOPPED, "expired"} <= ends.keys()


def test_driver__that_forgets_what_was_intended__is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that does again what it finds intended is seen to act twice."""

    def again(run: Run, _now: Timestamp) -> bool:
        if run.state in journal.ACTING and run.progress[run.at].state == "intended":
            run.progress[run.at].state = "pending"
            return True
        return False

    monkeypatch.setattr(journal, "resume", again)
    monkeypatch.setattr(World, "ledger", property(lambda _: set(), lambda *_: None), raising=False)

    assert any("twice" in each for seed in range(100) for each in played(seed)[0].offences)


def test_driver__that_counts_the_proposer__is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Approvals that should not count are seen where a step is performed."""
    monkeypatch.setattr(
        journal, "_why_not", lambda run, _yes: "" if run.state == "awaiting" else "no"
    )

    assert any("unapproved" in each for seed in range(100) for each in played(seed)[0].offences)
