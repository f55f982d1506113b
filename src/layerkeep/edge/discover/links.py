"""Which contract names which other contract, and following those names.

`layerkeep init` starts from one contract and follows the links to find the rest; `layerkeep check`
asks the same questions and compares. A function that was renamed stands under all its names,
newest first.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from layerkeep.core.adapter import CHILD, PARENT
from layerkeep.core.units import Address
from layerkeep.edge.discover.reads import Rpc, view_address, view_uint

ACTOR = "actor"
"""The side of those who run the chain, who are no contracts of it."""

Place = tuple[str, str]
"""A side and a role (or, for ACTOR, a job)."""


@dataclass(frozen=True, slots=True)
class Link:
    """A contract that names another one: who, by which call, and whom."""

    source: Place
    signatures: tuple[str, ...]
    target: Place
    argument: int | None = None


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A contract names another address than the one that is known for the same place."""

    link: Link
    named: Address
    known: Address

    def __str__(self) -> str:
        source, target = self.link.source[1], self.link.target[1]
        return f"{source} names {self.named} as its {target}, but {self.known} is known as that"


@dataclass(slots=True)
class Bridge:
    """What has been found of one bridge: addresses by side and role, and what does not agree."""

    stack: str
    rpcs: Mapping[str, Rpc]
    found: dict[Place, Address] = field(default_factory=dict)
    doubts: list[Disagreement] = field(default_factory=list)


def _links(side: str, role: str, *named: tuple[str, str, str]) -> tuple[Link, ...]:
    """The links of one contract, each as `signatures`, side and role of whom they name."""
    return tuple(
        Link((side, role), tuple(signatures.split(" ")), (target_side, target))
        for signatures, target_side, target in named
    )


PERMISSIONED_GAME = 1
"""The game type only the proposer may create; it names the proposer and the challenger."""

OP_STACK = (
    *_links(
        CHILD,
        "l2_messenger",
        ("otherMessenger() OTHER_MESSENGER() l1CrossDomainMessenger()", PARENT, "l1_messenger"),
    ),
    *_links(
        CHILD,
        "l2_standard_bridge",
        ("otherBridge() OTHER_BRIDGE() l1TokenBridge()", PARENT, "l1_standard_bridge"),
    ),
    *_links(
        CHILD,
        "l2_erc721_bridge",
        ("otherBridge() OTHER_BRIDGE()", PARENT, "l1_erc721_bridge"),
    ),
    *_links(
        PARENT,
        "l1_messenger",
        ("portal() PORTAL()", PARENT, "portal"),
        ("otherMessenger() OTHER_MESSENGER()", CHILD, "l2_messenger"),
    ),
    *_links(
        PARENT,
        "l1_standard_bridge",
        ("messenger() MESSENGER()", PARENT, "l1_messenger"),
        ("otherBridge() OTHER_BRIDGE()", CHILD, "l2_standard_bridge"),
    ),
    *_links(
        PARENT,
        "portal",
        ("systemConfig() SYSTEM_CONFIG()", PARENT, "system_config"),
        ("disputeGameFactory()", PARENT, "dispute_game_factory"),
        ("l2Oracle() L2_ORACLE()", PARENT, "l2_output_oracle"),
        ("superchainConfig()", PARENT, "superchain_config"),
        ("anchorStateRegistry()", PARENT, "anchor_state_registry"),
        ("ethLockbox()", PARENT, "eth_lockbox"),
    ),
    *_links(
        PARENT,
        "system_config",
        ("optimismPortal()", PARENT, "portal"),
        ("l1CrossDomainMessenger()", PARENT, "l1_messenger"),
        ("l1StandardBridge()", PARENT, "l1_standard_bridge"),
        ("disputeGameFactory()", PARENT, "dispute_game_factory"),
        ("superchainConfig()", PARENT, "superchain_config"),
        ("l1ERC721Bridge()", PARENT, "l1_erc721_bridge"),
        ("batchInbox()", PARENT, "batch_inbox"),
        ("batcherHash()", ACTOR, "batcher"),
        ("unsafeBlockSigner()", ACTOR, "unsafe_block_signer"),
    ),
    *_links(PARENT, "superchain_config", ("guardian()", ACTOR, "guardian")),
    *_links(
        PARENT,
        "anchor_state_registry",
        ("disputeGameFactory()", PARENT, "dispute_game_factory"),
    ),
    *_links(
        PARENT,
        "l2_output_oracle",
        ("proposer() PROPOSER()", ACTOR, "proposer"),
        ("challenger() CHALLENGER()", ACTOR, "challenger"),
    ),
    Link(
        (PARENT, "dispute_game_factory"),
        ("gameImpls(uint32)",),
        (PARENT, "permissioned_game"),
        argument=PERMISSIONED_GAME,
    ),
    *_links(
        PARENT,
        "permissioned_game",
        ("anchorStateRegistry()", PARENT, "anchor_state_registry"),
        ("proposer()", ACTOR, "proposer"),
        ("challenger()", ACTOR, "challenger"),
    ),
)

