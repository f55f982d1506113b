"""What tokens are called and how many digits they have: the table `[tokens]` of a topology."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from layerkeep.core.errors import Fault
from layerkeep.core.topology.spot import Field, Spot, read_address, read_table, shown

TOKEN_NAME_FIELDS: Mapping[str, Field] = {
    "symbol": Field(str, "what people call it, for example USDC", required=True),
    "decimals": Field(int, "digits after the point of one whole token, 0 to 77", required=True),
}

SYMBOL_MAX = 24
DECIMALS_MAX = 77
"""More digits than this no amount of a contract has."""


@dataclass(frozen=True, slots=True)
class TokenName:
    """A token as people know it: one whole token is `10**decimals` units."""

    symbol: str
    decimals: int


def read_token_names(
    tables: Mapping[str, Mapping[str, Any]], faults: list[Fault]
) -> dict[str, TokenName]:
    """Names by address in lower case; each file may name some, none may be named twice."""
    found: dict[str, TokenName] = {}
    for file, table in tables.items():
        spot = Spot(file, "tokens", faults)
        for text, entry in table.get("tokens", {}).items():
            inner = spot.at(text)
            address, values = read_address(text, inner), read_table(entry, TOKEN_NAME_FIELDS, inner)
            name = _name(values, inner)
            if address is None or name is None:
                continue
            if address in found:
                inner.fault("a second name for this token", "only one")
            found[address] = name
    return found


def _name(values: Mapping[str, Any], spot: Spot) -> TokenName | None:
    if not TOKEN_NAME_FIELDS.keys() <= values.keys():
        return None
    symbol, decimals = values["symbol"], values["decimals"]
    is_symbol = symbol.isprintable() and symbol.strip() == symbol and 0 < len(symbol) <= SYMBOL_MAX
    if not is_symbol:
        spot.at("symbol").fault(shown(symbol), f"1 to {SYMBOL_MAX} letters that can be printed")
    if not 0 <= decimals <= DECIMALS_MAX:
        spot.at("decimals").fault(shown(decimals), f"a number from 0 to {DECIMALS_MAX}")
    return TokenName(symbol, decimals)
