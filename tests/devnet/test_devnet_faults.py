"""Every named fault: put in, seen from outside to be real, taken out, and seen to be gone."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from drilling import (
    Check,
    Drill,
    Memory,
    Outside,
    drill,
    grows,
    head,
    in_turn,
    run,
    soon,
    still,
    stops,
    tagged,
)
from test_system import Bench

from layerkeep.core.keccak import keccak_hex, topic0
from layerkeep.devnet.accounts import account
from layerkeep.devnet.artifacts import nitro, op, own
from layerkeep.devnet.contract import Contract
from layerkeep.devnet.drills.chains import REORG_DEPTHS
from layerkeep.devnet.l1.contracts import BATCH_INBOX
from layerkeep.devnet.l2.batcher import WRONG_INBOX
from layerkeep.devnet.l2.channels import batches_in
from layerkeep.devnet.l2.deposits import TRANSACTION_DEPOSITED, user_deposit
from layerkeep.devnet.l2.genesis import L2_MESSENGER, MESSAGE_PASSER
from layerkeep.devnet.l3.contracts import ARB_RETRYABLE_TX, ARB_SYS
from layerkeep.devnet.plan import DevnetPlan
from layerkeep.devnet.sender import Sender
from layerkeep.devnet.system import System

COMMAND = Path(sys.executable).with_name("layerkeep")
FAILED = topic0("FailedRelayedMessage(bytes32)")
POOR_WEI = 10**15
PAID_WITHIN_S = 150.0  # a deep reorg of L1 went before: games are made and proven anew

pytestmark = [pytest.mark.devnet, pytest.mark.slow]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """One devnet for all tests of this module, in their order."""
    with asyncio.Runner() as runner:
        plan = DevnetPlan(data_dir=tmp_path_factory.mktemp("devnet"))
        system = runner.run(System.start(plan))
        try:
            yield Bench(runner, system)
        finally:
            runner.run(system.stop())


def games(net: Outside) -> Check:
    """How many dispute games there are."""
    factory = Contract(op("DisputeGameFactory"), net.one.dispute_game_factory)
    return lambda: net.read("l1", factory, "gameCount")


def assertions(net: Outside) -> Check:
    """How many assertions there are."""
    created = nitro("RollupUserLogic").event("AssertionCreated").topic

    async def count() -> int:
        return len(await net.logs("l2", net.orbit.created_at, net.orbit.rollup, created))

    return count


def batches(net: Outside) -> Check:
    """How many batches of the L3 there are."""
    inbox = Contract(nitro("SequencerInbox"), net.orbit.sequencer_inbox)
    return lambda: net.read("l2", inbox, "batchCount")


async def typed(*words: object) -> Any:
    """What a command prints as JSON; it succeeds."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        str(COMMAND), *map(str, words), stdout=pipe, stderr=pipe
    )
    out, said = await process.communicate()
    assert process.returncode == 0, said.decode()
    return json.loads(out)


async def lagging(net: Outside) -> None:
    """Far behind the endpoint beside it, then level with it."""

    async def behind() -> bool:
        return await net.height("l3-b") <= await net.height("l3-a") - 25

    async def level() -> bool:
        return await net.height("l3-b") >= await net.height("l3-a") - 2

    await drill(net, "lagging-upstream", "upstream:l3-b", behind, level)


async def lying_logs(net: Outside) -> None:
    """As many logs, but each says something else."""
    query = {"fromBlock": "0x1", "toBlock": hex(await net.height("l1-a")), "topics": [FIRST]}

    async def differ() -> bool:
        honest, told = [await net.ask(f"l1-{one}", "eth_getLogs", query) for one in "ab"]
        return len(honest) == len(told) > 0 and all(
            a["data"] != b["data"] for a, b in zip(honest, told, strict=True)
        )

    async def agree() -> bool:
        return not await differ()

    await drill(net, "lying-upstream", "upstream:l1-b", differ, agree)


FIRST = TRANSACTION_DEPOSITED


