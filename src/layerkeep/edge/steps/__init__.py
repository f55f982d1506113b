"""What a step of a runbook does to the world, one performer for each kind of step."""

from collections.abc import Callable, Mapping
from typing import Protocol, runtime_checkable

import aiohttp

from layerkeep.core.acting.runs.model import Action, Outcome
from layerkeep.core.topology import Topology
from layerkeep.edge.steps.calls import RpcPerformer
from layerkeep.edge.steps.host import HostPerformer
from layerkeep.edge.steps.requests import HttpPerformer
from layerkeep.edge.steps.sent import SentLog
from layerkeep.edge.steps.transactions import TransactionPerformer
from layerkeep.edge.store.log import Store


class Performer(Protocol):
    """Carries out actions of one kind. What the world does wrong is an outcome, never raised."""

    async def rehearse(self, action: Action) -> Outcome:
        """What would come of it; nothing is changed."""

    async def perform(self, action: Action) -> Outcome:
        """What came of it."""


@runtime_checkable
class Verifier(Protocol):
    """A performer that can tell afterwards what became of an action: all but that of `http`."""

    async def verify(self, action: Action) -> Outcome:
        """What became of an action that was begun, by somebody who is no more; changes nothing.

        `done`, `unsure`, or `failed`: it surely changed nothing, and may be begun anew.
        """


def performers(
    topology: Topology,
    session: aiohttp.ClientSession,
    resolve: Callable[[str], str],
    store: Store,
) -> Mapping[str, Performer]:
    """Who performs each kind of action here; `store` keeps what is sent, before it is sent."""
    acting = topology.acting
    return {
        "rpc": RpcPerformer(acting.endpoints, session, resolve),
        "transaction": TransactionPerformer(topology, session, resolve, SentLog(store)),
        "http": HttpPerformer(acting.endpoints, session, resolve),
        "host": HostPerformer(acting.runners),
    }
