"""Facts: decoded statements, each with the place on a chain that proves it.

Everything layerkeep believes is derived from facts and can be rebuilt from them. A statement is
stack-neutral: the adapters translate their stack's words into these few. Facts are msgspec
structures because making and storing them is the hot path (docs/adr/0002).

Messages are recognised by keys. A key is `<child chain>/<kind>/<hash>`: the child chain names the
bridge (each rollup has one to its parent), the kind keeps equal hashes of different meaning apart.
A `Sent` statement lists every key its message will be known by; later statements name one of them.
"""

import msgspec

from layerkeep.core.units import ChainName, Key

AFTER_LOGS = 1 << 30
"""The log index of a statement that a whole receipt proves: behind all its logs."""


class Anchor(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """The place that proves a fact. `time` is the block's, in milliseconds."""

    chain: ChainName
    height: int
    block: str
    time: int
    tx: str = ""
    tx_index: int = 0
    log_index: int = AFTER_LOGS

    @property
    def order(self) -> tuple[int, int, int]:
        """Where it stands among the anchors of its own chain."""
        return (self.height, self.tx_index, self.log_index)


class Ask(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A question to a chain that logs cannot answer; `probe` names the adapter's probe.

    Asked until answered; with `every` (milliseconds) asked again while its subject is open. With
    `witnesses` above one it is put to so many upstreams of the chain, or to all if it has fewer,
    and the answer of each is a fact of its own.
    """

    probe: str
    chain: ChainName
    child: ChainName
    subject: str
    key: Key = Key("")
    every: int = 0
    witnesses: int = 1

    @property
    def id(self) -> str:
        """A derived name: equal asks are one ask."""
        return f"{self.probe} {self.chain} {self.child} {self.subject} {self.key}"


class Token(msgspec.Struct, frozen=True, gc=False):
    """What is carried besides native value: the token on the source chain and the amount."""

    address: str
    amount: int
    remote: str = ""


class Statement(msgspec.Struct, frozen=True, gc=False, tag=True, omit_defaults=True):
    """Something a chain says."""


class Sent(Statement, frozen=True, gc=False, tag="sent"):
    """A message left its source chain.

    `message` is the stack's own hash for it. `position` is its place in whatever its claims cover
    (an OP withdrawal's block height, a Nitro send's leaf, a delayed message's index).
    `awaits` is the hash of the transaction that will execute it on the target, where known.
    """

    lifecycle: str
    message: str
    keys: tuple[Key, ...]
    source: ChainName
    target: ChainName
    sender: str
    recipient: str
    value: int = 0
    token: Token | None = None
    position: int | None = None
    awaits: str = ""
    asks: tuple[Ask, ...] = ()
    detail: str = ""


class Described(Statement, frozen=True, gc=False, tag="described"):
    """More is known of a message already sent: what it carries, on whose behalf."""

    key: Key
    token: Token | None = None
    sender: str = ""
    recipient: str = ""
    keys: tuple[Key, ...] = ()


class Reached(Statement, frozen=True, gc=False, tag="reached"):
    """The message known by `key` reached `stage` of its lifecycle.

    `claim` is the state claim the step relies on. `executes` is true when in this transaction the
    message took effect on its target: what that transaction sends continues the journey.
    `first_log` and `last_log` bound the logs that belong to this execution when one transaction
    executes several messages; -1 when the whole transaction is this one message's.
    """

    key: Key
    stage: str
    claim: str = ""
    executes: bool = False
    first_log: int = -1
    last_log: int = -1
    deadline: int = 0
    awaits: str = ""
    asks: tuple[Ask, ...] = ()
    detail: str = ""


class Claimed(Statement, frozen=True, gc=False, tag="claimed"):
    """Somebody claimed the child's state on its parent: every position <= `covers` in `lane`.

    A lane is `<child chain>/<name>`, for example `l2/claims`. `covers` is None until a probe has
    said how far the claim reaches.
    """

    claim: str
    lane: str
    covers: int | None = None
    root: str = ""
    by: str = ""
    asks: tuple[Ask, ...] = ()
    detail: str = ""


class ClaimCovers(Statement, frozen=True, gc=False, tag="claim-covers"):
    """How far a claim reaches is now known."""

    claim: str
    covers: int
    lane: str = ""
    asks: tuple[Ask, ...] = ()


class ClaimMoved(Statement, frozen=True, gc=False, tag="claim-moved"):
    """A claim changed: `status` is `confirmed`, `disputed` or `voided`.

    `detail` says in words how a dispute stands.
    """

    claim: str
    status: str
    reason: str = ""
    detail: str = ""


class ClaimsVoided(Statement, frozen=True, gc=False, tag="claims-voided"):
    """Every claim of a lane created up to `created_until` (milliseconds) no longer counts."""

    lane: str
    created_until: int
    reason: str


class Switched(Statement, frozen=True, gc=False, tag="switched"):
    """A bridge was paused or resumed, or another named switch of a child's contracts moved."""

    child: ChainName
    switch: str
    on: bool
    detail: str = ""


class Measured(Statement, frozen=True, gc=False, tag="measured"):
    """A parameter read from a contract, for example `proof_maturity_delay_s`."""

    child: ChainName
    name: str
    value: int | str


class Posted(Statement, frozen=True, gc=False, tag="posted"):
    """A batch of the child's data was posted on its parent."""

    child: ChainName
    batch: str
    by: str = ""
    size: int = 0
    location: str = ""


class HeadSeen(Statement, frozen=True, gc=False, tag="head"):
    """How far a chain is, by finality. Sampled, never one per block. Times in milliseconds."""

    latest: int
    safe: int | None = None
    finalized: int | None = None
    safe_time: int | None = None
    finalized_time: int | None = None


class Undecoded(Statement, frozen=True, gc=False, tag="undecoded"):
    """A log from a known contract with a known topic0 that does not have that event's shape."""

    address: str
    topic0: str
    reason: str


class NodeState(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What one upstream says at one moment: its newest block, and its hash at the height compared.

    `answering` is false where it gave no usable answer, then `reason` says why. `client` is its
    client and version.
    """

    upstream: str
    answering: bool
    head: int = -1
    hash: str = ""
    client: str = ""
    reason: str = ""


class NodesSeen(Statement, frozen=True, gc=False, tag="nodes"):
    """All upstreams of the anchor's chain, asked at one moment for their block at `height`.

    The anchor's time is the moment, not a block's. `height` is -1 where none was compared.
    `parted` is the first height at which they tell different blocks, -1 while that is not known.
    """

    height: int
    nodes: tuple[NodeState, ...]
    parted: int = -1


class Lied(Statement, frozen=True, gc=False, tag="lied"):
    """An upstream's answer was refused, because it contradicts itself or the chain read so far."""

    upstream: str
    reason: str
    detail: str = ""


class BlocksLeft(Statement, frozen=True, gc=False, tag="blocks-left"):
    """A reorg: blocks of the anchor's chain above `ancestor` left it, up to height `tip`.

    `final` is true where blocks left that the chain's nodes had called finalized.
    """

    ancestor: int
    tip: int
    final: bool = False


class Judged(Statement, frozen=True, gc=False, tag="judged"):
    """What one layer says about another was compared with what our own nodes say.

    `check` names the comparison, `subject` what was judged: a claim's id, a message's key, a batch,
    a block or an upstream. `verdict` is `true`, `false`, or `unknown` where no node can tell.
    `height` is the lowest block of the child's that is found to be another, -1 where none is named.
    The fact's `via` names the upstream that was the witness.
    """

    check: str
    child: ChainName
    subject: str
    verdict: str
    expected: str = ""
    found: str = ""
    detail: str = ""
    height: int = -1


class Operated(Statement, frozen=True, gc=False, tag="operated"):
    """An operator's word: `action` on an incident or on all that matches `target`.

    Actions: `acknowledge`, `note`, `hand-over`, `silence`, `unsilence`, `maintain`, `resolve`.
    `until` in milliseconds. `to` is whom an incident is handed to.
    """

    action: str
    target: str
    by: str
    until: int = 0
    reason: str = ""
    to: str = ""


Says = (
    Sent
    | Described
    | Reached
    | Claimed
    | ClaimCovers
    | ClaimMoved
    | ClaimsVoided
    | Switched
    | Measured
    | Posted
    | HeadSeen
    | Undecoded
    | NodesSeen
    | Lied
    | BlocksLeft
    | Judged
    | Operated
)

Observed = HeadSeen | NodesSeen | Lied | BlocksLeft | Operated
"""What is true of a moment and not of a block: no reorg takes it back."""


class Fact(msgspec.Struct, frozen=True, gc=False):
    """A statement and what proves it. `answers` is the id of the ask it answers, if it does.

    `via` names the upstream that told us. `ordinal` tells apart several statements of one log.
    """

    anchor: Anchor
    says: Says
    ordinal: int = 0
    answers: str = ""
    via: str = ""

    @property
    def order(self) -> tuple[int, int, int, int]:
        """Where it stands among the facts of its own chain."""
        anchor = self.anchor
        return (anchor.height, anchor.tx_index, anchor.log_index, self.ordinal)
