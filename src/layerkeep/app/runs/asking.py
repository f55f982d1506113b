"""What people say to runs: propose, approve, deny, start, answer, halt, go.

Each is one change of the store with its entry in the audit; the worker of a daemon does the rest.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from msgspec.structs import replace

from layerkeep.app.diary import incident_of
from layerkeep.app.runs.persons import Speaker
from layerkeep.app.stories import believed
from layerkeep.core.acting.runbooks.matching import answers
from layerkeep.core.acting.runbooks.model import Runbook
from layerkeep.core.acting.runbooks.placeholders import Unfilled
from layerkeep.core.acting.runs import run as journal
from layerkeep.core.acting.runs.ends import WAITING
from layerkeep.core.acting.runs.plan import Asked, Scene, run_of
from layerkeep.core.acting.runs.record import Approval, Run
from layerkeep.core.adapter import Adapter
from layerkeep.core.errors import SettingsError
from layerkeep.core.facts import Described, Fact, Reached, Sent
from layerkeep.core.incidents.incident import MERGED, RESOLVED, Incident
from layerkeep.core.messages import Message
from layerkeep.core.network.graph import Graph
from layerkeep.core.network.layers import layers_of
from layerkeep.core.topology import Topology
from layerkeep.core.topology.spot import close_match
from layerkeep.core.units import ChainName, Height, Key, Timestamp
from layerkeep.edge.store.audit import AuditRow
from layerkeep.edge.store.family import story_of
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.observations import heads_seen, read_incident
from layerkeep.edge.store.reading import read_cursors
from layerkeep.edge.store.runs import (
    Halt,
    Stored,
    add_run,
    keep_halt,
    read_run,
    runs_like,
    save_run,
    tries_of,
)

TRIES = 8
"""So often a change is tried again that a worker came in between of."""

PROOFS_MAX = 16
"""Facts of a problem's proof that are asked which message they are about."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where runs are: the store, and what it is about."""

    store: Store
    topology: Topology
    adapters: Mapping[str, Adapter]
    runbooks: Mapping[str, Runbook]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed for which incident; `message` where it is about another than its root's."""

    runbook: str
    incident: str
    message: str = ""


async def propose(
    place: Place, proposal: Proposal, who: Speaker, now: int, *, automatic: bool = False
) -> Run:
    """A run, filled in and stored; SettingsError if it cannot be proposed."""
    runbook = place.runbooks.get(proposal.runbook)
    if runbook is None:
        near = close_match(proposal.runbook, place.runbooks)
        hint = f"did you mean {near!r}?" if near else "`layerkeep runbooks` lists them"
        raise SettingsError(f"there is no runbook {proposal.runbook!r}; {hint}")
    scene = await scene_of(place, proposal)
    root = scene.incident.root
    if not answers(runbook, root.kind, root.component):
        raise SettingsError(f"{runbook.name} is not for {root.kind} on {root.component}")
    before, attempts = await tries_of(place.store, runbook.name, scene.incident.id)
    asked = Asked(who.person, Timestamp(now), before, attempts, automatic)
    try:
        run = run_of(runbook, scene, asked)
    except Unfilled as error:
        raise SettingsError(f"{runbook.name} needs {{{error}}}, which {_missing(error)}") from error
    row = audit_row(run, "run.propose", who, now)
    if not await add_run(place.store, run, row):
        raise SettingsError("somebody else proposed the same at the same moment; try again")
    return run


def _missing(error: Unfilled) -> str:
    """Where a value that is missing would come from."""
    name = str(error)
    if name.startswith("amount."):
        return "[acting.amounts] does not name"
    if name in ("runner", "unit"):
        return "no [runners.NAME] has among its units"
    if name.startswith("role."):
        return "the topology has no contract for"
    if name.startswith("message."):
        return "is not known: name one with --message"
    return "is not known here"


async def scene_of(place: Place, proposal: Proposal) -> Scene:
    """What a runbook is filled in from; SettingsError if there is no such incident."""
    row = await read_incident(place.store, proposal.incident.strip().lower())
    if row is None:
        raise SettingsError(f"there is no incident {proposal.incident!r}")
    incident = incident_of(row)
    graph = Graph(layers_of(place.topology, place.adapters))
    name = graph.chain(incident.root.component)
    head = await _head(place.store, name or "")
    message = await _message(place, incident, proposal.message)
    jobs = place.adapters[place.topology.chains[name].stack].jobs if name is not None else {}
    return Scene(incident, place.topology, graph, message, head, jobs)


async def _head(store: Store, chain: str) -> Fact | None:
    """The newest block of a chain that is known: a look at heads is seldom at the very last."""
    seen, cursor = (
        (await heads_seen(store)).get(chain),
        (await read_cursors(store)).get(ChainName(chain)),
    )
    if seen is None or cursor is None or cursor.height < seen.fact.anchor.height:
        return seen.fact if seen is not None else None
    anchor = replace(seen.fact.anchor, height=Height(cursor.height), block=cursor.hash)
    return replace(seen.fact, anchor=anchor)


