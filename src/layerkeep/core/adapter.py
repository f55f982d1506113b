"""The contract between the house and one stack: what every folder in `adapters/` provides."""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from layerkeep.core.chain_data import Log, Receipt
from layerkeep.core.facts import Anchor, Ask, Fact, Says
from layerkeep.core.keccak import topic0
from layerkeep.core.lifecycle import Lifecycle
from layerkeep.core.units import HOUR, Address, ChainName, Duration, Timestamp

PARENT = "parent"
CHILD = "child"


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose bridge a contract belongs to: the child, the parent it settles on, and where we are.

    `contracts` maps `parent` and `child` to the addresses by role on that side.
    """

    child: ChainName
    parent: ChainName
    child_id: int
    parent_id: int
    here: ChainName
    contracts: Mapping[str, Mapping[str, Address]] = field(default_factory=dict)

    def contract(self, side: str, role: str) -> Address | None:
        """The address of a role on one side, if the topology names it."""
        known = self.contracts.get(side)
        return known.get(role) if known else None


Decode = Callable[[Log, Scope, Sequence[Log]], Iterable[Says]]
"""Reads one log. The third argument is every watched log of the same transaction, in order.

Raises ValueError (and nothing else) on a log that has not the shape it should have.
"""

DecodeReceipt = Callable[[Receipt, Scope], Iterable[Says]]
"""Reads what only a receipt can say: the outcome of a deposit, a ticket or a redeem."""


@dataclass(frozen=True, slots=True)
class Event:
    """An event of a contract: the declaration as in Solidity, with `indexed`; topic0 is derived."""

    side: str
    role: str
    declaration: str
    decode: Decode

    @property
    def signature(self) -> str:
        """The canonical signature, e.g. `RelayedMessage(bytes32)`."""
        return _canonical(self.declaration)

    @property
    def topic0(self) -> str:
        """keccak-256 of the canonical signature."""
        return topic0(self.signature)

    @property
    def topics(self) -> int:
        """How many topics such a log has: topic0 and the indexed arguments."""
        return 1 + self.declaration.count(" indexed ")


@dataclass(frozen=True, slots=True)
class Call:
    """One JSON-RPC call."""

    method: str
    params: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Probe:
    """A question logs cannot answer: how to ask it, and how to read the answer.

    `build` gives the call at a block (`0x10`, `latest`, ...), or several that go to one upstream
    together. `read` gets the JSON result, of several calls a tuple of results in which a refused
    one is `{"error": {...}}`; it raises ValueError if that makes no sense, and yields nothing while
    the answer is not there yet (then it is asked again). With `standing`, a side, it is asked of
    every child there, now and then, with the child's name as its subject.
    """

    name: str
    build: Callable[[Ask, Scope, str], Call | tuple[Call, ...]]
    read: Callable[[Ask, Scope, Any], Iterable[Says]]
    standing: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Calls that an inquiry puts to one upstream of a chain, all in one request."""

    chain: ChainName
    calls: tuple[Call, ...]


Inquiry = Generator[Wanted, tuple[Any, ...], Sequence[Says]]
"""A question that takes several answers one after the other, on one chain and on the next.

It is sent the results of what it wants, a refused one as `{"error": {...}}`, and returns what it
found; nothing while that cannot be told yet, then it is made again. It raises ValueError, and
nothing else, on results that make no sense.
"""

Inspect = Callable[[Fact, Scope], Inquiry | None]
"""What is to be looked into about a fact that speaks of something nobody has been seen to begin;
None for one that needs no look."""

SpotCheck = Callable[[Anchor, Scope], Inquiry]
"""What is to be looked into about a block of the child, picked by chance."""


LONG_AGO = Timestamp(0)


@dataclass(frozen=True, slots=True)
class Genesis:
    """The first block of a rollup, by its height; when it was made, where that is known."""

    block: int
    time: Timestamp | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What its posts leave out because every node of a child knows it; times are in milliseconds.

    A fork that is absent from `hardforks` is not planned, unless none are named at all.
    """

    block_time: Duration
    genesis: Genesis | None = None
    hardforks: Mapping[str, Timestamp] = field(default_factory=dict)

    def has(self, fork: str, time: Timestamp) -> bool | None:
        """Whether a fork was active at a time; None where nothing is said of forks."""
        if not self.hardforks:
            return None
        return fork in self.hardforks and self.hardforks[fork] <= time


@dataclass(frozen=True, slots=True)
class Post:
    """A transaction on the parent that carries the child's data: its hash, its place in the block.

    `says` is what follows from it alone. What it carries is the payload, or the blobs of these
    hashes. `counts` is false where nodes pass over it: a wrong sender, or a wrong place. `time` is
    that of its block.
    """

    tx: str
    place: int
    says: tuple[Says, ...]
    payload: bytes = b""
    blobs: tuple[str, ...] = ()
    counts: bool = True
    time: Timestamp = LONG_AGO


@dataclass(frozen=True, slots=True)
class Blobs:
    """The contents of a post's blobs, in its order.

    `proven` is false where nothing but the word of who served them says that they are the post's.
    """

    contents: tuple[bytes, ...] = ()
    proven: bool = True


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some of the child's blocks as posted, whole with the post of this name; still encoded.

    `content` is for the posting that made it. `told` is what any verdict on it has to say besides.
    """

    post: str
    content: Any
    time: Timestamp = LONG_AGO
    told: str = ""


