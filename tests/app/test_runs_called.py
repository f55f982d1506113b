"""A run whose step and whose proof are real calls of a node that answers JSON-RPC."""

from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from run_scene import PAGE, Stage, on_stage

from layerkeep.app.runs.judging import Judge
from layerkeep.app.runs.ledger import Ledger, ledger_path
from layerkeep.app.runs.worker import Worker
from layerkeep.core.topology import Topology
from layerkeep.edge.secrets import resolve
from layerkeep.edge.steps import performers

PROOF = '{ is = "answers", endpoint = "chain:l1", method = "admin_sequencerActive", expect = true }'
CALLED = PAGE.replace('{ is = "head-moving", chain = "{chain}" }', PROOF, 1)
POLICY = """[endpoints.node]
url = "env:NODE_ADMIN"
methods = ["admin_wake", "admin_sequencerActive"]"""


class Node:
    """Sequences once it was told to."""

    def __init__(self) -> None:
        self.active = False
        self.calls: list[str] = []

    async def answer(self, request: web.Request) -> web.Response:
        """What a rollup node answers."""
        body: dict[str, Any] = await request.json()
        self.calls.append(body["method"])
        result: Any = {"admin": "1.0"}
        if body["method"] == "admin_wake":
            self.active, result = True, None
        elif body["method"] == "admin_sequencerActive":
            result = self.active
        return web.json_response({"jsonrpc": "2.0", "id": body["id"], "result": result})


@pytest.mark.parametrize("active", [False, True], ids=["asleep", "awake-already"])
def test_run__of_a_real_call__is_rehearsed_performed_once_and_proven(
    tmp_path: Path, active: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The dry run wakes nobody; where it is awake already nothing is called."""

    async def body(stage: Stage) -> None:
        node, topology = Node(), stage.place.topology
        assert isinstance(topology, Topology)
        app = web.Application()
        app.router.add_post("/", node.answer)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        monkeypatch.setenv("NODE_ADMIN", f"http://127.0.0.1:{runner.addresses[0][1]}")
        async with aiohttp.ClientSession() as session:
            able = performers(topology, session, resolve, stage.daemon.store)
            ledger = Ledger(ledger_path(stage.daemon.settings.store, "one"))
            worker = Worker(stage.place, Judge(stage.daemon, able), able, ledger)
            name = await stage.proposed()
            await stage.go(worker)
            assert ["rpc_modules"] == node.calls
            node.active = active
            await stage.agreed(name)
            await stage.go(worker)
        await runner.cleanup()
        run = await stage.run(name)
        assert ("done", "already-done" if active else "done") == (run.state, run.done[0].state)
        assert (0 if active else 1) == node.calls.count("admin_wake")

    page = CALLED.replace('endpoint = "{component}"', 'endpoint = "node"').replace(
        '"answers", endpoint = "chain:l1"', '"answers", endpoint = "node"'
    )
    on_stage(tmp_path, body, policy=POLICY, page=page)
