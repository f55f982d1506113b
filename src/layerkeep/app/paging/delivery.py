"""Sending notices: begun once each, tried again only where it is known that it failed.

planned ──begun──► sending ──► sent
   ▲                  ├──────► unsure   nobody knows: never tried again; the next in line
   └─ failed for now ─┴──────► failed   surely not taken: the next in line
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

import structlog

from layerkeep.app.paging.roster import Addresses
from layerkeep.core.acting.paging.model import FAILED, MOOT, PLANNED, SENT, UNSURE, Notice
from layerkeep.core.errors import SettingsError, StoreError
from layerkeep.core.units import Timestamp
from layerkeep.edge.notify.outcome import Message, Notifier, Outcome
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.notices import NoticeRow, begin_sending, end_sending

BACK_OFF_S = (2.0, 8.0, 20.0)
"""Waits between tries of one channel; after the last the next channel is used."""

AT_ONCE = 8
"""Notices on their way at the same time."""

STORE_RETRY_S = 1.0


@dataclass(frozen=True, slots=True)
class Parcel:
    """A notice that is written, and its message."""

    notice: Notice
    row: NoticeRow
    message: Message


@dataclass(frozen=True, slots=True)
class Rules:
    """What delivery asks whoever planned the notices.

    `settle` is told a notice's outcome and gives the rows that follow from it, which are written
    with it; `follow` is called when they are written.
    """

    now: Callable[[], Timestamp]
    stop: asyncio.Event
    is_wanted: Callable[[Notice], bool]
    settle: Callable[[Notice, str], Awaitable[list[Parcel]]]
    follow: Callable[[list[Parcel]], None]


class Delivery:
    """Sends parcels, each in a task of its own, a few at a time."""

    def __init__(
        self, store: Store, notifiers: Mapping[str, Notifier], rota: Addresses, rules: Rules
    ) -> None:
        self._store = store
        self._notifiers = notifiers
        self._rota = rota
        self._rules = rules
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._log = structlog.get_logger()

    def put(self, parcel: Parcel) -> None:
        """The parcel is on its way."""
        task = asyncio.create_task(self._deliver(parcel), name=f"notice {parcel.notice.id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self, seconds: float) -> None:
        """What is under way may end within this time; what does not is unsure at the next start."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def give_up(self, row: NoticeRow, then: list[Parcel], now: Timestamp) -> None:
        """A notice was begun before we were killed: it stays unsure, and others are called."""
        ended = replace(row, state=UNSURE, changed=now, detail="begun before a stop")
        await self._stored(lambda: end_sending(self._store, ended, [each.row for each in then]))
        self._log.warning("notice", notice=row.id, outcome=UNSURE, reason=ended.detail)
        self._rules.follow(then)

    async def _deliver(self, parcel: Parcel) -> None:
        notice = parcel.notice
        for pause in (*BACK_OFF_S, None):
            if not self._rules.is_wanted(notice):
                await self._end(parcel, Outcome(MOOT, "nobody has to come any more"))
                return
            async with self._slots:
                outcome = await self._try(parcel)
            if outcome.state != FAILED or not outcome.again or pause is None:
                break
            await self._keep(parcel, PLANNED, outcome)
            await asyncio.sleep(pause)
        await self._end(parcel, outcome)

    async def _try(self, parcel: Parcel) -> Outcome:
        """Sending is begun: from here on, whatever ends us leaves the outcome unknown."""
        notice, now = parcel.notice, self._rules.now()
        notifier = self._notifiers.get(notice.channel)
        if notifier is None:
            return Outcome(FAILED, "no such channel in the topology now")
        try:
            address = self._rota.address(notice.person, notice.channel)
        except SettingsError as error:
            return Outcome(FAILED, str(error))
        await self._stored(lambda: begin_sending(self._store, notice.id, now))
        try:
            return await notifier.tell(replace(parcel.message, address=address))
        except Exception as error:  # noqa: BLE001 - a channel's bug must not silence the others
            self._log.error("channel-broke", channel=notice.channel, reason=type(error).__name__)
            return Outcome(UNSURE, f"the channel broke: {type(error).__name__}")

    async def _end(self, parcel: Parcel, outcome: Outcome) -> None:
        notice = parcel.notice
        then = await self._rules.settle(notice, outcome.state)
        rows = [each.row for each in then]
        await self._keep(parcel, outcome.state, outcome, rows)
        tell = self._log.info if outcome.state in (SENT, MOOT) else self._log.warning
        tell(
            "notice",
            notice=notice.id,
            kind=notice.kind,
            person=notice.person,
            channel=notice.channel,
            outcome=outcome.state,
            reason=outcome.detail,
        )
        self._rules.follow(then)

    async def _keep(
        self, parcel: Parcel, state: str, outcome: Outcome, then: list[NoticeRow] | None = None
    ) -> None:
        row = replace(
            parcel.row, state=state, changed=self._rules.now(), detail=outcome.detail[:200]
        )
        await self._stored(lambda: end_sending(self._store, row, then or ()))

    async def _stored(self, write: Callable[[], Awaitable[None]]) -> None:
        """Written, however long it takes; a StoreError if we are stopped meanwhile."""
        while True:
            try:
                await asyncio.shield(asyncio.ensure_future(write()))
            except StoreError as error:
                self._log.error("store-failing", reason=str(error))
                if self._rules.stop.is_set():
                    raise
                await asyncio.sleep(STORE_RETRY_S)
                continue
            return
