"""Names: what a word that somebody typed may mean, but for hashes."""

import re
from typing import TYPE_CHECKING

from layerkeep.api.shapes.journeys import Found
from layerkeep.app.answers.incidents import PREFIX_MIN, IncidentAnswers

if TYPE_CHECKING:
    from layerkeep.app.daemon import Daemon

FOUND_MAX = 20
DIGITS = frozenset("0123456789abcdef")
HASH = re.compile(r"0x(?:[0-9a-f]{40}|[0-9a-f]{64})")
CUT = re.compile(r"(0x[0-9a-f]{8,63})|(0x[0-9a-f]{4,63})(?:…|\.{2,3})([0-9a-f]*)")
"""The beginning of a hash, eight digits or more; or as we show one, `0x7be1…30ca`."""


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

    async def search(self, word: str) -> tuple[Found, ...]:
        """Chains, upstreams and rules whose names hold this word, and incidents by their ids.

        What is named exactly so comes first. A hash that is cut short finds open messages.
        """
        if not word:
            return ()
        found = [*self._places(word), *self._rules(word), *self._messages(word)]
        digits = word.removeprefix("0x")
        if len(digits) >= PREFIX_MIN and DIGITS.issuperset(digits):
            found += [
                Found(kind="incident", name=each.id, title=each.title, matched=digits)
                for each in await self._incidents.like(digits, FOUND_MAX)
            ]
        found.sort(key=lambda each: each.name.lower() != word)
        return tuple(found[:FOUND_MAX])

    def _messages(self, word: str) -> list[Found]:
        cut = CUT.fullmatch(word)
        if cut is None or is_hash(word):
            return []
        messages = self._daemon.engine.view.messages
        first, last = cut[1] or cut[2], cut[3] or ""
        found = [each for each in messages if each.startswith(first) and each.endswith(last)]
        return [
            Found(
                kind="journey",
                name=name,
                title=f"{messages[name].lifecycle.name} in {messages[name].stage}",
                matched=name,
            )
            for name in found[:FOUND_MAX]
        ]

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
