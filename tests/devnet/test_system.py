"""The whole devnet, running: messages arrive, faults show, and nothing stays behind."""

import asyncio
import os
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest

from layerkeep.devnet.accounts import account
from layerkeep.devnet.artifacts import op
from layerkeep.devnet.l2.blobs import unpack
from layerkeep.devnet.l2.channels import batch_of, batches_in
from layerkeep.devnet.l2.deposits import TRANSACTION_DEPOSITED, user_deposit
from layerkeep.devnet.l2.games import Status
from layerkeep.devnet.l2.genesis import MESSAGE_PASSER
from layerkeep.devnet.node import ROOT_PREFIX, claim_state_root
from layerkeep.devnet.plan import DevnetPlan
from layerkeep.devnet.sender import Sender
from layerkeep.devnet.system import System

pytestmark = pytest.mark.devnet

READY_S_MAX = 20.0
RELAYED = "0x4641df4a962071e12719d8c8c8e5ac7fc4d97b927346a3d7a335b1f7517e133c"
START_AND_HANG = """
import asyncio, sys
from pathlib import Path
from layerkeep.devnet.plan import DevnetPlan
from layerkeep.devnet.system import System

async def main():
    await System.start(DevnetPlan(data_dir=Path(sys.argv[1])))
    print("ready", flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


@dataclass
class Bench:
    """The running system, on a loop that runs while a test does."""

    runner: asyncio.Runner
    system: System

    def do(self, work: Awaitable[Any]) -> Any:
        """Runs the work; the devnet goes on meanwhile."""

        async def inside() -> Any:
            return await work

        return self.runner.run(inside())

    def until(self, check: Callable[[], Any], timeout_s: float = 25.0) -> Any:
        """What `check` answers, or its awaitable, once that is true."""

        async def wait() -> Any:
            deadline = time.monotonic() + timeout_s
            while time.monotonic() < deadline:
                answer = check()
                if asyncio.iscoroutine(answer):
                    answer = await answer
                if answer:
                    return answer
                await asyncio.sleep(0.1)
            raise AssertionError(f"not within {timeout_s} s")

        return self.do(wait())

    def rest(self, seconds: float) -> None:
        """Lets the devnet run."""
        self.do(asyncio.sleep(seconds))


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """One devnet for all tests of this module, in their order."""
    with asyncio.Runner() as runner:
        plan = DevnetPlan(data_dir=tmp_path_factory.mktemp("devnet"))
        system = runner.run(System.start(plan))
        yield Bench(runner, system)
        runner.run(system.stop())


async def call(url: str, method: str, *params: Any) -> Any:
    """One call over HTTP, as an outsider makes it."""
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
    async with aiohttp.ClientSession() as session, session.post(url, json=body) as answer:
        return (await answer.json())["result"]


async def hashes(system: System, layer: str, number: int) -> list[str | None]:
    """The hash that each of a chain's endpoints gives for a block."""
    urls = [url for name, url, _ in system.description.upstreams(layer) if "beacon" not in name]
    blocks = [await call(url, "eth_getBlockByNumber", hex(number), False) for url in urls]
    return [block and block["hash"] for block in blocks]


def test_start__on_this_machine__is_ready_soon_and_every_chain_advances(bench: Bench) -> None:
    """Each chain's gateway shows a growing head; the files name every part."""
    system = bench.system
    urls = [system.description.upstreams(layer)[0][1] for layer in ("l1", "l2", "l3")]

    async def heights() -> list[int]:
        return [int(await call(url, "eth_blockNumber"), 16) for url in urls]

    before = bench.do(heights())
    bench.rest(2.5)
    after = bench.do(heights())

    assert system.ready_s < READY_S_MAX
    assert all(late > early for early, late in zip(before, after, strict=True))
    topology = tomllib.loads(system.topology_toml())
    assert topology["chains"]["l3"]["settles_on"] == "l2"
    assert (system.plan.data_dir / "devnet.json").exists()


def test_deposit__derived_from_its_log__is_on_l2_under_that_hash(bench: Bench) -> None:
    """The hash that anyone can compute from L1 is the hash of L2's transaction."""
    system = bench.system
    l2_url = system.description.upstreams("l2")[0][1]

    async def relayed() -> Any:
        query = {
            "fromBlock": "0x1",
            "address": system.l1.contracts.portal,
            "topics": [TRANSACTION_DEPOSITED],
        }
        for log in await system.l1.node.rpc("eth_getLogs", query):
            derived = user_deposit(log).hash()
            receipt = await call(l2_url, "eth_getTransactionReceipt", derived)
            if receipt and any(one["topics"][0] == RELAYED for one in receipt["logs"]):
                return receipt
        return None

    receipt = bench.until(relayed)

    assert receipt["status"] == "0x1"