class Posting(Protocol):
    """Reads one child's posts in their order on the parent."""

    def posts(self, block: Any, batcher: str, /) -> Sequence[Post]:
        """The posts in a block of the parent with whole transactions; ValueError if it is none."""

    def take(self, post: Post, blobs: Blobs | None) -> tuple[Sequence[Says], Sequence[Stretch]]:
        """What is wrong with a post by itself, and what is whole with it.

        `blobs` are those of the post, None if nobody has them any more.
        """

    def inquire(self, stretch: Stretch, newest: Anchor) -> Inquiry:
        """Whether a node of the child serves what was posted, up to its newest block."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value read from a contract by a call without arguments, and kept under `name`.

    `kind` is `uint` or `address` or `string`. Optional ones may be absent in some versions.
    `every`: read so often; None where it changes by governance only.
    """

    name: str
    side: str
    role: str
    signature: str
    kind: str = "uint"
    unit: str = ""
    every: Duration | None = None


@dataclass(frozen=True, slots=True)
class Role:
    """A contract's job by name. `version` is the signature that returns its version, if it has one.

    `fingerprint` is a call without arguments that only such a contract answers.
    """

    side: str
    name: str
    required: bool = True
    fingerprint: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How fast a stack's chains usually do things, and where its protocol itself draws the line.

    `safe_lag_max`: unposted blocks get no older. `final_lag_max`: how far the finalized head may
    be behind. `drift_max`, `batch_deadline`, `inclusion_max`: the protocol's own limits.
    `claims_every`: a claim comes at least so often. `reorg_depth`: blocks; deeper reorgs are news.
    Durations in milliseconds; None where the stack has no such thing.
    """

    final_lag_max: Duration = HOUR
    reorg_depth: int = 3
    empty_blocks: bool = True
    safe_lag_max: Duration | None = None
    drift_max: Duration | None = None
    batch_deadline: Duration | None = None
    claims_every: Duration | None = None
    inclusion_max: Duration | None = None


@dataclass(frozen=True, slots=True)
class Adapter:
    """One stack: its words in, ours out. `jobs` maps batcher and proposer to the stack's words.

    `treasuries` are the roles on the parent that hold the child's ether. `checks` are the kinds of
    judgement that it makes: the checks of its Judged statements.
    """

    name: str
    kind: str
    roles: tuple[Role, ...]
    events: tuple[Event, ...]
    lifecycles: tuple[Lifecycle, ...]
    probes: tuple[Probe, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    decode_receipt: DecodeReceipt | None = None
    counts_own_blocks: bool = True
    """False where `block.number` in a contract is an estimate of the parent's height."""
    rhythm: Rhythm = field(default_factory=Rhythm)
    jobs: Mapping[str, str] = field(default_factory=dict)
    treasuries: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    inspect: Inspect | None = None
    spot_check: SpotCheck | None = None
    posting: Callable[[Scope, Terms], Posting] | None = None


class Chance(Protocol):
    """Where a model's randomness comes from; the caller seeds it."""

    def randrange(self, start: int, stop: int) -> int:
        """A number from `start` up to but not including `stop`."""


class Planned(NamedTuple):
    """A statement that a chain makes in a model, so many milliseconds after its story began."""

    delay: int
    chain: ChainName
    says: Says


def _canonical(declaration: str) -> str:
    """`F(address indexed a, (uint64,bytes32) t)` -> `F(address,(uint64,bytes32))`."""
    name, _, rest = declaration.partition("(")
    arguments, depth, current = [], 0, ""
    for letter in rest[:-1]:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            arguments.append(current)
            current = ""
        else:
            current += letter
    if current:
        arguments.append(current)
    return f"{name.strip()}({','.join(map(_type_of, arguments))})"


def _type_of(argument: str) -> str:
    """The type of one declared argument, its name and `indexed` taken off."""
    argument = argument.strip()
    if not argument.startswith("("):
        return argument.split(" ")[0]
    end = argument.rindex(")")
    inner = _canonical("x" + argument[: end + 1])[1:]
    suffix = argument[end + 1 :].split(" ")[0]
    return inner + suffix
