"""The whole devnet: three layers of nodes, contracts and operators, started and stopped as one."""

import asyncio
import random
import shutil
import time
from pathlib import Path
from typing import Self

from layerkeep.devnet.accounts import account
from layerkeep.devnet.actor import Actor
from layerkeep.devnet.l1.contracts import L1Contracts
from layerkeep.devnet.l1.deploy import deploy_l1
from layerkeep.devnet.l1.producer import L1Producer
from layerkeep.devnet.l2.blobs import trusted_setup
from layerkeep.devnet.l2.genesis import l2_genesis
from layerkeep.devnet.l2.system import L2, open_l2
from layerkeep.devnet.node import Anvil, claim_state_root
from layerkeep.devnet.nodes import start_l1, start_l2
from layerkeep.devnet.plan import DevnetPlan
from layerkeep.devnet.sender import Sender
from layerkeep.devnet.traffic import Traffic, l1_to_l2, l2_to_l1


class System:
    """A running devnet."""

    def __init__(self, plan: DevnetPlan, root: Path) -> None:
        self.plan = plan
        self.ready_s = 0.0
        self.nodes: list[Anvil] = []
        self.actors: dict[str, Actor] = {}
        self._root = root
        self._tasks: list[asyncio.Task[None]] = []
        self._l1: L1Contracts | None = None
        self._l2: L2 | None = None

    @classmethod
    async def start(cls, plan: DevnetPlan) -> Self:
        """A devnet whose chains advance and whose operators work."""
        began = time.monotonic()
        system = cls(plan, claim_state_root())
        try:
            await system._start()
        except BaseException:
            await system.stop()
            raise
        system.ready_s = time.monotonic() - began
        return system

    async def stop(self) -> None:
        """Every process, task and directory of this devnet is gone."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(node.stop() for node in self.nodes), return_exceptions=True)
        self.nodes.clear()
        shutil.rmtree(self._root, ignore_errors=True)

    async def _start(self) -> None:
        setup = asyncio.create_task(asyncio.to_thread(trusted_setup))
        l1 = await start_l1(self.plan, self._root)
        self.nodes.append(l1)
        contracts = await deploy_l1(l1, self.plan)
        head = await l1.rpc("eth_getBlockByNumber", "latest", False)
        genesis = l2_genesis(contracts, self.plan.l2_chain_id, int(head["timestamp"], 16))
        l2_nodes = await start_l2(self.plan, self._root, genesis, 1 + self.plan.replicas)
        self.nodes += l2_nodes
        l2 = await open_l2(self.plan, l1, contracts, l2_nodes)
        producer = L1Producer(l1, self.plan.l1_block_s)
        producer.floor = int(head["number"], 16)
        await l1.rpc("anvil_removeBlockTimestampInterval")
        self._l1, self._l2 = contracts, l2
        self._run([producer, *l2.actors()])
        for replica in l2.chain.builder.replicas:
            self._tasks.append(asyncio.create_task(replica.run()))
        chance = random.Random(self.plan.seed)
        s1 = Sender(l1, account("user_deposits"), self.plan.l1_chain_id)
        s2 = Sender(l2.chain, account("user_withdrawals"), self.plan.l2_chain_id)
        self._run(
            [
                Traffic("traffic_l1_l2", 2, s1, l1_to_l2(s1, contracts, chance)),
                Traffic("traffic_l2_l1", 3, s2, l2_to_l1(s2, chance)),
            ]
        )
        await setup

    def _run(self, actors: list[Actor]) -> None:
        for actor in actors:
            self.actors[actor.name] = actor
            self._tasks.append(asyncio.create_task(actor.run(), name=actor.name))
