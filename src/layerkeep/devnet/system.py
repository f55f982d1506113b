"""The whole devnet: three layers of nodes, contracts and operators, started and stopped as one."""

import asyncio
import shutil
import time
from pathlib import Path
from typing import Self

from layerkeep.devnet.actor import Actor
from layerkeep.devnet.description import Description
from layerkeep.devnet.gateway.front import Floors, front_door
from layerkeep.devnet.gateway.server import Gateway
from layerkeep.devnet.l2.blobs import trusted_setup
from layerkeep.devnet.l2.system import L2
from layerkeep.devnet.layers import Ethereum, Nodes, Orbit, raise_l1, raise_l2, raise_l3
from layerkeep.devnet.node import claim_state_root
from layerkeep.devnet.plan import DevnetPlan
from layerkeep.devnet.trouble import troubles
from layerkeep.devnet.users import back_l2_money, fund_l3_users, users

FILE_NAME = "devnet.json"


class System:
    """A running devnet."""

    l1: Ethereum
    l2: L2
    orbit: Orbit
    gateway: Gateway
    description: Description

    def __init__(self, plan: DevnetPlan, root: Path) -> None:
        self.plan = plan
        self.ready_s = 0.0
        self.nodes = Nodes()
        self.actors: dict[str, Actor] = {}
        self._root = root
        self._file = plan.data_dir / FILE_NAME
        self._tasks: list[asyncio.Task[None]] = []

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
        if hasattr(self, "gateway"):
            await self.gateway.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(node.stop() for node in self.nodes), return_exceptions=True)
        self.nodes.clear()
        shutil.rmtree(self._root, ignore_errors=True)
        self._file.unlink(missing_ok=True)

    def topology_toml(self, *, with_tokens: bool = False) -> str:
        """The topology file that lets layerkeep follow this devnet, and act on it."""
        return self.description.as_topology(with_tokens=with_tokens)

    async def _start(self) -> None:
        """Layer upon layer; the KZG setup loads in the meantime."""
        setup = asyncio.create_task(asyncio.to_thread(trusted_setup))
        self.l1 = await raise_l1(self.plan, self._root, self.nodes)
        self.l2 = await raise_l2(self.plan, self._root, self.nodes, self.l1)
        self.orbit = await raise_l3(self.plan, self._root, self.nodes, self.l2)
        await fund_l3_users(self.plan, self.l2, self.orbit)
        self.l2.sequencer.floor = self.l2.sequencer.ledger.head.number
        await self.l1.begin()
        await back_l2_money(self.plan, self.l1)
        self._run([*self.l1.actors(), *self.l2.actors(), *self.orbit.operators])
        for chain in (self.l2.chain, self.orbit.l3.chain):
            for replica in chain.builder.replicas:
                self._tasks.append(asyncio.create_task(replica.run()))
        if self.plan.traffic:
            self._run(users(self.plan, self.l1, self.l2, self.orbit))
        self._run(troubles(self.plan, self.l1, self.l2, self.orbit))
        await self._open_gateway()
        await setup

    async def _open_gateway(self) -> None:
        floors = Floors(
            plan=self.plan, l1=self.l1, l2=self.l2, orbit=self.orbit, port=self.plan.port
        )
        reorgs = {"l2": self.l2.sequencer.reorg}
        self.gateway = front_door(floors, self.actors, reorgs)
        await self.gateway.start()
        self.description = Description(self.plan, self.l1.contracts, self.orbit, self.gateway)
        self.plan.data_dir.mkdir(parents=True, exist_ok=True)
        self._file.write_bytes(self.description.as_json())

    def _run(self, actors: list[Actor]) -> None:
        for actor in actors:
            self.actors[actor.name] = actor
            self._tasks.append(asyncio.create_task(actor.run(), name=actor.name))