def test_withdrawal__proven_against_a_real_game__is_finalized_by_the_portal(bench: Bench) -> None:
    """The contracts themselves accept proof, game and finalization."""
    system = bench.system
    sender = Sender(system.l2.chain, account("redeemer"), system.plan.l2_chain_id)
    target = account("l3_rival").address
    passer = op("L2ToL1MessagePasser")
    portal, l1 = system.l2.relayer.portal, system.l1.node

    async def initiate() -> bytes:
        data = passer.encode("initiateWithdrawal", target, 50_000, b"")
        receipt = await sender.call(MESSAGE_PASSER, data, value=12_345)
        event = passer.event("MessagePassed")
        log = next(one for one in receipt["logs"] if one["topics"][0] == event.topic)
        return bytes(event.decode(log)["withdrawalHash"])

    before = int(bench.do(l1.rpc("eth_getBalance", target, "latest")), 16)
    withdrawal = bench.do(initiate())
    bench.until(lambda: portal.read(l1, "finalizedWithdrawals", withdrawal))

    after = int(bench.do(l1.rpc("eth_getBalance", target, "latest")), 16)
    game_address = bench.do(
        portal.read(l1, "provenWithdrawals", withdrawal, account("relayer").address)
    )[0]
    games = bench.do(system.l2.games.refresh())
    game = next(one for one in games if one.address == game_address)
    assert after - before == 12_345
    assert bench.do(system.l2.games.standing(game)).status is Status.DEFENDER_WINS


def test_batches__as_calldata_and_as_blobs__hold_the_l2s_own_blocks(bench: Bench) -> None:
    """Both ways of posting decode to the transactions that the L2 has."""
    system = bench.system
    l1, ledger = system.l1.node, system.l2.sequencer.ledger
    beacon = system.description.root_url

    async def payloads(tx: dict[str, Any]) -> list[bytes]:
        if tx["type"] != "0x3":
            return [bytes.fromhex(tx["input"][2:])]
        url = f"{beacon}/eth/v1/beacon/blobs/{int(tx['blockNumber'], 16)}"
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            return [unpack(bytes.fromhex(one[2:])) for one in (await answer.json())["data"]]

    async def by_type() -> dict[str, list[Any]]:
        found = {}
        for post in system.l2.batcher.posts:
            tx = await l1.rpc("eth_getTransactionByHash", post.tx_hash)
            if tx and tx["blockNumber"]:
                found[tx["type"]] = [batches_in(one) for one in await payloads(tx)]
        return found if {"0x2", "0x3"} <= set(found) else {}

    found = bench.until(by_type)
    blocks = map(ledger.block, range(1, ledger.head.number + 1))
    known = [batch_of(block) for block in blocks if block is not None]
    assert all(batch in known for posted in found.values() for one in posted for batch in one)
    assert all(any(posted) for posted in found.values())


def test_replicas__fed_the_same_blocks__have_the_same_hashes(bench: Bench) -> None:
    """Sequencer and replicas agree on a block of L2 and one of L3."""
    for layer in ("l2", "l3"):
        found = bench.until(lambda layer=layer: _agreed(bench.system, layer, 12))
        assert len(found) == 1 + bench.system.plan.replicas


async def _agreed(system: System, layer: str, number: int) -> list[str | None]:
    found = await hashes(system, layer, number)
    return found if None not in found and len(set(found)) == 1 else []


def test_journeys__over_all_three_layers__arrive(bench: Bench) -> None:
    """Withdrawals that an L3 message started on L2 are finalized on L1, and every route works."""
    l2, operators = bench.system.l2, bench.system.actors

    assert bench.until(lambda: operators["l3_executor"].status()["executed"] >= 2)
    assert bench.until(lambda: l2.relayer.finalized >= 2)
    assert bench.until(lambda: operators["l3_sequencer"].status()["delayed_read"] > 6)
    assert bench.until(lambda: operators["traffic_l3_l1"].status()["sent"] >= 1)


def test_sequencer__switched_off_and_on__halts_and_catches_up(bench: Bench) -> None:
    """The head stands still, then reaches the clock again."""
    sequencer = bench.system.l2.sequencer
    sequencer.apply({"enabled": False})
    bench.rest(0.5)
    halted = sequencer.ledger.head.number
    bench.rest(2.5)
    assert sequencer.ledger.head.number == halted

    sequencer.apply({"enabled": True})

    bench.until(lambda: time.time() - sequencer.ledger.head.timestamp < 1.5)
    assert sequencer.ledger.head.number >= halted + 2


def test_batcher__writing_to_the_wrong_inbox__stalls_the_safe_head_until_it_stops(
    bench: Bench,
) -> None:
    """Posts that nobody reads make nothing safe; afterwards everything is posted again."""
    l2 = bench.system.l2
    l2.batcher.apply({"lie": "wrong-inbox"})
    bench.rest(2.0)
    stalled = l2.derivation.safe
    bench.rest(3.0)
    assert l2.derivation.safe == stalled

    l2.batcher.apply({"lie": None})

    bench.until(lambda: l2.derivation.safe > stalled + 5)


