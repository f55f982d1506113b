"""From what nodes say to facts: which decoder reads which log, which probe reads which answer.

A log is recognised by (chain, address, topic0) and its number of topics, never by topic0 alone. One
address may serve several children (a shared SuperchainConfig), so a log may give facts for each.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from layerkeep.core.adapter import (
    PARENT,
    Adapter,
    Call,
    Decode,
    Event,
    Parameter,
    Probe,
    Scope,
)
from layerkeep.core.chain_data import Log, Receipt
from layerkeep.core.encoding import abi
from layerkeep.core.facts import Anchor, Ask, Fact, Measured, Says, Undecoded
from layerkeep.core.keccak import selector
from layerkeep.core.network.accounts import account_probes
from layerkeep.core.topology import Chain, Topology
from layerkeep.core.topology.measures import counted, probe_of
from layerkeep.core.topology.user_rule import UserRule
from layerkeep.core.units import HOUR, MINUTE, Address, ChainName, Duration

PARAMETER = "parameter."
"""Probes that read one parameter are named by this and the parameter's name."""

PARAMETERS_EVERY = HOUR
"""Parameters change by governance, days ahead; an hour is soon enough and costs nothing."""

SAMPLE_BLOCKS = 30
"""What moves with every block is read once in so many of them: a minute of most rollups."""

RULES_EVERY = MINUTE
"""What an operator's own rule looks at is read this often: it may be money that moves."""


@dataclass(frozen=True, slots=True)
class Binding:
    """One decoder for one kind of log at one address, for one child's bridge."""

    topics: int
    decode: Decode
    scope: Scope


Bound = dict[str, dict[str, list[Binding]]]
"""Decoders by address and first topic."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What a chain's logs are asked for by: any of these addresses, any of these first topics."""

    addresses: tuple[str, ...]
    topics: tuple[str, ...]


@dataclass(slots=True)
class Dispatch:
    """The decoders and probes of one topology."""

    logs: dict[str, dict[str, dict[str, tuple[Binding, ...]]]] = field(default_factory=dict)
    probes: dict[tuple[str, str], tuple[Probe, Scope]] = field(default_factory=dict)
    receipts: dict[str, list[tuple[Adapter, Scope]]] = field(default_factory=dict)
    parameters: list[Ask] = field(default_factory=list)

    def filter(self, chain: str) -> Filter:
        """What to ask this chain for; empty where nothing on it is watched."""
        known = self.logs.get(chain, {})
        return Filter(
            tuple(sorted(known)),
            tuple(sorted({first for here in known.values() for first in here})),
        )

    def facts(
        self, chain: ChainName, logs: Sequence[Log], times: Mapping[int, int], via: str = ""
    ) -> list[Fact]:
        """The facts in logs given in chain order; `times` are the blocks' times by height."""
        known = self.logs.get(chain)
        if not known:
            return []
        found: list[Fact] = []
        start = 0
        while start < len(logs):
            first = logs[start]
            end = start + 1
            while end < len(logs) and logs[end].transaction_hash == first.transaction_hash:
                end += 1
            siblings = logs[start:end]
            height, position = int(first.block_number, 16), int(first.transaction_index, 16)
            block, tx, time = first.block_hash, first.transaction_hash, times[height]
            for log in siblings:
                here = known.get(log.address) or known.get(log.address.lower())
                bindings = here.get(log.topics[0]) if here and log.topics else None
                says = _said(bindings, log, siblings) if bindings else ()
                if not says:
                    continue
                index = int(log.log_index, 16)
                anchor = Anchor(chain, height, block, time, tx, position, index)
                for place, one in enumerate(says):
                    found.append(Fact(anchor, one, place, "", via))
            start = end
        return found

    def call(self, ask: Ask, block: str) -> Call | tuple[Call, ...]:
        """The JSON-RPC call or calls that put a question, at a block number or tag."""
        probe, scope = self.probes[ask.child, ask.probe]
        return probe.build(ask, scope, block)

    def answer(self, ask: Ask, result: Any, anchor: Anchor, via: str = "") -> list[Fact]:
        """The facts in an answer; ValueError if it makes no sense, empty if it is not there yet."""
        probe, scope = self.probes[ask.child, ask.probe]
        return [
            Fact(anchor, says, ordinal, ask.id, via)
            for ordinal, says in enumerate(probe.read(ask, scope, result))
        ]

    def receipt(self, chain: ChainName, receipt: Receipt, time: int, via: str = "") -> list[Fact]:
        """The facts that only a whole receipt can tell, whoever may have asked for it."""
        anchor = receipt_anchor(chain, receipt, time)
        says: list[Says] = []
        for adapter, scope in self.receipts.get(chain, ()):
            assert adapter.decode_receipt is not None
            try:
                says += tuple(adapter.decode_receipt(receipt, scope))
            except ValueError as error:
                says.append(Undecoded(receipt.to or "", "", str(error)))
        return [Fact(anchor, each, ordinal, via=via) for ordinal, each in enumerate(says)]


