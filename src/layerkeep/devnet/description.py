"""What a running devnet tells about itself: devnet.json for programs, a topology for layerkeep."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import msgspec

from layerkeep.devnet.accounts import ROLES, account
from layerkeep.devnet.gateway.means import TOKENS, means, tokens
from layerkeep.devnet.gateway.server import Gateway
from layerkeep.devnet.l1.contracts import L1Contracts
from layerkeep.devnet.l2.genesis import (
    L1_BLOCK,
    L2_ERC721_BRIDGE,
    L2_MESSENGER,
    L2_STANDARD_BRIDGE,
    MESSAGE_PASSER,
)
from layerkeep.devnet.l3.contracts import ARB_RETRYABLE_TX, ARB_SYS
from layerkeep.devnet.layers import Orbit
from layerkeep.devnet.plan import DevnetPlan

L1_ROLES = (
    "portal",
    "l1_messenger",
    "l1_standard_bridge",
    "l1_erc721_bridge",
    "system_config",
    "dispute_game_factory",
    "anchor_state_registry",
    "superchain_config",
    "batch_inbox",
)
L2_CONTRACTS = {
    "l2_messenger": L2_MESSENGER,
    "l2_standard_bridge": L2_STANDARD_BRIDGE,
    "l2_erc721_bridge": L2_ERC721_BRIDGE,
    "message_passer": MESSAGE_PASSER,
    "l1_block": L1_BLOCK,
}
ORBIT_ROLES = (
    "rollup",
    "bridge",
    "inbox",
    "sequencer_inbox",
    "outbox",
    "challenge_manager",
    "upgrade_executor",
)
L3_CONTRACTS = {"arb_sys": ARB_SYS, "arb_retryable_tx": ARB_RETRYABLE_TX}
BUDGETS = {
    "l2": {
        "op_stack.deposit.initiated": "20s",
        "op_stack.withdrawal.initiated": "45s",
        "op_stack.withdrawal.proven": "45s",
    },
    "l3": {
        "nitro.retryable.initiated": "20s",
        "nitro.retryable.redeem-scheduled": "20s",
        "nitro.eth_deposit.initiated": "20s",
        "nitro.delayed_message.initiated": "45s",
        "nitro.send.initiated": "45s",
        "nitro.send.asserted": "45s",
    },
}
"""Days are seconds here: several times what each stage usually takes."""

CHAIN_LIMITS: dict[str, Any] = {
    "halted_after": "8s",
    "final_stalled_after": "60s",
    "upstream_lag": "6s",
    "silent_after": "6s",
    "runway_min": "10m",
    "stuck_after": "20s",
    "news_for": "20s",
    "failures_within": "60s",
}
ROLLUP_LIMITS = CHAIN_LIMITS | {
    "safe_stalled_after": "15s",
    "batch_deadline": "120s",
    "claims_every": "20s",
    "worth_wei": 0,
    "inclusion_max": "90s",
}
LIMITS = {
    "l1": CHAIN_LIMITS,
    "l2": ROLLUP_LIMITS | {"drift_max": "120s"},
    "l3": ROLLUP_LIMITS,
}
"""What is normal on chains whose days are seconds, so that rules find a fault while one watches."""

PEOPLE = """
[people.early]
title = "Early shift"
contacts = { mail = "early@devnet.example" }

[people.late]
title = "Late shift"
contacts = { mail = "late@devnet.example" }

[teams.devnet]
title = "Devnet operators"
people = ["early", "late"]
rotation = "devnet"

[[owns]]
team = "devnet"

