"""What the gateway has to know of a chain before it can show it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from layerkeep.devnet.gateway.normal import normal
from layerkeep.devnet.gateway.source import Source
from layerkeep.devnet.l2.mempool import Mempool
from layerkeep.devnet.node import Rpc

Heads = Callable[[], Mapping[str, int]]  # block number by "safe" and "finalized"
Method = Callable[[Rpc, Sequence[Any]], Awaitable[Any]]


class Dialect:
    """How a chain of one kind speaks; this one speaks like its node."""

    def __init__(self, client: str) -> None:
        self.client = client
        self.methods: dict[str, Method] = {}

    def inbound(self, value: Any) -> Any:
        """The parameters as the node understands them."""
        return value

    def outbound(self, value: Any) -> Any:
        """The result as the pretended client would write it."""
        return normal(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """One chain, its replicas by name, and who answers for what its nodes cannot know."""

    name: str
    sources: Mapping[str, Source]
    dialect: Dialect = field(default_factory=lambda: Dialect("layerkeep-devnet/l1-anvil"))
    mempool: Mempool | None = None  # where users' transactions go, if not into the node's pool
    heads: Heads | None = None  # the node's own answer stands where this is missing
