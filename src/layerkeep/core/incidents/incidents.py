"""From problems to incidents: opened, merged, updated, resolved, with named reasons.

Every problem that is no note belongs to the incident of its root (see causes.py). So an incident is
known by its root's kind and component; when the root itself turns out to follow from something
deeper, the incident takes the deeper root, or is merged into that root's own incident.

Time (see patience.py): a warning is held for its cause, so that a storm is one incident from the
start. What ended still counts as a cause for a while, and as long as a symptom of it that ended
does: its symptoms stay with it and late ones join it, those of its symptoms too; what outlives that
is an incident of its own. An incident without members settles and is
resolved, and is the same incident again if its root comes back soon, or a late symptom of it does.
"""

from collections import deque
from collections.abc import Collection, Iterable

from layerkeep.core.effects import IncidentMoved
from layerkeep.core.facts import Fact, Operated
from layerkeep.core.incidents.books import Books
from layerkeep.core.incidents.causes import Causes, Node, Rank
from layerkeep.core.incidents.incident import (
    ACKNOWLEDGED,
    MERGED,
    OPEN,
    RESOLVED,
    Incident,
    Key,
    Transition,
    incident_id,
)
from layerkeep.core.incidents.mutes import Mutes
from layerkeep.core.incidents.patience import Patience
from layerkeep.core.incidents.severity import DEADLINE_NEAR
from layerkeep.core.incidents.timers import Timers
from layerkeep.core.incidents.words import Words
from layerkeep.core.network.graph import Graph
from layerkeep.core.rules.problems import CRITICAL, Problem
from layerkeep.core.rules.rule import Rule
from layerkeep.core.rules.watch import Changes
from layerkeep.core.units import Timestamp

UNHEEDED_MAX = 64
"""Operators' words kept that meant nothing known."""