async def _message(place: Place, incident: Incident, named: str) -> Message | None:
    """The message that was named, or the one that the root problem is about."""
    said = [fact.says for fact in incident.root.proof[:PROOFS_MAX]]
    keys = [each.key for each in said if isinstance(each, Reached | Described)]
    sent = [each.message for each in said if isinstance(each, Sent)]
    names = [named] if named else [incident.root.subject, *sent, *keys]
    lifecycles = [each for adapter in place.adapters.values() for each in adapter.lifecycles]
    for name in names:
        facts = await story_of(place.store, [name])
        view = believed((facts[seq] for seq in sorted(facts)), lifecycles)
        found = view.messages.get(name) or view.messages.get(view.by_key.get(Key(name), ""))
        if found is not None:
            return found
    if named:
        raise SettingsError(f"there is no message {named!r}")
    return None


Change = Callable[[Run], str]
"""Changes a run in place, and says why not if it does not."""


async def change(store: Store, name: str, row: Callable[[Run], AuditRow], how: Change) -> Run:
    """The run as it is after a change; SettingsError if the change does not count."""
    for _ in range(TRIES):
        stored = await known_run(store, name)
        run = stored.run
        refusal = how(run)
        if refusal:
            raise SettingsError(f"run {run.id}: {refusal}")
        if await save_run(store, stored, row(run)) is not None:
            return run
    raise SettingsError(f"run {name} changes too fast; try again")


async def known_run(store: Store, name: str) -> Stored:
    """The run of this id, or of the one id that begins so; SettingsError if there is none."""
    found = await runs_like(store, name.strip().lower())
    if len(found) != 1:
        what = "several runs begin with" if found else "there is no run"
        raise SettingsError(f"{what} {name!r}; `layerkeep runs` lists them")
    stored = await read_run(store, found[0].id)
    assert stored is not None, "no run is ever taken out"
    return stored


async def incident_over(store: Store, name: str) -> str:
    """Why there is nothing left to do about an incident, empty while there is.

    What the store does not know is not over.
    """
    row = await read_incident(store, name) if name else None
    if row is None or row.state not in (RESOLVED, MERGED):
        return ""
    into = incident_of(row).merged_into if row.state == MERGED else ""
    return f"incident {name} is {row.state}" + (f" into {into}" if into else "")


async def _refuse_if_over(place: Place, name: str) -> None:
    """SettingsError if the run waits, and its incident is over: the worker is about to end it."""
    run = (await known_run(place.store, name)).run
    why = await incident_over(place.store, run.incident) if run.state in WAITING else ""
    if why:
        raise SettingsError(f"run {run.id}: the run is moot ({why})")


async def approve(place: Place, name: str, who: Speaker, now: int) -> Run:
    """A person agrees."""
    await _refuse_if_over(place, name)

    def how(run: Run) -> str:
        if not who.may(run.needs.role):
            return f"it takes the role {run.needs.role} to approve it, and {who.token} has less"
        yes = Approval(who.person, who.token, who.role, Timestamp(now))
        return journal.approve(run, yes, Timestamp(now))

    return await change(place.store, name, _row("run.approve", who, now), how)


async def deny(place: Place, name: str, who: Speaker, now: int, reason: str = "") -> Run:
    """A person says no."""

    def how(run: Run) -> str:
        if not who.may("operator"):
            return "it takes the role operator to deny it"
        return journal.deny(run, who.person, reason, Timestamp(now))

    return await change(place.store, name, _row("run.deny", who, now), how)


async def start(place: Place, name: str, who: Speaker, now: int) -> Run:
    """An approved run is to be carried out."""
    await _refuse_if_over(place, name)

    def how(run: Run) -> str:
        if not who.may("operator"):
            return "it takes the role operator to start it"
        return journal.start(run, who.person, Timestamp(now))

    return await change(place.store, name, _row("run.start", who, now), how)


async def answer(place: Place, name: str, who: Speaker, now: int, *, yes: bool) -> Run:
    """A person answers what a run asks."""

    def how(run: Run) -> str:
        if not who.may("operator"):
            return "it takes the role operator to answer"
        return journal.answered(run, who.person, Timestamp(now), yes=yes)

    action = "run.answer.yes" if yes else "run.answer.no"
    return await change(place.store, name, _row(action, who, now), how)


async def halt(place: Place, who: Speaker, now: int, reason: str, *, on: bool) -> Halt:
    """Nothing is begun or carried on any more, or it may be again."""
    if not who.may("operator"):
        raise SettingsError("it takes the role operator to halt runs, or to let them go on")
    said = Halt(on, who.person, now, reason)
    action = "runs.halt" if on else "runs.go"
    row = AuditRow(now, who.person, who.role, action, "runs", "done", detail=reason)
    await keep_halt(place.store, said, row)
    return said


def audit_row(run: Run, action: str, who: Speaker, now: int, outcome: str = "done") -> AuditRow:
    """What somebody did to a run."""
    detail = f"{run.runbook} for incident {run.incident} on {run.component}"
    return AuditRow(now, who.person, who.role, action, f"run {run.id}", outcome, detail=detail)


def _row(action: str, who: Speaker, now: int) -> Callable[[Run], AuditRow]:
    return lambda run: audit_row(run, action, who, now)