async def lying_headers(net: Outside) -> None:
    """A block of the same number with another state root."""

    async def root(upstream: str) -> Any:
        return (await net.ask(upstream, "eth_getBlockByNumber", "0x0", False))["stateRoot"]

    async def differ() -> bool:
        return bool(await root("l2-c") != await root("l2-a"))

    async def agree() -> bool:
        return not await differ()

    await drill(net, "lying-upstream-headers", "upstream:l2-c", differ, agree)


async def forked(net: Outside) -> None:
    """A block of its own, then the true one."""
    start = await net.height("l2-a") - 1
    split: list[int] = []

    async def differ() -> bool:
        last = min(await net.height("l2-a"), await net.height("l2-b"))
        for number in range(start, last + 1):
            if await net.block_hash("l2-b", number) != await net.block_hash("l2-a", number):
                split.append(number)
                return True
        return False

    async def agree() -> bool:
        theirs = await net.block_hash("l2-b", split[0])
        return bool(theirs and theirs == await net.block_hash("l2-a", split[0]))

    await drill(net, "forked-upstream", "upstream:l2-b", differ, agree)


async def dead(net: Outside) -> None:
    """No answer but from the other endpoint; put in and taken out by commands."""
    folder = net.system.plan.data_dir
    where = ("dead-upstream", "--on", "upstream:l1-a", "--json")

    async def statuses() -> list[int]:
        return [await net.status_of(f"l1-{letter}") for letter in "ab"]

    assert [200, 200] == await statuses()
    told = await typed("devnet", "fault", *where, "--admin", folder)
    assert {"kind": "upstream-silent", "component": "upstream:l1-a"} == told["cause"]
    assert [502, 200] == await statuses()
    await typed("devnet", "heal", *where, "--admin", net.controls.admin_url)
    assert [200, 200] == await statuses()


async def frozen(net: Outside) -> None:
    """A head that stands still."""

    def read() -> Awaitable[int]:
        return net.height("l3-c")

    await drill(net, "frozen-upstream", "upstream:l3-c", still(read, 1.5), grows(read))


def blind(chain: str) -> Drill:
    """A drill of a chain without endpoints."""

    async def one(net: Outside) -> None:
        urls = [n for n, _, role in net.system.description.upstreams(chain) if "beacon" not in role]

        async def all_are(status: int) -> bool:
            return {await net.status_of(name) for name in urls} == {status}

        await drill(net, "dead-rpc", f"chain:{chain}", lambda: all_are(502), lambda: all_are(200))

    return one


def test_upstream_faults__on_one_endpoint_each__leave_the_others_honest(bench: Bench) -> None:
    """Lag, freeze, fork, silence and both lies show in one endpoint beside an honest one."""
    run(bench, lagging, lying_headers, forked, dead, frozen)
    run(bench, lying_logs)


def test_dead_rpc__of_each_chain__leaves_none_of_its_endpoints(bench: Bench) -> None:
    """Every endpoint of the chain answers 502."""
    run(bench, blind("l1"), blind("l2"), blind("l3"))


def broke(on: str, chain: str, role: str, posted: Callable[[Outside], Check]) -> Drill:
    """A drill of an account too poor to post."""

    async def one(net: Outside) -> None:
        address, waits = account(role).address, still(posted(net), 3.0)

        async def poor() -> bool:
            return await net.balance(chain, address) < POOR_WEI and bool(await waits())

        posts = grows(posted(net))

        async def rich() -> bool:
            return await net.balance(chain, address) > 10**21 and bool(await posts())

        await drill(net, "batcher-broke", on, poor, rich)

    return one


def posting(name: str, is_wrong: Callable[[Outside, Any], Awaitable[bool]]) -> Drill:
    """A drill of a fault that shows in the transactions the batcher sends."""

    async def one(net: Outside) -> None:
        start = await net.height("l1-a") - 6  # the last honest posts are not taken for wrong ones

        async def wrong() -> bool:
            found = [await is_wrong(net, tx) for tx in await net.posts(start)]
            return any(found)

        safe = grows(lambda: net.number("l2", "safe"), by=2)
        await drill(net, name, "batcher:l2", wrong, safe)

    return one


async def is_misdirected(_: Outside, tx: Any) -> bool:
    """The batcher writes where nobody reads."""
    return bool(tx["from"] == account("batcher").address and tx["to"] == WRONG_INBOX)


