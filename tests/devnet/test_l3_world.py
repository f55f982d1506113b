"""A plain L2 with Nitro's contracts and the L3 on it: what the L3's tests run against."""

import asyncio
import json
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from layerkeep.core.keccak import keccak256
from layerkeep.devnet.accounts import account, funded
from layerkeep.devnet.actor import Actor
from layerkeep.devnet.artifacts import nitro, op, own
from layerkeep.devnet.deployer import Deployer
from layerkeep.devnet.l2.builder import Builder
from layerkeep.devnet.l2.chain import SequencedChain
from layerkeep.devnet.l2.mempool import Mempool
from layerkeep.devnet.l3 import merkle
from layerkeep.devnet.l3.chain import L3, open_l3
from layerkeep.devnet.l3.contracts import WETH
from layerkeep.devnet.l3.deploy import L3Setup, deploy_l3
from layerkeep.devnet.l3.executor import OutboxExecutor
from layerkeep.devnet.l3.genesis import l3_args, l3_genesis
from layerkeep.devnet.l3.poster import L3BatchPoster
from layerkeep.devnet.l3.redeemer import RetryableRedeemer
from layerkeep.devnet.l3.sequencer import L3Sequencer
from layerkeep.devnet.l3.validator import L3Validator
from layerkeep.devnet.node import Anvil, claim_state_root, free_port
from layerkeep.devnet.sender import Sender

L2_CHAIN, L3_CHAIN = 901, 902
ETHER = 10**18
TICKET_GAS, TICKET_FEE_WEI = 300_000, 10**6
L2_ARGS = ["--network", "optimism", "--no-mining", "--order", "fifo"]


class Blocks(Actor):
    """Mines the L2: the mempool's transactions, nothing else."""

    def __init__(self, chain: SequencedChain) -> None:
        super().__init__("l2_blocks", 0.2)
        self.chain = chain

    async def step(self) -> None:
        await self.chain.extend([], int(time.time()))


@dataclass
class World:
    """The two chains with all L3 actors made, and those of them that run."""

    l2: SequencedChain
    l3: L3
    blocks: Blocks
    sequencer: L3Sequencer
    poster: L3BatchPoster
    validator: L3Validator
    executor: OutboxExecutor
    redeemer: RetryableRedeemer
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def start(self, *actors: Actor) -> None:
        """These actors step from now on."""
        self.tasks += [asyncio.create_task(actor.run()) for actor in actors]

    def on_l2(self, role: str) -> Sender:
        return Sender(self.l2, account(role), L2_CHAIN)

    def on_l3(self, role: str) -> Sender:
        return Sender(self.l3.chain, account(role), L3_CHAIN)

    async def create_ticket(self, to: str, data: str, *, gas: int = TICKET_GAS) -> dict[str, Any]:
        """The receipt of a retryable ticket's creation on the L2."""
        sender, inbox = self.on_l2("user_l3_deposits"), nitro("Inbox")
        payload = bytes.fromhex(data.removeprefix("0x"))
        submission = 10**14
        mine, value = sender.address, submission + gas * TICKET_FEE_WEI + 1000
        call = inbox.encode(
            "createRetryableTicket", to, 1000, submission, mine, mine, gas, TICKET_FEE_WEI, payload
        )
        return await sender.call(self.l3.contracts.inbox, call, value=value)

    async def deposit(self, role: str, wei: int = ETHER) -> None:
        """The account has this much more on the L3."""
        before = await self.balance(role)
        data = nitro("Inbox").encode("depositEth()")
        await self.on_l2(role).call(self.l3.contracts.inbox, data, value=wei)
        await until(lambda: self.richer(role, before + wei))

    async def richer(self, role: str, wei: int) -> bool:
        """Whether the account has so much on the L3."""
        return await self.balance(role) >= wei

    async def balance(self, role: str) -> int:
        """The account's wei on the L3."""
        answer = await self.l3.chain.rpc("eth_getBalance", account(role).address, "latest")
        return int(answer, 16)

    async def logs(self, address: str, topic: str, *, of: SequencedChain) -> list[dict[str, Any]]:
        """All logs of a contract with this topic."""
        query = {"fromBlock": "0x0", "toBlock": "latest", "address": address, "topics": [topic]}
        found: list[dict[str, Any]] = await of.rpc("eth_getLogs", query)
        return found


