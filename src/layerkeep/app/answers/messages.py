"""Messages in lists, counted by stage, and by the routes they take."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from layerkeep.api.shapes.messages import (
    MessageFilter,
    MessagePage,
    MessageShown,
    RouteShown,
    StagePanel,
)
from layerkeep.app.answers.listing import amounts_of, asked, listed
from layerkeep.app.answers.marks import Marks
from layerkeep.app.answers.sharing import Shared
from layerkeep.app.answers.shown import message_shown
from layerkeep.app.answers.stages import (
    BOUNDS,
    UP,
    Spot,
    band_of,
    buckets_of,
    budget_of,
    fill_of,
    whole_way,
)
from layerkeep.app.daemon import Daemon
from layerkeep.app.stories import Teller
from layerkeep.core.incidents.incident import Incident
from layerkeep.core.lifecycle import Lifecycle
from layerkeep.core.network.graph import route_of
from layerkeep.core.units import DAY, HOUR, SECOND, ChainName, Duration
from layerkeep.edge.store.listing import LATE, OVERDUE, page
from layerkeep.edge.store.records import MessageRow
from layerkeep.edge.store.summing import Place, Resting, ended_since, resting

ALL = MessageFilter()

MUCH = 1_000
"""With so many open messages counting takes long enough to be done once for all who ask."""
COUNTED_FOR = Duration(SECOND)
WORTH_MAX = 12


def is_much(daemon: Daemon) -> bool:
    """True if so much is open that whoever asks is given what was counted a moment ago."""
    return len(daemon.engine.view.messages) >= MUCH


@dataclass(frozen=True, slots=True)
class Counted:
    """What the store counts: totals by place, what rests where, what ended in a day, in an hour.

    `sums` are the totals by route and kind. Of places in `more` at least so many ended in a day.
    """

    totals: Mapping[Place, int]
    sums: Mapping[tuple[str, str, str], int]
    resting: Mapping[Place, list[Resting]]
    day: Mapping[Place, int]
    hour: Mapping[Place, int]
    more: frozenset[Place]


class Messages:
    """All messages ever seen that the store still has. Rows follow the engine within a second."""

    def __init__(self, daemon: Daemon, marked: Callable[[], Marks] | None = None) -> None:
        self._daemon = daemon
        self._marked = marked or (lambda: Marks(daemon.engine.incidents, daemon.now()))
        self._all = Shared(lambda: self._count(ALL, flow=True), daemon.now)
        self._late = Shared(self._worth, daemon.now)

    async def messages(self, wanted: MessageFilter, cursor: str, count: int) -> MessagePage:
        """At most `count` messages from `cursor` on; BadCursor if another query gave it.

        Raises BadQuery for an unknown sort or state.
        """
        daemon = self._daemon
        now = daemon.now()
        query = await asked(daemon.store, self._lifecycles, wanted, self._open(), now)
        found = await listed(daemon.store, query, wanted, cursor, count)
        return MessagePage(
            items=self._shown(found.rows, now),
            cursor=found.cursor,
            total=found.sum.count,
            amounts=amounts_of(found.sum),
        )

    async def waiting(self, count: int) -> tuple[MessageShown, ...]:
        """The messages that are late or overdue, those worth most first; WORTH_MAX at most."""
        rows = await (self._late.answer(COUNTED_FOR) if is_much(self._daemon) else self._worth())
        return self._shown(rows[:count], self._daemon.now())

    async def panels(self, wanted: MessageFilter) -> tuple[StagePanel, ...]:
        """The messages that match, by stage; of final stages those that came there in a day."""
        counted = await (self._everything() if wanted == ALL else self._count(wanted, flow=False))
        found = [*counted.resting, *counted.day]
        return tuple(self._panel(self._spot(place), counted) for place in self._ordered(found))

    async def routes(self) -> tuple[RouteShown, ...]:
        """Every direction of every bridge, down before up, parents before their children."""
        counted, marks = await self._everything(), self._marked()
        found: list[RouteShown] = []
        for chain in self._daemon.network.topology.chains.values():
            parent = chain.settles_on
            if parent is None:
                continue
            kinds = self._daemon.network.adapters[chain.stack].lifecycles
            down = tuple(each for each in kinds if each.direction != UP)
            up = tuple(each for each in kinds if each.direction == UP)
            found.append(self._route((parent, chain.name), down, counted, marks))
            found.append(self._route((chain.name, parent), up, counted, marks))
        return tuple(found)

    # ---- parts of answers

    @property
    def _lifecycles(self) -> Mapping[str, Lifecycle]:
        return self._daemon.engine.view.lifecycles

    @property
    def _teller(self) -> Teller:
        network = self._daemon.network
        return Teller(network.adapters, network.topology, self._daemon.engine.experience)

    def _open(self) -> Iterable[Incident]:
        return self._daemon.engine.incidents.open.values()

    async def _worth(self) -> list[MessageRow]:
        """Those late or overdue that are worth most."""
        daemon, rows = self._daemon, list[MessageRow]()
        for state in (OVERDUE, LATE):
            wanted = MessageFilter(state=state, sort="-value")
            query = await asked(daemon.store, self._lifecycles, wanted, (), daemon.now())
            rows += (await page(daemon.store, query.wanted, query.way, None, WORTH_MAX))[0]
        return sorted(rows, key=lambda row: row.value, reverse=True)

    async def _everything(self) -> Counted:
        """All messages, counted; up to a second ago where there are many."""
        if is_much(self._daemon):
            return await self._all.answer(COUNTED_FOR)
        return await self._count(ALL, flow=True)

    async def _count(self, wanted: MessageFilter, *, flow: bool) -> Counted:
        store, now = self._daemon.store, self._daemon.now()
        query = await asked(store, self._lifecycles, wanted, self._open(), now)
        rest: dict[Place, list[Resting]] = {}
        for each in await resting(store, query.wanted, query.way, BOUNDS):
            rest.setdefault(each.place, []).append(each)
        day = await ended_since(store, query.wanted, query.way, now - DAY)
        hour: Mapping[Place, int] = {}
        if flow:
            hour = (await ended_since(store, query.wanted, query.way, now - HOUR)).counts
        totals, sums = Counter[Place](), Counter[tuple[str, str, str]]()
        for kind in query.wanted.kinds:
            totals[kind[:4]] += kind[5]
            sums[kind[:3]] += kind[5]
        return Counted(totals, sums, rest, day.counts, hour, day.more)

    def _shown(self, rows: Iterable[MessageRow], now: int) -> tuple[MessageShown, ...]:
        engine = self._daemon.engine
        marks = self._marked()
        rows = list(rows)
        ids, problems = {row.id for row in rows}, engine.watch.problems.values()
        reasons = {each.subject: each.reason for each in problems if each.subject in ids}
        return tuple(
            self._message(row, now, reasons.get(row.id, ""), marks.behind(row.id)) for row in rows
        )

    def _message(self, row: MessageRow, now: int, reason: str, incident: str) -> MessageShown:
        view = self._daemon.engine.view
        live = view.messages.get(row.id)
        ahead = self._teller.outlook(view, live) if live is not None else None
        return message_shown(row, self._lifecycles[row.lifecycle], ahead, now, (reason, incident))

    def _spot(self, place: Place) -> Spot:
        source, target, kind, stage = place
        lifecycle = self._lifecycles[kind]
        return Spot(source, target, lifecycle, lifecycle.stage(stage))

    def _ordered(self, places: Iterable[Place]) -> list[Place]:
        """Kinds of one route together, stages in the order in which messages pass them."""
        known = list(self._lifecycles)
        return sorted(
            set(places),
            key=lambda p: (p[0], p[1], known.index(p[2]), self._lifecycles[p[2]].rank(p[3])),
        )

    def _panel(self, spot: Spot, counted: Counted) -> StagePanel:
        place = (spot.source, spot.target, spot.lifecycle.name, spot.stage.name)
        here = counted.resting.get(place, [])
        view, stage = self._daemon.engine.view, spot.stage
        band = None if stage.final else band_of(self._teller, view, spot)
        return StagePanel(
            source=spot.source,
            target=spot.target,
            kind=spot.lifecycle.name,
            direction=spot.lifecycle.direction,
            stage=stage.name,
            fill=fill_of(spot.lifecycle, stage.name),
            duty=stage.duty,
            final=stage.final,
            count=counted.day.get(place, 0) if stage.final else sum(each.count for each in here),
            late=sum(each.late for each in here),
            overdue=sum(each.count for each in here if each.overdue),
            oldest=min((each.oldest for each in here), default=None),
            usual_low=None if band is None else band[0],
            usual_high=None if band is None else band[1],
            budget=budget_of(self._teller, spot),
            buckets=buckets_of(here),
            more=place in counted.more,
        )

    def _route(
        self,
        way: tuple[ChainName, ChainName],
        kinds: tuple[Lifecycle, ...],
        counted: Counted,
        marks: Marks,
    ) -> RouteShown:
        """One direction; a kind that nobody has sent here is shown only if there is no other."""
        source, target = way
        sums = {each.name: counted.sums.get((source, target, each.name), 0) for each in kinds}
        shown = [each for each in kinds if sums[each.name]] or list(kinds[:1])
        panels = [
            self._panel(Spot(source, target, each, stage), counted)
            for each in shown
            for stage in each.stages
            if stage.name in each.happy or (source, target, each.name, stage.name) in counted.totals
        ]
        main = max(shown, key=lambda each: sums[each.name], default=None)
        rests = [each for each in panels if each.late or each.overdue]
        slowest = max(rests, key=lambda each: (each.overdue, each.late), default=None)
        mark, incident = marks.of(route_of(source, target))
        eta = None
        if main is not None:
            first = Spot(source, target, main, main.stages[0])
            eta = whole_way(self._teller, self._daemon.engine.view, first)
        return RouteShown(
            source=source,
            target=target,
            direction=main.direction if main is not None else "",
            stages=tuple(panels),
            open=sum(each.count for each in panels if not each.final),
            overdue=sum(each.overdue for each in panels),
            finished=sum(_total(counted.totals, each) for each in panels if each.final),
            finished_per_hour=sum(_total(counted.hour, each) for each in panels if each.final),
            slowest=slowest.stage if slowest is not None else "",
            eta=eta,
            mark=mark,
            incident=incident,
        )


def _total(counts: Mapping[Place, int], panel: StagePanel) -> int:
    return counts.get((panel.source, panel.target, panel.kind, panel.stage), 0)
