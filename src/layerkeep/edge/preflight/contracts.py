"""One bridge: are its contracts what the topology says, and do they agree about each other."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from layerkeep.core.adapter import CHILD, PARENT, Adapter, Role
from layerkeep.core.topology import Chain
from layerkeep.core.units import Address, ChainName, Duration
from layerkeep.edge.discover.links import ACTOR, Bridge, claimed_child, follow
from layerkeep.edge.discover.reads import Rpc, has_code, view, view_text
from layerkeep.edge.preflight.bounds import bounded
from layerkeep.edge.preflight.finding import Notes


@dataclass(frozen=True, slots=True)
class Crossing:
    """A chain and its parent, each with an upstream that answers for it."""

    chain: Chain
    parent: ChainName
    adapter: Adapter
    rpcs: Mapping[str, Rpc]
    notes: Notes
    patience: Duration

    def addresses(self, side: str) -> Mapping[str, Address]:
        """What the topology names on one side."""
        if side == ACTOR:
            return self.chain.actors
        return self.chain.contracts.get(self.parent if side == PARENT else self.chain.name, {})


async def check_contracts(crossing: Crossing) -> None:
    """Every role is such a contract, and what they say about each other is the topology."""
    named = [role for role in crossing.adapter.roles if role.name in crossing.addresses(role.side)]
    checks = [(role.name, _check_role(crossing, role)) for role in named]
    checks.append(("references", _check_links(crossing)))
    await asyncio.gather(
        *(bounded(crossing.notes, subject, check, crossing.patience) for subject, check in checks)
    )


async def _check_role(crossing: Crossing, role: Role) -> None:
    rpc, notes = crossing.rpcs[role.side], crossing.notes
    address = crossing.addresses(role.side)[role.name]
    if not role.fingerprint and not role.version:
        notes.ok(role.name, "account", f"{address} is not asked: it may have no code")
        return
    if not await has_code(rpc, address):
        notes.fail(role.name, "no-code", f"there is no contract at {address}")
        return
    if role.fingerprint and await view(rpc, address, role.fingerprint) is None:
        detail = f"{address} has no {role.fingerprint}, so it is no {role.name}"
        notes.fail(role.name, "wrong-contract", detail)
        return
    if not role.version:
        notes.ok(role.name, "right-contract", address)
        return
    version = await view_text(rpc, address, role.version)
    if not version:
        notes.warn(role.name, "no-version", f"{address} does not say its version")
    else:
        notes.ok(role.name, "right-contract", f"version {version}")


async def _check_links(crossing: Crossing) -> None:
    """Follow what the contracts name from what the topology names, and compare."""
    bridge = Bridge(crossing.chain.stack, crossing.rpcs)
    for side in (PARENT, CHILD, ACTOR):
        for role, address in crossing.addresses(side).items():
            bridge.found[side, role] = address
    declared = set(bridge.found)
    await follow(bridge)
    notes = crossing.notes
    for doubt in bridge.doubts:
        side, role = doubt.link.target
        if side == ACTOR:
            notes.warn(role, "actor-differs", str(doubt))
        else:
            notes.fail(role, "disagreement", str(doubt))
    known = {(role.side, role.name) for role in crossing.adapter.roles}
    for place in sorted((set(bridge.found) - declared) & known):
        detail = f"the contracts name {bridge.found[place]}, the topology leaves it out"
        notes.unwatched(place[1], "left-out", detail)
    if not bridge.doubts:
        notes.ok("references", "agreement", "the contracts name each other as the topology does")
    await _check_child(crossing, bridge)


async def _check_child(crossing: Crossing, bridge: Bridge) -> None:
    claim = await claimed_child(bridge)
    if claim is None:
        return
    said = f"{claim[0]} is {claim[1]}"
    if claim[1] == crossing.chain.chain_id:
        crossing.notes.ok("settles-on", "right-parent", said)
    else:
        detail = f"{said}, the topology says {crossing.chain.chain_id}"
        crossing.notes.fail("settles-on", "wrong-child", detail)
