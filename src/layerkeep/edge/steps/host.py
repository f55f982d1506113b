"""Steps of kind `host`: a declared program on a declared runner; no shell, time and output bounded.

A program that ended with another code than 0 may have done part of its work, so that is `unsure`;
`failed` is only what never began.
"""

import asyncio
import contextlib
import os
import re
import shlex
import shutil
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from layerkeep.core.acting.runs.model import (
    DONE,
    FAILED,
    NOBODY_KNOWS,
    UNSURE,
    Action,
    Command,
    Outcome,
    Runner,
)
from layerkeep.core.errors import SettingsError

LIMIT_S = 3600.0
REHEARSAL_S = 25.0
GRACE_S = 2.0
"""From the polite signal to the other one."""

LOOK_EVERY_S = 0.02

SETTLED_S = 3.0
"""Between two looks at a unit: a program that is still at it has changed something by then."""

OUTPUT_MAX = 8_192
"""Bytes kept of each output: the last ones, where programs say what went wrong."""

ARGUMENT_MAX = 1_000
PASSED_ON = ("PATH", "HOME", "USER", "LANG", "SSH_AUTH_SOCK", "KUBECONFIG")
"""What a program finds in its environment: our secrets are not among it."""

ARGUMENT = re.compile(r"\{([a-z0-9_]+)\}")
SCALE = {"stop": "0", "start": "1"}
DEEDS = ("restart", "stop", "start")


@dataclass(frozen=True, slots=True)
class Job:
    """What is started: to do it, to rehearse it, and to ask afterwards (nothing where none can)."""

    argv: tuple[str, ...]
    rehearse: tuple[str, ...] = ()
    loaded: bool = False
    state: tuple[str, ...] = ()


class HostPerformer:
    """Starts declared programs; `limit_s` is how long one may run."""

    def __init__(self, runners: Mapping[str, Runner], limit_s: float = LIMIT_S) -> None:
        self._runners = runners
        self._limit_s = limit_s

    async def rehearse(self, action: Action) -> Outcome:
        """Whether it may be started and is there; runs its own dry run where there is one."""
        try:
            job = self._job(action.params)
        except SettingsError as error:
            return Outcome(FAILED, str(error))
        evidence = {"argv": list(job.argv)}
        if shutil.which(job.argv[0]) is None:
            return Outcome(FAILED, f"there is no program {job.argv[0]} here", evidence)
        would = f"would run {shlex.join(job.argv)}"
        if not job.rehearse:
            return Outcome(DONE, would, evidence)
        found = await run_program(job.rehearse, min(self._limit_s, REHEARSAL_S))
        if found.state != DONE:
            return Outcome(FAILED, f"its dry run: {found.detail}", found.evidence)
        if job.loaded and "LoadState=loaded" not in found.evidence["stdout"]:
            return Outcome(FAILED, "systemd knows no such unit", found.evidence)
        return Outcome(DONE, would, {**found.evidence, **evidence})

    async def perform(self, action: Action) -> Outcome:
        """The program ran once, to its end or to its limit."""
        try:
            job = self._job(action.params)
        except SettingsError as error:
            return Outcome(FAILED, str(error))
        return await run_program(job.argv, self._limit_s)

    async def verify(self, action: Action) -> Outcome:
        """Whether a systemd unit is as a stop or a start would have left it; else nobody can tell.

        Its program may have outlived its worker: only a unit that is as it was before, and stays so
        while it is looked at twice, was surely not touched.
        """
        try:
            job = self._job(action.params)
        except SettingsError as error:
            return Outcome(UNSURE, str(error))
        if not job.state:
            return NOBODY_KNOWS
        wanted = "inactive" if action.params.get("stop") else "active"
        said = set()
        for pause_s in (0.0, SETTLED_S):
            await asyncio.sleep(pause_s)
            found = await run_program(job.state, min(self._limit_s, REHEARSAL_S))
            said.add(str(found.evidence.get("stdout", "")).strip())
        told = " then ".join(sorted(said))
        if said == {f"ActiveState={wanted}"}:
            return Outcome(DONE, told)
        before = {"ActiveState=active", "ActiveState=inactive"} - {f"ActiveState={wanted}"}
        return Outcome(FAILED if said == before else UNSURE, told)

    def _job(self, params: Mapping[str, Any]) -> Job:
        """What is to be started; SettingsError if the topology does not allow it."""
        name = str(params.get("runner", ""))
        runner = self._runners.get(name)
        if runner is None:
            raise SettingsError(f"no runner {name} is declared: [runners.{name}]")
        job = _command_job(runner, params) if params.get("command") else _unit_job(runner, params)
        argv, rehearse, state = (
            _placed(runner, each) for each in (job.argv, job.rehearse, job.state)
        )
        return Job(argv, rehearse, job.loaded, state)


