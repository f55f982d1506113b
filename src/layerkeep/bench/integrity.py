"""What it costs in requests to hold layers against each other, on the node that is asked most.

A claim's first witness answers in the follower's own request, which is measured with `requests`;
counted here is what its second witness is asked, what inquiries ask, and what reading the posts of
the node's children takes. One request may serve several checks at once.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from layerkeep.app.daemon import Daemon
from layerkeep.app.logs import set_up_logs
from layerkeep.bench.figures import Figure, Outcome, Skipped
from layerkeep.bench.stage import staged
from layerkeep.core.facts import Judged
from layerkeep.devnet.errors import DevnetError
from layerkeep.edge.rpc.pool import INQUIRY, POSTS, WITNESS

WARM_UP_S = 10.0
MEASURED_S = 60.0
REST_S = 0.4
"""Nothing asked for so long: what was asked before is answered and told."""

REQUESTS_MAX = 1.0

CLAIMS = frozenset({"claim", "withdrawal"})
"""Checks that ask for second witnesses; the others are inquiries."""

Asked = Counter[tuple[str, str, str]]
"""Requests by chain, upstream and what for."""

Subject = tuple[str, str, str]
"""A check, the child it is about, and what was judged."""


@dataclass(frozen=True, slots=True)
class Worst:
    """The upstream that is asked most, and how often for each thing judged."""

    name: str
    per_subject: float


def measure() -> list[Outcome]:
    """Requests per claim, and per sampled block or batch, of the node that costs most in each."""
    set_up_logs("error", as_json=True)
    try:
        claims, samples = asyncio.run(_measure())
    except DevnetError as error:
        return [Skipped("requests of integrity", str(error))]
    return [
        Figure(f"requests per claim ({claims.name})", claims.per_subject, "requests", REQUESTS_MAX),
        Figure(
            f"requests per block or batch ({samples.name})",
            samples.per_subject,
            "requests",
            REQUESTS_MAX,
        ),
    ]


async def _measure() -> tuple[Worst, Worst]:
    async with staged() as stage:
        await asyncio.sleep(WARM_UP_S)
        asked, known = await _at_rest(stage.daemon)
        await asyncio.sleep(MEASURED_S)
        later = await _at_rest(stage.daemon)
        asked, known = later[0] - asked, later[1] - known
        parents = {
            str(chain.name): str(chain.settles_on)
            for chain in stage.daemon.network.topology.chains.values()
        }
    claims = {each for each in known if each[0] in CLAIMS}

    def of_child(chain: str) -> int:
        return sum(child == chain for _, child, _ in claims)

    def of_both(chain: str) -> int:
        return sum(chain in (child, parents[child]) for _, child, _ in known - claims)

    return _worst(asked, (WITNESS,), of_child), _worst(asked, (INQUIRY, POSTS), of_both)


def _worst(asked: Asked, kinds: Iterable[str], judged: Callable[[str], int]) -> Worst:
    """Whoever was asked most for these, by what was judged with its chain's help."""
    sums: Counter[tuple[str, str]] = Counter()
    for (chain, name, kind), count in asked.items():
        sums[chain, name] += count if kind in kinds else 0
    found = [
        Worst(name, count / judged(chain)) for (chain, name), count in sums.items() if judged(chain)
    ]
    return max(found, key=lambda worst: worst.per_subject, default=Worst("nobody", 0.0))


async def _at_rest(daemon: Daemon) -> tuple[Asked, set[Subject]]:
    """What was asked and judged so far, at a moment when nothing is on its way."""
    before, asked = Counter[tuple[str, str, str]](), _asked(daemon)
    while asked != before:
        await asyncio.sleep(REST_S)
        before, asked = asked, _asked(daemon)
    return asked, _judged(daemon)


def _asked(daemon: Daemon) -> Asked:
    found: Asked = Counter()
    for chain, feed in daemon.feeds.items():
        for (name, kind), count in feed.pool.inquired.items():
            found[chain, name, kind] = count
    return found


def _judged(daemon: Daemon) -> set[Subject]:
    words = daemon.engine.sightings.judged.known.values()
    said = [fact.says for facts in words for fact in facts]
    return {(says.check, says.child, says.subject) for says in said if isinstance(says, Judged)}
