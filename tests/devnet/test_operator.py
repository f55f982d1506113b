"""What an operator types against a running devnet, and what they are told when the world is ill."""

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from following import (
    ADAPTERS,
    COMMAND,
    LAYERS,
    Watch,
    assert_equal,
    facts_in,
    freeze,
    parsed,
    picture,
    rows_in,
    set_room,
    until,
)
from test_system import Bench

from layerkeep.app.stories import Story, Teller, trace
from layerkeep.app.usual import read_experience
from layerkeep.core.topology import Chain
from layerkeep.devnet.plan import DevnetPlan
from layerkeep.devnet.system import System
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.mentions import HASH_LENGTH, SMALL

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


@pytest.fixture
def topology(bench: Bench) -> Path:
    """The devnet's own topology file."""
    return bench.system.plan.data_dir / "devnet.toml"


async def layerkeep(*words: object, code: int = 0) -> tuple[str, str]:
    """What a command prints, to stdout and to stderr; it ends with this exit code."""
    process = await asyncio.create_subprocess_exec(
        *(str(COMMAND), *map(str, words)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, said = [text.decode() for text in await process.communicate()]
    assert "Traceback" not in said, said
    assert code == process.returncode, (words, out, said)
    return out, said


def essence(chain: Chain) -> dict[str, Any]:
    """A chain without its upstreams and budgets."""
    return {
        "chain_id": chain.chain_id,
        "stack": chain.stack,
        "settles_on": chain.settles_on,
        "block_time": chain.block_time,
        "contracts": {
            here: {role: address.lower() for role, address in contracts.items()}
            for here, contracts in chain.contracts.items()
        },
        "actors": {role: address.lower() for role, address in chain.actors.items()},
    }


def test_init__against_the_devnet__finds_what_the_devnet_was_built_as(
    bench: Bench, topology: Path, tmp_path: Path
) -> None:
    """Discovered and declared topology agree in all that `init` can know, and `check` passes."""
    found = tmp_path / "found.toml"
    urls = {layer: bench.system.description.upstreams(layer)[0][1] for layer in LAYERS}
    bench.rest(8)

    endpoints = [word for layer in LAYERS for word in (f"--{layer}", urls[layer])]
    _, said = bench.do(layerkeep("init", *endpoints, "--output", found))
    checked, _ = bench.do(layerkeep("check", "--topology", found, "--json"))
    own, _ = bench.do(layerkeep("check", "--topology", topology, "--json"))

    assert "" == said
    declared, discovered = parsed(topology).chains, parsed(found).chains
    assert list(declared) == list(discovered)
    for name in declared:
        assert essence(declared[name]) == essence(discovered[name])
    for report in (json.loads(checked), json.loads(own)):
        assert report["passed"]
        assert [] == [one for one in report["findings"] if one["verdict"] == "fail"]


def test_lists__while_run_is_running__are_answered(
    bench: Bench, topology: Path, tmp_path: Path
) -> None:
    """`status`, `messages` and `trace` read the store that a daemon is writing to."""
    place = ("--topology", topology, "--store", tmp_path / "s.sqlite")

    async def scenario() -> tuple[Any, Any, Any]:
        running = asyncio.create_task(layerkeep("run", *place, "--from", 0, "--for", 20, "--json"))
        await until((tmp_path / "s.sqlite").exists, 10)
        await asyncio.sleep(5)
        status, _ = await layerkeep("status", *place, "--json")
        messages, _ = await layerkeep("messages", *place, "--json")
        newest = json.loads(messages)[0]["id"]
        told, _ = await layerkeep("trace", newest, *place, "--json")
        assert not running.done()
        await running
        return json.loads(status), json.loads(messages), json.loads(told)

    status, messages, told = bench.do(scenario())

    assert set(LAYERS) == {chain["chain"] for chain in status["chains"]}
    assert len(messages) > 0
    assert messages[0]["id"] in {m["id"] for j in told["journeys"] for m in j["messages"]}


CLAIM_STAGES = {
    stage.name
    for adapter in ADAPTERS.values()
    for lifecycle in adapter.lifecycles
    for stage in lifecycle.stages
    if stage.claim
}
"""Stages that a claim's transaction proves, for hundreds of messages at once."""


def hashes_in(story: Story) -> set[str]:
    """Every hash of a story's messages: transactions, message ids, keys."""
    names = {message.id for message in story.messages}
    for message in story.messages:
        names |= {stage.tx for stage in message.stages if stage.stage not in CLAIM_STAGES}
        names |= {key.rsplit("/", 1)[-1] for key in message.keys}
    return {name for name in names if len(name) == HASH_LENGTH and not name.startswith(SMALL)}


def outline(story: Story) -> tuple[Any, ...]:
    """What has to be the same by whatever hash a journey is found."""
    stages = [
        (message.id, [(stage.stage, stage.chain, stage.tx) for stage in message.stages])
        for message in story.messages
    ]
    return story.id, story.path, story.finished, stages


def test_trace__by_every_hash_of_a_two_hop_journey__tells_the_same_journey(
    bench: Bench, topology: Path, tmp_path: Path
) -> None:
    """Each transaction, message id and withdrawal hash in either direction leads to one story."""
    store_path = tmp_path / "s.sqlite"

    def journeys() -> list[str]:
        found = [row for row in rows_in(store_path).values() if row[7] and row[5]]
        return [row[0] for row in found if (row[2], row[3]) in (("l2", "l3"), ("l2", "l1"))]

    def both_routes() -> bool:
        rows = rows_in(store_path)
        return {"l1", "l3"} <= {rows[each][3] for each in journeys()}

    async def scenario() -> int:
        async with Watch(topology, store_path):
            await until(both_routes, 60.0, journeys)
        store = await Store.open(str(store_path), "devnet")
        try:
            teller = Teller(ADAPTERS, parsed(topology), await read_experience(store))
            return sum([await one_story(store, teller, each) for each in ends()])
        finally:
            await store.close()

    def ends() -> list[str]:
        rows = rows_in(store_path)
        by_target = {rows[each][3]: each for each in journeys()}
        return [by_target["l1"], by_target["l3"]]

    async def one_story(store: Store, teller: Teller, message: str) -> int:
        (story,) = await trace(store, teller, message)
        assert 2 == len(story.messages)
        names = hashes_in(story)
        for name in names:
            others = [outline(each) for each in await trace(store, teller, name)]
            assert outline(story) in others, (name, outline(story), others)
        return len(names)

    count = bench.do(scenario())
    print(f"\n{count} hashes lead to their two journeys")
    assert count > 8


def test_rebuild__of_a_followed_store__gives_the_same_rows(
    bench: Bench, topology: Path, tmp_path: Path
) -> None:
    """Everything derived is forgotten and derived again from the facts: nothing differs."""
    store_path = tmp_path / "s.sqlite"

    async def followed() -> None:
        async with Watch(topology, store_path) as watch:
            await until(lambda: len(watch.daemon.feeds) == len(LAYERS))
            await asyncio.sleep(6)

    bench.do(followed())
    before = rows_in(store_path)
    said, _ = bench.do(layerkeep("rebuild", "--topology", topology, "--store", store_path))

    assert len(before) > 10
    assert before == rows_in(store_path)
    assert "derived again" in said


def test_run__started_again__still_knows_how_long_stages_take(
    bench: Bench, topology: Path, tmp_path: Path
) -> None:
    """A daemon that begins at the newest block forgets nothing of what one before it learned."""
    store_path = tmp_path / "s.sqlite"

    def usual() -> set[tuple[str, ...]]:
        with sqlite3.connect(store_path) as connection:
            rows = connection.execute("SELECT value FROM settings WHERE name = 'usual'").fetchall()
        return {tuple(spot[:3]) for (text,) in rows for spot in json.loads(text)}

    async def followed(seconds: float) -> None:
        async with Watch(topology, store_path) as watch:
            await until(lambda: len(watch.daemon.feeds) == len(LAYERS))
            await asyncio.sleep(seconds)

    bench.do(followed(4))
    before = usual()
    with sqlite3.connect(store_path) as connection:
        connection.execute(
            "UPDATE settings SET value = ? WHERE name = 'usual'", ('[["a","b","c",[7]]]',)
        )
    bench.do(followed(2))

    assert before
    assert ("a", "b", "c") in usual()


def test_run__on_a_store_of_a_newer_program__says_so_in_one_line(
    bench: Bench, topology: Path, tmp_path: Path
) -> None:
    """The schema found and the schema known are named; nothing is written."""
    store_path = tmp_path / "s.sqlite"
    place = ("--topology", topology, "--store", store_path)
    bench.do(layerkeep("run", *place, "--from", "latest", "--for", 1))
    with sqlite3.connect(store_path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")

    for words in (("run",), ("status",), ("rebuild",)):
        _, said = bench.do(layerkeep(*words, *place, code=1))
        assert "store-newer" in said
        assert "'9999'" in said
        assert 1 == len(said.strip().splitlines())


def test_run__whose_upstream_is_another_chain__names_wrong_chain_id(
    bench: Bench, topology: Path, tmp_path: Path
) -> None:
    """A chain whose endpoints serve another is blind with that reason; the others are followed."""
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(topology.read_text().replace("/l2/", "/l1/"))
    place = ("--topology", wrong, "--store", tmp_path / "s.sqlite")

    _, said = bench.do(layerkeep("run", *place, "--from", 0, "--for", 9, "--json"))
    seen = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    blind = [line for line in seen if line["event"] == "blind"]

    assert {"l2"} == {line["chain"] for line in blind}
    assert all("wrong-chain-id" in line["reason"] for line in blind)
    status, _ = bench.do(layerkeep("status", *place, "--json"))
    assert {"l1", "l3"} == {chain["chain"] for chain in json.loads(status)["chains"]}


def test_run__whose_upstreams_die__is_blind_and_sees_again(
    bench: Bench, topology: Path, tmp_path: Path
) -> None:
    """No endpoint of a chain answers for a while: it is said, and what happened is read later."""
    views = [view for (chain, _), view in bench.system.gateway.views.items() if chain == "l2"]

    async def scenario() -> None:
        async with Watch(topology, tmp_path / "s.sqlite") as watch:
            await until(lambda: "l2" in watch.daemon.feeds)
            feed = watch.daemon.feeds["l2"]
            await until(lambda: feed.follower.heads.latest and feed.progress.behind <= 1)
            for view in views:
                view.faults.apply({"mode": "down"})
            try:
                blind = await until(lambda: feed.blind, 20.0)
                before = feed.follower.cursor.height
            finally:
                for view in views:
                    view.faults.apply({"mode": None})
            await until(lambda: feed.blind is None, 40.0)
            await until(lambda: feed.progress.behind <= 1 and feed.follower.cursor.height > before)
            assert "no upstream of l2 answers" in blind.reason
            assert 0 == feed.follower.skipped_blocks

    bench.do(scenario())


def test_store__on_a_full_disk__waits_and_loses_nothing(
    bench: Bench, topology: Path, tmp_path: Path
) -> None:
    """No room: the reason is named and nothing is believed; room again: all of it is there."""
    full, fresh = tmp_path / "full.sqlite", tmp_path / "fresh.sqlite"

    async def scenario() -> None:
        async with Watch(topology, full) as watch:
            await until(lambda: len(watch.daemon.feeds) == len(LAYERS))
            set_room(watch.store, full=True)
            fault = await until(lambda: watch.daemon.store_fault, 40.0, watch.cursors)
            facts = len(facts_in(full))
            await asyncio.sleep(3)
            assert fault.startswith("disk-full: ")
            assert facts == len(facts_in(full))
            assert not watch.task.done()
            set_room(watch.store, full=False)
            await until(lambda: not watch.daemon.store_fault)
            await freeze(bench.system, 4.0)
            await watch.told_everything(bench.system)
        async with Watch(topology, fresh) as other:
            await until(lambda: len(other.daemon.feeds) == len(LAYERS))
            await other.told_everything(bench.system)

    bench.do(scenario())
    assert_equal(picture(full), picture(fresh))