async def until(check: Callable[[], Awaitable[Any]], timeout_s: float = 15.0) -> Any:
    """What `check` answers once it is true."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        answer = await check()
        if answer:
            return answer
        await asyncio.sleep(0.05)
    raise AssertionError(f"not within {timeout_s} s")


@asynccontextmanager
async def world(lifetime_s: int = 3600) -> AsyncIterator[World]:
    """Both chains, the rollup created, no actor running but the L2's miner."""
    root, now, nodes = claim_state_root(), int(time.time()), []
    genesis_l2 = {
        "config": {"chainId": L2_CHAIN},
        "timestamp": hex(now),
        "gasLimit": hex(60_000_000),
        "difficulty": "0x0",
        "baseFeePerGas": hex(10**6),
        "alloc": funded(1000 * ETHER) | {WETH: {"code": op("WETH").deployed_bytecode}},
    }
    genesis_l2["alloc"][WETH]["balance"] = "0x0"  # type: ignore[index]
    files = {"l2": genesis_l2, "l3": l3_genesis(L3_CHAIN, now, lifetime_s)}
    flags = {"l2": ["--chain-id", str(L2_CHAIN), *L2_ARGS], "l3": l3_args(L3_CHAIN)}
    made = None
    try:
        for name, genesis in files.items():
            path = root / f"{name}.json"
            path.write_text(json.dumps(genesis))
            args = [*flags[name], "--init", str(path)]
            nodes.append(await Anvil.start(name, free_port(), args, root))
        made = await _world(nodes[0], nodes[1])
        made.start(made.blocks)
        yield made
    finally:
        for task in made.tasks if made else ():
            task.cancel()
        await asyncio.gather(*(made.tasks if made else ()), return_exceptions=True)
        for node in nodes:
            await node.stop()
        shutil.rmtree(root, ignore_errors=True)


async def _world(l2_node: Anvil, l3_node: Anvil) -> World:
    l2 = SequencedChain(Builder(l2_node), Mempool(L2_CHAIN))
    chain = SequencedChain(Builder(l3_node), Mempool(L3_CHAIN))
    first = await chain.rpc("eth_getBlockByNumber", "0x0", False)

    async def land(raws: Sequence[str]) -> None:
        for at in range(0, len(raws), 3):
            await l2.builder.build(raws[at : at + 3], int(time.time()))

    deployer = Deployer(l2_node, account("deployer"), L2_CHAIN, land)
    contracts = await deploy_l3(deployer, L3Setup(chain_id=L3_CHAIN, genesis_hash=first["hash"]))
    l3 = await open_l3(chain, l2, contracts, L3_CHAIN)

    def sender(role: str) -> Sender:
        return Sender(l2, account(role), L2_CHAIN)

    redeemer = account("redeemer")
    return World(
        l2=l2,
        l3=l3,
        blocks=Blocks(l2),
        sequencer=L3Sequencer(l3, l2, interval_s=0.05, idle_s=0.5),
        poster=L3BatchPoster(l3, sender("l3_poster"), interval_s=0.3),
        validator=L3Validator(l3, sender("l3_validator"), interval_s=0.1),
        executor=OutboxExecutor(l3, sender("l3_executor"), interval_s=0.1),
        redeemer=RetryableRedeemer(
            l3,
            sender=Sender(chain, redeemer, L3_CHAIN),
            funder=sender("redeemer"),
            delay_s=0.5,
            interval_s=0.1,
        ),
    )


def test_merkle__many_sizes__every_proof_leads_to_the_root() -> None:
    """Each leaf folded with its proof gives the root."""
    for size in range(1, 12):
        leaves = [keccak256(bytes((number,))) for number in range(size)]
        for position, node in enumerate(leaves):
            at = position
            for sibling in merkle.proof(leaves, position):
                node = keccak256(node + sibling if at % 2 == 0 else sibling + node)
                at >>= 1
            assert merkle.root(leaves) == node


def test_precompiles__compiled__own_the_events_that_arbitrum_names() -> None:
    """The emulations' topics are those of the real interfaces."""
    retryable, system = own("ArbRetryableTxEmu"), own("ArbSysEmu")

    assert retryable.event("TicketCreated").topic.startswith("0x7c793cce")
    assert retryable.event("RedeemScheduled").topic.startswith("0x5ccd0095")
    assert system.event("L2ToL1Tx").topic.startswith("0x3e7aafa7")
