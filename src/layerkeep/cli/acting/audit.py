"""`layerkeep audit`: who did what, and the proof that nobody altered it since."""

import time
from collections.abc import Sequence
from pathlib import Path

import click

from layerkeep.cli.terminal.options import (
    existing_store,
    json_option,
    run_async,
    store_option,
    topology_option,
)
from layerkeep.cli.terminal.output import clock, print_json
from layerkeep.core.acting.audit import Anchor, Break, Head, anchors_of, line_of, walked_lines
from layerkeep.core.errors import SettingsError
from layerkeep.edge.store.audit import (
    AuditRow,
    audit_entries,
    read_anchor,
    read_audit,
    read_head,
    verify_audit,
)

anchor_option = click.option(
    "--anchor",
    "anchor_files",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A file of anchors taken before: the log must still be the one they were taken from.",
)


@click.group("audit")
def command() -> None:
    """Show what people and layerkeep did, and verify that the log is what was written."""


@command.command("list")
@topology_option
@store_option
@click.option("--before", type=int, default=None, help="Only entries with a lower number.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000))
@json_option
def list_command(
    topology: str, store_path: str | None, before: int | None, limit: int, as_json: bool
) -> None:
    """The newest entries first."""
    found = run_async(_listed(topology, store_path, before, limit))
    if as_json:
        print_json(found)
        return
    for row in found:
        text = f"{row.id:>6}  {clock(row.time)}  {row.who} ({row.role})  {row.action} {row.target}"
        detail = f"  {row.detail}" if row.detail else ""
        click.echo(f"{text}  {row.outcome}{detail}")


@command.command("verify")
@topology_option
@store_option
@anchor_option
@click.option(
    "--file",
    "exported",
    type=click.Path(path_type=Path),
    default=None,
    help="Verify an export instead of the store; needs neither store nor topology.",
)
@json_option
@click.pass_context
def verify(
    context: click.Context,
    topology: str,
    store_path: str | None,
    anchor_files: tuple[Path, ...],
    exported: Path | None,
    as_json: bool,
) -> None:
    """Find the first entry that was altered, removed, put in or moved; exit code 1 if any was."""
    anchors = [anchor for file in anchor_files for anchor in _anchors(file)]
    if exported is not None:
        head, broken = walked_lines(_lines(exported), anchors)
    else:
        head, broken = run_async(_verified(topology, store_path, anchors))
    if as_json:
        print_json({"ok": broken is None, "head": head, "broken": broken, "anchors": len(anchors)})
    elif broken is None:
        met = f", {len(anchors)} anchors met" if anchors else ""
        click.echo(f"{head.entries} entries, none altered, missing or moved{met}; end {head.hash}")
    else:
        click.echo(f"{broken.kind} at entry {broken.id}: {broken.text}")
    if broken is not None:
        context.exit(1)


@command.command("export")
@topology_option
@store_option
@click.option("--out", type=click.Path(path_type=Path), help="The file to write  [default: stdout]")
def export_command(topology: str, store_path: str | None, out: Path | None) -> None:
    """Every entry with its hashes, one JSON object a line, and the log's end on the last line."""
    run_async(_exported(topology, store_path, out))


@command.command("anchor")
@topology_option
@store_option
@click.option(
    "--out", type=click.Path(path_type=Path), help="Put it at this file's end  [default: stdout]"
)
def anchor_command(topology: str, store_path: str | None, out: Path | None) -> None:
    """The log's end at this moment, to be kept where nobody of this machine can write."""
    line = line_of(run_async(_anchored(topology, store_path)))
    if out is None:
        click.echo(line)
        return
    try:
        with out.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
    except OSError as error:
        raise SettingsError(f"{out}: cannot be written: {error.strerror}") from error
    click.echo(f"{out}: one anchor more", err=True)


def _anchors(file: Path) -> list[Anchor]:
    try:
        found = anchors_of(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: cannot be read: {error}") from error
    if found is None:
        raise SettingsError(f"{file}: holds no anchors; `layerkeep audit anchor` writes one")
    return found


def _lines(file: Path) -> Sequence[bytes]:
    try:
        return file.read_bytes().splitlines()
    except OSError as error:
        raise SettingsError(f"{file}: cannot be read: {error.strerror}") from error


async def _listed(
    topology: str, store_path: str | None, before: int | None, limit: int
) -> Sequence[AuditRow]:
    store = await existing_store(store_path, topology)
    try:
        return await read_audit(store, before, limit)
    finally:
        await store.close()


async def _verified(
    topology: str, store_path: str | None, anchors: Sequence[Anchor]
) -> tuple[Head, Break | None]:
    store = await existing_store(store_path, topology)
    try:
        here = (await read_anchor(store, 0)).network
        other = next((each.network for each in anchors if each.network != here), None)
        if other is not None:
            raise SettingsError(f"an anchor is of the network {other!r}, the store of {here!r}")
        return await verify_audit(store, anchors)
    finally:
        await store.close()


async def _anchored(topology: str, store_path: str | None) -> Anchor:
    store = await existing_store(store_path, topology)
    try:
        return await read_anchor(store, time.time_ns() // 1_000_000)
    finally:
        await store.close()


async def _exported(topology: str, store_path: str | None, out: Path | None) -> None:
    store = await existing_store(store_path, topology)
    try:
        with click.open_file(str(out) if out else "-", "w", encoding="utf-8") as file:
            head = await read_head(store)
            async for entry in audit_entries(store, head.last):
                file.write(line_of(entry) + "\n")
            file.write(line_of(head) + "\n")
    except OSError as error:
        raise SettingsError(f"{out}: cannot be written: {error.strerror}") from error
    finally:
        await store.close()
