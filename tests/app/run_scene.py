"""A chain that stands still, a page of what to do about it, people with tokens, and a worker."""

import asyncio
import tomllib
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

from one_chain import ADAPTERS, TEXT, Dial

from layerkeep.app.daemon import Network
from layerkeep.app.runs import asking
from layerkeep.app.runs.asking import Proposal
from layerkeep.app.runs.judging import Judge
from layerkeep.app.runs.ledger import Ledger, ledger_path
from layerkeep.app.runs.persons import Speaker
from layerkeep.app.runs.worker import Worker
from layerkeep.app.settings import Settings
from layerkeep.core.acting.runs.model import Action, Outcome
from layerkeep.core.acting.runs.record import Run
from layerkeep.core.topology.parse import read_topology
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.observations import read_incidents
from layerkeep.edge.store.runs import read_run

ANN, BOB, CID = (Speaker(name, name, "operator") for name in ("ann", "bob", "cid"))

ACTING = """
[acting]
runbooks = {folder!r}
{policy}
[endpoints."chain:l1"]
url = "http://127.0.0.1:1"
methods = ["admin_wake"]
"""

PAGE = """+++
title = "Wake the chain"
rules = ["chain-halted"]
components = ["chain:*"]
automatic = true
time_limit = "2h"
preconditions = [{ is = "head-standing", chain = "{chain}" }]
[[steps]]
name = "wake"
kind = "rpc"
endpoint = "{component}"
method = "admin_wake"
time_limit = "10m"
proof = { is = "head-moving", chain = "{chain}" }
[[way_back]]
name = "calm"
kind = "rpc"
endpoint = "{component}"
method = "admin_calm"
time_limit = "10m"
proof = { is = "head-standing", chain = "{chain}" }
+++
# Wake the chain
"""


class Caller:
    """Performs by counting: `manner` is what comes of it."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.keys: list[str] = []
        self.manner: Callable[[], Awaitable[Outcome]] = self.well

    async def well(self) -> Outcome:
        """It went well."""
        return Outcome("done", "woken")

    async def rehearse(self, action: Action) -> Outcome:
        """Nothing is changed."""
        return Outcome("done", f"would call {action.params['method']}")

    async def perform(self, action: Action) -> Outcome:
        """Counted, then whatever comes of it."""
        self.calls.append(action.params["method"])
        self.keys.append(action.key)
        return await self.manner()


class Stage:
    """A daemon on the chain that stands still, and what acts there."""

    def __init__(self, daemon: Dial, caller: Caller) -> None:
        self.daemon = daemon
        self.caller = caller
        self.place = daemon.runs.place

    def worker(self, name: str = "one") -> Worker:
        """A worker of its own name."""
        able = {"rpc": self.caller}
        path = ledger_path(self.daemon.settings.store, "one")
        worker = Worker(self.place, Judge(self.daemon, able), able, Ledger(path))
        worker.name = name
        return worker

    async def go(self, worker: Worker, times: int = 6) -> None:
        """So many rounds, each to its end."""
        for _ in range(times):
            await worker.round()
            await worker.settle()

    async def incident(self) -> str:
        """The chain stands still, and there is an incident."""
        await self.daemon.pass_time(30)
        await self.daemon.pass_time(12, head=30)
        return (await read_incidents(self.daemon.store))[0].id

    async def proposed(self, runbook: str = "wake") -> str:
        """A run that Ann proposed."""
        name = await self.incident()
        run = await asking.propose(self.place, Proposal(runbook, name), ANN, self.daemon.time)
        return run.id

    async def agreed(self, name: str) -> None:
        """Bob agrees and says start."""
        await asking.approve(self.place, name, BOB, self.daemon.time)
        await asking.start(self.place, name, BOB, self.daemon.time)

    async def run(self, name: str) -> Run:
        """The run as the store has it."""
        stored = await read_run(self.daemon.store, name)
        assert stored is not None
        return stored.run


Body = Callable[[Stage], Coroutine[Any, Any, Any]]


def on_stage(folder: Path, body: Body, *, policy: str = "", page: str = PAGE) -> Any:
    """Run on a stage whose store and pages stay in the folder."""
    pages = folder / "pages"
    pages.mkdir(exist_ok=True)
    (pages / "wake.md").write_text(page)
    text = TEXT + ACTING.format(folder=str(pages), policy=policy)
    network = Network(read_topology({"one.toml": tomllib.loads(text)}, ADAPTERS), ADAPTERS)
    path = folder / "one.sqlite"

    async def play() -> Any:
        store = await Store.open(str(path), "one")
        try:
            daemon = Dial(network, store, Settings("", str(path)))
            await daemon.begin()
            return await body(Stage(daemon, Caller()))
        finally:
            await store.close()

    return asyncio.run(play())
