"""Causes: which current problem follows from which.

A problem P is a symptom of Q when Q's component is P's or one that P's stands on, Q's rule says
that it can cause P's kind, Q began no later than P was first told, give or take `SLACK`, and Q had
not ended before it could hold P up. The root of P is found by following its causes; of several
roots one that is there counts before one that ended, then the lowest, then the one that began
first, or that ended last, then the first by name. Nothing depends on the order in which problems
were told.

There are no circles, because a cause always comes before its symptom in one strict order: by depth
of the component, then by the kinds' own order (a kind that can cause another and is not caused by
it in turn comes first), and among kinds that can cause each other by beginning and id.

Problems of one kind on one component are a group: for others only its eldest matters. So a problem
looks at one candidate for each group it could follow from, and a change of a group touches others
only if its eldest or its root changed. What ended stays a while as a cause (`gone`): its symptoms
take time to clear, and late ones still come. Notes (severity info) follow from others and cause
nothing.
"""

import heapq
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from layerkeep.core.incidents.incident import Key, key_of
from layerkeep.core.network.graph import Graph
from layerkeep.core.rules.problems import INFO, Problem
from layerkeep.core.rules.rule import Rule
from layerkeep.core.units import MINUTE, Duration, Timestamp

SLACK = Duration(2 * MINUTE)
"""Chains are polled at different times and block times run apart from ours: a cause may seem to
begin so much after its symptom was told."""

Rank = tuple[bool, int, int, Key]
"""Which root is preferred, smallest first: living, lowest, eldest or last to end, by name."""

Age = tuple[int, str]
"""When a problem began, and its id."""


@dataclass(slots=True)
class Node:
    """A problem among the others. `since` is the earliest ever told; `gone` is when it ended."""

    problem: Problem
    key: Key
    raised: Timestamp
    since: Timestamp
    root: Key = ""
    cause: Key = ""
    rank: Rank = (False, 0, 0, "")
    gone: Timestamp | None = None

    @property
    def is_note(self) -> bool:
        """True if it opens nothing and causes nothing."""
        return self.problem.severity == INFO


@dataclass(slots=True)
class _Group:
    """`own`: those that follow from no other group; `face`: all that others see of this one."""

    key: Key
    kind: str
    component: str
    nodes: dict[str, Node] = field(default_factory=dict)
    ghost: Node | None = None
    by_age: list[Age] = field(default_factory=list)
    own: set[str] = field(default_factory=set)
    face: tuple[Age, Rank] | None = None

    def living(self) -> Node | None:
        """The eldest that is there and no note."""
        heap = self.by_age
        while heap:
            since, name = heap[0]
            node = self.nodes.get(name)
            if node is not None and node.since == since and not node.is_note:
                return node
            heapq.heappop(heap)
        return None

    def eldest(self) -> tuple[Age, Node] | None:
        """The living problem that stands for the group, as old as the trouble is; else the gone."""
        living, ghost = self.living(), self.ghost
        node = living or ghost
        if node is None:
            return None
        since = min(node.since, ghost.since) if ghost is not None else node.since
        return (since, node.problem.id), node


@dataclass(frozen=True, slots=True, order=True)
class _Candidate:
    """A group that could be the cause; the best is the smallest, of one root the nearest."""

    rank: Rank
    distance: tuple[int, int]
    key: Key
    age: Age
    is_mutual: bool
    ended: Timestamp | None


