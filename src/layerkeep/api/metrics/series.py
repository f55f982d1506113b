"""Every series of `/metrics`: one table, from which the exposition and its page are made."""

from dataclasses import dataclass

GAUGE, COUNTER, HISTOGRAM = "gauge", "counter", "histogram"

INCIDENTS_MAX = 50
"""Incidents told one by one, the gravest first: a storm must not make a thousand series."""


@dataclass(frozen=True, slots=True)
class Series:
    """One series: `name` as it is queried, `text` its help, `absent` when it has no sample."""

    name: str
    kind: str
    text: str
    labels: tuple[str, ...] = ()
    absent: str = ""


HEAD = ("chain", "head")
STAGE = ("source", "target", "kind", "stage")
CHECK = ("chain", "check")
UPSTREAM = ("chain", "upstream")

HEAD_HEIGHT = Series(
    "layerkeep_head_height",
    GAUGE,
    "Height of a chain's head: latest, safe or finalized.",
    HEAD,
    "a chain without such a head",
)
HEAD_AGE = Series(
    "layerkeep_head_age_seconds",
    GAUGE,
    "Age of the block at a chain's head; of the last one seen while the chain is blind.",
    HEAD,
    "a chain without such a head",
)
HEAD_BUDGET = Series(
    "layerkeep_head_budget_seconds",
    GAUGE,
    "Age from which a chain's head is overdue.",
    HEAD,
    "a head without a limit",
)
CHAIN_BLIND = Series(
    "layerkeep_chain_blind",
    GAUGE,
    "1 while no upstream of the chain answers: nothing is known of it then, neither good nor bad.",
    ("chain",),
)
READ_BEHIND = Series(
    "layerkeep_read_behind_blocks",
    GAUGE,
    "Blocks between a chain's newest block and the last one that was read.",
    ("chain",),
    "a chain that is not read yet",
)
REORGS = Series(
    "layerkeep_reorgs_total",
    COUNTER,
    "Reorgs of a chain that were followed.",
    ("chain",),
    "a chain that is not read yet",
)
OPEN_MESSAGES = Series(
    "layerkeep_open_messages",
    GAUGE,
    "Open messages that rest in a stage, on their way from source to target.",
    STAGE,
)
OVERDUE_MESSAGES = Series(
    "layerkeep_overdue_messages",
    GAUGE,
    "Open messages that rest in a stage for longer than its budget.",
    STAGE,
)
OLDEST_MESSAGE = Series(
    "layerkeep_oldest_message_age_seconds",
    GAUGE,
    "How long the message that has rested longest in a stage has rested there.",
    STAGE,
    "a stage in which no message rests",
)
STAGE_DURATION = Series(
    "layerkeep_stage_duration_seconds",
    HISTOGRAM,
    "How long messages that finished had rested in a stage, by the blocks' own times. Of messages "
    "of one route sent within five seconds of each other one is counted.",
    STAGE,
    "a stage that no message has left and finished since the start",
)
INCIDENTS_OPEN = Series(
    "layerkeep_incidents_open",
    GAUGE,
    "Open incidents by severity: critical, warning or info.",
    ("severity",),
)
INCIDENT = Series(
    "layerkeep_incident",
    GAUGE,
    "1 while somebody has to be told of an open incident, 0 once it is acknowledged or silenced, "
    f"and where it only informs; the {INCIDENTS_MAX} gravest. Kind and component are its cause.",
    ("id", "kind", "component", "severity"),
    "nothing is open",
)
CHECKS = Series(
    "layerkeep_integrity_checks_total",
    COUNTER,
    "What a chain claims, recomputed from our own nodes: verdict is true or false.",
    (*CHECK, "verdict"),
)
CHECK_FALSE = Series(
    "layerkeep_integrity_false",
    GAUGE,
    "1 while something that a chain claims stands and is false.",
    CHECK,
)
LAST_CHECK = Series(
    "layerkeep_integrity_last_check_timestamp_seconds",
    GAUGE,
    "Time of the block that the newest check of this kind is of.",
    CHECK,
    "nothing of this kind was checked yet",
)
UPSTREAM_UP = Series(
    "layerkeep_upstream_up",
    GAUGE,
    "1 if an upstream answered when last looked at.",
    UPSTREAM,
    "an upstream that was not looked at yet, and a beacon node, which is only asked for blobs",
)
UPSTREAM_BEHIND = Series(
    "layerkeep_upstream_behind_blocks",
    GAUGE,
    "Blocks that an upstream is behind the best one of its chain.",
    UPSTREAM,
    "an upstream whose head is not known",
)
CALLS = Series(
    "layerkeep_upstream_calls_total",
    COUNTER,
    "RPC calls to an upstream by method; one request may carry many. Beacon nodes are not counted.",
    (*UPSTREAM, "method"),
    "a method that was not called yet",
)
FAILURES = Series(
    "layerkeep_upstream_failures_total",
    COUNTER,
    "Requests without a usable answer; reason is timeout, refused, limited or lied.",
    (*UPSTREAM, "reason"),
    "a reason that did not occur yet",
)
HEARTBEAT = Series(
    "layerkeep_heartbeat_timestamp_seconds",
    GAUGE,
    "When the engine last did what was due: some five times a second while layerkeep lives.",
    absent="until the engine first does, after a start",
)
ENGINE_LAG = Series(
    "layerkeep_engine_lag_seconds",
    GAUGE,
    "How late the engine is with what is due, or was in the last 15 seconds.",
)
JUDGING = Series(
    "layerkeep_judging",
    GAUGE,
    "1 once enough is known to judge; 0 while the chains are still read up after a start.",
)
LACKING = Series(
    "layerkeep_rules_lacking",
    GAUGE,
    "Subjects that a rule could not judge when it last looked, because it lacks what it needs.",
    ("rule",),
)
FACTS = Series(
    "layerkeep_facts_total",
    COUNTER,
    "Facts logged, by the chain whose blocks they are of.",
    ("chain",),
    "a chain of which no fact was logged yet",
)
STORE_FAILING = Series(
    "layerkeep_store_failing",
    GAUGE,
    "1 while the store takes no writes or gives no answers: nothing new is believed until it does.",
)
STARTED = Series(
    "layerkeep_start_timestamp_seconds",
    GAUGE,
    "Since when the counters count.",
)
BUILD = Series(
    "layerkeep_build_info",
    GAUGE,
    "Always 1; the version of layerkeep, and the network that it follows.",
    ("version", "network"),
)

GROUPS: dict[str, tuple[Series, ...]] = {
    "Chains": (HEAD_HEIGHT, HEAD_AGE, HEAD_BUDGET, CHAIN_BLIND, READ_BEHIND, REORGS),
    "Messages": (OPEN_MESSAGES, OVERDUE_MESSAGES, OLDEST_MESSAGE, STAGE_DURATION),
    "Incidents": (INCIDENTS_OPEN, INCIDENT),
    "Integrity": (CHECKS, CHECK_FALSE, LAST_CHECK),
    "Upstreams": (UPSTREAM_UP, UPSTREAM_BEHIND, CALLS, FAILURES),
    "layerkeep itself": (
        *(HEARTBEAT, ENGINE_LAG, JUDGING, LACKING),
        *(FACTS, STORE_FAILING, STARTED, BUILD),
    ),
}
"""What is shown together, in the order in which it is told."""

SERIES = tuple(series for group in GROUPS.values() for series in group)

OWN = frozenset({HEARTBEAT, ENGINE_LAG, READ_BEHIND, REORGS, STAGE_DURATION, CALLS, FAILURES})
OWN |= {FACTS, STORE_FAILING, STARTED, BUILD}
"""What the counters alone know: told also while the store gives no answers."""