GATEWAYS = ("erc20_gateway", "custom_gateway", "weth_gateway")


def _gateway_links(gateway: str) -> tuple[Link, ...]:
    """A token gateway has a twin on the other chain and a router on its own."""
    return (
        *_links(
            PARENT,
            gateway,
            ("router()", PARENT, "gateway_router"),
            ("counterpartGateway()", CHILD, gateway),
        ),
        *_links(
            CHILD,
            gateway,
            ("router()", CHILD, "gateway_router"),
            ("counterpartGateway()", PARENT, gateway),
        ),
    )


NITRO = (
    *_links(
        PARENT,
        "rollup",
        ("bridge()", PARENT, "bridge"),
        ("inbox()", PARENT, "inbox"),
        ("sequencerInbox()", PARENT, "sequencer_inbox"),
        ("outbox()", PARENT, "outbox"),
        ("challengeManager()", PARENT, "challenge_manager"),
    ),
    *_links(
        PARENT,
        "bridge",
        ("rollup()", PARENT, "rollup"),
        ("sequencerInbox()", PARENT, "sequencer_inbox"),
    ),
    *_links(
        PARENT,
        "inbox",
        ("bridge()", PARENT, "bridge"),
        ("sequencerInbox()", PARENT, "sequencer_inbox"),
    ),
    *_links(PARENT, "sequencer_inbox", ("bridge()", PARENT, "bridge")),
    *_links(
        PARENT,
        "outbox",
        ("bridge()", PARENT, "bridge"),
        ("rollup()", PARENT, "rollup"),
    ),
    *_links(PARENT, "erc20_gateway", ("inbox()", PARENT, "inbox")),
    *_links(
        PARENT,
        "gateway_router",
        ("defaultGateway()", PARENT, "erc20_gateway"),
        ("counterpartGateway()", CHILD, "gateway_router"),
    ),
    *_links(
        CHILD,
        "gateway_router",
        ("defaultGateway()", CHILD, "erc20_gateway"),
        ("counterpartGateway()", PARENT, "gateway_router"),
    ),
    *(link for gateway in GATEWAYS for link in _gateway_links(gateway)),
)

LINKS: Mapping[str, tuple[Link, ...]] = {"op_stack": OP_STACK, "nitro": NITRO}

CHILD_ID: Mapping[str, tuple[tuple[Place, str], ...]] = {
    "op_stack": (
        ((PARENT, "system_config"), "l2ChainId()"),
        ((PARENT, "permissioned_game"), "l2ChainId()"),
    ),
    "nitro": (((PARENT, "rollup"), "chainId()"),),
}
"""Contracts of the parent that know the child's chain id; for the OP Stack not in every version."""


async def follow(bridge: Bridge) -> None:
    """Every contract that can be reached from those already found is found too."""
    asked: set[Link] = set()
    while due := [
        link
        for link in LINKS.get(bridge.stack, ())
        if link not in asked and link.source in bridge.found
    ]:
        asked |= set(due)
        answers = await asyncio.gather(*(named_by(link, bridge) for link in due))
        for link, address in zip(due, answers, strict=True):
            if address is not None:
                _accept(bridge, link, address)


async def named_by(link: Link, bridge: Bridge) -> Address | None:
    """Whom a contract names, if it answers at all."""
    source = bridge.found[link.source]
    rpc = bridge.rpcs[link.source[0]]
    for signature in link.signatures:
        address = await view_address(rpc, source, signature, link.argument)
        if address is not None:
            return address
    return None


async def claimed_child(bridge: Bridge) -> tuple[str, int] | None:
    """Which chain id the parent's contracts know as their child's, and who says so."""
    for (side, role), signature in CHILD_ID.get(bridge.stack, ()):
        if (side, role) in bridge.found:
            claimed = await view_uint(bridge.rpcs[side], bridge.found[side, role], signature)
            if claimed is not None:
                return f"{role}.{signature}", claimed
    return None


def _accept(bridge: Bridge, link: Link, address: Address) -> None:
    known = bridge.found.setdefault(link.target, address)
    if known != address:
        bridge.doubts.append(Disagreement(link, address, known))
