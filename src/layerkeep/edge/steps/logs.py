"""Arguments that layerkeep does not keep: `log:NAME.FIELD` is read from the log that holds it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from layerkeep.core.errors import RpcError
from layerkeep.edge.steps.chains import ChainAsker
from layerkeep.edge.steps.contract_types import log_fields, signature_of

MARK = "log:"


@dataclass(frozen=True, slots=True)
class Place:
    """The logs by the name a step gives them, and how each chain is asked."""

    logs: Mapping[str, Mapping[str, Any]]
    asker: Callable[[str], ChainAsker]


async def resolved(args: list[Any], place: Place) -> list[Any]:
    """The arguments with values in the place of references, in lists within lists too."""
    found: dict[str, dict[str, Any]] = {}
    for name in sorted(_named(args)):
        if name not in place.logs:
            raise ValueError(f"{MARK}{name}: the step names no such log")
        found[name] = await _fields(place.logs[name], place.asker)
    return [_value(arg, found) for arg in args]


def _named(arg: Any) -> set[str]:
    if isinstance(arg, list):
        return {name for each in arg for name in _named(each)}
    if isinstance(arg, str) and arg.startswith(MARK):
        return {arg.removeprefix(MARK).partition(".")[0]}
    return set()


def _value(arg: Any, found: Mapping[str, Mapping[str, Any]]) -> Any:
    if isinstance(arg, list):
        return [_value(each, found) for each in arg]
    if not isinstance(arg, str) or not arg.startswith(MARK):
        return arg
    name, _, field = arg.removeprefix(MARK).partition(".")
    if field not in found[name]:
        raise ValueError(f"{arg}: its event has no field {field!r}")
    return found[name][field]


async def _fields(wanted: Mapping[str, Any], asker: Callable[[str], ChainAsker]) -> dict[str, Any]:
    """The fields of the log that is meant: of several alike the nearest to `near`."""
    event = signature_of(str(wanted["event"]))
    chain = asker(str(wanted["chain"]))
    receipt = await chain.receipt(str(wanted["tx"]))
    if receipt is None:
        raise RpcError(f"{chain.chain.name}: knows no transaction {wanted['tx']}")
    near = int(str(wanted.get("near") or "0"), 0)
    alike = [log for log in receipt.get("logs", ()) if log["topics"][:1] == [event.hash]]
    if not alike:
        raise RpcError(f"{chain.chain.name}: {wanted['tx']} made no log {event.name}")
    log = min(alike, key=lambda each: abs(int(each["logIndex"], 16) - near))
    return log_fields(event, log["topics"], log["data"])
