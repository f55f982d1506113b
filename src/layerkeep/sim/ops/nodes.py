"""The nodes through which a network is seen: healthy ones agree, each fault shows its own way."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from layerkeep.core.facts import HeadSeen, NodesSeen, NodeState
from layerkeep.sim.ops.chains import SimLayer

CLIENTS = ("geth/v1.16.1", "reth/v1.8.2", "nethermind/1.33.0")


@dataclass(slots=True, eq=False)
class SimNode:
    """One upstream. `silent_until`: it gives no answer before; `behind`: blocks it lags;
    `frozen_at`: the height at which it stands still; `forked_at`: it follows another chain
    from there on."""

    name: str
    client: str
    is_sequencer: bool = False
    silent_until: int = 0
    behind: int = 0
    frozen_at: int = -1
    forked_at: int = -1
    reason: str = "timeout"

    def head(self, latest: int) -> int:
        """Its newest block when the chain's is `latest`."""
        return min(latest, self.frozen_at) if self.frozen_at >= 0 else latest - self.behind


@dataclass(slots=True, eq=False)
class SimNodes:
    """All upstreams of one chain. `missed`: looks at which by chance none of them answered."""

    chain: SimLayer
    nodes: tuple[SimNode, ...]
    unseen: bool = False
    missed: list[int] = field(default_factory=list)

    def heads(self) -> HeadSeen:
        """What the follower sees of the chain."""
        chain = self.chain
        return HeadSeen(
            chain.latest.height,
            chain.safe.height,
            chain.final.height,
            chain.safe.time,
            chain.final.time,
        )

    def seen(self, now: int) -> NodesSeen:
        """What each upstream says when all are asked at once."""
        latest = self.chain.latest.height
        answering = [n for n in self.nodes if n.silent_until <= now and not self.unseen]
        soon = now + self.chain.layer.poll_every
        if not (answering or self.unseen) and any(n.silent_until <= soon for n in self.nodes):
            self.missed.append(now)
        height = min((node.head(latest) for node in answering), default=-1)
        states = [self._state(n, n in answering, latest, height) for n in self.nodes]
        return NodesSeen(height, tuple(states))

    def _state(self, node: SimNode, answers: bool, latest: int, height: int) -> NodeState:
        if not answers:
            return NodeState(node.name, False, reason=node.reason)
        forked = 0 <= node.forked_at <= height
        block = f"{'f' if forked else 'h'}{height}-{self.chain.forks}"
        return NodeState(node.name, True, node.head(latest), block, node.client)


def nodes_of(chain: SimLayer) -> SimNodes:
    """The healthy nodes of a chain."""
    upstreams: Iterable[tuple[str, tuple[str, ...]]] = chain.layer.upstreams.items()
    return SimNodes(
        chain,
        tuple(
            SimNode(name, CLIENTS[index % len(CLIENTS)], "sequencer" in roles)
            for index, (name, roles) in enumerate(upstreams)
        ),
    )
