"""What every operator has: accounts on the parent that pay, and a bridge that holds ether.

They leave no log, so they are asked for: balances and nonces at a block, the pending nonce now.
"""

from collections.abc import Iterable
from typing import Any

from layerkeep.core.adapter import PARENT, Adapter, Call, Probe, Scope
from layerkeep.core.chain_data import number_in, several
from layerkeep.core.facts import Ask, Measured, Says
from layerkeep.core.topology import Chain, Topology
from layerkeep.core.units import MINUTE, SECOND, Duration

ACCOUNT = "account."
"""Probes of an operator's account are named by this and its job."""

TREASURY = "treasury"
"""The probe of the ether that a bridge holds."""

BLOCKS_BETWEEN = 5
"""Accounts are looked at once in so many blocks of the parent, and not less than once a minute."""


def account_probes(
    topology: Topology, chain: Chain, adapter: Adapter
) -> Iterable[tuple[Probe, Ask]]:
    """The standing questions about a child's operators and its bridge's ether, on its parent."""
    parent = chain.settles_on
    assert parent is not None, f"{chain.name} settles on nothing"
    every = accounts_every(topology.chains[parent].block_time)
    for job, actor in adapter.jobs.items():
        address = chain.actors.get(actor)
        if address is not None:
            name = ACCOUNT + job
            yield _account(job), Ask(name, parent, chain.name, address.lower(), every=every)
    scope = topology.scope(chain.name, parent)
    held = [scope.contract(PARENT, role) for role in adapter.treasuries]
    if any(held):
        subject = " ".join(address.lower() for address in held if address)
        yield TREASURY_PROBE, Ask(TREASURY, parent, chain.name, subject, every=every)


def accounts_every(block_time: Duration) -> Duration:
    """How often accounts on a parent with such a block time are looked at."""
    return Duration(min(MINUTE, max(SECOND, BLOCKS_BETWEEN * block_time)))


def _account(job: str) -> Probe:
    def build(ask: Ask, _scope: Scope, block: str) -> tuple[Call, ...]:
        return (
            Call("eth_getBalance", (ask.subject, block)),
            Call("eth_getTransactionCount", (ask.subject, block)),
            Call("eth_getTransactionCount", (ask.subject, "pending")),
        )

    def read(_ask: Ask, scope: Scope, result: Any) -> Iterable[Says]:
        """Nodes that keep no pool refuse the pending nonce: then it is not measured."""
        balance, nonce, pending = several(result, 3)
        found = [
            Measured(scope.child, f"{job}.balance_wei", number_in(balance)),
            Measured(scope.child, f"{job}.nonce", number_in(nonce)),
        ]
        if isinstance(pending, str):
            found.append(Measured(scope.child, f"{job}.nonce_pending", number_in(pending)))
        return found

    return Probe(ACCOUNT + job, build, read)


def _build_treasury(ask: Ask, _scope: Scope, block: str) -> tuple[Call, ...]:
    return tuple(Call("eth_getBalance", (address, block)) for address in ask.subject.split(" "))


def _read_treasury(ask: Ask, scope: Scope, result: Any) -> Iterable[Says]:
    """Ether lies in the portal, or in a lockbox that it shares: what is there counts together."""
    balances = several(result, len(ask.subject.split(" ")))
    return (Measured(scope.child, "bridge_balance_wei", sum(map(number_in, balances))),)


TREASURY_PROBE = Probe(TREASURY, _build_treasury, _read_treasury)
