"""The JSON Schema of a topology file, made from the fields the reader follows.

One file may hold a part of a chain, so the schema asks for no key that another file may hold.
"""

from collections.abc import Mapping
from typing import Any

from layerkeep.core.acting.oncall.walltime import Date
from layerkeep.core.acting.runs.acting_schema import add_acting
from layerkeep.core.adapter import Adapter
from layerkeep.core.topology import ACTORS, COUNTS, LIMITS, UPSTREAM_ROLES
from layerkeep.core.topology.access import ROLES
from layerkeep.core.topology.access_table import ADDRESS as LISTEN
from layerkeep.core.topology.access_table import (
    API_FIELDS,
    TOKEN_FIELDS,
    TOKEN_NAME,
    Moment,
)
from layerkeep.core.topology.paging_schema import add_paging
from layerkeep.core.topology.parse import (
    CHAIN_FIELDS,
    CHAIN_NAME,
    DOCUMENT_FIELDS,
    GENESIS_FIELDS,
    NETWORK_FIELDS,
    UPSTREAM_FIELDS,
    budget_keys,
)
from layerkeep.core.topology.people_schema import add_people
from layerkeep.core.topology.rule_tables import AMOUNT, RULE_FIELDS, RULE_NAME, SEVERITIES
from layerkeep.core.topology.spot import DURATION, Field
from layerkeep.core.topology.tokens import DECIMALS_MAX, SYMBOL_MAX, TOKEN_NAME_FIELDS
from layerkeep.core.topology.traces import TRACES_FIELDS
from layerkeep.core.topology.urls import REFERENCE
from layerkeep.core.topology.user_rule import COMPARES, HEADS, SUMS, WHATS

TYPES = {
    str: "string",
    int: "integer",
    list: "array",
    dict: "object",
    Moment: "string",
    Date: "string",
}
ADDRESS = {"type": "string", "pattern": "^0x[0-9a-fA-F]{40}$"}


def topology_schema(adapters: Mapping[str, Adapter]) -> dict[str, Any]:
    """A schema (draft 2020-12) for files that name these adapters as stacks."""
    schema = _table(DOCUMENT_FIELDS)
    properties = schema["properties"]
    properties["include"]["items"] = {"type": "string"}
    properties["network"] |= _table(NETWORK_FIELDS)
    properties["chains"]["patternProperties"] = {f"^{CHAIN_NAME.pattern}$": _chain(adapters)}
    properties["chains"]["additionalProperties"] = False
    properties["rules"]["patternProperties"] = {f"^{RULE_NAME.pattern}$": _rule()}
    properties["rules"]["additionalProperties"] = False
    properties["api"] |= _api()
    properties["tokens"]["patternProperties"] = {ADDRESS["pattern"]: _token_name()}
    properties["tokens"]["additionalProperties"] = False
    add_people(properties, _table)
    add_paging(properties, _table)
    add_acting(properties, _table)
    properties["traces"] |= _table(TRACES_FIELDS)
    properties["traces"]["properties"]["headers"]["additionalProperties"] = {"type": "string"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "layerkeep topology",
    } | schema


def _token_name() -> dict[str, Any]:
    schema = _table(TOKEN_NAME_FIELDS)
    schema["properties"]["symbol"] |= {"minLength": 1, "maxLength": SYMBOL_MAX}
    schema["properties"]["decimals"] |= {"minimum": 0, "maximum": DECIMALS_MAX}
    return schema


def _chain(adapters: Mapping[str, Adapter]) -> dict[str, Any]:
    schema = _table(CHAIN_FIELDS)
    del schema["required"]
    properties = schema["properties"]
    properties["stack"]["enum"] = sorted(adapters)
    properties["upstreams"]["items"] = _upstream()
    properties["contracts"]["additionalProperties"] = {
        "type": "object",
        "additionalProperties": ADDRESS,
    }
    properties["actors"] |= {"propertyNames": {"enum": list(ACTORS)}}
    properties["actors"]["additionalProperties"] = ADDRESS
    properties["limits"] |= _limits()
    properties["hardforks"]["additionalProperties"] = {"type": "integer", "minimum": 0}
    properties["genesis"] |= _table(GENESIS_FIELDS)
    schema["allOf"] = [_of_stack(adapters[name], adapters) for name in sorted(adapters)]
    return schema


