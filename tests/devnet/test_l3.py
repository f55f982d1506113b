"""The L3 on Nitro's own contracts: messages both ways, and what happens when operators lie."""

import asyncio
import time
from typing import Any

import pytest
from test_l3_world import ETHER, TICKET_FEE_WEI, World, until, world

from layerkeep.devnet.accounts import account
from layerkeep.devnet.artifacts import nitro, own
from layerkeep.devnet.errors import DevnetError
from layerkeep.devnet.l2.mempool import decode_signed
from layerkeep.devnet.l3 import batches
from layerkeep.devnet.l3.contracts import ARB_RETRYABLE_TX, ARB_SYS
from layerkeep.devnet.l3.messages import KIND_RETRYABLE, retryable
from layerkeep.devnet.l3.transactions import TYPE_DEPOSIT, TYPE_RETRY, submit_tx
from layerkeep.devnet.node import NodeError

pytestmark = pytest.mark.devnet

RECEIVER = "0x" + "ab" * 20
NEEDS_GAS = "0x6f5a62030d4010600e5760006000fd5b0060005260106010f3"  # reverts below 200,000 gas
RETRYABLE = own("ArbRetryableTxEmu")


async def _tickets(one: World, event: str) -> list[dict[str, Any]]:
    return await one.logs(ARB_RETRYABLE_TX, RETRYABLE.event(event).topic, of=one.l3.chain)


def test_ticket__created_on_l2__runs_on_l3_under_the_derived_ids() -> None:
    """The ticket's id and the redeem's hash follow from the L2's message alone."""

    async def scenario() -> None:
        async with world() as one:
            one.start(one.sequencer)
            await one.create_ticket(RECEIVER, "0x1234")
            (created,) = await until(lambda: _tickets(one, "TicketCreated"))
            (scheduled,) = await _tickets(one, "RedeemScheduled")
            message = next(m for m in one.l3.ledger.messages.values() if m.kind == KIND_RETRYABLE)
            derived = submit_tx(one.l3.chain_id, message, retryable(message.payload))
            redeem = one.l3.ids.node[scheduled["topics"][2]]
            receipt = await one.l3.chain.rpc("eth_getTransactionReceipt", redeem)
            balance = await one.l3.chain.rpc("eth_getBalance", RECEIVER, "latest")

            assert created["topics"][1] == "0x" + derived.id.hex()
            assert created["transactionHash"] == derived.node_hash
            assert one.l3.ids.types[scheduled["topics"][2]] == TYPE_RETRY
            assert (receipt["status"], receipt["blockHash"]) == ("0x1", scheduled["blockHash"])
            assert int(balance, 16) == 1000
            await until(lambda: _closed(one, created["topics"][1]))

    asyncio.run(scenario())


async def _closed(one: World, ticket_id: str) -> bool:
    data = RETRYABLE.encode("getTimeout", bytes.fromhex(ticket_id[2:]))
    try:
        await one.l3.chain.rpc("eth_call", {"to": ARB_RETRYABLE_TX, "data": data}, "latest")
    except NodeError:
        return True
    return False


def test_ether__deposited_and_redeemed__is_conserved() -> None:
    """Nothing is made or lost: what is on the L3 equals what the Bridge holds."""

    async def scenario() -> None:
        async with world() as one:
            one.start(one.sequencer)
            await one.deposit("user_l3_deposits")
            await one.create_ticket(RECEIVER, "0x")
            (created,) = await until(lambda: _tickets(one, "TicketCreated"))
            await until(lambda: _closed(one, created["topics"][1]))
            owner = one.on_l2("user_l3_deposits").address
            alias = hex((int(owner, 16) + int("1111" + "0" * 32 + "1111", 16)) % 2**160)
            holders = [owner, RECEIVER, ARB_RETRYABLE_TX, "0x" + alias[2:].zfill(40)]
            balances = [
                int(await one.l3.chain.rpc("eth_getBalance", holder, "latest"), 16)
                for holder in holders
            ]
            bridge = await one.l2.rpc("eth_getBalance", one.l3.contracts.bridge, "latest")

            assert TYPE_DEPOSIT in one.l3.ids.types.values()
            assert sum(balances) == int(bridge, 16)

    asyncio.run(scenario())


