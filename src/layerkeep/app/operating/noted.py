"""What layerkeep notes of itself in the audit: secrets it read, and a topology that is another."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import msgspec

from layerkeep.core.topology import Topology
from layerkeep.edge.secrets import UNWRITTEN
from layerkeep.edge.store.audit import AuditRow, add_audit, chain_entries
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.reading import read_setting
from layerkeep.edge.store.statements import put_setting

ITSELF = "layerkeep"
SYSTEM = "system"
"""The role of what no person did."""

PARTS = "topology-parts"
"""The setting that holds the digest of each part of the topology that was used last."""

DETAIL_MAX = 500
"""Letters: an entry is read by people."""


async def note_secrets(store: Store) -> None:
    """Every secret read since is in the audit; what could not be written is tried again."""
    while reads := UNWRITTEN[:]:
        rows = [
            AuditRow(each.time, ITSELF, SYSTEM, "read-secret", each.reference, each.outcome)
            for each in reads
        ]
        await add_audit(store, *rows)
        del UNWRITTEN[: len(reads)]


async def note_topology(store: Store, topology: Topology, now: int) -> None:
    """A topology that differs from the last one used is in the audit, with the parts that do."""
    found = digests(topology)
    kept = await read_setting(store, PARTS)
    before: dict[str, str] = msgspec.json.decode(kept, type=dict[str, str]) if kept else {}
    if found == before:
        return
    names = sorted(
        name for name in {*found, *before} if found.get(name, "") != before.get(name, "")
    )
    detail = f"digest {whole(found)}; " + ("changed: " if before else "first: ") + ", ".join(names)
    row = AuditRow(
        now, ITSELF, SYSTEM, "config-change", topology.network, "done", detail=detail[:DETAIL_MAX]
    )
    async with store.writing("audit") as connection:
        await chain_entries(connection, [row])
        await put_setting(connection, PARTS, msgspec.json.encode(found, order="sorted").decode())


def digests(topology: Topology) -> dict[str, str]:
    """The digest of every part of a topology: each chain, and each other table."""
    values: dict[str, Any] = msgspec.to_builtins(topology, order="sorted")
    chains: Mapping[str, Any] = values.pop("chains")
    parts = {**values, **{f"chains.{name}": chain for name, chain in chains.items()}}
    return {name: _digest(part) for name, part in sorted(parts.items())}


def whole(parts: Mapping[str, str]) -> str:
    """The digest of the topology as a whole, 16 hex digits."""
    return _digest(parts)[:16]


def _digest(value: Any) -> str:
    return sha256(msgspec.json.encode(value, order="sorted")).hexdigest()