def _of_stack(adapter: Adapter, adapters: Mapping[str, Adapter]) -> dict[str, Any]:
    """What holds for chains of one stack only: its roles and its budgets."""
    roles = sorted({role.name for role in adapter.roles})
    return {
        "if": {"properties": {"stack": {"const": adapter.name}}, "required": ["stack"]},
        "then": {
            "properties": {
                "contracts": {"additionalProperties": {"propertyNames": {"enum": roles}}},
                "budgets": _budgets(budget_keys(adapter, adapters)),
            }
        },
    }


def _budgets(keys: tuple[str, ...]) -> dict[str, Any]:
    """A key may stand in quotes, or as TOML's nested tables."""
    nested: dict[str, Any] = {"type": "object", "additionalProperties": False, "properties": {}}
    duration = {"type": "string", "pattern": f"^{DURATION.pattern}$"}
    for key in keys:
        nested["properties"][key] = duration
        inner = nested
        *tables, last = key.split(".")
        for table in tables:
            inner = inner["properties"].setdefault(
                table, {"type": "object", "additionalProperties": False, "properties": {}}
            )
        inner["properties"][last] = duration
    return nested


def _limits() -> dict[str, Any]:
    """Durations and numbers, each with what it means."""
    durations = {
        name: {"type": "string", "pattern": f"^{DURATION.pattern}$", "description": about}
        for name, about in LIMITS.items()
    }
    counts = {
        name: {"type": "integer", "minimum": 0, "description": about}
        for name, about in COUNTS.items()
    }
    return {"properties": durations | counts, "additionalProperties": False}


def _rule() -> dict[str, Any]:
    """One of the operator's own rules: exactly one key says what it looks at."""
    schema = _table(RULE_FIELDS)
    properties = schema["properties"]
    duration = {"pattern": f"^{DURATION.pattern}$"}
    properties["threshold"] = {
        "type": ["integer", "string"],
        "pattern": f"^(?:{AMOUNT.pattern}|{DURATION.pattern})$",
        "description": RULE_FIELDS["threshold"].about,
    }
    properties["balance"] |= ADDRESS
    properties["contract"] |= ADDRESS
    properties["messages"]["enum"] = list(SUMS)
    properties["head-lag"]["enum"] = list(HEADS)
    properties["compare"]["enum"] = list(COMPARES)
    properties["severity"]["enum"] = list(SEVERITIES)
    properties["within"] |= duration
    properties["for"] |= duration
    schema["oneOf"] = [{"required": [key, *what.needs]} for key, what in WHATS.items()]
    return schema


def _api() -> dict[str, Any]:
    """Where it listens, and its tokens by name."""
    schema = _table(API_FIELDS)
    token = _table(TOKEN_FIELDS)
    token["properties"]["role"]["enum"] = list(ROLES)
    token["properties"]["secret"]["pattern"] = f"^(?:{REFERENCE.pattern})$"
    token["properties"]["expires"]["format"] = "date-time"
    host = LISTEN.pattern.replace("?P<host>", "?:").replace("?P<port>", "?:")
    schema["properties"]["listen"]["pattern"] = f"^{host}$"
    tokens = {"patternProperties": {f"^{TOKEN_NAME.pattern}$": token}}
    schema["properties"]["tokens"] |= tokens | {"additionalProperties": False}
    return schema


def _upstream() -> dict[str, Any]:
    schema = _table(UPSTREAM_FIELDS)
    schema["properties"]["roles"]["items"] = {"enum": list(UPSTREAM_ROLES)}
    return schema


def _table(fields: Mapping[str, Field]) -> dict[str, Any]:
    required = [key for key, field in fields.items() if field.required]
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {key: _property(field) for key, field in fields.items()},
        "required": required,
    }


def _property(field: Field) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": TYPES[field.kind], "description": field.about}
    return schema | ({"minimum": field.least} if field.kind is int else {})
