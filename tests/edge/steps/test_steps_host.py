"""Steps of kind host: declared programs only, no shell, an end to time and output."""

import asyncio
import os
import sys
import time

import pytest
from outside import action

from layerkeep.core.acting.runs.model import Command, Runner
from layerkeep.edge.steps.host import OUTPUT_MAX, HostPerformer

PYTHON = sys.executable


def runner(script="", *, rehearse="", prefix=(), **arguments):
    """A runner of one command `do`: a Python script with its arguments behind."""
    names = tuple(f"{{{name}}}" for name in arguments)
    dry = (PYTHON, "-c", rehearse, *names) if rehearse else ()
    do = Command("do", (PYTHON, "-c", script, *names), arguments, dry)
    return Runner("h", "command", {"do": do}, prefix=prefix)


def perform(where, *, rehearse=False, limit_s=20.0, **params):
    """What came of a step on this runner."""

    async def body():
        performer = HostPerformer({"h": where}, limit_s)
        step = action("host", runner=params.pop("runner", "h"), **params)
        return await (performer.rehearse(step) if rehearse else performer.perform(step))

    return asyncio.run(body())


def test_command__that_ends_well__is_done_with_what_it_said():
    """Arguments arrive as they are: no shell reads them."""
    script = "import sys; print(sys.argv[1:])"
    value = "a b; touch /tmp/x $(id) `id` 'q' *"
    outcome = perform(runner(script, unit=".*"), command="do", arguments={"unit": value})

    assert "done" == outcome.state
    assert f"{[value]}\n" == outcome.evidence["stdout"]


def test_command__half_done__is_unsure():
    """Whoever ends with an error may have done part of it."""
    script = "import sys; print('stopped'); print('cannot start', file=sys.stderr); sys.exit(3)"
    outcome = perform(runner(script), command="do")

    assert ("unsure", 3) == (outcome.state, outcome.evidence["code"])
    assert "cannot start" in outcome.detail


def test_command__that_is_not_there__failed():
    """What never began changed nothing."""
    where = Runner("h", "command", {"do": Command("do", ("/nowhere/at-all",))})

    assert "failed" == perform(where, command="do").state
    assert "failed" == perform(where, command="do", rehearse=True).state


def test_command__that_hangs__is_ended_with_its_children(tmp_path):
    """Also one that does not heed a polite signal, and what it started."""
    script = (
        "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"open({str(tmp_path / 'pid')!r}, 'w').write(str(child.pid))\n"
        "time.sleep(60)"
    )
    outcome = perform(runner(script), command="do", limit_s=1.5)

    assert "unsure" == outcome.state
    assert "not done in 1.5 s" in outcome.detail
    assert not is_running(int((tmp_path / "pid").read_text()))


def test_command__whose_run_is_given_up__is_ended(tmp_path):
    """A worker that stops, or whose time is over, leaves nothing running."""
    path = tmp_path / "pid"
    script = f"import os, time; open({str(path)!r}, 'w').write(str(os.getpid())); time.sleep(60)"

    async def body():
        performer = HostPerformer({"h": runner(script)})
        try:
            async with asyncio.timeout(1.5):
                await performer.perform(action("host", runner="h", command="do"))
        except TimeoutError:
            return True
        return False

    assert asyncio.run(body())
    assert not is_running(int(path.read_text()))


def test_command__that_leaves_a_child_running__is_done_and_the_child_lives(tmp_path):
    """To start something is what many commands are for; an open pipe does not hold us up."""
    script = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print(child.pid)"
    )
    outcome = perform(runner(script), command="do")
    assert "done" == outcome.state
    pid = int(outcome.evidence["stdout"])
    assert is_running(pid)
    os.kill(pid, 9)


def test_command__that_talks_for_ever__is_kept_short():
    """The last words are kept."""
    script = "import sys; sys.stdout.write('x' * 5_000_000 + 'the end')"
    outcome = perform(runner(script), command="do")

    assert "done" == outcome.state
    assert OUTPUT_MAX == len(outcome.evidence["stdout"])
    assert outcome.evidence["stdout"].endswith("the end")