def build_dispatch(topology: Topology, adapters: Mapping[str, Adapter]) -> Dispatch:
    """Bind every event and probe of every chain's adapter to the addresses in the topology."""
    dispatch = Dispatch()
    bound: dict[str, Bound] = {}
    for chain in topology.chains.values():
        if chain.settles_on is None:
            continue
        adapter = adapters[chain.stack]
        for event in adapter.events:
            here = chain.settles_on if event.side == PARENT else chain.name
            _bind(bound.setdefault(here, {}), event, topology.scope(chain.name, here))
        scope = topology.scope(chain.name, chain.name)
        for probe in adapter.probes:
            dispatch.probes[chain.name, probe.name] = (probe, scope)
            if probe.standing:
                here = scope.parent if probe.standing == PARENT else scope.child
                dispatch.parameters.append(
                    Ask(probe.name, here, scope.child, scope.child, every=PARAMETERS_EVERY)
                )
        for parameter in adapter.parameters:
            address = scope.contract(parameter.side, parameter.role)
            if address is not None:
                dispatch.probes[chain.name, PARAMETER + parameter.name] = (
                    _parameter_probe(parameter),
                    scope,
                )
                every = _parameter_every(parameter, chain)
                dispatch.parameters.append(_parameter_ask(parameter, scope, address, every))
        for probe, ask in account_probes(topology, chain, adapter):
            dispatch.probes[chain.name, probe.name] = (probe, scope)
            dispatch.parameters.append(ask)
        if adapter.decode_receipt is not None:
            dispatch.receipts.setdefault(chain.name, []).append((adapter, scope))
    for rule in topology.rules.values():
        _ask_for(rule, topology, dispatch, bound)
    for name, known in bound.items():
        dispatch.logs[name] = {
            address: {first: tuple(bindings) for first, bindings in here.items()}
            for address, here in known.items()
        }
    return dispatch


def decode_logs(data: bytes) -> list[Log]:
    """The logs in the JSON of an `eth_getLogs` result; msgspec.DecodeError if it is none."""
    return msgspec.json.decode(data, type=list[Log])


def receipt_anchor(chain: ChainName, receipt: Receipt, time: int) -> Anchor:
    """The anchor of what a whole receipt proves."""
    return Anchor(
        chain,
        int(receipt.block_number, 16),
        receipt.block_hash,
        time,
        receipt.transaction_hash,
        int(receipt.transaction_index, 16),
    )


def _parameter_every(parameter: Parameter, chain: Chain) -> Duration:
    """How often it is read; what moves with every block is read oftener on a faster chain."""
    if parameter.every is None:
        return PARAMETERS_EVERY
    return Duration(min(parameter.every, SAMPLE_BLOCKS * chain.block_time))


def _parameter_ask(parameter: Parameter, scope: Scope, address: Address, every: Duration) -> Ask:
    chain = scope.parent if parameter.side == PARENT else scope.child
    return Ask(PARAMETER + parameter.name, chain, scope.child, address, every=every)


def _parameter_probe(parameter: Parameter) -> Probe:
    """A call without arguments whose one result is kept under the parameter's name."""
    data = selector(parameter.signature)

    def build(ask: Ask, _scope: Scope, block: str) -> Call:
        return Call("eth_call", ({"to": ask.subject, "data": data}, block))

    def read(_ask: Ask, scope: Scope, result: Any) -> Iterable[Says]:
        if isinstance(result, str) and len(result) > 2:
            yield Measured(scope.child, parameter.name, _value(parameter.kind, result))

    return Probe(PARAMETER + parameter.name, build, read)


def _ask_for(
    rule: UserRule, topology: Topology, dispatch: Dispatch, bound: dict[str, Bound]
) -> None:
    """Ask a chain, or listen to it, for what one rule of the operator's looks at."""
    chain = topology.chains.get(rule.chain)
    if chain is None or rule.what not in ("balance", "call", "event"):
        return
    parent = topology.chains[chain.settles_on or chain.name]
    scope = Scope(chain.name, parent.name, chain.chain_id, parent.chain_id, chain.name)
    address = rule.contract or Address(rule.subject.lower())
    if rule.what == "event":
        event = counted(rule)
        here = bound.setdefault(chain.name, {}).setdefault(address, {})
        here.setdefault(event.topic0, []).append(Binding(event.topics, event.decode, scope))
        return
    name = PARAMETER + rule.measure
    dispatch.probes[chain.name, name] = (probe_of(rule, name), scope)
    dispatch.parameters.append(Ask(name, chain.name, chain.name, address, every=RULES_EVERY))


def _value(kind: str, data: str) -> int | str:
    if kind == "address":
        return abi.address(data, 0)
    if kind == "string":
        return abi.dynamic_bytes(data, 0).decode("utf-8", "replace")
    return abi.bytes32(data, 0) if kind == "bytes32" else abi.uint(data, 0)


def _bind(known: Bound, event: Event, scope: Scope) -> None:
    address = scope.contract(event.side, event.role)
    if address is None:
        return
    bindings = known.setdefault(address.lower(), {}).setdefault(event.topic0, [])
    twin = [b for b in bindings if b.scope == scope and b.topics == event.topics]
    assert not twin, f"{scope.child}: two decoders for {event.signature} of {event.role}"
    bindings.append(Binding(event.topics, event.decode, scope))


def _said(bindings: tuple[Binding, ...], log: Log, siblings: Sequence[Log]) -> tuple[Says, ...]:
    """What one log says to every child it concerns; a log of another shape says it has one."""
    said: tuple[Says, ...] = ()
    shape, shaped = len(log.topics), False
    for binding in bindings:
        if binding.topics == shape:
            shaped = True
            try:
                said += tuple(binding.decode(log, binding.scope, siblings))
            except ValueError as error:
                said += (Undecoded(log.address, log.topics[0], str(error)),)
    if shaped:
        return said
    return (Undecoded(log.address, log.topics[0], f"{shape - 1} indexed arguments"),)
