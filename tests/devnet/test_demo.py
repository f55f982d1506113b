"""The demo as a newcomer meets it: what it shows, and that nothing of it stays behind."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from following import COMMAND, seconds

SECONDS = seconds(25.0)
FULL_S = 60.0
READY_S_MAX = 20.0
GONE_WITHIN_S = 10.0
ROUTES = ("l1->l2", "l2->l1", "l2->l3", "l3->l2")
JOURNEYS = ("l1->l3", "l3->l1")

pytestmark = [
    pytest.mark.devnet,
    pytest.mark.slow,
    pytest.mark.timeout(SECONDS + 180),
]


class Demo:
    """A demo as a process of its own, with a temporary directory of its own."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.process = subprocess.Popen(
            [str(COMMAND), "demo", "--json", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"TMPDIR": str(folder)},
        )
        self.nodes: list[psutil.Process] = []

    def until_nodes(self, count: int) -> None:
        """Wait until so many nodes run."""
        deadline = time.monotonic() + READY_S_MAX
        while len(self.nodes) < count:
            assert time.monotonic() < deadline
            self.nodes = psutil.Process(self.process.pid).children(recursive=True)
            time.sleep(0.1)

    def ended(self, name: signal.Signals) -> tuple[int, str, str]:
        """Exit code, stdout and stderr after a signal."""
        self.process.send_signal(name)
        out, said = self.process.communicate(timeout=30)
        return self.process.returncode, out, said

    def survivors(self) -> list[str]:
        """The nodes that still run, waited for a while."""
        _, alive = psutil.wait_procs(self.nodes, timeout=GONE_WITHIN_S)
        return [node.name() for node in alive if node.status() != psutil.STATUS_ZOMBIE]

    def leftovers(self) -> list[str]:
        """What stands in the temporary directory."""
        return sorted(path.name for path in self.folder.iterdir())


@pytest.fixture
def demos() -> Iterator[list[Demo]]:
    """Demos that are surely over when the test is."""
    started: list[Demo] = []
    yield started
    for demo in started:
        demo.process.kill()
        demo.process.communicate()


def test_demo__for_a_while__shows_every_route_and_both_journeys(
    demos: list[Demo], tmp_path: Path
) -> None:
    """One JSON object: each route and each journey finished, no block left out, soon ready."""
    demo = Demo(tmp_path / "tmp", "--for", str(SECONDS))
    demos.append(demo)
    demo.until_nodes(7)
    out, said = demo.process.communicate(timeout=SECONDS + 120)
    report = json.loads(out)
    print(f"\n{out.strip()}")

    assert 0 == demo.process.returncode, said
    assert "Traceback" not in said
    assert 1 == len(out.splitlines())
    expected = "routes journeys skipped_blocks rpc_calls_per_block reorgs ready_s seconds incident"
    assert set(expected.split()) == set(report)
    wanted = 3 if SECONDS >= FULL_S else 1
    assert set(ROUTES) == set(report["routes"])
    assert all(report["routes"][route]["finished"] >= wanted for route in ROUTES)
    assert all(report["journeys"][journey] >= 1 for journey in JOURNEYS)
    assert 0 == report["skipped_blocks"]
    assert report["ready_s"] <= READY_S_MAX
    assert SECONDS <= report["seconds"] <= SECONDS + READY_S_MAX + 5
    assert [] == demo.survivors()
    assert [] == demo.leftovers()


def test_demo__interrupted__reports_and_leaves_nothing(demos: list[Demo], tmp_path: Path) -> None:
    """Ctrl-C while it starts or runs: a report, no process, no file."""
    for name, pause_s in (("starting", 0.0), ("running", 4.0)):
        demo = Demo(tmp_path / name)
        demos.append(demo)
        demo.until_nodes(1 if name == "starting" else 7)
        time.sleep(pause_s)
        code, out, said = demo.ended(signal.SIGINT)

        assert 0 == code, said
        assert "Traceback" not in said
        assert set(ROUTES) == set(json.loads(out)["routes"])
        assert [] == demo.survivors()
        assert [] == demo.leftovers()


def test_demo__killed__leaves_no_process_and_the_next_sweeps_up(
    demos: list[Demo], tmp_path: Path
) -> None:
    """After SIGKILL the nodes die with the demo; what lies on the disk goes at the next start."""
    killed = Demo(tmp_path / "tmp")
    demos.append(killed)
    killed.until_nodes(7)
    code, _, _ = killed.ended(signal.SIGKILL)

    assert -signal.SIGKILL == code
    assert [] == killed.survivors()

    following = Demo(tmp_path / "tmp")
    demos.append(following)
    following.until_nodes(7)
    code, _, said = following.ended(signal.SIGINT)

    assert 0 == code, said
    assert [] == following.survivors()
    assert [] == following.leftovers()
