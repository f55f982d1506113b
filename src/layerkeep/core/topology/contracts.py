"""One chain's contracts: addresses by role, under the chain they live on."""

from collections.abc import Mapping
from typing import Any

from layerkeep.core.adapter import CHILD, PARENT, Adapter, Role
from layerkeep.core.topology.spot import Spot, close_match, one_of, read_address, shown
from layerkeep.core.topology.standard import STANDARD_ADDRESSES
from layerkeep.core.units import Address, ChainName

Contracts = dict[ChainName, dict[str, Address]]


def read_contracts(
    tables: Mapping[str, Any], sides: Mapping[str, str], adapter: Adapter | None, spot: Spot
) -> Contracts:
    """Every role of the adapter by chain; standard addresses stand in where none is named.

    `sides` names the child, and the parent where there is one.
    """
    found: Contracts = {}
    for here, table in tables.items():
        if here not in sides.values():
            spot.at(here).fault("another chain", one_of(sides.values()), _near(here, sides))
        elif not isinstance(table, dict):
            spot.at(here).fault(shown(table), "a table of addresses by role")
        elif adapter is not None:
            found[ChainName(here)] = _read_side(here, table, sides, adapter, spot.at(here))
    if adapter is not None:
        _add_standard(found, sides[CHILD], adapter)
        _check_missing(found, tables, sides, adapter, spot)
    return found


def _near(here: str, sides: Mapping[str, str]) -> str:
    return close_match(here, sides.values())


def _read_side(
    here: str, table: Mapping[str, Any], sides: Mapping[str, str], adapter: Adapter, spot: Spot
) -> dict[str, Address]:
    side = CHILD if here == sides[CHILD] else PARENT
    elsewhere = {role.name for role in adapter.roles if role.side != side}
    known = {role.name for role in adapter.roles if role.side == side}
    found: dict[str, Address] = {}
    for name, value in table.items():
        if name not in known:
            _unknown_role(name, known, elsewhere, spot)
            continue
        address = read_address(value, spot.at(name))
        if address is None:
            continue
        twin = next((role for role, other in found.items() if other == address), None)
        if twin is not None:
            spot.at(name).fault(f"the address of {twin}", "a contract of its own")
        found[name] = address
    return found


def _unknown_role(name: str, known: set[str], elsewhere: set[str], spot: Spot) -> None:
    if name in elsewhere:
        spot.at(name).fault("a role of the other chain", "it under the chain it lives on")
        return
    expected = one_of(sorted(known)) if known else "nothing: this stack has no contracts here"
    spot.at(name).fault("an unknown role", expected, close_match(name, known))


def _add_standard(found: Contracts, child: str, adapter: Adapter) -> None:
    standard = STANDARD_ADDRESSES.get(adapter.name, {})
    for role in adapter.roles:
        if role.side == CHILD and role.name in standard:
            found.setdefault(ChainName(child), {}).setdefault(role.name, standard[role.name])


def _check_missing(
    found: Contracts,
    tables: Mapping[str, Any],
    sides: Mapping[str, str],
    adapter: Adapter,
    spot: Spot,
) -> None:
    for role in adapter.roles:
        here = sides.get(role.side)
        if here is None or not role.required or role.name in found.get(ChainName(here), {}):
            continue
        table = tables.get(here, {})
        if isinstance(table, dict) and role.name not in table:
            spot.at(here).at(role.name).fault("nothing", _needed(role, adapter))


def _needed(role: Role, adapter: Adapter) -> str:
    return f"the address of the {role.name}, which {adapter.name} needs"