def test_proposer__with_a_wrong_root__loses_its_game_to_the_challenger(bench: Bench) -> None:
    """The challenger attacks a root that is not its own, and wins."""
    l2 = bench.system.l2
    known = len(bench.do(l2.games.refresh()))
    attacks = l2.challenger.attacks
    l2.proposer.apply({"lie": "wrong-root"})
    bench.until(lambda: l2.challenger.attacks > attacks)
    l2.proposer.apply({"lie": None})

    async def lost() -> bool:
        new = (await l2.games.refresh())[known:]
        standings = [await l2.games.standing(one) for one in new]
        return any(one.status is Status.CHALLENGER_WINS for one in standings)

    assert bench.until(lost)


def test_l1__reorganised__takes_l2_back_and_replicas_follow(bench: Bench) -> None:
    """L2 blocks whose origin left L1 are built anew, equal on every replica."""
    system = bench.system
    l2 = system.l2
    rollbacks, number = l2.sequencer.rollbacks, l2.sequencer.ledger.head.number
    old = bench.do(hashes(system, "l2", number))[0]

    bench.do(system.l1.producer.reorg(3, keep=True))

    bench.until(lambda: l2.sequencer.rollbacks > rollbacks)
    new = bench.until(lambda: _agreed(system, "l2", number))
    assert new[0] != old


def test_l2__reorganised_by_its_sequencer__has_other_blocks(bench: Bench) -> None:
    """The same heights, other hashes, on every replica."""
    system = bench.system
    number = system.l2.sequencer.ledger.head.number
    old = bench.do(hashes(system, "l2", number))[0]

    bench.do(system.l2.sequencer.reorg(2))

    async def replaced() -> bool:
        found = await _agreed(system, "l2", number)
        return bool(found) and found[0] != old

    assert bench.until(replaced)


def test_replica__forked_then_healed__leaves_the_chain_and_comes_back(bench: Bench) -> None:
    """A forked replica has blocks of its own; healed, it has the true ones."""
    system = bench.system
    replica = system.l2.chain.builder.replicas[0]
    url = f"{system.description.root_url}/admin/replicas/l2/b"

    async def switch(forked: bool) -> int:
        body = {"forked": forked}
        async with aiohttp.ClientSession() as one, one.post(url, json=body) as answer:
            return answer.status

    assert bench.do(switch(True)) == 200
    number = bench.until(lambda: replica.diverged_at)
    bench.until(lambda: _disagreed(system, number))

    assert bench.do(switch(False)) == 200

    assert bench.until(lambda: _agreed(system, "l2", number))
    bench.rest(1.5)
    assert replica.diverged_at is None


async def _disagreed(system: System, number: int) -> bool:
    found = await hashes(system, "l2", number)
    return None not in found and len(set(found)) == 2


def test_guardian__told_to_pause__stops_withdrawals_until_told_otherwise(bench: Bench) -> None:
    """The portal itself says that it is paused, and then that it is not."""
    l1, l2 = bench.system.l1, bench.system.l2
    l1.guardian.apply({"lie": "pause"})
    assert bench.until(lambda: l2.relayer.portal.read(l1.node, "paused"))

    l1.guardian.apply({"lie": None})

    async def lifted() -> bool:
        return not await l2.relayer.portal.read(l1.node, "paused")

    assert bench.until(lifted)


def test_operators__through_all_of_this__recovered(bench: Bench) -> None:
    """After the faults, withdrawals go on being finalized."""
    relayer = bench.system.l2.relayer
    finalized = relayer.finalized

    assert bench.until(lambda: relayer.finalized > finalized + 1, timeout_s=40.0)


def test_stop__after_start__leaves_no_process_and_no_directory(tmp_path: Path) -> None:
    """Stopped in order, the devnet leaves nothing behind."""
    roots = _roots()
    children = {one.pid for one in psutil.Process().children()}

    async def start_and_stop() -> None:
        system = await System.start(DevnetPlan(data_dir=tmp_path, replicas=1))
        await system.stop()

    asyncio.run(start_and_stop())

    assert _roots() == roots
    assert {one.pid for one in psutil.Process().children()} == children
    assert list(tmp_path.iterdir()) == []


def test_kill__without_warning__leaves_nothing_to_the_next_start(tmp_path: Path) -> None:
    """The nodes die with their parent; what is left on disk is swept by whoever starts next."""
    command = [sys.executable, "-c", START_AND_HANG, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "ready\n"
        nodes = psutil.Process(parent.pid).children()
        os.kill(parent.pid, signal.SIGKILL)
    assert len(nodes) == 7

    gone, alive = psutil.wait_procs(nodes, timeout=5)
    claim_state_root().rmdir()

    assert (len(gone), alive) == (7, [])
    assert not [root for root in _roots() if root.startswith(f"{ROOT_PREFIX}{parent.pid}-")]


def _roots() -> set[str]:
    temporary = Path(os.environ.get("TMPDIR", "/tmp"))
    return {path.name for path in temporary.glob(f"{ROOT_PREFIX}*")}