class Causes:
    """The current problems of one network and what each follows from."""

    def __init__(self, graph: Graph, rules: Iterable[Rule]) -> None:
        self.nodes: dict[str, Node] = {}
        self._graph = graph
        self._above = _above(graph)
        self._kinds = Kinds(rules)
        self._groups: dict[Key, _Group] = {}
        self._at: dict[str, dict[str, _Group]] = {}
        self._rooted: dict[Key, dict[str, None]] = {}
        self._dirty: dict[Key, set[str] | None] = {}
        self._order: list[tuple[int, int, Key]] = []

    def put(self, problem: Problem, raised: Timestamp, since: Timestamp) -> Node:
        """The problem is current; what is known already stays as old as it was.

        What began anew after it had ended may now follow from something else than before.
        """
        key, name = key_of(problem), problem.id
        group = self._groups.get(key) or self._new_group(key, problem)
        node = self.nodes.get(name)
        if node is None:
            node = self.nodes[name] = Node(problem, key, raised, since)
        elif node.gone is None and since >= node.since:
            turned = (problem.severity == INFO) != node.is_note
            node.problem = problem
            if not turned:
                return node
        if node is group.ghost:
            group.ghost = None
        group.nodes[name] = node
        if node.gone is not None and since > node.gone:
            node.raised = raised
        node.problem, node.since, node.gone = problem, min(node.since, since), None
        if not node.is_note:
            heapq.heappush(group.by_age, (node.since, name))
        self._soil(group, name)
        return node

    def clear(self, problem_id: str, now: Timestamp) -> Node | None:
        """The problem ended. Returned if it was the last of its group and still explains others."""
        node = self.nodes[problem_id]
        group = self._groups[node.key]
        del group.nodes[problem_id]
        if node.is_note or not self._kinds.causes(group.kind) or group.living() is not None:
            self._drop(node, group)
            return None
        if group.ghost is not None:
            node.since = min(node.since, group.ghost.since)
            self._drop(group.ghost, group)
        node.gone = now
        group.ghost = node
        self._soil(group, problem_id)
        return node

    def forget(self, problem_id: str) -> None:
        """What ended explains nothing any more."""
        node = self.nodes[problem_id]
        assert node.gone is not None, "what is there explains others by being there"
        self._drop(node, self._groups[node.key])

    def ended(self, node: Node) -> Timestamp:
        """When this ended, or the last that followed from it by way of what ended only."""
        ghosts = [group.ghost for group in self._groups.values()]
        after = [each.gone for each in ghosts if each is not None and self._led_to(node, each)]
        return max(gone for gone in after if gone is not None)

    def settle(self) -> set[str]:
        """Find again all causes that may have changed; the ids of those that did or are new."""
        changed: set[str] = set()
        while self._order:
            key = heapq.heappop(self._order)[2]
            self._review(self._groups[key], self._dirty.pop(key), changed)
        return changed & self.nodes.keys()

    def rooted(self, root: Key) -> Collection[str]:
        """The ids of all that follow from this root, itself and what is gone among them."""
        return self._rooted.get(root, {})

    def is_root(self, key: Key) -> bool:
        """True if a problem of this group, or what is left of it, follows from no other group."""
        group = self._groups.get(key)
        return group is not None and bool(group.own)

    def eldest(self, key: Key) -> Node | None:
        """The problem that stands for a group: a living one, else what is left of it, if any."""
        group = self._groups.get(key)
        found = group.eldest() if group is not None else None
        return found[1] if found is not None else None

    def _led_to(self, cause: Node, node: Node) -> bool:
        """True if a gone one follows from a gone one, or is it, with nothing living between."""
        here: Node | None = node
        while here is not None and here is not cause:
            here = self.eldest(here.cause) if here.gone is not None and here.cause else None
        return here is not None

    def _new_group(self, key: Key, problem: Problem) -> _Group:
        group = _Group(key, problem.kind, problem.component)
        self._groups[key] = group
        self._at.setdefault(problem.component, {})[problem.kind] = group
        return group

    def _drop(self, node: Node, group: _Group) -> None:
        name = node.problem.id
        self._move(name, node.root, "")
        group.own.discard(name)
        del self.nodes[name]
        if group.ghost is node:
            group.ghost = None
        self._soil(group)

    def _move(self, name: str, before: Key, after: Key) -> None:
        known = self._rooted.get(before)
        if known is not None:
            known.pop(name, None)
            if not known:
                del self._rooted[before]
        if after:
            self._rooted.setdefault(after, {})[name] = None

    def _soil(self, group: _Group, *names: str) -> None:
        """These of a group, or none, are to be looked at again; what others see in any case."""
        known = self._queue(group)
        assert known is not None, "problems come and go only while all is settled"
        known.update(names)

    def _queue(self, group: _Group) -> set[str] | None:
        if group.key not in self._dirty:
            self._dirty[group.key] = set()
            place = (self._depth(group.component), self._kinds.order(group.kind), group.key)
            heapq.heappush(self._order, place)
        return self._dirty[group.key]

    def _depth(self, component: str) -> int:
        return len(self._graph.stands_on(component))

    def _review(self, group: _Group, only: set[str] | None, changed: set[str]) -> None:
        """Find the causes of some or (None) all of a group; tell those above if that matters."""
        found = group.eldest()
        age, eldest = found if found is not None else (None, None)
        names = set(group.nodes) if only is None else only
        names |= {each[0][1] for each in (group.face, found) if each is not None}
        if group.ghost is not None:
            names.add(group.ghost.problem.id)
        candidates = self._candidates(group)
        for name in names:
            node = self.nodes.get(name)
            if node is not None:
                own = age if age is not None and node is eldest else (node.since, name)
                if self._reroot(node, group, candidates, own):
                    changed.add(name)
        face = (age, eldest.rank) if age is not None and eldest is not None else None
        if face != group.face:
            group.face = face
            self._wake(group)
        if not group.nodes and group.ghost is None:
            del self._groups[group.key]
            del self._at[group.component][group.kind]

    def _reroot(self, node: Node, group: _Group, candidates: list[_Candidate], age: Age) -> bool:
        cause, root, rank = "", group.key, self._own_rank(group, age)
        for each in candidates:
            is_first = not each.is_mutual or each.age < age
            if is_first and each.age[0] <= node.raised + SLACK and _was_there(each, node):
                cause, root, rank = each.key, each.rank[3], each.rank
                break
        name = node.problem.id
        if root == group.key and not node.is_note:
            group.own.add(name)
        else:
            group.own.discard(name)
        before = (node.root, node.cause)
        if node.root != root:
            self._move(name, node.root, root)
        node.root, node.cause, node.rank = root, cause, rank
        return before != (root, cause)

    def _own_rank(self, group: _Group, age: Age) -> Rank:
        standing = len(self._above.get(group.component, ()))
        if group.living() is None and group.ghost is not None and group.ghost.gone is not None:
            return (True, -standing, -group.ghost.gone, group.key)
        return (False, -standing, age[0], group.key)

    def _candidates(self, group: _Group) -> list[_Candidate]:
        depth = self._depth(group.component)
        found = []
        for other in self._below(group):
            assert other.face is not None
            own = other.component == group.component
            deep = self._depth(other.component)
            if own or deep < depth:
                distance = (-deep, -self._kinds.order(other.kind))
                mutual = own and self._kinds.is_mutual(other.kind, group.kind)
                age, rank = other.face
                ended = None if other.living() or other.ghost is None else other.ghost.gone
                found.append(_Candidate(rank, distance, other.key, age, mutual, ended))
        return sorted(found)

    def _below(self, group: _Group) -> Iterator[_Group]:
        """The groups that could be the cause of this one."""
        for component in (group.component, *self._graph.stands_on(group.component)):
            for kind, other in self._at.get(component, {}).items():
                own = component == group.component
                may = group.kind in self._kinds.causes(kind, same_component=own)
                if may and other is not group and other.face is not None:
                    yield other

    def _wake(self, group: _Group) -> None:
        """All that this group could be the cause of is looked at again."""
        kinds = self._kinds.causes(group.kind)  # what it never causes here finds that out itself
        for component in (group.component, *self._above.get(group.component, ())):
            for kind, other in self._at.get(component, {}).items():
                if kind in kinds and other is not group:
                    self._queue(other)
                    self._dirty[other.key] = None


