"""Recorded transactions through the same decoders and engine as live ones."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from layerkeep.app.replaying.recordings import Recording
from layerkeep.core.adapter import Adapter
from layerkeep.core.chain_data import Receipt
from layerkeep.core.dispatch import Dispatch, build_dispatch
from layerkeep.core.engine import Engine
from layerkeep.core.facts import Fact, Reached, Undecoded
from layerkeep.core.journeys import all_journeys
from layerkeep.core.messages import Message
from layerkeep.core.topology import Chain, Topology
from layerkeep.core.units import ChainName, Timestamp


@dataclass(frozen=True, slots=True)
class Link:
    """Two recorded transactions that speak of one message, and what ties them."""

    message: str
    source: tuple[str, str]
    target: tuple[str, str]
    key: str


@dataclass(slots=True)
class Replay:
    """What came out of a set of recordings."""

    engine: Engine
    facts: list[Fact] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    @property
    def undecoded(self) -> list[Fact]:
        """Logs of known contracts that had not the shape they should have."""
        return [fact for fact in self.facts if isinstance(fact.says, Undecoded)]

    @property
    def messages(self) -> list[Message]:
        """Every message with a recorded beginning."""
        return list(self.engine.view.messages.values())

    def links(self) -> list[Link]:
        """Every pair of transactions that belong to one message, across chains."""
        found: dict[tuple[str, str, str], Link] = {}
        for message in self.messages:
            sent = message.sent.anchor
            for fact in message.facts:
                there = fact.anchor
                if isinstance(fact.says, Reached) and there.chain != sent.chain:
                    link = Link(
                        message.id, (sent.chain, sent.tx), (there.chain, there.tx), fact.says.key
                    )
                    found.setdefault((message.id, there.chain, there.tx), link)
        return list(found.values())

    def journeys(self) -> list[tuple[str, ...]]:
        """The paths of all journeys of more than one hop."""
        return [journey.path for journey in all_journeys(self.engine.view)]


def receipt_facts(dispatch: Dispatch, chain: ChainName, receipt: Receipt, time: int) -> list[Fact]:
    """Every fact in one receipt: of its logs, and of the receipt as a whole."""
    times = {int(receipt.block_number, 16): time}
    facts = dispatch.facts(chain, receipt.logs, times)
    return facts + dispatch.receipt(chain, receipt, time)


def replay(
    topology: Topology, adapters: Mapping[str, Adapter], recordings: Iterable[Recording]
) -> Replay:
    """Feed recordings, oldest first on each chain, through decoders and engine."""
    dispatch = build_dispatch(topology, adapters)
    lifecycles = [each for adapter in adapters.values() for each in adapter.lifecycles]
    found = Replay(Engine(lifecycles, topology.chains))
    by_id = {chain.chain_id: chain for chain in topology.chains.values()}
    for recording in sorted(recordings, key=_order):
        chain = by_id.get(recording.chain_id or 0)
        if chain is None:
            found.skipped.append(f"{recording.source}: chain {recording.chain_id} is not watched")
            continue
        for fact in receipt_facts(dispatch, chain.name, recording.receipt, recording.time):
            found.facts.append(fact)
            found.engine.observe(fact, Timestamp(recording.time))
    return found


def chain_called(topology: Topology, name: str) -> Chain | None:
    """The chain of this name or chain id, None if there is none."""
    for chain in topology.chains.values():
        if name in (chain.name, str(chain.chain_id)):
            return chain
    return None


def _order(recording: Recording) -> tuple[int, int, int, int]:
    receipt = recording.receipt
    return (
        recording.chain_id or 0,
        int(receipt.block_number, 16),
        int(receipt.transaction_index, 16),
        recording.time,
    )