[rotations.devnet]
kind = "daily"
timezone = "UTC"
starts = 2026-01-01
handover = "00:00"
people = ["early", "late"]
"""
"""One team owns it all, two people take turns: enough to show who would be told."""

STACKS = {"l1": "ethereum", "l2": "op_stack", "l3": "nitro"}
PARENTS = {"l2": "l1", "l3": "l2"}
SEQUENCER_NODE = "a"


@dataclass(frozen=True, slots=True)
class Description:
    """The parts of a running devnet that have addresses."""

    plan: DevnetPlan
    l1: L1Contracts
    orbit: Orbit
    gateway: Gateway

    def as_json(self) -> bytes:
        """Addresses by role, chain parameters, and every URL."""
        content = {
            "chains": {layer: self._chain(layer) for layer in STACKS},
            "accounts": {role: account(role).address for role in ROLES},
            "two_hop": self.orbit.two_hop,
            "admin_url": f"{self.root_url}/admin",
            "beacon_url": self.root_url,
        }
        return msgspec.json.format(msgspec.json.encode(content), indent=2)

    def as_topology(self, *, with_tokens: bool = False) -> str:
        """The topology file that lets layerkeep follow this devnet, and act on it.

        With tokens each person has one, whose secret is in the environment; nobody reads without.
        """
        lines = ["[network]", 'name = "devnet"']
        for layer in STACKS:
            lines += self._chain_table(layer)
        text = "\n".join(lines) + "\n" + PEOPLE + means(self.gateway, self.root_url)
        if not with_tokens:
            return text
        for name in TOKENS:
            text = text.replace(f"[people.{name}]\n", f'[people.{name}]\ntoken = "{name}"\n')
        return text + tokens()

    @property
    def root_url(self) -> str:
        """Where the gateway listens."""
        return f"http://127.0.0.1:{self.gateway.port}"

    def contracts(self, layer: str) -> dict[str, dict[str, str]]:
        """A chain's contracts by the chain they stand on, then by role."""
        if layer == "l2":
            on_l1 = asdict(self.l1)
            return {"l1": {role: on_l1[role] for role in L1_ROLES}, "l2": L2_CONTRACTS}
        if layer == "l3":
            on_l2 = self.orbit.l3.contracts.addresses()
            return {"l2": {role: on_l2[role] for role in ORBIT_ROLES}, "l3": L3_CONTRACTS}
        return {}

    def actors(self, layer: str) -> dict[str, str]:
        """A chain's operators' addresses by role."""
        if layer == "l2":
            roles = ("batcher", "proposer", "challenger", "guardian")
            signer = {"unsafe_block_signer": account("deployer").address}
            return {role: account(role).address for role in roles} | signer
        if layer == "l3":
            return {
                "batch_poster": account("l3_poster").address,
                "validator": account("l3_validator").address,
            }
        return {}

    def upstreams(self, layer: str) -> list[tuple[str, str, Sequence[str]]]:
        """Name, URL and roles of a chain's endpoints; the sequencer's own comes first."""
        letters = [replica for chain, replica in self.gateway.views if chain == layer]
        found: list[tuple[str, str, Sequence[str]]] = []
        for letter in letters:
            roles = ["sequencer" if letter == SEQUENCER_NODE else "replica"]
            found.append((f"{layer}-{letter}", self.gateway.url(layer, letter), roles))
        if layer == "l1":
            found.append(("l1-beacon", self.root_url, ["beacon"]))
        return found

    def _chain(self, layer: str) -> dict[str, Any]:
        return {
            "chain_id": self.plan.chain_ids()[layer],
            "stack": STACKS[layer],
            "settles_on": PARENTS.get(layer),
            "block_time_ms": self.plan.block_times_ms()[layer],
            "contracts": self.contracts(layer),
            "actors": self.actors(layer),
            "rpc": {name: url for name, url, _ in self.upstreams(layer)},
        }

    def _chain_table(self, layer: str) -> list[str]:
        head = {
            "chain_id": self.plan.chain_ids()[layer],
            "stack": STACKS[layer],
            "settles_on": PARENTS.get(layer),
            "block_time_ms": self.plan.block_times_ms()[layer],
        }
        lines = _table(f"[chains.{layer}]", head)
        for name, url, roles in self.upstreams(layer):
            one = {"name": name, "url": url, "roles": list(roles)}
            if "sequencer" in roles:
                one["ws_url"] = url.replace("http://", "ws://")
            lines += _table(f"[[chains.{layer}.upstreams]]", one)
        for where, addresses in self.contracts(layer).items():
            lines += _table(f"[chains.{layer}.contracts.{where}]", addresses)
        if layer in PARENTS:
            lines += _table(f"[chains.{layer}.genesis]", {"block": 0})
        if self.actors(layer):
            lines += _table(f"[chains.{layer}.actors]", self.actors(layer))
        if layer in BUDGETS:
            quoted = {f'"{stage}"': budget for stage, budget in BUDGETS[layer].items()}
            lines += _table(f"[chains.{layer}.budgets]", quoted)
        return [*lines, *_table(f"[chains.{layer}.limits]", LIMITS[layer])]


def _table(head: str, content: Mapping[str, Any]) -> list[str]:
    """A TOML table; values are numbers, plain text or lists of plain text, as in JSON."""
    pairs = {key: value for key, value in content.items() if value is not None}
    encoded = {key: msgspec.json.encode(value).decode() for key, value in pairs.items()}
    return ["", head, *(f"{key} = {value}" for key, value in encoded.items())]
