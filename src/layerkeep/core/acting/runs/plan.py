"""From a runbook and an incident to a run: everything is filled in now, and stays so."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from layerkeep.core.acting.runbooks.model import Condition, Runbook, Step
from layerkeep.core.acting.runbooks.placeholders import filled
from layerkeep.core.acting.runs.model import Acting, Signer
from layerkeep.core.acting.runs.record import Planned, Progress, Run
from layerkeep.core.facts import Fact, Reached
from layerkeep.core.incidents.incident import Incident
from layerkeep.core.keccak import keccak_hex
from layerkeep.core.messages import Message
from layerkeep.core.network.graph import Graph
from layerkeep.core.topology import Topology
from layerkeep.core.units import ChainName, Timestamp

ID_DIGITS = 12
KEY_DIGITS = 32


@dataclass(frozen=True, slots=True)
class Scene:
    """What a runbook is filled in from. `message` and `head` are None where nobody knows them.

    `jobs` maps the jobs of the component's chain to its stack's words for them.
    """

    incident: Incident
    topology: Topology
    graph: Graph
    message: Message | None = None
    head: Fact | None = None
    jobs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks for a run, and when.

    `before` counts earlier runs of this runbook for this incident, `attempts` those of them that
    acted. Keys are made of the attempts: a store restored from a backup counts them as it did
    before, so the keys of what was done meanwhile come out the same, and are known to the world.
    """

    by: str
    now: Timestamp
    before: int = 0
    attempts: int = 0
    automatic: bool = False


def run_of(runbook: Runbook, scene: Scene, asked: Asked) -> Run:
    """The run, nothing of it done; Unfilled names a placeholder that has no value here."""
    incident, known = scene.incident, known_values(scene)
    component = incident.root.component
    part = f"{runbook.name} {incident.id} {asked.attempts}"
    acting = scene.topology.acting
    steps = tuple(_planned(step, known, acting, f"{part} steps") for step in runbook.steps)
    way_back = tuple(_planned(each, known, acting, f"{part} way-back") for each in runbook.way_back)
    found = (_condition(each, known) for each in runbook.preconditions)
    run = Run(
        id=_digest(f"{runbook.name} {incident.id} {asked.before}")[:ID_DIGITS],
        runbook=runbook.name,
        digest=runbook.digest,
        title=runbook.title,
        incident=incident.id,
        kind=incident.root.kind,
        component=component,
        chain=known.get("chain", ""),
        proposed_by=asked.by,
        proposed_at=asked.now,
        automatic=asked.automatic,
        needs=runbook.approvals,
        time_limit=runbook.time_limit,
        touches=_touched(component, (*steps, *way_back)),
        preconditions=(Condition("incident-open", {"incident": incident.id}), *found),
        steps=steps,
        way_back=way_back,
        done=[Progress() for _ in steps],
        undone=[Progress() for _ in way_back],
    )
    run.write(asked.now, "proposed", asked.by)
    return run


def known_values(scene: Scene) -> dict[str, str]:
    """Every placeholder that has a value here."""
    incident, topology = scene.incident, scene.topology
    component = incident.root.component
    known = {
        "incident": incident.id,
        "kind": incident.root.kind,
        "component": component,
        "job": component.split(":", 1)[0],
        "name": component.split(":", 1)[-1],
        "subject": incident.root.subject,
    }
    known |= {f"amount.{name}": str(wei) for name, wei in topology.acting.amounts.items()}
    for runner in topology.acting.runners.values():
        if component in runner.units:
            known |= {"runner": runner.name, "unit": runner.units[component]}
    chain = topology.chains.get(scene.graph.chain(component) or ChainName(""))
    if chain is not None:
        known |= {"chain": chain.name, "parent": chain.settles_on or chain.name}
        known |= {f"actor.{job}": address for job, address in chain.actors.items()}
        actor = scene.jobs.get(known["job"], known["job"])
        known |= {"account": chain.actors[actor]} if actor in chain.actors else {}
        for side, where in (("child", chain.name), ("parent", chain.settles_on)):
            for role, address in chain.contracts.get(where, {}).items() if where else ():
                known[f"role.{side}.{role}"] = address
    if scene.head is not None:
        known |= {"chain.head_hash": scene.head.anchor.block}
        known |= {"chain.head_height": str(scene.head.anchor.height)}
    return known | (_message_values(scene.message) if scene.message is not None else {})


def _message_values(message: Message) -> dict[str, str]:
    says, anchor = message.says, message.sent.anchor
    reached = [(f.says.stage, f.anchor.tx) for f in message.facts if isinstance(f.says, Reached)]
    known = {f"message.tx.{stage}": tx for stage, tx in reached if tx}
    return known | {
        "message.id": message.id,
        "message.source": says.source,
        "message.target": says.target,
        "message.tx": anchor.tx,
        "message.log": str(anchor.log_index),
        "message.sender": says.sender,
        "message.recipient": says.recipient,
    }


def _planned(step: Step, known: Mapping[str, str], acting: Acting, part: str) -> Planned:
    params = filled(step.params, known)
    if step.kind == "transaction":
        params["signer"] = _signer(params, acting.signers.values())
    proof = _condition(step.proof, known) if step.proof is not None else None
    note = filled(step.note, known)
    key = _digest(f"{part} {step.name}")[:KEY_DIGITS]
    return Planned(step.name, step.kind, params, proof, step.time_limit, note, key)


def _signer(params: Mapping[str, str], signers: Iterable[Signer]) -> str:
    """Who signs: the declared one with this job on this chain; nobody where none is declared."""
    job, chain = params.get("signer", ""), params["chain"]
    found = [each.name for each in signers if each.chain == chain and job in each.jobs]
    return min(found, default="")


def _condition(condition: Condition, known: Mapping[str, str]) -> Condition:
    return replace(condition, params=filled(condition.params, known))


def _touched(component: str, steps: Iterable[Planned]) -> tuple[str, ...]:
    """What no other run may act on meanwhile: the component, and the endpoints that are called."""
    endpoints = {str(step.params["endpoint"]) for step in steps if "endpoint" in step.params}
    return tuple(sorted({component, *endpoints}))


def _digest(text: str) -> str:
    return keccak_hex(text.encode())[2:]
