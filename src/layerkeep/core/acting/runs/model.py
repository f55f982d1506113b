"""What acting is made of: the action, its outcome, and the declared means and limits of it.

Times and durations in milliseconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from layerkeep.core.units import HOUR, Duration, Timestamp

DONE = "done"
FAILED = "failed"
UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Action:
    """A step with everything filled in, as the world sees it.

    `params` are those of its kind: see `runbooks.kinds`. `key` is its idempotency key: derived, so
    alike after every restart and in a store restored from a backup. Whoever performs an action of a
    key that the world knows already does nothing, and answers `done`.
    """

    kind: str
    params: Mapping[str, Any]
    key: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an action: `done`, `failed` (nothing changed) or `unsure` (it may have)."""

    state: str
    detail: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)


NOBODY_KNOWS = Outcome(UNSURE, "the worker died meanwhile")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A place that `rpc` and `http` steps may call, and nothing else. URL and headers may be
    references to secrets. `methods` are the JSON-RPC methods that may be called there, or for HTTP
    `POST /path` with globs.

    The name may be a component's (`sequencer:l2`): runbooks name the endpoint so.
    """

    name: str
    url: str
    methods: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs what is prepared for `chain` from `address`; layerkeep holds no key.

    `kind` is `safe` (a Safe: its owners sign) or `remote` (a node or a Web3Signer at `url` that
    keeps the key and sends). `jobs` are the words by which runbooks name it: `relayer`, `funder`,
    `guardian`, `owner`.
    """

    name: str
    kind: str
    chain: str
    address: str
    url: str = ""
    jobs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Command:
    """One program a runner may start, without a shell.

    `argv` may hold `{name}` placeholders, each a whole argument; `arguments` says by a regular
    expression what the whole of each may be. `rehearse` is what is run in a dry run, if anything.
    """

    name: str
    argv: tuple[str, ...]
    arguments: Mapping[str, str] = field(default_factory=dict)
    rehearse: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Runner:
    """A declared place where host steps may be carried out: nothing else runs there.

    `kind` is `command`, `systemd` or `kubernetes`. `units` maps components to the systemd unit or
    the Kubernetes workload (`deployment/NAME`, in `namespace`) that may be restarted or stopped.
    `prefix` stands before every program: `ssh`, its options and a host, where that is elsewhere.
    """

    name: str
    kind: str
    commands: Mapping[str, Command] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    namespace: str = ""
    prefix: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Freeze:
    """A window in which no run starts."""

    name: str
    start: Timestamp
    end: Timestamp


@dataclass(frozen=True, slots=True)
class Acting:
    """The policy on acting, and its means. With `halted` nothing runs until somebody says `go`.

    `automatic` names the runbooks that may run without a person, at most `automatic_max` of them
    within `automatic_within`, over all runbooks. `amounts` are the most a step may move, in wei, by
    the word that a runbook has for it. `runbooks` is a folder with the operator's own runbooks.
    """

    halted: bool = False
    automatic: tuple[str, ...] = ()
    automatic_max: int = 3
    automatic_within: Duration = HOUR
    amounts: Mapping[str, int] = field(default_factory=dict)
    runbooks: str = ""
    freezes: tuple[Freeze, ...] = ()
    runners: Mapping[str, Runner] = field(default_factory=dict)
    endpoints: Mapping[str, Endpoint] = field(default_factory=dict)
    signers: Mapping[str, Signer] = field(default_factory=dict)
