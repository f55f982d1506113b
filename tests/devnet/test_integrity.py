"""On real chains the honest is judged true, and each lie of the devnet's operators false."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from following import Watch, until
from test_system import Bench

from layerkeep.core.facts import Fact, Judged
from layerkeep.devnet.plan import DevnetPlan
from layerkeep.devnet.system import System

pytestmark = [pytest.mark.devnet, pytest.mark.slow]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """One devnet for all tests of this module, in their order."""
    with asyncio.Runner() as runner:
        system = runner.run(System.start(DevnetPlan(data_dir=tmp_path_factory.mktemp("devnet"))))
        try:
            (system.plan.data_dir / "devnet.toml").write_text(system.topology_toml())
            yield Bench(runner, system)
        finally:
            runner.run(system.stop())


def judged(watch: Watch) -> list[Fact]:
    """Every verdict that is believed."""
    found = watch.daemon.engine.sightings.judged.known.values()
    return [fact for facts in found for fact in facts]


def counted(facts: list[Fact]) -> Counter[tuple[str, str, str]]:
    """How many verdicts there are, by check, child and verdict."""
    said = [fact.says for fact in facts if isinstance(fact.says, Judged)]
    return Counter((says.check, says.child, says.verdict) for says in said)


def found_false(watch: Watch, check: str, child: str) -> list[Fact]:
    """The verdicts of one check that say that something is false."""
    return [
        fact
        for fact in judged(watch)
        if isinstance(fact.says, Judged)
        and (fact.says.check, fact.says.child, fact.says.verdict) == (check, child, "false")
    ]


def of_blobs(watch: Watch) -> list[bool]:
    """Of each of the L2's batches that were found true, whether it came in blobs."""
    found = [fact.says for fact in judged(watch) if isinstance(fact.says, Judged)]
    batches = [says for says in found if ("batch", "l2") == (says.check, says.child)]
    return ["blobs" in says.detail for says in batches if says.verdict == "true"]


HONEST = (
    ("claim", "l2"),
    ("claim", "l3"),
    ("withdrawal", "l2"),
    ("withdrawal", "l3"),
    ("attributes", "l2"),
    ("batch", "l2"),
    ("batch", "l3"),
)
LIES = (
    (
        ("l2_proposer", "wrong-root", "claim", "l2"),
        ("l3_validator", "wrong-assertion", "claim", "l3"),
        ("l2_sequencer", "unbacked-mint", "delivery", "l2"),
        ("l2_forger", "forge-withdrawal", "withdrawal", "l2"),
    ),
    (
        ("l3_forger", "forge-withdrawal", "withdrawal", "l3"),
        ("l3_sequencer", "unbacked-ticket", "delivery", "l3"),
        ("l2_batcher", "wrong-inbox", "placement", "l2"),
    ),
    (
        ("l2_batcher", "altered-batch", "batch", "l2"),
        ("l3_batch_poster", "altered-batch", "batch", "l3"),
    ),
)
"""An operator, what it does, and the check that finds it; those that do not hide one another."""


SAMPLED = ("balance_wei", "nonce", "nonce_pending")


def test_integrity__honest_then_lying__is_judged_as_it_is(bench: Bench, tmp_path: Path) -> None:
    """Nothing honest is found false, each lie is; every verdict has two witnesses."""
    system = bench.system
    topology = system.plan.data_dir / "devnet.toml"

    async def scenario() -> None:
        async with Watch(topology, tmp_path / "s.sqlite") as watch:
            await until(
                lambda: all(counted(judged(watch))[*each, "true"] for each in HONEST),
                30,
                lambda: counted(judged(watch)),
            )
            false = [fact for fact in judged(watch) if fact.says.verdict != "true"]
            assert [] == false
            vias = Counter(
                fact.says.subject for fact in judged(watch) if fact.says.check == "claim"
            )
            assert 2 == max(vias.values())
            await until(lambda: {True, False} == set(of_blobs(watch)), 20, lambda: of_blobs(watch))
            for told in LIES:
                for name, lie, _, _ in told:
                    system.actors[name].lie = lie
                await until(
                    lambda told=told: all(found_false(watch, *each[2:]) for each in told),
                    25,
                    lambda: counted(judged(watch)),
                )
                for name, *_ in told:
                    system.actors[name].lie = None
            measured = watch.daemon.engine.sightings.samples.keys()
            for job in ("batcher", "proposer"):
                assert {("l2", f"{job}.{what}") for what in SAMPLED} <= measured
                assert {("l3", f"{job}.{what}") for what in SAMPLED} <= measured
            assert {("l2", "origin_time_s"), ("l2", "origin_number")} <= measured
            assert {("l2", "bridge_balance_wei"), ("l3", "bridge_balance_wei")} <= measured

    bench.do(scenario())
