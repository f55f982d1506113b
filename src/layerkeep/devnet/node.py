"""One EVM node process (anvil), its JSON-RPC, and the guarantee that nothing of it stays behind.

Three things hold even when the devnet is killed outright: the children die with their parent
(the kernel's parent-death signal), their state lives below one root named by the parent's pid,
and the next start sweeps the roots of pids that are no more.
"""

import asyncio
import ctypes
import gzip
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, Self

import aiohttp
import msgspec

from layerkeep.devnet.artifacts import node_modules
from layerkeep.devnet.errors import DevnetError

START_S_MAX = 15.0  # an idle machine needs 0.05 s; a loaded one far more
STOP_S_MAX = 3.0  # after which a node that ignores SIGTERM is killed
CALL_S_MAX = 30.0
IN_MEMORY = 8
"""States that a node surely has in memory."""

NO_CODE = "0x"

CALLS_MAX = 200
"""Calls in one batch."""

ROOT_PREFIX = "layerkeep-devnet-"
PR_SET_PDEATHSIG = 1

LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
_issued_ports: set[int] = set()


class NodeError(Exception):
    """The node answered a call with a JSON-RPC error."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(f"{message} ({code})")
        self.code = code
        self.message = message
        self.data = data


class Rpc(Protocol):
    """Whatever answers JSON-RPC calls: a node, or a gateway before it."""

    async def rpc(self, method: str, *params: Any) -> Any:
        """The result of one call; NodeError if the other side refuses it."""


class Anvil:
    """A running node process and the one HTTP session that talks to it."""

    def __init__(self, name: str, port: int, state_dir: Path) -> None:
        self.name = name
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self._state_dir = state_dir
        self._process: asyncio.subprocess.Process | None = None
        self._session: aiohttp.ClientSession | None = None
        self._calls = 0

    @classmethod
    async def start(cls, name: str, port: int, args: list[str], state_dir: Path) -> Self:
        """A node that already answers; its old states go below `state_dir`."""
        node = cls(name, port, state_dir / name)
        shutil.rmtree(node._state_dir, ignore_errors=True)
        node._state_dir.mkdir(parents=True)
        command = [str(binary()), "--port", str(port), "--silent", *args]
        node._process = await asyncio.create_subprocess_exec(
            *command,
            "--cache-path",
            str(node._state_dir),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            preexec_fn=die_with_parent if LIBC else None,
        )
        timeout = aiohttp.ClientTimeout(total=CALL_S_MAX)
        node._session = aiohttp.ClientSession(timeout=timeout)
        try:
            await node._answering()
        except BaseException:
            await node.stop()
            raise
        return node

    @property
    def pid(self) -> int | None:
        """The process id while the node runs."""
        return self._process.pid if self._process else None

    async def rpc(self, method: str, *params: Any) -> Any:
        """The result of one call; NodeError if the node refuses it."""
        return _result(await self._post(self._request(method, params)))

    async def batch(self, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        """The results of several calls sent as one; NodeError if any of them is refused."""
        if not calls:
            return []
        answers = await self._post([self._request(method, params) for method, params in calls])
        answers.sort(key=lambda answer: answer["id"])
        return [_result(answer) for answer in answers]

    async def stop(self) -> None:
        """The process is gone, and with it its state directory."""
        if self._session is not None:
            await self._session.close()
        if self._process is not None and self._process.returncode is None:
            await _end(self._process)
        self._process = None
        shutil.rmtree(self._state_dir, ignore_errors=True)

    def _request(self, method: str, params: Sequence[Any]) -> dict[str, Any]:
        self._calls += 1
        return {"jsonrpc": "2.0", "id": self._calls, "method": method, "params": list(params)}

    async def _post(self, body: Any) -> Any:
        assert self._session is not None, f"{self.name} is not running"
        headers = {"content-type": "application/json"}
        encoded = msgspec.json.encode(body)
        async with self._session.post(self.url, data=encoded, headers=headers) as response:
            return msgspec.json.decode(await response.read())

    async def _answering(self) -> None:
        deadline = time.monotonic() + START_S_MAX
        while time.monotonic() < deadline:
            assert self._process is not None
            if self._process.returncode is not None:
                raise DevnetError(f"{self.name} ended at once, code {self._process.returncode}")
            try:
                await self.rpc("eth_chainId")
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.01)
            else:
                return
        raise DevnetError(f"{self.name} did not answer within {START_S_MAX:.0f} s")


async def roll_back(node: Anvil, depth: int) -> None:
    """The last `depth` blocks are gone; the state is that of the block before them, with all code.

    By itself the node restores older states, which it has on disk, without the code of their
    contracts: every call to them succeeds then, and does nothing. NodeError if it refuses.
    """
    codes = await _codes(node, depth) if depth >= IN_MEMORY else {}
    await node.rpc("anvil_rollback", depth)
    left = await _each(node, "eth_getCode", [(address, "latest") for address in codes])
    lost = [each for each, code in zip(codes.items(), left, strict=True) if code == NO_CODE]
    await _each(node, "anvil_setCode", lost)


async def _codes(node: Anvil, depth: int) -> dict[str, str]:
    """The code of every contract that is there `depth` blocks below the head."""
    block = hex(int(await node.rpc("eth_blockNumber"), 16) - depth)
    dumped = gzip.decompress(bytes.fromhex((await node.rpc("anvil_dumpState"))[2:]))
    accounts: dict[str, Any] = msgspec.json.decode(dumped)["accounts"]
    contracts = [name for name, each in accounts.items() if each["code"] != NO_CODE]
    found = await _each(node, "eth_getCode", [(name, block) for name in contracts])
    return {name: code for name, code in zip(contracts, found, strict=True) if code != NO_CODE}


async def _each(node: Anvil, method: str, calls: list[tuple[str, str]]) -> list[Any]:
    """The answers to one method, asked in parts."""
    parts = [calls[first : first + CALLS_MAX] for first in range(0, len(calls), CALLS_MAX)]
    return [answer for part in parts for answer in await node.batch([(method, c) for c in part])]


def binary() -> Path:
    """The anvil to run: ANVIL_BIN if set, else the one npm installed for this platform."""
    chosen = os.environ.get("ANVIL_BIN")
    if chosen:
        return Path(chosen)
    installed = sorted(node_modules().glob("@foundry-rs/anvil-*/bin/anvil"))
    if not installed:
        raise DevnetError(
            "no anvil for this platform in node_modules/@foundry-rs: "
            "run `make setup`, or set ANVIL_BIN to your own"
        )
    return installed[0]


def free_port() -> int:
    """A TCP port nobody listens on and this process has not handed out before."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        if port not in _issued_ports:
            _issued_ports.add(port)
            return port


def claim_state_root() -> Path:
    """A fresh directory for this process's nodes; roots of dead processes are gone."""
    parent = Path(tempfile.gettempdir())
    for root in parent.glob(f"{ROOT_PREFIX}*"):
        if not _alive(root.name.removeprefix(ROOT_PREFIX).split("-")[0]):
            shutil.rmtree(root, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{ROOT_PREFIX}{os.getpid()}-", dir=parent))


def _alive(pid: str) -> bool:
    if not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def die_with_parent() -> None:
    """The kernel ends a child, in which this is called, with its parent."""
    assert LIBC is not None
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


async def _end(process: asyncio.subprocess.Process) -> None:
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_S_MAX)
    except TimeoutError:
        process.kill()
        await process.wait()


def _result(answer: dict[str, Any]) -> Any:
    error = answer.get("error")
    if error is not None:
        raise NodeError(int(error["code"]), str(error["message"]), error.get("data"))
    return answer.get("result")
