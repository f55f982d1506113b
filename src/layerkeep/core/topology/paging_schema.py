"""The JSON Schema of channels, policies and paging."""

from collections.abc import Callable, Mapping
from typing import Any

from layerkeep.core.acting.paging.model import CHANNEL_KINDS
from layerkeep.core.acting.paging.tables import (
    CHANNEL_FIELDS,
    CLOCK,
    DAYS,
    HEARTBEAT_FIELDS,
    HOURS_FIELDS,
    LEVEL_FIELDS,
    PAGING_FIELDS,
    PEER_FIELDS,
    POLICY_FIELDS,
)
from layerkeep.core.acting.people.tables import NAME
from layerkeep.core.topology.rule_tables import SEVERITIES
from layerkeep.core.topology.spot import DURATION, Field
from layerkeep.core.topology.urls import REFERENCE

Schema = dict[str, Any]
Table = Callable[[Mapping[str, Field]], Schema]
DURATION_TEXT = {"pattern": f"^{DURATION.pattern}$"}
SECRET_TEXT = {"pattern": f"^(?:{REFERENCE.pattern})$"}
YES_OR_NO = {"enum": ["yes", "no"]}


def add_paging(properties: Schema, table: Table) -> None:
    """Fill in the three keys of a topology file; `table` makes the schema of a table's fields."""
    channel = table(CHANNEL_FIELDS)
    channel["properties"]["kind"]["enum"] = list(CHANNEL_KINDS)
    channel["properties"]["secret"] |= SECRET_TEXT
    for key in ("shared", "silences"):
        channel["properties"][key] |= YES_OR_NO
    for key, schema in (("channels", channel), ("policies", _policy(table))):
        properties[key]["patternProperties"] = {f"^{NAME.pattern}$": schema}
        properties[key]["additionalProperties"] = False
    properties["paging"] |= _paging(table)


def _policy(table: Table) -> Schema:
    schema = table(POLICY_FIELDS)
    properties = schema["properties"]
    level = table(LEVEL_FIELDS)
    level["properties"]["after"] |= DURATION_TEXT
    for key in ("to", "by"):
        level["properties"][key] |= {"items": {"type": "string"}, "minItems": 1}
    level["properties"]["hours"] |= _hours(table)
    properties["levels"] |= {"items": level, "minItems": 1}
    properties["quiet"] |= _hours(table)
    properties["resolved"] |= YES_OR_NO
    for key in ("severities", "hushed"):
        properties[key]["items"] = {"enum": list(SEVERITIES)}
    for key in ("again", "group"):
        properties[key] |= DURATION_TEXT
    return schema


def _hours(table: Table) -> Schema:
    schema = table(HOURS_FIELDS)
    for key in ("from", "to"):
        schema["properties"][key]["pattern"] = f"^(?:{CLOCK.pattern})$"
    schema["properties"]["days"]["items"] = {"enum": list(DAYS)}
    return schema


def _paging(table: Table) -> Schema:
    schema = table(PAGING_FIELDS)
    properties = schema["properties"]
    properties["secret"] |= SECRET_TEXT
    properties["rate_within"] |= DURATION_TEXT
    properties["heartbeat"] |= table(HEARTBEAT_FIELDS)
    properties["heartbeat"]["properties"]["every"] |= DURATION_TEXT
    peer = table(PEER_FIELDS)
    peer["properties"]["secret"] |= SECRET_TEXT
    peer["properties"]["silent_after"] |= DURATION_TEXT
    properties["peers"]["additionalProperties"] = peer
    return schema
