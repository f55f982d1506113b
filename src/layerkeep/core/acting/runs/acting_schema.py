"""The JSON Schema of `[acting]` and of what may be used for acting."""

from collections.abc import Callable, Mapping
from typing import Any

from layerkeep.core.acting.runs.tables import (
    ACTING_FIELDS,
    COMMAND_FIELDS,
    ENDPOINT_FIELDS,
    FREEZE_FIELDS,
    NAME,
    RUNNER_FIELDS,
    RUNNER_KINDS,
    SIGNER_FIELDS,
    SIGNER_KINDS,
    UNIT,
    WEI,
)
from layerkeep.core.topology.spot import DURATION, Field
from layerkeep.core.topology.urls import REFERENCE

Schema = dict[str, Any]
Table = Callable[[Mapping[str, Field]], Schema]


def add_acting(properties: Schema, table: Table) -> None:
    """Fill in the four keys of a topology file; `table` makes the schema of a table's fields."""
    runner, endpoint, signer = table(RUNNER_FIELDS), table(ENDPOINT_FIELDS), table(SIGNER_FIELDS)
    for key, schema in (("runners", runner), ("endpoints", endpoint), ("signers", signer)):
        properties[key]["patternProperties"] = {f"^{NAME.pattern}$": schema}
        properties[key]["additionalProperties"] = False
    runner["properties"]["kind"]["enum"] = list(RUNNER_KINDS)
    runner["properties"]["commands"]["additionalProperties"] = table(COMMAND_FIELDS)
    runner["properties"]["units"]["additionalProperties"] = _text(UNIT.pattern)
    endpoint["properties"]["headers"]["additionalProperties"] = _text(REFERENCE.pattern)
    endpoint["properties"]["methods"]["items"] = {"type": "string"}
    signer["properties"]["kind"]["enum"] = list(SIGNER_KINDS)
    signer["properties"]["jobs"]["items"] = {"type": "string"}
    properties["acting"] |= _acting(table)


def _acting(table: Table) -> Schema:
    schema = table(ACTING_FIELDS)
    inner = schema["properties"]
    inner["halted"] = {"type": "boolean", "description": "nothing runs until somebody says go"}
    inner["automatic"]["items"] = {"type": "string"}
    inner["automatic_within"] |= {"pattern": f"^{DURATION.pattern}$"}
    inner["amounts"]["additionalProperties"] = _text(WEI.pattern)
    inner["freezes"]["items"] = table(FREEZE_FIELDS)
    return schema


def _text(pattern: str) -> Schema:
    return {"type": "string", "pattern": f"^(?:{pattern})$"}