async def is_foreign(_: Outside, tx: Any) -> bool:
    """Somebody else writes to the batcher's inbox."""
    return bool(tx["from"] == account("intruder").address and tx["to"] == BATCH_INBOX)


def own_post(tx: Any) -> bool:
    """The batcher posts calldata where it should."""
    ours = tx["from"] == account("batcher").address and tx["to"] == BATCH_INBOX
    return bool(ours and tx["type"] == "0x2")


async def is_garbage(_: Outside, tx: Any) -> bool:
    """A post does not decode."""
    try:
        return own_post(tx) and not batches_in(bytes.fromhex(tx["input"][2:]))
    except ValueError:
        return True


async def is_altered(net: Outside, tx: Any) -> bool:
    """Some batch follows a block of the L2, but is not what the L2 has after it."""
    if not own_post(tx) or await is_garbage(net, tx):
        return False
    for batch in batches_in(bytes.fromhex(tx["input"][2:])):
        parent = await net.rpc("l2", "eth_getBlockByHash", batch.parent_hash, False)
        after = hex(int(parent["number"], 16) + 1)
        block = await net.rpc("l2", "eth_getBlockByNumber", after, True)
        users = [one["hash"] for one in block["transactions"] if one["type"] != "0x7e"]
        if batch.timestamp != int(block["timestamp"], 16):
            return True
        if users != [keccak_hex(bytes.fromhex(raw[2:])) for raw in batch.raws]:
            return True
    return False


async def stuck(net: Outside) -> None:
    """A pending nonce ahead of the latest one, for several blocks."""
    batcher = account("batcher").address

    async def waiting() -> Any:
        latest, pending = [await net.nonce("l1", batcher, tag) for tag in ("latest", "pending")]
        return latest if pending > latest else -1

    unmoved = still(waiting, 2.5)

    async def is_stuck() -> bool:
        return bool(await unmoved()) and await waiting() >= 0

    latest = grows(lambda: net.nonce("l1", batcher, "latest"), by=2)
    await drill(net, "nonce-stuck", "batcher:l2", is_stuck, latest)


async def false_games(net: Outside) -> None:
    """A game's root is not the L2's output."""
    start = await net.height("l1-a")
    created = op("DisputeGameFactory").event("DisputeGameCreated").topic
    game = op("FaultDisputeGame")

    async def truths() -> list[bool]:
        found = []
        for log in await net.logs("l1", start, net.one.dispute_game_factory, created):
            at = Contract(game, "0x" + log["topics"][1][26:])
            number = await net.read("l1", at, "l2BlockNumber")
            output = await net.rpc("l2", "optimism_outputAtBlock", hex(number))
            found.append(output["outputRoot"] == log["topics"][3])
        return found

    async def lied() -> bool:
        return not all(await truths())

    async def true_again() -> bool:
        return (await truths())[-1]

    await drill(net, "false-claim", "proposer:l2", lied, true_again)


async def false_assertions(net: Outside) -> None:
    """An assertion's block is not one of the L3."""
    start = await net.height("l2-a")
    created = nitro("RollupUserLogic").event("AssertionCreated")
    confirmed = grows(confirmations(net), by=2)

    async def lied() -> bool:
        for log in await net.logs("l2", start, net.orbit.rollup, created.topic):
            claimed = "0x" + created.decode(log)["assertion"][2][0][0][0].hex()
            if await net.rpc("l3", "eth_getBlockByHash", claimed, False) is None:
                return True
        return False

    await drill(net, "false-claim", "proposer:l3", lied, confirmed)


def confirmations(net: Outside) -> Check:
    """How many assertions are confirmed."""
    topic = nitro("RollupUserLogic").event("AssertionConfirmed").topic

    async def count() -> int:
        return len(await net.logs("l2", net.orbit.created_at, net.orbit.rollup, topic))

    return count


