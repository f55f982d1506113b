"""Upstreams: how each does, and whether those of one chain tell the same blocks."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from layerkeep.api.shapes.chains import AgreementShown, CellShown, NodeRow, UpstreamShown
from layerkeep.app.answers.marks import Marks
from layerkeep.app.answers.memory import Memory
from layerkeep.core.facts import Lied, NodesSeen, NodeState
from layerkeep.core.network.agreement import differ, minority
from layerkeep.core.network.graph import upstream_of
from layerkeep.core.topology import Chain, Upstream
from layerkeep.edge.rpc.open_pool import NOT_EXECUTION_ROLES

if TYPE_CHECKING:
    from layerkeep.app.daemon import Daemon

HEIGHTS_SHOWN = 8
LIES_SHOWN = 3
"""Newest reasons; the store has all."""

SAME, OTHER, BEHIND, REFUSES = "same", "other", "behind", "refuses"
"""What a node says of a height, beside most of the others."""

BEACON_ONLY = "asked for blobs only, when a batch needs one"

Heights = dict[int, NodesSeen]


def executes(upstream: Upstream) -> bool:
    """True if an upstream tells blocks; a beacon node tells none."""
    return not NOT_EXECUTION_ROLES.intersection(upstream.roles)


class NodeAnswers:
    """What is asked about upstreams."""

    def __init__(self, daemon: "Daemon", memory: Memory) -> None:
        self._daemon = daemon
        self._memory = memory

    def states(self, chain: Chain) -> dict[str, NodeState]:
        """What each upstream of a chain said when all were last asked."""
        told = self._daemon.engine.sightings.states(chain.name)
        return {state.upstream: state for state in told}

    def looked(self, chain: Chain) -> int | None:
        """When a chain's upstreams were last asked."""
        fact = self._daemon.engine.sightings.nodes.get(chain.name)
        return None if fact is None else int(fact.anchor.time)

    def upstreams(self, chain: Chain, marks: Marks) -> tuple[UpstreamShown, ...]:
        """Every upstream of a chain, in the order in which they are preferred."""
        states, best = self.states(chain), self._best(chain)
        return tuple(
            self._upstream(chain, each, (states.get(each.name), best), marks)
            for each in chain.upstreams
        )

    def agreement(self, chain: Chain, marks: Marks) -> AgreementShown:
        """What the nodes of a chain say of the heights at which they were compared lately."""
        looks = [fact.says for fact in self._memory.looks.get(chain.name, ())]
        seen = [says for says in looks if isinstance(says, NodesSeen)]
        heights = _heights(seen)
        states = self.states(chain)
        rows = []
        for upstream in filter(executes, chain.upstreams):
            cells = tuple(
                CellShown(height=height, state=_cell(upstream.name, says))
                for height, says in heights.items()
            )
            mark = marks.of(upstream_of(upstream.name))[0]
            state = states.get(upstream.name)
            client = state.client if state is not None else ""
            verdict = _verdict(cells, state)
            rows.append(
                NodeRow(
                    upstream=upstream.name, client=client, cells=cells, verdict=verdict, mark=mark
                )
            )
        return AgreementShown(
            heights=tuple(heights),
            rows=tuple(rows),
            parted=_parted(seen),
            agreeing=sum(bool(row.cells) and row.cells[-1].state == SAME for row in rows),
            looked=self.looked(chain),
        )

    def _upstream(
        self,
        chain: Chain,
        upstream: Upstream,
        told: tuple[NodeState | None, int | None],
        marks: Marks,
    ) -> UpstreamShown:
        name, (state, best) = upstream.name, told
        mark, incident = marks.of(upstream_of(name))
        feed = self._daemon.feeds.get(chain.name)
        lies = self._daemon.engine.sightings.lies.get(name, ())
        reasons = [fact.says.reason for fact in lies if isinstance(fact.says, Lied)]
        head = state.head if state is not None and state.answering and state.head >= 0 else None
        return UpstreamShown(
            name=name,
            chain=chain.name,
            roles=upstream.roles,
            answering=state is not None and state.answering,
            head=head,
            hash=state.hash if state is not None else "",
            behind=None if head is None or best is None else max(0, best - head),
            client=state.client if state is not None else "",
            reason=_reason(upstream, state),
            looked=self.looked(chain) if state is not None else None,
            requests=feed.pool.counts.requests[name] if feed is not None else 0,
            lies=tuple(reversed(reasons[-LIES_SHOWN:])),
            mark=mark,
            incident=incident,
        )

    def _best(self, chain: Chain) -> int | None:
        """The highest head that anybody has of what was read."""
        sightings = self._daemon.engine.sightings
        fact = sightings.nodes.get(chain.name)
        if fact is None or not isinstance(fact.says, NodesSeen):
            return None
        best = sightings.progress.best(chain.name, fact.says)
        return best if best >= 0 else None


def _reason(upstream: Upstream, state: NodeState | None) -> str:
    if state is not None:
        return "" if state.answering else state.reason
    return "not asked yet" if executes(upstream) else BEACON_ONLY


def _heights(looks: Sequence[NodesSeen]) -> Heights:
    """The newest look at each height that was compared, the lowest of the last ones first."""
    found: Heights = {}
    for says in looks:
        if says.height >= 0:
            found.pop(says.height, None)
            found[says.height] = says
    newest = list(found)[-HEIGHTS_SHOWN:]
    return {height: found[height] for height in sorted(newest)}


def _told(says: NodesSeen) -> dict[str, str]:
    return {node.upstream: node.hash for node in says.nodes if node.answering}


def _block(says: NodesSeen) -> str:
    """The block that most tell; where no side is larger, what the preferred node tells."""
    told = _told(says)
    odd = minority(told)
    return next((block for name, block in told.items() if block and name not in odd), "")


def _cell(name: str, says: NodesSeen) -> str:
    state = next((node for node in says.nodes if node.upstream == name), None)
    if state is None or not state.answering:
        return REFUSES
    if not state.hash:
        return BEHIND if state.head < says.height else REFUSES
    return SAME if state.hash == _block(says) else OTHER


def _parted(looks: Sequence[NodesSeen]) -> int | None:
    """The first height at which they part now; None once the newest look finds them to agree."""
    compared = [says for says in looks if says.height >= 0]
    if not compared or not differ(_told(compared[-1])):
        return None
    known = [says.parted for says in compared if says.parted >= 0]
    return known[-1] if known else min(s.height for s in compared if differ(_told(s)))


def _verdict(cells: Sequence[CellShown], state: NodeState | None) -> str:
    if state is None:
        return "not asked yet"
    if not state.answering:
        return "gives no answer"
    other = [cell.height for cell in cells if cell.state == OTHER]
    if other:
        over = " before" if cells[-1].state == SAME else ""
        return f"tells another block at {other[0]:,}{over}"
    if not cells:
        return "nothing to compare with"
    return {BEHIND: "is behind", REFUSES: "does not tell"}.get(cells[-1].state, "agrees")
