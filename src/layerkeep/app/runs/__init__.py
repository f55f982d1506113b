"""Runs inside a daemon: what may run without a person is proposed, and every run is carried on."""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import aiohttp
import structlog

from layerkeep.app.runs.asking import Place, Proposal, propose
from layerkeep.app.runs.judging import Judge
from layerkeep.app.runs.ledger import Ledger, ledger_path
from layerkeep.app.runs.reading import halted
from layerkeep.app.runs.worker import ITSELF, LOOK_EVERY_S, Worker
from layerkeep.core.acting.runbooks.matching import answering
from layerkeep.core.errors import SettingsError, StoreError
from layerkeep.core.incidents.incident import OPEN
from layerkeep.edge.runbook_files import load_runbooks
from layerkeep.edge.secrets import resolve
from layerkeep.edge.steps import performers
from layerkeep.edge.store.observations import read_incident
from layerkeep.edge.store.runs import automatic_since, tries_of

if TYPE_CHECKING:
    from layerkeep.app.daemon import Daemon


class Runs:
    """The part of a daemon that acts."""

    def __init__(self, daemon: "Daemon") -> None:
        """TopologyError if a runbook has a fault."""
        network = daemon.network
        acting = network.topology.acting
        self.daemon = daemon
        self.place = Place(
            daemon.store, network.topology, network.adapters, load_runbooks(acting.runbooks)
        )
        self._refused: set[tuple[str, str]] = set()
        self._log = structlog.get_logger()

    async def run(self, session: aiohttp.ClientSession) -> None:
        """Propose and carry on, until the daemon stops."""
        stop, topology = self.daemon.stop, self.place.topology
        able = performers(topology, session, resolve, self.daemon.store)
        path = ledger_path(self.daemon.settings.store, topology.network)
        worker = Worker(self.place, Judge(self.daemon, able), able, Ledger(path))
        try:
            while not stop.is_set():
                await self._round(worker)
                await _pause(stop)
        finally:
            await worker.stop()

    async def _round(self, worker: Worker) -> None:
        if self.daemon.engine.watch.asleep:  # what was read before a start is not all read yet
            return
        try:
            await self.propose_automatic()
            await worker.round()
        except StoreError as error:
            self._log.error("store-failing", reason=str(error))

    async def propose_automatic(self) -> None:
        """Where runbook and policy both allow it, and each runbook once for an incident."""
        acting = self.place.topology.acting
        if not acting.automatic or await halted(self.place) is not None:
            return
        for proposal in list(self._candidates()):
            now = self.daemon.now()
            if await read_incident(self.place.store, proposal.incident) is None:
                continue  # it is about to be written
            if any(await tries_of(self.place.store, proposal.runbook, proposal.incident)):
                self._refused.add((proposal.runbook, proposal.incident))
                continue
            if await automatic_since(self.place.store, now - acting.automatic_within) >= (
                acting.automatic_max
            ):
                return
            await self._propose(proposal, now)

    def _candidates(self) -> Iterator[Proposal]:
        """Open incidents that nobody took, with the runbooks that may answer them by themselves."""
        allowed = self.place.topology.acting.automatic
        known = [each for each in self.place.runbooks.values() if each.automatic]
        able = [each for each in known if each.name in allowed]
        for incident in self.daemon.engine.incidents.open.values():
            if incident.state != OPEN:
                continue
            for runbook in answering(able, incident.root.kind, incident.root.component)[:1]:
                if (runbook.name, incident.id) not in self._refused:
                    yield Proposal(runbook.name, incident.id)

    async def _propose(self, proposal: Proposal, now: int) -> None:
        try:
            await propose(self.place, proposal, ITSELF, now, automatic=True)
        except SettingsError as error:
            self._refused.add((proposal.runbook, proposal.incident))
            self._log.warning("run-not-proposed", runbook=proposal.runbook, reason=str(error))


async def _pause(stop: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LOOK_EVERY_S):
            await stop.wait()