def test_send__confirmed_on_l2__is_executed_by_the_real_outbox() -> None:
    """A withdrawal passes batch, assertion, confirmation and proof, in this order."""

    async def scenario() -> None:
        async with world() as one:
            one.start(one.sequencer, one.poster, one.validator, one.executor)
            await one.deposit("user_l3_sends")
            data = own("ArbSysEmu").encode("withdrawEth", RECEIVER)
            for _ in range(3):
                await one.on_l3("user_l3_sends").call(ARB_SYS, data, value=ETHER // 10)
            await until(lambda: _executed(one, 3))
            rollup = nitro("RollupUserLogic")
            created, confirmed = (
                rollup.event(f"Assertion{what}") for what in ("Created", "Confirmed")
            )
            made = await one.logs(one.l3.contracts.rollup, created.topic, of=one.l2)
            agreed = await one.logs(one.l3.contracts.rollup, confirmed.topic, of=one.l2)
            block_of = {log["topics"][1]: int(log["blockNumber"], 16) for log in made}
            gaps = [int(log["blockNumber"], 16) - block_of[log["topics"][1]] for log in agreed]
            received = await one.l2.rpc("eth_getBalance", RECEIVER, "latest")
            root = one.l3.ledger.head.send_root

            assert gaps
            assert min(gaps) >= 2
            assert int(received, 16) == 3 * (ETHER // 10)
            assert root == await _contract_root(one)
            assert one.validator.last_error == ""

    asyncio.run(scenario())


async def _executed(one: World, count: int) -> bool:
    return one.executor.executed >= count


async def _contract_root(one: World) -> bytes:
    system = own("ArbSysEmu")
    call = {"to": ARB_SYS, "data": system.encode("sendMerkleTreeState")}
    answer = await one.l3.chain.rpc("eth_call", call, "latest")
    root: bytes = system.decode_output("sendMerkleTreeState", answer)[1]
    return root


def test_ticket__too_little_gas__is_redeemed_by_hand() -> None:
    """The failed attempt leaves the ticket open; the redeemer's attempt closes it."""

    async def scenario() -> None:
        async with world() as one:
            one.start(one.sequencer)
            await one.deposit("user_l3_deposits")
            made = await one.on_l3("user_l3_deposits").call(None, NEEDS_GAS)
            target = made["contractAddress"]
            await one.create_ticket(target, "0x", gas=100_000)
            (created,) = await until(lambda: _tickets(one, "TicketCreated"))
            first = one.l3.ids.node[(await _tickets(one, "RedeemScheduled"))[0]["topics"][2]]
            failed = await one.l3.chain.rpc("eth_getTransactionReceipt", first)
            await asyncio.sleep(0.3)

            assert failed["status"] == "0x0"
            assert not await _closed(one, created["topics"][1])
            one.start(one.redeemer)
            await until(lambda: _closed(one, created["topics"][1]))
            (_, second) = await _tickets(one, "RedeemScheduled")
            node_hash = one.l3.ids.node[second["topics"][2]]
            ran = await one.l3.chain.rpc("eth_getTransactionReceipt", node_hash)
            balance = await one.l3.chain.rpc("eth_getBalance", target, "latest")
            assert (ran["status"], int(second["topics"][3], 16)) == ("0x1", 1)
            assert int(balance, 16) == 1000

    asyncio.run(scenario())


def test_ticket__kept_alive_then_canceled__says_so() -> None:
    """Keepalive extends the timeout; cancelling pays the value to the beneficiary."""

    async def scenario() -> None:
        async with world() as one:
            one.start(one.sequencer)
            await one.deposit("user_l3_deposits")
            user = one.on_l3("user_l3_deposits")
            made = await user.call(None, NEEDS_GAS)
            await one.create_ticket(made["contractAddress"], "0x", gas=100_000)
            (created,) = await until(lambda: _tickets(one, "TicketCreated"))
            await asyncio.sleep(0.5)
            ticket = bytes.fromhex(created["topics"][1][2:])
            kept = await user.call(ARB_RETRYABLE_TX, RETRYABLE.encode("keepalive", ticket))
            canceled = await user.call(ARB_RETRYABLE_TX, RETRYABLE.encode("cancel", ticket))

            extended = RETRYABLE.event("LifetimeExtended").decode(kept["logs"][0])
            assert extended["newTimeout"] > time.time() + 2 * 3600 - 60
            assert canceled["logs"][0]["topics"][0] == RETRYABLE.event("Canceled").topic
            assert await _closed(one, created["topics"][1])

    asyncio.run(scenario())


def test_ticket__past_its_lifetime__pays_its_value_to_the_beneficiary() -> None:
    """Nobody redeems it in time: the ticket is gone, and the sequencer returns the ether."""

    async def scenario() -> None:
        async with world(lifetime_s=2) as one:
            one.start(one.sequencer)
            await one.deposit("user_l3_deposits")
            made = await one.on_l3("user_l3_deposits").call(None, NEEDS_GAS)
            await one.create_ticket(made["contractAddress"], "0x", gas=100_000)
            (created,) = await until(lambda: _tickets(one, "TicketCreated"))
            await asyncio.sleep(0.5)
            before = await one.balance("user_l3_deposits")
            await until(lambda: one.richer("user_l3_deposits", before + 1000))

            assert await _closed(one, created["topics"][1])
            assert await one.balance("user_l3_deposits") == before + 1000

    asyncio.run(scenario())


def test_delayed_message__skipped_by_the_sequencer__is_forced_in() -> None:
    """Whoever waits long enough makes the L2 order the message, and the L3 obeys."""

    async def scenario() -> None:
        async with world() as one:
            one.sequencer.lie = "skip-delayed"
            one.start(one.sequencer, one.poster)
            data = nitro("Inbox").encode("depositEth()")
            sender = one.on_l2("user_l3_deposits")
            receipt = await sender.call(one.l3.contracts.inbox, data, value=ETHER)
            delivered = nitro("Bridge").event("MessageDelivered")
            log = next(log for log in receipt["logs"] if log["topics"][0] == delivered.topic)
            fields = delivered.decode(log)
            number = int(receipt["blockNumber"], 16)
            await until(lambda: _height(one, number + 12))
            force = nitro("SequencerInbox").encode(
                "forceInclusion",
                fields["messageIndex"] + 1,
                fields["kind"],
                (number, fields["timestamp"]),
                fields["baseFeeL1"],
                fields["sender"],
                fields["messageDataHash"],
            )
            assert await one.balance("user_l3_deposits") == 0
            await one.on_l2("user_spare").call(one.l3.contracts.sequencer_inbox, force)
            await until(lambda: one.balance("user_l3_deposits"))
            await until(lambda: _posted(one))

            assert any(batch.forced for batch in one.l3.ledger.batches)
            assert one.sequencer.errors == 0

    asyncio.run(scenario())


async def _height(one: World, number: int) -> bool:
    return int(await one.l2.rpc("eth_blockNumber"), 16) >= number


async def _posted(one: World) -> bool:
    """Whether a batch of the poster's came after the forced one."""
    return not one.l3.ledger.batches[-1].forced


def test_l2__reorganised__takes_the_l3_back_with_it() -> None:
    """A deposit whose L2 block is gone is gone from the L3, and all operators go on."""

    async def scenario() -> None:
        async with world() as one:
            one.start(one.sequencer, one.poster, one.validator)
            await one.deposit("user_l3_deposits")
            before = one.l3.ledger.parent.number
            await one.deposit("user_l3_sends")
            await _reorganise_l2(one, before, without=account("user_l3_sends").address)
            await until(lambda: _gone(one, "user_l3_sends"))
            batch = one.l3.ledger.batches[-1].index
            asserted = one.validator.asserted
            await until(lambda: _beyond(one, batch + 2, asserted + 2))
            block = await one.l3.chain.rpc("eth_getBlockByNumber", "latest", False)

            assert one.l3.ledger.by_hash(block["hash"]) is not None
            assert one.sequencer.last_error == ""

    asyncio.run(scenario())


async def _reorganise_l2(one: World, number: int, *, without: str) -> None:
    """L2 blocks after `number` are made anew from the same transactions but this account's."""
    one.blocks.enabled = False
    await asyncio.sleep(0.3)
    jobs = [job for job in one.l2.builder.history if job.number > number]
    await one.l2.builder.rollback(len(jobs))
    left = [decode_signed(raw, 901) for job in jobs for raw in job.raws or ()]
    one.l2.mempool.put_back([waiting for waiting in left if waiting.sender != without])
    one.blocks.enabled = True


def test_l3__reorganised_by_its_sequencer__keeps_what_is_posted() -> None:
    """Unposted blocks can be made anew, with their transactions; posted ones cannot."""

    async def scenario() -> None:
        async with world() as one:
            one.start(one.sequencer)
            await one.deposit("user_l3_sends")
            receipt = await one.on_l3("user_l3_sends").call(RECEIVER, value=5)
            head = one.l3.ledger.head.number
            await one.sequencer.reorg(head - int(receipt["blockNumber"], 16) + 1)
            sent = receipt["transactionHash"]
            await until(lambda: one.l3.chain.rpc("eth_getTransactionReceipt", sent))
            with pytest.raises(DevnetError, match="in no batch yet"):
                await one.sequencer.reorg(1000)

            assert int(await one.l3.chain.rpc("eth_getBalance", RECEIVER, "latest"), 16) == 5
            assert one.sequencer.errors == 0

    asyncio.run(scenario())


async def _gone(one: World, role: str) -> bool:
    return await one.balance(role) == 0


async def _beyond(one: World, batch: int, asserted: int) -> bool:
    return one.l3.ledger.batches[-1].index > batch and one.validator.asserted > asserted


def test_validator__trusted_to_be_fast__confirms_as_it_asserts() -> None:
    """The fast confirmer's assertions are created and confirmed in one transaction."""

    async def scenario() -> None:
        async with world() as one:
            one.validator.fast = True
            one.start(one.sequencer, one.poster, one.validator)
            await until(lambda: _confirmed(one, 2))
            rollup = nitro("RollupUserLogic")
            logs = [
                await one.logs(one.l3.contracts.rollup, rollup.event(name).topic, of=one.l2)
                for name in ("AssertionCreated", "AssertionConfirmed")
            ]
            made, agreed = ([log["transactionHash"] for log in one] for one in logs)

            assert made[1:] == agreed

    asyncio.run(scenario())


def test_validator__contradicted__confirms_nothing_until_the_owner_decides() -> None:
    """A rival blocks confirmation; after the lie the true assertion is confirmed by force."""

    async def scenario() -> None:
        async with world() as one:
            one.start(one.sequencer, one.poster)
            one.validator.lie = "wrong-assertion"
            one.start(one.validator)
            await until(lambda: _disputed(one))
            await asyncio.sleep(1.5)
            assert one.validator.confirmed == 0
            one.validator.apply({"lie": None})
            await until(lambda: _confirmed(one, 3))
            forced = nitro("RollupAdminLogic").event("AssertionForceConfirmed")
            logs = await one.logs(one.l3.contracts.rollup, forced.topic, of=one.l2)

            assert len(logs) == 1

    asyncio.run(scenario())


async def _disputed(one: World) -> bool:
    genesis = await one.validator.rollup.confirmed()
    return await one.validator.rollup.has_rivals(genesis.hash)


async def _confirmed(one: World, count: int) -> bool:
    return one.validator.confirmed >= count


def test_batch__posted__decodes_to_one_segment_per_block() -> None:
    """What is on the L2 is the L3's blocks: a message segment each, and their transactions."""

    async def scenario() -> None:
        async with world() as one:
            one.start(one.sequencer)
            await one.deposit("user_l3_sends")
            await one.on_l3("user_l3_sends").call(RECEIVER, value=TICKET_FEE_WEI)
            one.start(one.poster)
            await until(lambda: _has_batches(one))
            topic = nitro("SequencerInbox").event("SequencerBatchDelivered").topic
            logs = await one.logs(one.l3.contracts.sequencer_inbox, topic, of=one.l2)
            tx = await one.l2.rpc("eth_getTransactionByHash", logs[1]["transactionHash"])
            calldata = nitro("SequencerInbox").decode_input(batches_signature(), tx["input"])[1]
            segments = batches.decode(calldata)
            messages = [one for one in segments if one[:1] in (b"\x00", b"\x02")]
            (raw,) = [raw for block in one.l3.ledger.blocks for raw in block.raws]

            assert len(messages) == one.l3.ledger.batches[1].last_block
            assert b"\x00\x04" + bytes.fromhex(raw[2:]) in segments

    asyncio.run(scenario())


async def _has_batches(one: World) -> bool:
    return len(one.l3.ledger.batches) > 1


def batches_signature() -> str:
    """The six-argument overload that the poster calls."""
    return "addSequencerL2BatchFromOrigin(uint256,bytes,uint256,address,uint256,uint256)"
