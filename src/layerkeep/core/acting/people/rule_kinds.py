"""The rules by kind, as ownership speaks of them: what each finds, and on which components.

Topologies are read below the rules, so their names stand here again; a test holds both together.
"""

from dataclasses import dataclass

ACTORS = "actors"
CHAINS = "chains"
INTEGRITY = "integrity"
MESSAGES = "messages"
NODES = "nodes"
CUSTOM = "custom"
KINDS = (CHAINS, ACTORS, MESSAGES, NODES, INTEGRITY, CUSTOM)
"""The kinds of rule; an operator's own are `custom`."""

OWN = "custom:"
"""What the names of an operator's own rules, and their problems, begin with."""


@dataclass(frozen=True, slots=True)
class Finds:
    """A rule's kind, the problems it finds, and the kinds of component it finds them on."""

    kind: str
    problems: tuple[str, ...]
    on: tuple[str, ...]


FINDS: dict[str, Finds] = {
    "actor_funds": Finds(ACTORS, ("funds-low", "funds-out"), ("batcher", "proposer")),
    "actor_stuck": Finds(ACTORS, ("nonce-stuck",), ("batcher", "proposer")),
    "batches_stalled": Finds(ACTORS, ("batches-stalled",), ("batcher",)),
    "claims_stalled": Finds(ACTORS, ("claims-stalled",), ("proposer",)),
    "blind": Finds(CHAINS, ("blind",), ("chain",)),
    "chain_halted": Finds(CHAINS, ("chain-halted", "sequencer-down"), ("chain", "sequencer")),
    "chain_slow": Finds(CHAINS, ("chain-slow",), ("chain",)),
    "heads_stalled": Finds(CHAINS, ("safe-stalled", "finalized-stalled"), ("chain",)),
    "reorg_deep": Finds(CHAINS, ("reorg-deep",), ("chain",)),
    "sequencer_drift": Finds(CHAINS, ("sequencer-drift",), ("sequencer",)),
    "attributes_false": Finds(INTEGRITY, ("attributes-false",), ("sequencer",)),
    "batch_false": Finds(INTEGRITY, ("batch-false",), ("batcher", "chain")),
    "batch_misplaced": Finds(INTEGRITY, ("batch-misplaced",), ("batcher",)),
    "bridge_paused": Finds(INTEGRITY, ("bridge-paused",), ("bridge",)),
    "claim_disputed": Finds(INTEGRITY, ("claim-disputed",), ("bridge",)),
    "claim_false": Finds(INTEGRITY, ("claim-false",), ("proposer",)),
    "delivery_forged": Finds(INTEGRITY, ("delivery-forged",), ("bridge",)),
    "withdrawal_forged": Finds(INTEGRITY, ("withdrawal-forged",), ("bridge",)),
    "finalized_early": Finds(MESSAGES, ("finalized-early",), ("bridge",)),
    "inclusion_delayed": Finds(MESSAGES, ("inclusion-delayed",), ("sequencer",)),
    "liquidity_short": Finds(MESSAGES, ("liquidity-short",), ("bridge",)),
    "message_expiring": Finds(MESSAGES, ("message-expiring",), ("route",)),
    "message_overdue": Finds(MESSAGES, ("message-overdue",), ("route",)),
    "relays_failing": Finds(MESSAGES, ("relays-failing",), ("route",)),
    "node_split": Finds(NODES, ("node-split",), ("upstream", "chain")),
    "upstream_lying": Finds(NODES, ("upstream-lying",), ("upstream",)),
    "upstream_unfit": Finds(
        NODES, ("upstream-silent", "upstream-lagging", "upstream-frozen"), ("upstream",)
    ),
}

RULE_OF = {problem: rule for rule, finds in FINDS.items() for problem in finds.problems}
"""The rule that finds a kind of problem."""


def rule_of_problem(kind: str) -> str:
    """The rule that found a problem of this kind; an operator's own has the problem's name."""
    return RULE_OF.get(kind, kind)


def kind_of_rule(rule: str) -> str:
    """The kind of a rule; empty for one that nobody knows."""
    if rule.startswith(OWN):
        return CUSTOM
    return FINDS[rule].kind if rule in FINDS else ""
