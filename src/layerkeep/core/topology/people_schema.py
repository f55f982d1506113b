"""The JSON Schema of people, teams, ownership and rotations."""

from collections.abc import Callable, Mapping
from typing import Any

from layerkeep.core.acting.oncall.model import DAILY, WEEKLY
from layerkeep.core.acting.oncall.model import KINDS as ROTATION_KINDS
from layerkeep.core.acting.oncall.tables import (
    HOLIDAY_FIELDS,
    OVERRIDE_FIELDS,
    ROTATION_FIELDS,
    SHIFT_FIELDS,
    SWAP_FIELDS,
    TIME,
    WEEKDAYS,
)
from layerkeep.core.acting.people.model import KINDS as TEAM_KINDS
from layerkeep.core.acting.people.tables import NAME, OWNS_FIELDS, PERSON_FIELDS, TEAM_FIELDS
from layerkeep.core.topology.rule_tables import SEVERITIES
from layerkeep.core.topology.spot import Field

Schema = dict[str, Any]
Table = Callable[[Mapping[str, Field]], Schema]


def add_people(properties: Schema, table: Table) -> None:
    """Fill in the four keys of a topology file; `table` makes the schema of a table's fields."""
    person, team, owns = table(PERSON_FIELDS), table(TEAM_FIELDS), table(OWNS_FIELDS)
    person["properties"]["contacts"]["additionalProperties"] = {"type": "string"}
    team["properties"]["people"]["items"] = {"type": "string"}
    team["properties"]["kind"]["enum"] = list(TEAM_KINDS)
    owns["properties"]["severity"]["enum"] = list(SEVERITIES)
    named = {"people": person, "teams": team, "rotations": _rotation(table)}
    for key, schema in named.items():
        properties[key]["patternProperties"] = {f"^{NAME.pattern}$": schema}
        properties[key]["additionalProperties"] = False
    properties["owns"]["items"] = owns


def _rotation(table: Table) -> Schema:
    """A file may only add to a rotation's lists, so no key is asked for."""
    schema = table(ROTATION_FIELDS)
    del schema["required"]
    properties = schema["properties"]
    properties["kind"]["enum"] = list(ROTATION_KINDS)
    properties["handover"] |= _time()
    properties["people"]["items"] = {"type": "string"}
    properties["shifts"]["items"] = _shift(table)
    properties["overrides"]["items"] = table(OVERRIDE_FIELDS)
    swap = table(SWAP_FIELDS)
    swap["properties"]["people"] |= {"items": {"type": "string"}, "minItems": 2, "maxItems": 2}
    properties["swaps"]["items"] = swap
    properties["holidays"]["items"] = table(HOLIDAY_FIELDS)
    return schema


def _shift(table: Table) -> Schema:
    schema = table(SHIFT_FIELDS)
    properties = schema["properties"]
    properties["from"] |= _time()
    properties["to"] |= _time()
    properties["people"]["items"] = {"type": "string"}
    properties["days"]["items"] = {"enum": list(WEEKDAYS)}
    properties["turn"]["enum"] = [WEEKLY, DAILY]
    return schema


def _time() -> Schema:
    return {"pattern": f"^(?:{TIME.pattern})$"}