class Incidents:
    """All open incidents of one network, and those resolved lately.

    `open` and `recent` are by id, `mutes` in force. `unheeded` are operators' words that named
    nothing known, or a silence without an end.
    """

    def __init__(
        self, graph: Graph, rules: Iterable[Rule], patience: Patience | None = None
    ) -> None:
        self.graph = graph
        self.patience = patience or Patience()
        self.rules = tuple(rules)
        self.causes = Causes(graph, self.rules)
        self.unheeded: deque[Fact] = deque(maxlen=UNHEEDED_MAX)
        self._books = Books(self.patience.settle)
        self._timers = Timers()
        self.mutes = Mutes(graph, self.rules)
        self._words = Words(self._books, self.mutes, self._timers, self._doubt)
        self._held: dict[Key, Timestamp] = {}
        self._by_hand: dict[Key, Timestamp] = {}
        self._told: dict[str, Timestamp] = {}
        self._raised: set[str] = set()
        self._opening: set[Key] = set()
        self._unconfirmed: set[str] = set()
        self._is_armed = True
        self.open = self._books.open
        self.recent = self._books.recent

    def take(self, changes: Changes, now: Timestamp) -> list[IncidentMoved]:
        """What problems that came or went make of the incidents.

        A problem that went and came in one step was there all the time.
        """
        self._arm(now)
        there = {problem.id for problem in changes.raised}
        for name in changes.cleared:
            if name not in there:
                self._clear(name, now)
        for problem in changes.raised:
            self._raise(problem, now)
        return self._settle(now)

    def operate(self, fact: Fact, now: Timestamp) -> list[IncidentMoved]:
        """An operator acknowledges, silences, maintains or resolves."""
        self._arm(now)
        says = fact.says
        assert isinstance(says, Operated), "only operators operate"
        if not self._words.heed(says, Timestamp(fact.anchor.time), now):
            self.unheeded.append(fact)
        return self._settle(now)

    def tick(self, now: Timestamp) -> list[IncidentMoved]:
        """What time alone makes of the incidents."""
        is_news = not self._is_armed
        self._arm(now)
        while (due := self._timers.pop(now)) is not None:
            is_news = True
            self._on_time(*due, now)
        return self._settle(now) if is_news else []

    def next_due(self) -> Timestamp | None:
        """When `tick` is next worth calling."""
        return self._timers.next_due()

    def incident_of(self, problem_id: str) -> Incident | None:
        """The open incident that a problem belongs to; None for a note, or one still held."""
        return self._books.of.get(problem_id)

    def notes(self) -> list[Problem]:
        """What is worth knowing and opens nothing."""
        nodes = self.causes.nodes
        return [
            node.problem
            for name, node in nodes.items()
            if node.is_note and name not in self._books.of
        ]

    def restore(self, incidents: Iterable[Incident], proven: Collection[str] = ()) -> None:
        """Put back what was known before a restart, open incidents and those resolved lately.

        Members that are not told again for a while ended in between. Irrevocable ones, by their
        ids, stand as long as they are `proven`: else they are over once their cause could be told.
        """
        known = sorted(incidents, key=lambda each: (each.resolved_at or 0, each.opened, each.id))
        for incident in known:
            for name, member in incident.gone.items():
                assert member.gone is not None, "it explains others because it ended"
                self.causes.put(member.problem, member.raised, member.since)
                self.causes.clear(name, member.gone)
                self._timers.add(member.gone + self.patience.outlive, "gone", name)
        for incident in known:
            if incident.state in (OPEN, ACKNOWLEDGED):
                self._restore_open(incident, proven)
            else:
                self._restore_closed(incident)
        self._raised |= self.causes.settle()
        self._is_armed = False

    def _restore_open(self, incident: Incident, proven: Collection[str]) -> None:
        self._books.add(incident)
        self._unconfirmed |= incident.members.keys() - set(proven)
        for member in incident.members.values():
            self.causes.put(member.problem, member.raised, member.since)
        if incident.settles is not None:
            self._timers.add(incident.settles, "settle", incident.id)
        if incident.impact.deadline is not None:
            self._timers.add(incident.impact.deadline - DEADLINE_NEAR, "near", incident.id)
        self._words.restore(incident)

    def _restore_closed(self, incident: Incident) -> None:
        self._books.shelve(incident)
        self._told.update(incident.told)
        if incident.state == RESOLVED and incident.history[-1].by:
            assert incident.resolved_at is not None, "resolved at no time"
            self._doubt(incident.key, incident.resolved_at)

    def _arm(self, now: Timestamp) -> None:
        if not self._is_armed:
            self._is_armed = True
            self._timers.add(now + self.patience.settle, "unproven")
            self._timers.add(now + self.patience.confirm_within, "confirm")

    def _raise(self, problem: Problem, now: Timestamp) -> None:
        node = self.causes.put(problem, self._told.pop(problem.id, now), problem.since)
        self._unconfirmed.discard(problem.id)
        self._raised.add(problem.id)
        incident = self._books.of.get(problem.id)
        if incident is not None:
            self._books.change(incident, node)

    def _clear(self, name: str, now: Timestamp) -> None:
        known = self.causes.nodes.get(name)
        if known is None or known.gone is not None:
            return
        self._unconfirmed.discard(name)
        root = known.root
        ghost = self.causes.clear(name, now)
        is_member = name in self._books.of
        if is_member:
            self._books.leave(name, Transition(now, "symptom-gone", known.key), ghost)
        if ghost is None:
            return
        if is_member or root in self._by_hand:
            self._timers.add(now + self.patience.outlive, "gone", name)
        else:
            self.causes.forget(name)

    def _settle(self, now: Timestamp) -> list[IncidentMoved]:
        """Every problem is in the incident of its root, and every incident says what is in it."""
        changed = self.causes.settle()
        self._deepen(changed, now)
        for name in sorted(changed | self._raised):
            self._place(name, now)
        self._raised.clear()
        for root in sorted(self._opening):
            if self._books.at(root) is None:
                self._open(root, now)
        self._opening.clear()
        touched = self._books.touched
        while touched:
            incident = touched.pop(min(touched))
            self._refresh(incident, now)
        return self._books.told()

    def _refresh(self, incident: Incident, now: Timestamp) -> None:
        before = incident.settles, incident.impact.deadline
        self._books.refresh(incident, self.causes.eldest(incident.key), now)
        self._books.touched.pop(incident.id, None)
        deadline = incident.impact.deadline
        if incident.settles is not None and incident.settles != before[0]:
            self._timers.add(incident.settles, "settle", incident.id)
        if deadline is not None and deadline != before[1]:
            self._timers.add(deadline - DEADLINE_NEAR, "near", incident.id)

    def _deepen(self, changed: Iterable[str], now: Timestamp) -> None:
        """Incidents whose root turned out a symptom take the deeper root."""
        best: dict[str, Rank] = {}
        for name in changed:
            node = self.causes.nodes[name]
            incident = self._books.at(node.key)
            if incident is None or node.is_note or self.causes.is_root(node.key):
                continue
            if name in incident.members or name in incident.gone:
                best[incident.id] = min(best.get(incident.id, node.rank), node.rank)
        for name in sorted(best, key=lambda each: (self.open[each].opened, each)):
            self._name_cause(self.open[name], best[name][3], now)

    def _name_cause(self, incident: Incident, root: Key, now: Timestamp) -> None:
        other = self._books.at(root)
        if other is not None:
            self._merge(incident, other, now)
            return
        node = self.causes.eldest(root)
        assert node is not None, "a root has a problem"
        self._books.rename(incident, node.problem, now)
        self._gather(incident, now, tell=True)
        self._words.mute(incident, now)

    def _merge(self, incident: Incident, other: Incident, now: Timestamp) -> None:
        nodes = [self.causes.nodes[name] for name in incident.members]
        gone = incident.gone
        incident.gone, incident.merged_into = {}, other.id
        other.gone.update(gone)
        self._books.haunt(other)
        reason = f"{incident.key} follows from {other.key}"
        self._books.close(incident, Transition(now, MERGED, reason))
        for node in nodes:
            if node.root == other.key:
                self._books.join(other, node, now)

    def _place(self, name: str, now: Timestamp) -> None:
        """The problem is in its root's incident, waits for one to be opened, or is a note."""
        node = self.causes.nodes.get(name)
        if node is None or node.gone is not None:
            return
        here, there = self._books.of.get(name), self._books.at(node.root)
        is_alone = node.root == node.key
        if node.is_note and is_alone:
            there = None
        if here is not None and here is there:
            self._books.change(here, node)
            return
        if here is not None:
            outlived = is_alone and not node.is_note
            reason = "outlived" if outlived else "symptom-gone"
            self._books.leave(name, Transition(now, reason, node.key))
        if there is not None:
            self._books.join(there, node, now)
        elif not node.is_note:
            self._wait(node, now)

    def _wait(self, node: Node, now: Timestamp) -> None:
        if self._is_settled_by_hand(node):
            return
        due = Timestamp(node.raised + self.patience.hold)
        if node.problem.severity == CRITICAL or due <= now:
            self._opening.add(node.root)
        elif due < self._held.get(node.root, due + 1):
            self._held[node.root] = due
            self._timers.add(due, "hold", node.root)

    def _is_settled_by_hand(self, node: Node) -> bool:
        """True for what was there when an operator called the incident of its root resolved."""
        resolved = self._by_hand.get(node.root)
        return resolved is not None and not (node.problem.irrevocable and node.since > resolved)

    def _waiting(self, root: Key) -> list[Node]:
        """All that would join the incident of this root; a note does, if it follows from it."""
        nodes = self.causes.nodes
        waiting = [nodes[each] for each in self.causes.rooted(root) if each not in self._books.of]
        return sorted(
            (node for node in waiting if node.gone is None and not _stays_out(node)),
            key=lambda node: node.problem.id,
        )

    def _gather(self, incident: Incident, now: Timestamp, *, tell: bool) -> None:
        self._held.pop(incident.key, None)
        self._by_hand.pop(incident.key, None)
        for node in self._waiting(incident.key):
            self._books.join(incident, node, now, tell=tell)

    def _open(self, root: Key, now: Timestamp) -> None:
        node = self.causes.eldest(root)
        assert node is not None, "a root has a problem"
        last = self._books.closed(root)
        closed_at = last.resolved_at if last is not None and last.state == RESOLVED else None
        ended = node.gone is not None
        if (
            last is not None
            and closed_at is not None
            and (ended or now - closed_at <= self.patience.reopen_within)
        ):
            reason = "after-effect" if ended else "came-back"
            reason = "still-there" if root in self._by_hand else reason
            incident, entry = last, Transition(now, "reopened", reason)
            incident.state, incident.severity = OPEN, ""
            incident.resolved_at, incident.reopened_at = None, now
        else:
            incident = self._new(root, node, now)
            entry = Transition(now, "opened", root)
        self._books.add(incident)
        self._gather(incident, now, tell=False)
        self._books.tell(incident, entry)
        self._words.mute(incident, now)

    def _new(self, root: Key, node: Node, now: Timestamp) -> Incident:
        name, nth = incident_id(root, now), 0
        while name in self.open or name in self.recent:
            nth += 1
            name = incident_id(root, now, nth)
        return Incident(name, node.problem, node.problem.summary, "", OPEN, now, node.since)

    def _on_time(self, name: str, subject: str, now: Timestamp) -> None:
        incident = self.open.get(subject)
        if name == "hold":
            self._on_hold(subject, now)
        elif name == "gone":
            self._on_gone(subject, now)
        elif name in ("unproven", "confirm"):
            for each in sorted(self._unconfirmed):
                if name == "confirm" or self.causes.nodes[each].problem.irrevocable:
                    self._clear(each, now)
        elif incident is None:
            return
        elif name == "settle" and incident.settles is not None and incident.settles <= now:
            self._books.close(incident, Transition(now, RESOLVED, "all-clear"))
        elif name == "mute":
            self._words.mute(incident, now)
        elif name == "near":
            self._books.touched[subject] = incident

    def _on_gone(self, name: str, now: Timestamp) -> None:
        """What ended is forgotten, but not before what ended later and followed from it."""
        node, outlive = self.causes.nodes.get(name), self.patience.outlive
        if node is None or node.gone is None or node.gone + outlive > now:
            return
        due = Timestamp(self.causes.ended(node) + outlive)
        if due > now:
            self._timers.add(due, "gone", name)
            return
        self.causes.forget(name)
        self._books.lay(name)

    def _on_hold(self, root: Key, now: Timestamp) -> None:
        due = self._held.get(root)
        if due is None or due > now:
            return
        del self._held[root]
        waiting = [node for node in self._waiting(root) if not node.is_note]
        if root not in self._by_hand:
            for node in waiting:
                self._wait(node, now)
        elif any(not node.problem.irrevocable for node in waiting):
            self._opening.add(root)
        elif waiting:
            return
        else:
            self._by_hand.pop(root, None)

    def _doubt(self, root: Key, resolved: Timestamp) -> None:
        """What is still there a while after an operator called it resolved comes back.

        Unless nothing can ever take it back: then his word stands, until it happens again.
        """
        self._by_hand[root] = resolved
        self._held[root] = Timestamp(resolved + self.patience.still_there)
        self._timers.add(self._held[root], "hold", root)


def _stays_out(node: Node) -> bool:
    """True for a note that follows from nothing."""
    return node.is_note and node.root == node.key
