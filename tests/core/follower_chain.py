"""A chain in memory for the follower's tests: it grows, reorgs, and answers wants."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from layerkeep.core.chain_data import Header, Log
from layerkeep.core.follower import (
    Advanced,
    Follower,
    FollowPlan,
    Given,
    LogFilter,
    Outcome,
    Point,
    Refused,
    Reorged,
    Want,
    step_back,
)
from layerkeep.core.follower.bloom import bits
from layerkeep.core.keccak import keccak_hex
from layerkeep.core.units import ZERO_HASH, ChainName, Duration, Height, Timestamp

ADDRESS = "0x" + "a1" * 20
TOPIC = "0x" + "b2" * 32
WATCHED = LogFilter((ADDRESS,), (TOPIC,))
BLOCK_TIME = 2_000
START = 1_700_000_000


@dataclass
class Block:
    header: Header
    logs: tuple[Log, ...]


def bloom_of(logs: int) -> str:
    """The bloom of a block with or without watched logs."""
    held = bits(bytes.fromhex(ADDRESS[2:])) | bits(bytes.fromhex(TOPIC[2:])) if logs else 0
    return f"0x{held:0512x}"


@dataclass
class SimChain:
    """Blocks 0 to the head; `final_depth` blocks behind it are final."""

    final_depth: int = 30
    logs_every: int = 3
    block_time: int = BLOCK_TIME
    blocks: list[Block] = field(default_factory=list)
    forks: int = 0

    def __post_init__(self) -> None:
        self.grow(1)

    def grow(self, count: int) -> None:
        for _ in range(count):
            self.blocks.append(self._next())

    def reorg(self, depth: int, grow: int | None = None) -> None:
        """Replace the last `depth` blocks by `grow` others (as many by default)."""
        self.forks += 1
        del self.blocks[len(self.blocks) - depth :]
        self.grow(depth if grow is None else grow)

    def _next(self) -> Block:
        number = len(self.blocks)
        parent = self.blocks[-1].header.hash if self.blocks else ZERO_HASH
        digest = keccak_hex(f"{number} {parent} {self.forks}".encode())
        count = 2 if self.logs_every and (number + self.forks) % self.logs_every == 0 else 0
        logs = tuple(self._log(number, digest, index) for index in range(count))
        header = Header(
            hash=digest,
            parent_hash=parent,
            number=hex(number),
            timestamp=hex(START + number * self.block_time // 1000),
            logs_bloom=bloom_of(count),
            transactions=(keccak_hex(digest.encode()),),
        )
        return Block(header, logs)

    def _log(self, number: int, digest: str, index: int) -> Log:
        return Log(
            address=ADDRESS,
            topics=(TOPIC,),
            data=f"0x{self.forks:02x}",
            block_number=hex(number),
            block_hash=digest,
            transaction_hash=keccak_hex(digest.encode()),
            transaction_index="0x0",
            log_index=hex(index),
        )

    @property
    def head(self) -> int:
        return len(self.blocks) - 1

    def header(self, number: int) -> Header | None:
        return self.blocks[number].header if 0 <= number <= self.head else None

    def answer(self, want: Want, *, most: int = 500, via: str = "one") -> Given:
        heads: Mapping[str, Header | None] = {
            "latest": self.header(self.head),
            "safe": self.header(max(0, self.head - self.final_depth // 2)),
            "finalized": self.header(max(0, self.head - self.final_depth)),
        }
        logs: list[Log] = []
        logs_to = None
        if want.logs:
            logs_to = Height(min(want.logs[1], want.logs[0] + most - 1))
            for block in self.blocks[want.logs[0] : logs_to + 1]:
                logs += block.logs
        return Given(
            via,
            {tag: heads[tag] for tag in want.heads},
            {height: self.header(height) for height in want.headers},
            tuple(logs),
            logs_to,
            {
                block.header.hash: block.logs
                for block in self.blocks
                if block.header.hash in want.confirm
            },
        )


def plan(first: int = 1, **changes: object) -> FollowPlan:
    """How the chain in memory is followed."""
    fields: dict[str, object] = {
        "chain": ChainName("l2"),
        "block_time": Duration(BLOCK_TIME),
        "first": Height(first),
        "filter": WATCHED,
        "deep": 50,
    }
    return FollowPlan(**(fields | changes))  # type: ignore[arg-type]


class Believer:
    """Takes outcomes as the store would: blocks and logs that are believed now."""

    def __init__(self, follower: Follower) -> None:
        self.follower = follower
        self.now = Timestamp(START * 1000 + 10_000_000)
        self.heights: dict[int, str] = {}
        self.logs: list[Log] = []
        self.reorgs: list[Reorged] = []
        self.refusals: list[str] = []
        self.requests = 0

    def take(self, outcome: Outcome) -> None:
        if isinstance(outcome, Reorged):
            self.reorgs.append(outcome)
            keep = outcome.ancestor.height
            self.heights = {h: digest for h, digest in self.heights.items() if h <= keep}
            self.logs = [log for log in self.logs if int(log.block_number, 16) <= keep]
        elif isinstance(outcome, Refused):
            self.refusals.append(outcome.reason)
        elif isinstance(outcome, Advanced):
            self.heights |= {int(block.number, 16): block.hash for block in outcome.blocks}
            self.logs += outcome.logs

    def restart(self, window: tuple[Point, ...]) -> None:
        """As the daemon does: the last blocks are read again, for their logs may be unconfirmed."""
        cursor = step_back(window)
        keep = cursor.height
        self.heights = {h: digest for h, digest in self.heights.items() if h <= keep}
        self.logs = [log for log in self.logs if int(log.block_number, 16) <= keep]
        self.follower.restore(cursor, window)

    def give(self, given: Given) -> list[Outcome]:
        self.requests += 1
        outcomes = self.follower.accept(given, self.now)
        for outcome in outcomes:
            self.take(outcome)
        return outcomes

    def round(self, chain: SimChain) -> list[Outcome]:
        return self.give(chain.answer(self.follower.want(self.now)))

    def settle(self, chain: SimChain, rounds: int = 200) -> None:
        """Rounds until the follower stands on the chain's head."""
        for _ in range(rounds):
            self.round(chain)
            self.now = Timestamp(self.now + 50)
            if self.follower.cursor.hash == chain.blocks[-1].header.hash:
                return
        raise AssertionError(f"never settled: at {self.follower.cursor}, {self.refusals[-5:]}")

    def agrees(self, chain: SimChain, first: int = 1) -> bool:
        logs = [log for block in chain.blocks[first:] for log in block.logs]
        same = all(chain.blocks[h].header.hash == digest for h, digest in self.heights.items())
        return same and self.logs == logs and self.follower.skipped_blocks == 0


def settled(chain: SimChain, **changes: object) -> Believer:
    """A follower that has reached the chain's head."""
    believer = Believer(Follower(plan(**changes)))
    believer.settle(chain)
    return believer
