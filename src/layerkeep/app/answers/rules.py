"""Rules: what each watches and finds, and what is not watched, and why."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from layerkeep.api.shapes.incidents import CoverageShown, GapShown, RuleShown
from layerkeep.app.answers.nodes import executes
from layerkeep.app.answers.pages import page_of
from layerkeep.core.network.graph import upstream_of
from layerkeep.core.rules.rule import Rule
from layerkeep.core.rules.user_rule import KIND
from layerkeep.core.topology import Chain
from layerkeep.core.units import ChainName, Timestamp
from layerkeep.edge.preflight.finding import Notes
from layerkeep.edge.preflight.preflight import note_missing

if TYPE_CHECKING:
    from layerkeep.app.daemon import Daemon

ANY = "*"
"""Stands for every rule."""

LIMITED = {
    "batches_stalled": "safe_stalled_after",
    "claims_stalled": "claims_every",
    "inclusion_delayed": "inclusion_max",
    "sequencer_drift": "drift_max",
}
"""Rules that watch no chain without such a limit."""

FUNDED = ("batcher", "proposer")
"""Jobs whose accounts are looked at, where the topology names them."""


class RuleAnswers:
    """What is asked about rules and coverage."""

    def __init__(self, daemon: "Daemon") -> None:
        self._daemon = daemon

    def all(self) -> tuple[RuleShown, ...]:
        """Every rule, the operators' own behind ours."""
        watch, topology = self._daemon.engine.watch, self._daemon.network.topology
        problems: dict[str, int] = {}
        for problem in watch.problems.values():
            problems[problem.kind] = problems.get(problem.kind, 0) + 1
        lacking: dict[str, int] = {}
        for rule_name, _ in watch.lacks:
            lacking[rule_name] = lacking.get(rule_name, 0) + 1
        return tuple(
            RuleShown(
                name=rule.name,
                about=rule.about,
                kinds=rule.kinds,
                own=rule.name.startswith(KIND),
                subjects=self._subjects(rule),
                problems=sum(problems.get(kind, 0) for kind in rule.kinds),
                lacking=lacking.get(rule.name, 0),
                judged=watch.judged.get(rule.name),
                page=page_of(rule.name, topology),
            )
            for rule in watch.rules.values()
        )

    def coverage(self) -> CoverageShown:
        """What is and what is not watched."""
        rules, watch = self.all(), self._daemon.engine.watch
        return CoverageShown(
            judging=not watch.asleep,
            rules=rules,
            gaps=(*self._lacking(), *self._left_out()),
            watched=sum(rule.subjects for rule in rules),
            lacking=len(watch.lacks),
        )

    def _subjects(self, rule: Rule) -> int:
        ground = self._daemon.engine.watch.ground
        messages = len(ground.view.messages) if rule.of_messages else 0
        return len(set(rule.subjects(ground))) + messages

    def _lacking(self) -> Iterable[GapShown]:
        """What could not be judged when last looked at; messages together, by what is missing."""
        watch = self._daemon.engine.watch
        groups: dict[tuple[str, str, str], list[Timestamp]] = {}
        for (name, subject), (lacks, since) in watch.lacks.items():
            chain = self._chain(subject)
            if watch.rules[name].of_messages:
                groups.setdefault((name, chain, lacks), []).append(since)
                continue
            yield GapShown(rule=name, subject=subject, chain=chain, lacks=lacks, since=since)
        for (name, chain, lacks), times in groups.items():
            subject = f"{len(times)} messages" if len(times) > 1 else "1 message"
            yield GapShown(rule=name, subject=subject, chain=chain, lacks=lacks, since=min(times))

    def _chain(self, subject: str) -> str:
        """The chain that a rule's subject is of; a message's is the child."""
        ground = self._daemon.engine.watch.ground
        if subject in ground.view.messages:
            return str(ground.view.messages[subject].child)
        for component in (upstream_of(subject), subject):
            chain = ground.graph.chain(component)
            if chain is not None:
                return str(chain)
        for separator in (" ", "/", "->"):
            first = subject.split(separator, 1)[0]
            if first in ground.layers:
                return first
        return ""

    def _left_out(self) -> Iterable[GapShown]:
        """What the topology or a stack leaves out, so that some rules cannot apply."""
        for chain in self._daemon.network.topology.chains.values():
            nodes = [each for each in chain.upstreams if executes(each)]
            if not nodes:
                yield _gap(ANY, chain.name, "no upstream is named for this chain")
            elif len(nodes) == 1:
                lacks = "one upstream only: there is nothing to compare its blocks with"
                yield _gap("node_split", chain.name, lacks)
            if chain.settles_on is not None:
                yield from self._left_out_of_bridge(chain, chain.settles_on)

    def _left_out_of_bridge(self, chain: Chain, parent: ChainName) -> Iterable[GapShown]:
        adapter, limits = (
            self._daemon.network.adapters[chain.stack],
            self._daemon.layers[chain.name],
        )
        for rule, limit in LIMITED.items():
            if getattr(limits.limits, limit) is None:
                lacks = f"neither its stack nor the topology says {limit}"
                yield _gap(rule, chain.name, lacks)
        for job in FUNDED:
            word = adapter.jobs.get(job)
            if word is not None and word not in chain.actors:
                for rule in ("actor_funds", "actor_stuck"):
                    yield _gap(rule, chain.name, f"no {word} is named among its actors", job)
        above = self._daemon.network.topology.chains[parent]
        if (
            adapter.posting is not None
            and above.settles_on is None
            and all(map(executes, above.upstreams))
        ):
            lacks = f"no beacon upstream of {parent} is named: what lies in blobs is not read"
            yield _gap("batch_false", chain.name, lacks)
        notes = Notes(chain.name)
        note_missing(chain, parent, adapter, notes)
        for found in notes.findings:
            if "not seen" in found.detail or found.reason != "role-not-named":
                yield _gap(ANY, chain.name, found.detail, found.subject)


def _gap(rule: str, chain: str, lacks: str, subject: str = "") -> GapShown:
    return GapShown(rule=rule, subject=subject or chain, chain=chain, lacks=lacks)