async def forged_on_l1(net: Outside) -> None:
    """The portal pays what the message passer never saw."""
    start = await net.height("l1-a")
    finalized = topic0("WithdrawalFinalized(bytes32,bool)")
    passer = Contract(op("L2ToL1MessagePasser"), MESSAGE_PASSER)
    forger, forged = account("forger").address, []

    async def paid() -> bool:
        for log in await net.logs("l1", start, net.one.portal, finalized):
            withdrawal = bytes.fromhex(log["topics"][1][2:])
            if not await net.read("l2", passer, "sentMessages", withdrawal):
                forged.append(withdrawal)
        return bool(forged)

    async def unproven() -> bool:
        found = await net.read("l1", net.portal(), "provenWithdrawals", forged[0], forger)
        return int(found[0], 16) == found[1] == 0

    await drill(net, "forged-withdrawal", "bridge:l2", paid, unproven)


async def forged_on_l2(net: Outside) -> None:
    """The Outbox pays a message behind the last one of the L3."""
    start = await net.height("l2-a")
    outbox, arb_sys = net.outbox(), Contract(own("ArbSysEmu"), ARB_SYS)
    executed = outbox.artifact.event("OutBoxTransactionExecuted")
    roots: list[bytes] = []

    async def paid() -> bool:
        size = (await net.read("l3", arb_sys, "sendMerkleTreeState"))[0]
        for log in await net.logs("l2", start, outbox.address, executed.topic):
            if executed.decode(log)["transactionIndex"] > size:
                tx = await net.rpc("l2", "eth_getTransactionByHash", log["transactionHash"])
                proof, at, *message = outbox.artifact.decode_input(
                    "executeTransaction", tx["input"]
                )
                item = await net.read("l2", outbox, "calculateItemHash", *message)
                roots.append(await net.read("l2", outbox, "calculateMerkleRoot", proof, at, item))
        return bool(roots)

    async def unknown_root() -> bool:
        number = await net.height("l2-a") - 1
        hashes = {await net.block_hash(f"l2-{one}", number) for one in "abc"}
        return len(hashes) == 1 and not any(await net.read("l2", outbox, "roots", roots[0]))

    await drill(net, "forged-withdrawal", "bridge:l3", paid, unknown_root)


def paused(on: str, chain: str, *contracts: Callable[[Outside], Contract]) -> Drill:
    """A drill of the contracts' own switch."""

    async def one(net: Outside) -> None:
        async def all_are(wanted: bool) -> bool:
            return {await net.read(chain, one(net), "paused") for one in contracts} == {wanted}

        await drill(net, "paused-portal", on, lambda: all_are(True), lambda: all_are(False))

    return one


def inbox_of(net: Outside) -> Contract:
    """The L3's inbox."""
    return Contract(nitro("Inbox"), net.orbit.inbox)


async def unbacked(net: Outside) -> None:
    """Ether appears block by block."""

    def minted() -> Awaitable[int]:
        return net.balance("l2", account("intruder").address)

    await drill(net, "unbacked-mint", "bridge:l2", grows(minted, by=10**18), still(minted, 1.5))


async def failing(net: Outside) -> None:
    """Relays fail several to a block."""
    start = await net.height("l2-a")

    async def in_a_row() -> bool:
        logs = await net.logs("l2", start, L2_MESSENGER, FAILED)
        blocks = [log["blockNumber"] for log in logs]
        return any(blocks.count(one) >= 3 for one in blocks)

    async def count() -> int:
        return len(await net.logs("l2", start, L2_MESSENGER, FAILED))

    await drill(net, "relay-failing", "route:l1->l2", in_a_row, still(count, 2.5))


async def expiring(net: Outside) -> None:
    """A ticket stays open that the redeemer would have seen to."""
    start = await net.height("l3-a")
    tickets = Contract(own("ArbRetryableTxEmu"), ARB_RETRYABLE_TX)
    created = tickets.artifact.event("TicketCreated").topic
    known: list[str] = []

    async def is_open(ticket: str) -> bool:
        request = {"to": ARB_RETRYABLE_TX}
        request["data"] = tickets.encode("getTimeout", bytes.fromhex(ticket[2:]))
        url = net.url("l3-a")
        body = {"jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": [request, "latest"]}
        async with aiohttp.ClientSession() as one, one.post(url, json=body) as answer:
            return "result" in await answer.json()

    async def left_alone() -> bool:
        logs = await net.logs("l3", start, ARB_RETRYABLE_TX, created)
        old = [log for log in logs if int(log["blockNumber"], 16) + 36 < await net.height("l3-a")]
        known[:] = [log["topics"][1] for log in old if await is_open(log["topics"][1])]
        return bool(known)

    async def redeemed() -> bool:
        return not [one for one in known if await is_open(one)]

    await drill(net, "retryable-expiring", "route:l2->l3", left_alone, redeemed)