async def run_program(argv: Sequence[str], limit_s: float) -> Outcome:
    """What came of a program, and the last of what it said; it is gone then."""
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return Outcome(FAILED, f"{argv[0]} could not be started: {reason}", {"argv": list(argv)})
    assert process.stdout is not None and process.stderr is not None, "both are pipes"
    readers = [asyncio.create_task(_last(each)) for each in (process.stdout, process.stderr)]
    is_late = False
    try:
        async with asyncio.timeout(limit_s):
            await _exit(process)
    except TimeoutError:
        is_late = True
    finally:
        await asyncio.shield(_ended(process))
        await asyncio.wait(readers, timeout=GRACE_S)
        for reader in readers:
            reader.cancel()
        said = await asyncio.gather(*readers, return_exceptions=True)
    out, err = (each if isinstance(each, str) else "" for each in said)
    code = process.returncode
    evidence = {"argv": list(argv), "code": code, "stdout": out, "stderr": err}
    if is_late:
        return Outcome(UNSURE, f"ended by us: not done in {limit_s:g} s", evidence)
    if code != 0:
        last = (err or out).strip().rsplit("\n", 1)[-1]
        return Outcome(UNSURE, f"ended with code {code}: {last}"[:300], evidence)
    return Outcome(DONE, f"{os.path.basename(argv[0])} ended with code 0", evidence)


async def _ended(process: asyncio.subprocess.Process) -> None:
    """A program that is still there is ended with all it started, politely first.

    What a program left running when it ended by itself is left alone: that may be its purpose.
    """
    if process.returncode is not None:
        return
    _signal(process.pid, signal.SIGTERM)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(GRACE_S):
            await _exit(process)
    _signal(process.pid, signal.SIGKILL)
    await _exit(process)


async def _exit(process: asyncio.subprocess.Process) -> None:
    """The program has ended; `wait` would wait for its children too, which may hold its pipes."""
    while process.returncode is None:  # noqa: ASYNC110  see above: there is no event of it
        await asyncio.sleep(LOOK_EVERY_S)


def _signal(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


async def _last(stream: asyncio.StreamReader) -> str:
    """The last bytes of a stream; the rest is read and let go."""
    kept = b""
    try:
        while part := await stream.read(OUTPUT_MAX):
            kept = (kept + part)[-OUTPUT_MAX:]
    except asyncio.CancelledError:  # somebody else still holds the pipe
        pass
    return kept.decode(errors="replace")


# ---- what may be started


def _command_job(runner: Runner, params: Mapping[str, Any]) -> Job:
    name = str(params["command"])
    command = runner.commands.get(name)
    if command is None:
        raise SettingsError(f"runner {runner.name} has no command {name}")
    given = params.get("arguments") or {}
    unknown = sorted(set(given) - set(command.arguments))
    if unknown:
        raise SettingsError(f"command {name} of {runner.name} takes no argument {unknown[0]}")
    return Job(_filled(command, command.argv, given), _filled(command, command.rehearse, given))


def _filled(command: Command, argv: Sequence[str], given: Mapping[str, Any]) -> tuple[str, ...]:
    found = []
    for part in argv:
        held = ARGUMENT.fullmatch(part)
        found.append(part if held is None else _argument(command, held[1], given))
    return tuple(found)


def _argument(command: Command, name: str, given: Mapping[str, Any]) -> str:
    """An argument that fits its pattern as a whole; no option, unless the pattern is of one."""
    if name not in given:
        raise SettingsError(f"command {command.name} needs the argument {name}")
    value, pattern = str(given[name]), command.arguments.get(name, "")
    fits = len(value) <= ARGUMENT_MAX and "\0" not in value and re.fullmatch(pattern, value)
    if not fits or (value.startswith("-") and not pattern.startswith(("-", r"\-"))):
        raise SettingsError(
            f"command {command.name}: argument {name}: found {value[:80]!r}, expected {pattern}"
        )
    return value


def _unit_job(runner: Runner, params: Mapping[str, Any]) -> Job:
    deeds = [each for each in DEEDS if params.get(each)]
    if len(deeds) != 1:
        raise SettingsError("a host step names one command, or one unit to restart, stop or start")
    deed, unit = deeds[0], str(params[deeds[0]])
    if unit not in runner.units.values():
        raise SettingsError(f"runner {runner.name} has no unit {unit}")
    if runner.kind == "systemd":
        show = ("systemctl", "show", "--property=LoadState", "--", unit)
        asked = ("systemctl", "show", "--property=ActiveState", "--", unit)
        state = asked if deed != "restart" else ()
        return Job(("systemctl", deed, "--", unit), show, loaded=True, state=state)
    place = ("--namespace", runner.namespace) if runner.namespace else ()
    if deed == "restart":
        argv = ("kubectl", *place, "rollout", "restart", unit)
    else:
        argv = ("kubectl", *place, "scale", unit, f"--replicas={SCALE[deed]}")
    return Job(argv, (*argv, "--dry-run=server"))


def _placed(runner: Runner, argv: tuple[str, ...]) -> tuple[str, ...]:
    """The program where the runner is; ssh hands its words to a shell there, so they are quoted."""
    if not argv or not runner.prefix:
        return argv
    is_ssh = os.path.basename(runner.prefix[0]) == "ssh"
    return (*runner.prefix, *((shlex.join(argv),) if is_ssh else argv))
