"""What a precondition, a proof or a wait may ask, and what each takes; `runs.conditions` judges.

`since` is never written in a runbook: what must have moved must have moved since its step began.
"""

from collections.abc import Mapping

from layerkeep.core.topology.spot import Field

CHAIN = Field(str, "the chain", required=True)
COMPONENT = Field(str, "the component", required=True)
UPSTREAM = Field(str, "the upstream's name", required=True)
HEAD = Field(str, "latest (if left out), safe or finalized")
JOB = Field(str, "sequencer, batcher or proposer", required=True)
WEI = Field(str, "wei, in digits or as {amount.NAME}", required=True)

CONDITIONS: Mapping[str, Mapping[str, Field]] = {
    "incident-open": {"incident": Field(str, "the incident's id", required=True)},
    "incident-resolved": {"incident": Field(str, "the incident's id", required=True)},
    "problem-there": {"problem": Field(str, "a kind of problem", required=True), "on": COMPONENT},
    "problem-gone": {"problem": Field(str, "a kind of problem", required=True), "on": COMPONENT},
    "message-in-stage": {
        "message": Field(str, "the message's id", required=True),
        "stages": Field(list, "the stages, any of which will do", required=True),
    },
    "head-moving": {"chain": CHAIN, "head": HEAD},
    "head-standing": {"chain": CHAIN, "head": HEAD},
    "balance-at-least": {"chain": CHAIN, "job": JOB, "wei": WEI},
    "balance-below": {"chain": CHAIN, "job": JOB, "wei": WEI},
    "upstream-answering": {"upstream": UPSTREAM},
    "upstream-silent": {"upstream": UPSTREAM},
    "upstream-level": {"upstream": UPSTREAM},
    "upstream-not-alone": {"upstream": UPSTREAM},
    "bridge-paused": {"chain": CHAIN},
    "bridge-open": {"chain": CHAIN},
    "batch-posted": {"chain": CHAIN},
    "answers": {
        "endpoint": Field(str, "the name of a declared endpoint", required=True),
        "method": Field(str, "a JSON-RPC method that only reads", required=True),
        "params": Field(list, "its parameters"),
        "expect": Field(str, "what it must answer; true, false or a number as they are"),
    },
}

READING = (
    "admin_sequencerActive",
    "conductor_active",
    "conductor_leader",
    "conductor_paused",
    "conductor_sequencerHealthy",
    "conductor_stopped",
    "eth_blockNumber",
    "eth_chainId",
    "eth_syncing",
    "net_listening",
)
"""What `answers` may call: methods that change nothing, of nodes, sequencers and conductors."""
