"""A daemon in a process of its own that serves a store, and clients that ask and follow it."""

import asyncio
import contextlib
import gzip
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import psutil  # type: ignore[import-untyped]

JUDGING_WITHIN_S = 90.0


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: how long it took, its bytes on the wire, and its body unpacked."""

    seconds: float
    wire: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Server:
    """The process that serves, and its address."""

    process: subprocess.Popen[bytes]
    at: str

    @property
    def seen(self) -> psutil.Process:
        """The process, to look at its time and memory."""
        return psutil.Process(self.process.pid)

    def line(self) -> str:
        """The next line that it writes; empty if it has ended."""
        assert self.process.stdout is not None, "a pipe was asked for"
        return self.process.stdout.readline().decode().strip()


@contextlib.contextmanager
def served(path: str, *words: str) -> Iterator[Server]:
    """A process that serves a store, and has begun to judge; `words` are for it to read."""
    running = subprocess.Popen(
        [sys.executable, "-m", "layerkeep.bench.serving_probe", path, *words],
        stdout=subprocess.PIPE,
    )
    try:
        at = Server(running, "").line()
        assert at, "the server tells its address"
        until = time.monotonic() + JUDGING_WITHIN_S
        while b'"judging":true' not in fetched(at, "/api/v1/overview").body:
            assert time.monotonic() < until, "it begins to judge"
            time.sleep(1)
        yield Server(running, at)
    finally:
        running.terminate()
        running.wait(30)


def fetched(at: str, path: str) -> Answer:
    """One request on a connection of its own, as a browser without a cache makes it."""
    began = time.perf_counter()
    raw = b"".join(_asked(at, path))
    taken = time.perf_counter() - began
    head, _, body = raw.partition(b"\r\n\r\n")
    status = head.split(b" ", 2)[1]
    assert status == b"200", f"{path}: {status.decode()}"
    unpacked = gzip.decompress(body) if b"content-encoding: gzip" in head.lower() else body
    return Answer(taken, len(raw), unpacked)


def _asked(at: str, path: str) -> Iterator[bytes]:
    host = urlsplit(at)
    assert host.hostname is not None and host.port is not None, "a full address"
    with socket.create_connection((host.hostname, host.port)) as connection:
        connection.sendall(_request(path, host.netloc, close=True))
        while part := connection.recv(1 << 16):
            yield part


def _request(path: str, host: str, *, close: bool) -> bytes:
    ending = "Connection: close\r\n" if close else ""
    return (
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\n"
        f"Accept-Encoding: gzip\r\n{ending}\r\n"
    ).encode()


def addresses(count: int) -> list[str]:
    """What so many clients follow: most the overview, some messages or a chain, some the API."""
    pages = ["/live?at=/"] * 6 + ["/live?at=/messages", "/live?at=/incidents"]
    pages += ["/api/v1/stream", "/live?at=/chains/op-01"]
    return [pages[number % len(pages)] for number in range(count)]


async def follow(at: str, path: str) -> None:
    """Read a stream until cancelled; an end of it is an error."""
    host = urlsplit(at)
    reader, writer = await asyncio.open_connection(host.hostname, host.port)
    writer.write(_request(path, host.netloc, close=False))
    status = await reader.readline()
    assert b" 200 " in status, f"{path}: {status.decode()}"
    try:
        while await reader.read(1 << 16):
            pass
        raise AssertionError(f"{path}: the stream ended")
    finally:
        writer.close()
