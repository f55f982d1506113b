"""Three chains to try rules on, and short ways to let time pass and say what happens.

`l1` settles on nothing, `l2` on it (an OP Stack chain), `l3` on `l2` (a Nitro chain that makes no
empty blocks). A `Scene` is an engine over them with only the rules wanted.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from layerkeep.core.engine import Engine
from layerkeep.core.facts import Anchor, Fact, HeadSeen, Measured, NodesSeen, NodeState, Says
from layerkeep.core.lifecycle import Lifecycle
from layerkeep.core.network.layers import ACTORS, Layer, Limits
from layerkeep.core.rules.problems import Problem
from layerkeep.core.rules.rule import Rule
from layerkeep.core.units import DAY, HOUR, MINUTE, SECOND, ChainName, Duration, Timestamp

L1, L2, L3 = ChainName("l1"), ChainName("l2"), ChainName("l3")
START = Timestamp(1_800_000_000_000)
"""When every scene begins."""

POLLED_EVERY = Duration(30 * SECOND)
"""How often nodes answer while a scene waits: slower than live, and often enough to be seen."""

LAYERS: dict[ChainName, Layer] = {
    L1: Layer(
        L1,
        "ethereum",
        None,
        Duration(12 * SECOND),
        Duration(12 * SECOND),
        Limits(
            halted_after=Duration(2 * MINUTE),
            final_stalled_after=Duration(30 * MINUTE),
            upstream_lag=Duration(2 * MINUTE),
        ),
        upstreams={"l1-a": (), "l1-b": (), "l1-c": ()},
    ),
    L2: Layer(
        L2,
        "op_stack",
        L1,
        Duration(2 * SECOND),
        Duration(2 * SECOND),
        Limits(
            halted_after=Duration(30 * SECOND),
            final_stalled_after=Duration(6 * HOUR),
            upstream_lag=Duration(30 * SECOND),
            safe_stalled_after=Duration(4 * HOUR),
            drift_max=Duration(30 * MINUTE),
            batch_deadline=Duration(12 * HOUR),
            claims_every=DAY,
            inclusion_max=Duration(12 * HOUR),
        ),
        actors=ACTORS,
        upstreams={"l2-a": (), "l2-b": (), "l2-seq": ("sequencer",)},
    ),
    L3: Layer(
        L3,
        "nitro",
        L2,
        Duration(SECOND),
        Duration(SECOND),
        Limits(
            halted_after=Duration(30 * SECOND),
            final_stalled_after=Duration(6 * HOUR),
            upstream_lag=Duration(30 * SECOND),
            safe_stalled_after=Duration(4 * HOUR),
            batch_deadline=DAY,
            claims_every=Duration(12 * HOUR),
            inclusion_max=DAY,
        ),
        empty_blocks=False,
        actors=ACTORS,
        upstreams={"l3-a": (), "l3-b": (), "l3-seq": ("sequencer",)},
    ),
}


def limited(chain: ChainName, **limits: int | None) -> dict[ChainName, Layer]:
    """The layers, one of them with other limits."""
    layer = LAYERS[chain]
    other = replace(layer, limits=replace(layer.limits, **limits))  # type: ignore[arg-type]
    return {**LAYERS, chain: other}


def scene(
    *rules: Rule,
    lifecycles: Iterable[Lifecycle] = (),
    layers: Mapping[ChainName, Layer] = LAYERS,
    start: bool = True,
) -> "Scene":
    """An engine with only these rules, started with nothing known."""
    engine = Engine(lifecycles, layers, layers, rules)
    made = Scene(engine, layers)
    if start:
        engine.start(made.now)
    return made


@dataclass
class Scene:
    """An engine and its clock. `standing` are the nodes that answer, chain by chain, meanwhile."""

    engine: Engine
    layers: Mapping[ChainName, Layer]
    now: Timestamp = START
    standing: dict[ChainName, tuple[NodeState, ...]] = field(default_factory=dict)
    reviews: int = 0

    # ---- what is found

    @property
    def problems(self) -> list[Problem]:
        """What is wrong now, in the order of ids."""
        found = self.engine.watch.problems
        return [found[name] for name in sorted(found)]

    @property
    def kinds(self) -> list[str]:
        """The kinds of what is wrong now."""
        return [problem.kind for problem in self.problems]

    @property
    def only(self) -> Problem:
        """The one thing that is wrong."""
        assert 1 == len(self.problems), self.problems
        return self.problems[0]

    def lacks(self, rule: Rule, subject: str) -> str:
        """What is missing to judge a subject; empty if nothing is."""
        return self.engine.watch.lacking().get((rule.name, subject), "")

    def until(self, rule: Rule, subject: str) -> Timestamp | None:
        """When the verdict on a subject expires."""
        verdict = self.engine.watch.verdicts.get((rule.name, subject))
        return verdict.until if verdict is not None else None

    # ---- what happens

    def tell(self, chain: ChainName, says: Says, **place: object) -> Fact:
        """A fact, believed now. `height`, `tx`, `time` and `via` say where it stands."""
        via = str(place.pop("via", ""))
        anchored: dict[str, object] = {"height": 0, "time": self.now, **place}
        height = anchored.pop("height")
        anchor = Anchor(chain, height, f"0x{height:x}", **anchored)  # type: ignore[arg-type]
        fact = Fact(anchor, says, via=via)
        self.engine.observe(fact, self.now)
        return fact

    def head(self, chain: ChainName, latest: int, **tags: int | None) -> Fact:
        """How far a chain is: `safe`, `finalized`, their `_age` in ms, and the newest block's."""
        ages = {name: tags.pop(f"{name}_age", None) for name in ("latest", "safe", "finalized")}
        for name in ("safe", "finalized"):
            age = ages[name]
            if age is None and tags.get(name) is not None:
                age = 0
            tags[f"{name}_time"] = None if age is None else self.now - age
        says = HeadSeen(latest, **tags)
        return self.tell(chain, says, height=latest, time=self.now - (ages["latest"] or 0))

    def nodes(self, chain: ChainName, *states: NodeState, height: int = -1) -> Fact:
        """All upstreams of a chain asked at once; they answer the same from now on."""
        self.standing[chain] = states
        return self.tell(chain, NodesSeen(height, states))

    def all_answer(self, chain: ChainName, head: int, **others: int | None) -> Fact:
        """Every upstream has this head, but for those named (`a=90`, or `a=None`: silent)."""
        states = []
        for name in self.layers[chain].upstreams:
            found = others.get(name.removeprefix(f"{chain}-"), head)
            states.append(silent(name) if found is None else NodeState(name, True, found, "0xaa"))
        return self.nodes(chain, *states, height=head)

    def measured(self, chain: ChainName, child: ChainName, name: str, value: int) -> Fact:
        """A quantity of a child, measured now at a block of `chain`."""
        return self.tell(chain, Measured(child, name, value), tx=f"{name}@{self.now}")

    # ---- time

    def wait(
        self,
        duration: int,
        each: Callable[["Scene"], object] | None = None,
        every: int = POLLED_EVERY,
    ) -> None:
        """Time passes; nodes that answer keep answering; `each` happens as often as they do."""
        end = Timestamp(self.now + duration)
        while self.now + every < end:
            self._pass(Timestamp(self.now + every))
            for chain, states in self.standing.items():
                self.tell(chain, NodesSeen(max(state.head for state in states), states))
            if each is not None:
                each(self)
        self._pass(end)

    def _pass(self, until: Timestamp) -> None:
        """Whatever expires is reviewed when it does, as the daemon would."""
        while (due := self.engine.next_deadline()) is not None and due <= until:
            self.now = max(self.now, due)
            self.engine.tick(self.now)
            self.reviews += 1
        self.now = until


def silent(upstream: str, reason: str = "timeout") -> NodeState:
    """An upstream that gives no answer."""
    return NodeState(upstream, answering=False, reason=reason)
