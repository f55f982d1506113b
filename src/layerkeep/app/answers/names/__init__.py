"""Names: what a word that somebody typed may mean, but for hashes."""

import re
from typing import TYPE_CHECKING

from layerkeep.api.shapes.journeys import Found
from layerkeep.app.answers.incidents import PREFIX_MIN, IncidentAnswers
from layerkeep.app.answers.names.seeking import FOUND_MAX, Cut, Seeker, cut_of

if TYPE_CHECKING:
    from layerkeep.app.daemon import Daemon

DIGITS = frozenset("0123456789abcdef")
HASH = re.compile(r"0x(?:[0-9a-f]{40}|[0-9a-f]{64})")


def is_hash(word: str) -> bool:
    """True if a word, in lower case, is a whole hash or an address."""
    return HASH.fullmatch(word) is not None


def as_typed(text: str) -> str:
    """What was typed, without the spaces around and in the case in which names are kept."""
    return text.strip().lower()


class NameAnswers:
    """What is asked about names."""

    def __init__(self, daemon: "Daemon", incidents: IncidentAnswers) -> None:
        self._daemon = daemon
        self._incidents = incidents
        network = daemon.network
        self._seeker = Seeker(daemon.store, network.topology, network.adapters)

    async def search(self, word: str) -> tuple[Found, ...]:
        """Chains, upstreams and rules whose names hold this word, and incidents by their ids.

        What is named exactly so comes first. A hash or an address that is cut short finds what the
        store knows of such names, and open messages also by the transaction that sent them.
        """
        if not word:
            return ()
        found = [*self._places(word), *self._rules(word), *await self._cut(word)]
        digits = word.removeprefix("0x")
        if len(digits) >= PREFIX_MIN and DIGITS.issuperset(digits):
            found += [
                Found(kind="incident", name=each.id, title=each.title, matched=digits)
                for each in await self._incidents.like(digits, FOUND_MAX)
            ]
        found.sort(key=lambda each: each.name.lower() != word)
        return tuple(found[:FOUND_MAX])

    async def address(self, address: str) -> tuple[Found, ...]:
        """What an address, in lower case, is: of the topology, or a party of messages."""
        return tuple(await self._seeker.by_address(address))

    async def transactions(self, word: str) -> list[str]:
        """Transactions of the newest facts of which a word is a part; none that sent what is open:
        these `search` finds."""
        cut = cut_of(word)
        if cut is None:
            return []
        known = {message.sent.anchor.tx for message in self._daemon.engine.view.messages.values()}
        return [each for each in await self._seeker.transactions(cut) if each not in known]

    async def _cut(self, word: str) -> list[Found]:
        cut = cut_of(word)
        if cut is None:
            return []
        found = {(each.kind, each.name, each.matched): each for each in self._open(cut)}
        for each in await self._seeker.by_cut(cut):
            found.setdefault((each.kind, each.name, each.matched), each)
        return list(found.values())

    def _open(self, cut: Cut) -> list[Found]:
        """Open messages, also those that the store has no row of yet."""
        found = []
        for name, message in self._daemon.engine.view.messages.items():
            sent = message.sent.anchor
            meant = name if cut.fits(name) else f"transaction on {sent.chain}"
            if cut.fits(name) or cut.fits(sent.tx):
                title = f"{message.lifecycle.name} in {message.stage}"
                found.append(Found(kind="journey", name=name, title=title, matched=meant))
                if len(found) == FOUND_MAX:
                    break
        return found

    def _places(self, word: str) -> list[Found]:
        found = []
        for chain in self._daemon.network.topology.chains.values():
            names = (chain.name, chain.title, str(chain.chain_id))
            matched = [each for each in names if word in each.lower()]
            if matched and not (matched[0] == names[2] and word != names[2]):
                title = f"{chain.title or chain.name}, {chain.stack}"
                found.append(Found(kind="chain", name=chain.name, title=title, matched=matched[0]))
            found += [
                Found(
                    kind="upstream",
                    name=upstream.name,
                    title=f"{upstream.name}, an upstream of {chain.name}",
                    matched=upstream.name,
                )
                for upstream in chain.upstreams
                if word in upstream.name.lower()
            ]
        return found

    def _rules(self, word: str) -> list[Found]:
        return [
            Found(kind="rule", name=rule.name, title=rule.about, matched=hits[0])
            for rule in self._daemon.engine.watch.rules.values()
            if (
                hits := [
                    n for n in (rule.name, *rule.kinds) if word in n or word.replace(" ", "-") in n
                ]
            )
        ]