def _was_there(cause: _Candidate, node: Node) -> bool:
    """True unless what may be the cause had ended before its symptom could be held up by it."""
    exposed = node.problem.exposed
    began = node.problem.since  # of this spell: as a cause it is as old as its first
    began = began if exposed is None else min(began, exposed)
    return cause.ended is None or began <= cause.ended


class Kinds:
    """Which kinds of problem can cause which, by what the rules declare."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._causes: dict[str, frozenset[str]] = {}
        self._here: dict[str, frozenset[str]] = {}
        for rule in rules:
            for kind in rule.kinds:
                causes = frozenset(rule.causes_of.get(kind, rule.causes))
                self._causes[kind] = self.causes(kind) | causes
                here = self.causes(kind, same_component=True)
                self._here[kind] = here | causes.difference(rule.elsewhere)
        self._after = {kind: self._reach(kind) for kind in self._causes}
        self._order: Counter[str] = Counter()
        for after in self._after.values():
            self._order.update(after)

    def causes(self, kind: str, *, same_component: bool = False) -> frozenset[str]:
        """The kinds that this kind can cause, anywhere or on the same component."""
        return (self._here if same_component else self._causes).get(kind, frozenset())

    def order(self, kind: str) -> int:
        """A kind that causes another, and is not caused by it in turn, comes first."""
        return self._order[kind]

    def is_mutual(self, one: str, other: str) -> bool:
        """True if each can, by way of others too, be the cause of the other."""
        return other in self._after.get(one, ()) and one in self._after.get(other, ())

    def _reach(self, start: str) -> frozenset[str]:
        found: set[str] = set()
        todo = [start]
        while todo:
            for kind in self.causes(todo.pop(), same_component=True) - found:
                found.add(kind)
                todo.append(kind)
        return frozenset(found)


def _above(graph: Graph) -> dict[str, tuple[str, ...]]:
    """Every component that stands on each, directly or not."""
    found: dict[str, list[str]] = {}
    for component in graph:
        for below in graph.stands_on(component):
            found.setdefault(below, []).append(component)
    return {below: tuple(above) for below, above in found.items()}