async def censored_on_l2(net: Outside) -> None:
    """A deposit whose L1 block is long derived from has no transaction."""
    start = await net.height("l1-a")
    missing: list[str] = []

    async def receipt(tx_hash: str) -> Any:
        return await net.rpc("l2", "eth_getTransactionReceipt", tx_hash)

    async def left_out() -> bool:
        status = await net.rpc("l2", "optimism_syncStatus")
        origin = status["unsafe_l2"]["l1origin"]["number"]
        for log in await net.logs("l1", start, net.one.portal, TRANSACTION_DEPOSITED):
            tx_hash = user_deposit(log).hash()
            if int(log["blockNumber"], 16) < origin and await receipt(tx_hash) is None:
                missing.append(tx_hash)
        return bool(missing)

    async def made_good() -> bool:
        return all([await receipt(one) for one in missing])

    await drill(net, "deposit-censored", "sequencer:l2", left_out, made_good)


async def censored_on_l3(net: Outside) -> None:
    """Ether sent to the L3 does not come."""
    user, wei = account("vault"), 12_345
    sender = Sender(net.system.l2.chain, user, net.system.plan.l2_chain_id)
    start = await net.height("l3-a")
    looked, sent = [], list[str]()

    async def left_out() -> bool:
        looked.append(True)
        if len(looked) == 2:
            data = nitro("Inbox").encode("depositEth()")
            receipt = await sender.call(net.orbit.inbox, data, value=wei, gas=600_000)
            sent.append(receipt["transactionHash"])
        later = await net.height("l3-a") > start + 16
        return bool(sent) and later and await net.balance("l3", user.address) == 0

    async def arrived() -> bool:
        return await net.balance("l3", user.address) == wei

    await drill(net, "deposit-censored", "sequencer:l3", left_out, arrived)


def reorganised(chain: str, child: str | None) -> Drill:
    """A drill of a deep reorg, seen in the chain and in the child that stands on it."""

    async def one(net: Outside) -> None:
        memories = [Memory(net, each) for each in (chain, child) if each]
        depth = REORG_DEPTHS[chain]
        for memory in memories:
            await memory.look_back(depth)
        highest = max(memories[0].seen)

        async def watch() -> None:
            while True:
                for memory in memories:
                    await memory.look()
                await asyncio.sleep(0.2)

        async def gone() -> bool:
            counts = [await memory.replaced() for memory in memories]
            return counts[0] >= depth // 2 and all(counts)

        async def goes_on() -> bool:
            number = await net.height(f"{chain}-a") - 2
            ours = {await net.block_hash(f"{chain}-{letter}", number) for letter in "ab"}
            return None not in ours and len(ours) == 1 and number > highest

        watching = asyncio.create_task(watch())
        try:
            await drill(net, "reorg-deep", f"chain:{chain}", gone, goes_on)
        finally:
            watching.cancel()

    return one


def side_by_side() -> tuple[Drill, ...]:
    """Three rows of drills of which none disturbs another."""
    safe = tagged("l2", "safe")
    of_batcher = in_turn(
        stops("batcher-stopped", "batcher:l2", safe, 3.0),
        broke("batcher:l2", "l1", "batcher", safe),
        posting("batch-wrong-inbox", is_misdirected),
        posting("batch-wrong-key", is_foreign),
        posting("batch-garbage", is_garbage),
        posting("batch-altered", is_altered),
    )
    of_l3 = in_turn(
        broke("batcher:l3", "l2", "l3_poster", batches),
        stops("batcher-stopped", "batcher:l3", batches, 3.0),
        stops("withheld-claims", "proposer:l3", assertions, 3.5),
        stops("proposer-stopped", "proposer:l3", assertions, 3.5),
    )
    of_messages = in_turn(unbacked, failing, expiring, censored_on_l2, censored_on_l3)
    return of_batcher, of_l3, of_messages


