"""From the bytes of an eth_getLogs answer to facts."""

from collections.abc import Mapping

import msgspec

from layerkeep.bench import network
from layerkeep.bench.figures import Figure, Outcome, best
from layerkeep.bench.traffic import BLOCK, encoded, make
from layerkeep.core.chain_data import Log
from layerkeep.core.facts import Fact, Undecoded
from layerkeep.core.units import ChainName

MESSAGES = 2_500
"""Ten thousand logs between them: as much as nodes give in one answer."""

LOGS_PER_S = 150_000
RATIO_MAX = 4.0

_logs = msgspec.json.Decoder(list[Log])


def parse(texts: Mapping[ChainName, bytes]) -> dict[ChainName, list[Log]]:
    """The baseline: the bytes as typed structures, nothing more."""
    return {chain: _logs.decode(text) for chain, text in texts.items()}


class Decoder:
    """Bytes to facts, as the daemon makes them."""

    def __init__(self, heights: int) -> None:
        self.dispatch = network.dispatch()
        self.times = {height: height * BLOCK for height in range(heights)}

    def facts(self, texts: Mapping[ChainName, bytes]) -> dict[ChainName, list[Fact]]:
        """The facts in each chain's logs."""
        return {
            chain: self.dispatch.facts(chain, logs, self.times)
            for chain, logs in parse(texts).items()
        }


def measure() -> list[Outcome]:
    """Logs decoded a second, on one core."""
    traffic = make(MESSAGES)
    texts, decoder = encoded(traffic), Decoder(traffic.heights)
    parsing, logs = best(lambda: parse(texts))
    taken, found = best(lambda: decoder.facts(texts))
    wrong = [f for each in found.values() for f in each if isinstance(f.says, Undecoded)]
    assert not wrong, f"a log of the bench is not decoded: {wrong[0]}"
    count = sum(map(len, logs.values()))
    return [
        Figure(
            "JSON to facts",
            count / taken,
            "logs/s",
            LOGS_PER_S,
            more_is_better=True,
            ratio=taken / parsing,
            ratio_max=RATIO_MAX,
        )
    ]
