"""Whether a condition holds, by what is believed now: yes, no, or nobody can tell.

What must have moved must have moved since `since`, if that is given. `answers` is not judged here:
it asks the world.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from layerkeep.core.acting.runbooks.model import Condition
from layerkeep.core.facts import NodesSeen, NodeState
from layerkeep.core.rules.integrity.bridge_paused import paused_by
from layerkeep.core.rules.rule import Ground
from layerkeep.core.units import ChainName, Timestamp


@dataclass(frozen=True, slots=True)
class Look:
    """What is believed now.

    `open` are the ids of open incidents. `stages` are stages of messages that the view let go, from
    the store. `since` is when the step began whose proof is looked for, None before it.
    """

    ground: Ground
    open: Collection[str]
    now: Timestamp
    since: Timestamp | None = None
    stages: Mapping[str, str] = field(default_factory=dict)


Judge = Callable[[Look, Mapping[str, Any]], bool | None]


def holds(condition: Condition, look: Look) -> bool | None:
    """True, False, or None where nobody can tell."""
    return JUDGES[condition.name](look, condition.params)


def words(condition: Condition) -> str:
    """A condition as people read it."""
    about = ", ".join(f"{key} {value}" for key, value in condition.params.items())
    return f"{condition.name} ({about})"


def _incident_open(look: Look, params: Mapping[str, Any]) -> bool:
    return params["incident"] in look.open


def _incident_resolved(look: Look, params: Mapping[str, Any]) -> bool:
    return params["incident"] not in look.open


def _problem_there(look: Look, params: Mapping[str, Any]) -> bool | None:
    kind, component = params["problem"], params["on"]
    standing = look.ground.standing.values()
    if any(each.kind == kind and each.component == component for each in standing):
        return True
    return None if _is_blind(look, look.ground.graph.chain(component)) else False


def _problem_gone(look: Look, params: Mapping[str, Any]) -> bool | None:
    found = _problem_there(look, params)
    return None if found is None else not found


def _message_in_stage(look: Look, params: Mapping[str, Any]) -> bool | None:
    message = look.ground.view.messages.get(params["message"])
    stage = message.stage if message is not None else look.stages.get(params["message"])
    return None if stage is None else stage in params["stages"]


def _head_moving(look: Look, params: Mapping[str, Any]) -> bool | None:
    """Moved since the step began; before it, no longer ago than a halted chain's limit."""
    chain, head = params["chain"], params.get("head", "latest")
    moved = look.ground.sightings.moved.get(f"{chain} {head}")
    if moved is None or _is_blind(look, chain):
        return None
    if look.since is not None:
        return moved[1] > look.since
    return look.now - moved[1] <= look.ground.layers[ChainName(chain)].limits.halted_after


def _head_standing(look: Look, params: Mapping[str, Any]) -> bool | None:
    moving = _head_moving(look, params)
    return None if moving is None else not moving


def _balance_at_least(look: Look, params: Mapping[str, Any]) -> bool | None:
    sample = look.ground.sightings.latest(params["chain"], f"{params['job']}.balance_wei")
    return None if sample is None else sample.value >= int(params["wei"])


def _balance_below(look: Look, params: Mapping[str, Any]) -> bool | None:
    enough = _balance_at_least(look, params)
    return None if enough is None else not enough


def _upstream_answering(look: Look, params: Mapping[str, Any]) -> bool | None:
    found = _node(look, params["upstream"])
    return None if found is None else found[1].answering


def _upstream_silent(look: Look, params: Mapping[str, Any]) -> bool | None:
    answering = _upstream_answering(look, params)
    return None if answering is None else not answering


def _upstream_level(look: Look, params: Mapping[str, Any]) -> bool | None:
    """Answers, and is no further behind the best than its chain's limit, in blocks."""
    found = _node(look, params["upstream"])
    if found is None or not found[1].answering:
        return None if found is None else False
    chain, node, says = found
    layer = look.ground.layers[chain]
    best = look.ground.sightings.progress.best(chain, says)
    return best - node.head <= layer.limits.upstream_lag // layer.block_time


def _upstream_not_alone(look: Look, params: Mapping[str, Any]) -> bool | None:
    """Another node of its chain answers: it may be taken out."""
    found = _node(look, params["upstream"])
    if found is None:
        return None
    others = [node for node in found[2].nodes if node.upstream != params["upstream"]]
    return any(node.answering for node in others)


def _bridge_paused(look: Look, params: Mapping[str, Any]) -> bool | None:
    if _is_blind(look, look.ground.layers[ChainName(params["chain"])].parent):
        return None
    return paused_by(look.ground, params["chain"]) is not None


def _bridge_open(look: Look, params: Mapping[str, Any]) -> bool | None:
    paused = _bridge_paused(look, params)
    return None if paused is None else not paused


def _batch_posted(look: Look, params: Mapping[str, Any]) -> bool | None:
    """A batch since the step began; without a beginning nobody can tell which one is meant."""
    posted = look.ground.sightings.posted.get(params["chain"])
    if look.since is None:
        return False
    return posted is not None and posted.anchor.time > look.since


def _node(look: Look, upstream: str) -> tuple[ChainName, NodeState, NodesSeen] | None:
    """The newest look at an upstream, if it is one since the step began."""
    for chain, layer in look.ground.layers.items():
        fact = look.ground.sightings.nodes.get(chain)
        if upstream not in layer.upstreams or fact is None:
            continue
        if look.since is not None and fact.anchor.time <= look.since:
            return None
        assert isinstance(fact.says, NodesSeen), "a look at nodes"
        states = [node for node in fact.says.nodes if node.upstream == upstream]
        return (chain, states[0], fact.says) if states else None
    return None


def _is_blind(look: Look, chain: str | None) -> bool:
    return chain is None or look.ground.blind_since(chain, look.now) is not None


JUDGES: Mapping[str, Judge] = {
    "incident-open": _incident_open,
    "incident-resolved": _incident_resolved,
    "problem-there": _problem_there,
    "problem-gone": _problem_gone,
    "message-in-stage": _message_in_stage,
    "head-moving": _head_moving,
    "head-standing": _head_standing,
    "balance-at-least": _balance_at_least,
    "balance-below": _balance_below,
    "upstream-answering": _upstream_answering,
    "upstream-silent": _upstream_silent,
    "upstream-level": _upstream_level,
    "upstream-not-alone": _upstream_not_alone,
    "bridge-paused": _bridge_paused,
    "bridge-open": _bridge_open,
    "batch-posted": _batch_posted,
}
"""One for each condition but `answers`."""
