"""`layerkeep check`: does the world agree with the topology, before anything is followed."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from layerkeep.core.adapter import CHILD, PARENT, Adapter
from layerkeep.core.errors import SettingsError
from layerkeep.core.topology import Chain, Topology, Upstream
from layerkeep.core.units import SECOND, ChainName, Duration, Timestamp
from layerkeep.edge.discover.reads import Rpc
from layerkeep.edge.preflight.contracts import Crossing, check_contracts
from layerkeep.edge.preflight.finding import Finding, Notes
from layerkeep.edge.preflight.upstreams import Look, check_upstream

PATIENCE = Duration(20 * SECOND)

Connect = Callable[[Upstream], Rpc]
"""Makes a client for an upstream; SettingsError if its URL cannot be resolved."""


@dataclass(slots=True)
class _Round:
    """One run of preflight: who is asked when, and who answered for each chain."""

    topology: Topology
    adapters: Mapping[str, Adapter]
    connect: Connect
    now: Timestamp
    patience: Duration
    voices: dict[ChainName, Rpc] = field(default_factory=dict)


async def preflight(
    topology: Topology,
    adapters: Mapping[str, Adapter],
    connect: Connect,
    *,
    now: Timestamp,
    patience: Duration = PATIENCE,
) -> list[Finding]:
    """Findings on every upstream and every bridge, chains in the topology's order."""
    run = _Round(topology, adapters, connect, now, patience)
    chains = list(topology.chains.values())
    upstreams = await asyncio.gather(*(_check_upstreams(chain, run) for chain in chains))
    bridges = await asyncio.gather(*(_check_bridge(chain, run) for chain in chains))
    found: list[Finding] = []
    for on_upstreams, on_bridge in zip(upstreams, bridges, strict=True):
        found += on_upstreams + on_bridge
    return found


async def _check_upstreams(chain: Chain, run: _Round) -> list[Finding]:
    notes = Notes(chain.name)
    if not chain.upstreams:
        notes.unwatched("upstreams", "no-upstream", "no upstream is named for this chain")
    each = await asyncio.gather(*(_check_one(chain, upstream, run) for upstream in chain.upstreams))
    for findings in each:
        notes.findings += findings
    return notes.findings


async def _check_one(chain: Chain, upstream: Upstream, run: _Round) -> list[Finding]:
    notes = Notes(chain.name, upstream.name)
    if "beacon" in upstream.roles:
        notes.unwatched("reach", "beacon", "beacon upstreams are not asked by this check")
        return notes.findings
    try:
        rpc = run.connect(upstream)
    except SettingsError as error:
        notes.fail("reach", "unresolved-url", str(error))
        return notes.findings
    if await check_upstream(Look(chain, upstream, rpc, notes, run.now, run.patience)):
        run.voices.setdefault(chain.name, rpc)
    return sorted(notes.findings, key=_subject)


async def _check_bridge(chain: Chain, run: _Round) -> list[Finding]:
    notes = Notes(chain.name)
    adapter, parent = run.adapters[chain.stack], chain.settles_on
    if parent is None:
        return notes.findings
    note_missing(chain, parent, adapter, notes)
    silent = [name for name in (parent, chain.name) if name not in run.voices]
    if silent:
        detail = f"no upstream answers for {' and '.join(silent)}"
        notes.unwatched("contracts", "nobody-to-ask", detail)
        return notes.findings
    rpcs = {PARENT: run.voices[parent], CHILD: run.voices[chain.name]}
    await check_contracts(Crossing(chain, parent, adapter, rpcs, notes, run.patience))
    return sorted(notes.findings, key=_subject)


def _subject(finding: Finding) -> str:
    return finding.subject


def note_missing(chain: Chain, parent: ChainName, adapter: Adapter, notes: Notes) -> None:
    """What will not be seen because the topology or the adapter leaves it out."""
    if not adapter.events:
        detail = f"the adapter {adapter.name} reads no events"
        notes.unwatched("messages", "adapter-without-events", detail)
    for role in adapter.roles:
        here = parent if role.side == PARENT else chain.name
        if role.name in chain.contracts.get(here, {}):
            continue
        events = {
            event.signature.partition("(")[0]
            for event in adapter.events
            if (event.side, event.role) == (role.side, role.name)
        }
        seen = f"not seen: {', '.join(sorted(events))}" if events else "nothing is read from it"
        notes.unwatched(role.name, "role-not-named", f"no address on {here}; {seen}")
