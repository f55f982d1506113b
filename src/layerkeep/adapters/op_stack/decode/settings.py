"""Pauses, upgrades and settings of a bridge's contracts."""

from collections.abc import Iterable

from layerkeep.adapters.op_stack.decode.names import Logs
from layerkeep.core.adapter import CHILD, PARENT, Scope
from layerkeep.core.chain_data import Log
from layerkeep.core.encoding.abi import address, dynamic_bytes, topic_address, uint
from layerkeep.core.facts import Measured, Says, Switched
from layerkeep.core.units import ZERO_ADDRESS

BATCHER, GAS_LIMIT, UNSAFE_BLOCK_SIGNER = 0, 2, 3
"""The kinds of update that move a value read as a parameter too."""


def paused(log: Log, scope: Scope, _logs: Logs) -> Iterable[Says]:
    """A SuperchainConfig paused one bridge by its portal or lockbox, or all of them."""
    return _identified(log, scope, on=True)


def unpaused(log: Log, scope: Scope, _logs: Logs) -> Iterable[Says]:
    """A SuperchainConfig resumed one bridge, or all of them."""
    return _identified(log, scope, on=False)


def _identified(log: Log, scope: Scope, *, on: bool) -> Iterable[Says]:
    (_,) = log.topics
    identifier = address(log.data, 0)
    ours = (ZERO_ADDRESS, scope.contract(PARENT, "portal"), scope.contract(PARENT, "eth_lockbox"))
    if identifier not in ours:
        return ()
    return (Switched(scope.child, "paused", on, "" if identifier == ZERO_ADDRESS else identifier),)


def paused_named(log: Log, scope: Scope, _logs: Logs) -> Iterable[Says]:
    """An older SuperchainConfig paused every bridge; the name it gives is free text."""
    (_,) = log.topics
    dynamic_bytes(log.data, 0)
    return (Switched(scope.child, "paused", True),)


def unpaused_plain(log: Log, scope: Scope, _logs: Logs) -> Iterable[Says]:
    """An older SuperchainConfig resumed every bridge."""
    (_,) = log.topics
    return (Switched(scope.child, "paused", False),)


def portal_paused(log: Log, scope: Scope, _logs: Logs) -> Iterable[Says]:
    """The first portals were paused themselves, and said by whom."""
    (_,) = log.topics
    return (Switched(scope.child, "paused", True, f"by {address(log.data, 0)}"),)


def portal_unpaused(log: Log, scope: Scope, _logs: Logs) -> Iterable[Says]:
    """The first portals were resumed themselves, and said by whom."""
    (_,) = log.topics
    return (Switched(scope.child, "paused", False, f"by {address(log.data, 0)}"),)


def config_updated(log: Log, scope: Scope, _logs: Logs) -> Iterable[Says]:
    """A setting of the chain changed; those that are followed come with their new value."""
    _, _, kind_topic = log.topics
    kind, payload = uint(kind_topic, 0), "0x" + dynamic_bytes(log.data, 0).hex()
    if kind == BATCHER:
        return (Measured(scope.child, "batcher", address(payload, 0)),)
    if kind == UNSAFE_BLOCK_SIGNER:
        return (Measured(scope.child, "unsafe_block_signer", address(payload, 0)),)
    if kind == GAS_LIMIT:
        return (Measured(scope.child, "gas_limit", uint(payload, 0)),)
    return ()


def feature_set(log: Log, scope: Scope, _logs: Logs) -> Iterable[Says]:
    """A named feature of the chain was switched, for example the shared lockbox."""
    _, feature, enabled = log.topics
    name = bytes.fromhex(feature[2:]).rstrip(b"\0").decode("ascii")
    return (Switched(scope.child, name.lower().replace("_", "-"), uint(enabled, 0) != 0),)


def implementation_set(log: Log, scope: Scope, _logs: Logs) -> Iterable[Says]:
    """Games of one type are played by another contract from now on."""
    _, implementation, kind = log.topics
    name = f"game_{uint(kind, 0)}_implementation"
    return (Measured(scope.child, name, topic_address(implementation)),)


def upgraded(log: Log, scope: Scope, _logs: Logs) -> Iterable[Says]:
    """A contract of the bridge was upgraded."""
    _, implementation = log.topics
    now, place = topic_address(implementation), log.address.lower()
    side = PARENT if scope.here == scope.parent else CHILD
    return [
        Measured(scope.child, f"{role}_implementation", now)
        for role, known in scope.contracts.get(side, {}).items()
        if known == place
    ]