def test_batches_messages_and_l3_claims__missing_or_wrong__are_so_on_the_chains(
    bench: Bench,
) -> None:
    """What is posted, claimed, sent and relayed is missing, false or nobody's."""
    run(bench, *side_by_side())


def test_l2_claims_and_bridges__faulty__are_so_on_the_chains(bench: Bench) -> None:
    """Games are missing or false; contracts pay what was never sent, and say they are paused."""
    of_claims = in_turn(
        stops("proposer-stopped", "proposer:l2", games, 4.0),
        stops("withheld-claims", "proposer:l2", games, 4.0),
        false_games,
    )
    of_l2 = in_turn(forged_on_l1, paused("bridge:l2", "l1", Outside.portal))
    of_l3 = in_turn(
        forged_on_l2, false_assertions, paused("bridge:l3", "l2", Outside.rollup, inbox_of)
    )
    run(bench, of_claims, of_l2, of_l3)


def test_chains__whose_blocks_or_finality_stop__stand_still(bench: Bench) -> None:
    """Heads without a producer, and settled blocks under a growing head."""
    run(
        bench,
        finality_stalled,
        stops("sequencer-stopped", "sequencer:l2", head("l2"), 2.2),
        stops("sequencer-stopped", "sequencer:l3", head("l3"), 1.5),
    )
    run(bench, stops("l1-halted", "chain:l1", head("l1"), 2.2))


def test_reorgs__deep__replace_blocks_of_the_chain_and_its_child(bench: Bench) -> None:
    """Many blocks are there no more, and the chain goes on; a stuck nonce is seen meanwhile."""
    run(bench, reorganised("l3", None), stuck)
    run(bench, reorganised("l2", "l3"))
    run(bench, reorganised("l1", "l2"))


async def finality_stalled(net: Outside) -> None:
    """Safe and finalized stand still while the head grows."""

    async def settled() -> Any:
        return [await net.number("l1", tag) for tag in ("safe", "finalized")]

    unmoved, moving = still(settled, 2.5), grows(lambda: net.height("l1-a"), by=2)

    async def stalled() -> bool:
        return bool(await moving()) and bool(await unmoved())

    finalized = grows(lambda: net.number("l1", "finalized"))
    await drill(net, "l1-finality-stalled", "chain:l1", stalled, finalized)


def test_network__after_all_faults_are_healed__carries_messages_to_the_end(bench: Bench) -> None:
    """`heal` leaves no switch set, and withdrawals of both rollups are paid again."""

    async def mended(net: Outside) -> None:
        told = await typed("devnet", "heal", "--admin", net.controls.admin_url, "--json")
        assert told["healed"] == "all"
        assert set() == faults_left(await net.controls.status())
        one, other = [await net.height(f"{chain}-a") for chain in ("l1", "l2")]

        async def paid(chain: str, start: int, contract: Contract, event: str) -> None:
            topic = contract.artifact.event(event).topic

            async def seen() -> bool:
                return bool(await net.logs(chain, start, contract.address, topic))

            try:
                await soon(seen, PAID_WITHIN_S, f"{event} on {chain}")
            except AssertionError as late:
                late.add_note(str(await net.controls.status()))
                raise

        await asyncio.gather(
            paid("l1", one, net.portal(), "WithdrawalFinalized"),
            paid("l2", other, net.outbox(), "OutBoxTransactionExecuted"),
        )

    run(bench, mended)


def faults_left(status: dict[str, Any]) -> set[str]:
    """The actors and replicas that are not as a fresh devnet has them."""
    idle = {"trouble_l1_l2", "trouble_l2_l3"}
    actors = {
        name
        for name, actor in status["actors"].items()
        if actor["enabled"] == (name in idle) or actor["lie"] is not None
    }
    switches = ("mode", "lag_blocks", "frozen", "lie", "chain_id")
    replicas = {
        name
        for name, replica in status["replicas"].items()
        if any(replica[one] for one in switches) or replica["node"].get("diverged_at")
    }
    return actors | replicas
