"""What is found by an address, by a claim's root, or by a hash or an address that is cut short."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from layerkeep.api.shapes.journeys import Found
from layerkeep.core.adapter import Adapter
from layerkeep.core.facts import Claimed, Fact
from layerkeep.core.topology import Chain, Topology
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.reading import (
    facts_numbered,
    newest_claims,
    read_lanes,
)
from layerkeep.edge.store.seeking import (
    addresses_like,
    messages_like,
    parties_of,
    transactions_like,
)

FOUND_MAX = 20
TRANSACTIONS_MAX = 5
"""Each is looked up as if all of it had been typed."""
CLAIMS_SOUGHT = 50
"""Of each lane so many of the newest claims are compared with a hash that is cut short."""

CUT = re.compile(r"(0x[0-9a-f]{6,63})(?:…|\.{2,3})?|(0x[0-9a-f]{4,63})(?:…|\.{2,3})([0-9a-f]+)")
"""The beginning of a hash, six digits or more; or as we show one, `0x7be1…30ca`."""

ADDRESS = re.compile(r"0x[0-9a-f]{40}")

PARTY_WORDS = {
    "sender": "messages sent by",
    "recipient": "messages for",
    "token": "messages that carry",
}


@dataclass(frozen=True, slots=True)
class Cut:
    """How a name that was cut short begins and ends, in lower case."""

    first: str
    last: str = ""

    def fits(self, name: str) -> bool:
        """True if this may be the name."""
        return name.startswith(self.first) and name.endswith(self.last)


def cut_of(word: str) -> Cut | None:
    """What a word in lower case is the beginning, or beginning and end, of; None for any other."""
    match = CUT.fullmatch(word)
    if match is None or ADDRESS.fullmatch(word):
        return None
    return Cut(match[1]) if match[1] else Cut(match[2], match[3])


@dataclass(frozen=True, slots=True)
class Seeker:
    """Finds in a store and, where there is one, in its topology."""

    store: Store
    topology: Topology | None
    adapters: Mapping[str, Adapter]

    async def by_address(self, address: str) -> list[Found]:
        """What an address, in lower case, is of the topology, a claim, or a party of messages."""
        return [
            *self._components(Cut(address)),
            *await self._claims(Cut(address)),
            *(_party(name, address) for name in await parties_of(self.store, address)),
        ]

    async def by_cut(self, cut: Cut) -> list[Found]:
        """Messages, claims, components and parties of messages whose names may be meant."""
        found = [
            Found(
                kind="journey",
                name=row.id,
                title=f"{row.lifecycle} in {row.stage}",
                matched=row.id,
            )
            for row in await messages_like(self.store, cut.first, cut.last, FOUND_MAX)
        ]
        found += await self._claims(cut)
        found += self._components(cut)
        for address in await addresses_like(self.store, cut.first, cut.last, FOUND_MAX):
            found += [_party(name, address) for name in await parties_of(self.store, address)]
        return found[:FOUND_MAX]

    async def transactions(self, cut: Cut) -> list[str]:
        """Transactions of the newest facts that may be meant, the newest first."""
        return list(await transactions_like(self.store, cut.first, cut.last, TRANSACTIONS_MAX))

    async def _claims(self, cut: Cut) -> list[Found]:
        found: list[Found] = []
        for lane in await read_lanes(self.store):
            seqs = await newest_claims(self.store, lane, CLAIMS_SOUGHT)
            made = await facts_numbered(self.store, seqs)
            found += claims_meant([made[seq] for seq in sorted(made, reverse=True)], cut)
        return found

    def _components(self, cut: Cut) -> list[Found]:
        chains = self.topology.chains.values() if self.topology is not None else ()
        return [each for chain in chains for each in self._of_chain(chain, cut)]

    def _of_chain(self, chain: Chain, cut: Cut) -> Iterable[Found]:
        adapter = self.adapters.get(chain.stack)
        jobs = {word: job for job, word in (adapter.jobs if adapter else {}).items()}
        for word, address in chain.actors.items():
            if cut.fits(address.lower()):
                component = f"{jobs.get(word, 'chain')}:{chain.name}"
                title = f"{word.replace('_', ' ')} of {chain.name}"
                yield _component(component, chain, title, address)
        for place, contracts in chain.contracts.items():
            for role, address in contracts.items():
                if cut.fits(address.lower()):
                    title = f"{role.replace('_', ' ')} of {chain.name}, a contract on {place}"
                    yield _component(f"bridge:{chain.name}", chain, title, address)


def claims_meant(facts: Iterable[Fact], cut: Cut) -> list[Found]:
    """The claims among these facts whose name or root is meant."""
    found = []
    for fact in facts:
        says = fact.says
        if not isinstance(says, Claimed):
            continue
        for what, name in (("claim", says.claim.rpartition("/")[2]), ("root", says.root)):
            if name and cut.fits(name.lower()):
                child = says.lane.partition("/")[0]
                reach = f" up to {says.covers:,}" if says.covers is not None else ""
                found.append(
                    Found(
                        kind="claim",
                        name=says.claim,
                        title=f"claim of {child}'s state{reach}",
                        matched=what,
                        chain=child,
                        height=int(fact.anchor.height),
                    )
                )
                break
    return found


def _component(name: str, chain: Chain, title: str, address: str) -> Found:
    return Found(kind="component", name=name, title=title, matched=address, chain=chain.name)


def _party(name: str, address: str) -> Found:
    title = f"{PARTY_WORDS[name]} {address[:6]}…{address[-4:]}"
    return Found(kind="messages", name=address, title=title, matched=name)