def test_command__in_its_environment__finds_no_secret(monkeypatch):
    """Only what programs need is passed on."""
    monkeypatch.setenv("OP_ADMIN_TOKEN", "hush")
    outcome = perform(runner("import os; print(sorted(os.environ))"), command="do")

    assert "PATH" in outcome.evidence["stdout"]
    assert "OP_ADMIN_TOKEN" not in outcome.evidence["stdout"]


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"command": "other"}, "no command other"),
        ({"command": "do"}, "needs the argument unit"),
        ({"command": "do", "arguments": {"unit": "op-node; id"}}, "found 'op-node; id'"),
        ({"command": "do", "arguments": {"unit": "--all"}}, "found '--all'"),
        ({"command": "do", "arguments": {"unit": "a\n"}}, "expected"),
        ({"command": "do", "arguments": {"unit": "a", "more": "b"}}, "no argument more"),
        ({"runner": "elsewhere", "command": "do"}, "no runner elsewhere"),
        ({"restart": "op-node"}, "no unit op-node"),
        ({}, "one command, or one unit"),
    ],
)
def test_step__not_declared__starts_nothing(tmp_path, params, said):
    """Neither in earnest nor in a dry run."""
    path = tmp_path / "ran"
    script = f"open({str(path)!r}, 'w')"
    where = runner(script, rehearse=script, unit="[a-z-]+")
    for rehearse in (False, True):
        outcome = perform(where, rehearse=rehearse, **dict(params))
        assert "failed" == outcome.state
        assert said in outcome.detail
    assert not path.exists()


def test_rehearsal__of_a_command__runs_its_dry_run_only(tmp_path):
    """Without one it is only looked whether the program is there."""
    real, dry = tmp_path / "real", tmp_path / "dry"
    script = f"open({str(real)!r}, 'w')"
    where = runner(script, rehearse=f"open({str(dry)!r}, 'w')")
    assert "done" == perform(where, rehearse=True, command="do").state
    assert (False, True) == (real.exists(), dry.exists())

    assert "done" == perform(runner(script), rehearse=True, command="do").state
    assert not real.exists()
    refused = runner(script, rehearse="import sys; sys.exit(1)")
    assert "failed" == perform(refused, rehearse=True, command="do").state


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """systemctl, kubectl and ssh that only say how they were called."""
    for name in ("systemctl", "kubectl", "ssh"):
        path = tmp_path / name
        path.write_text(
            f"#!{PYTHON}\nimport sys\nprint([{name!r}, *sys.argv[1:]])\nprint('LoadState=loaded')\n"
        )
        path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")


@pytest.mark.parametrize(
    ("where", "params", "expected", "dry"),
    [
        (
            Runner("h", "systemd", units={"node:l2": "op-node.service"}),
            {"restart": "op-node.service"},
            ["systemctl", "restart", "--", "op-node.service"],
            ["systemctl", "show", "--property=LoadState", "--", "op-node.service"],
        ),
        (
            Runner("h", "kubernetes", units={"node:l2": "deployment/op"}, namespace="l2"),
            {"restart": "deployment/op"},
            ["kubectl", "--namespace", "l2", "rollout", "restart", "deployment/op"],
            [
                *("kubectl", "--namespace", "l2", "rollout", "restart", "deployment/op"),
                "--dry-run=server",
            ],
        ),
        (
            Runner("h", "kubernetes", units={"node:l2": "deployment/op"}),
            {"stop": "deployment/op"},
            ["kubectl", "scale", "deployment/op", "--replicas=0"],
            ["kubectl", "scale", "deployment/op", "--replicas=0", "--dry-run=server"],
        ),
        (
            Runner("h", "systemd", units={"n": "a b.service"}, prefix=("ssh", "ops@host1")),
            {"start": "a b.service"},
            ["ssh", "ops@host1", "systemctl start -- 'a b.service'"],
            ["ssh", "ops@host1", "systemctl show --property=LoadState -- 'a b.service'"],
        ),
    ],
)
def test_unit__to_restart_stop_or_start__becomes_a_command(programs, where, params, expected, dry):
    """What ssh hands to a shell over there is quoted."""
    done, rehearsed = perform(where, **params), perform(where, rehearse=True, **params)

    assert ("done", "done") == (done.state, rehearsed.state)
    assert str(expected) == done.evidence["stdout"].splitlines()[0]
    assert str(dry) == rehearsed.evidence["stdout"].splitlines()[0]


def is_running(pid: int) -> bool:
    """True if this process is there; the dead are given a moment to go."""
    for _ in range(50):
        try:
            with open(f"/proc/{pid}/stat") as file:
                if file.read().rsplit(")", 1)[1].split()[0] == "Z":
                    return False
        except FileNotFoundError:
            return False
        time.sleep(0.02)
    return True
