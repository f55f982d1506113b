"""Deriving every row anew: the whole log through a fresh engine, in bounded memory.

The engine is told of each chain's head one part of the log late, so it lets go of what was finished
by then and keeps what a later fact may still speak of, as it does live.
"""

from collections.abc import Callable, Iterable, Mapping

from sqlalchemy import select

from layerkeep.core.effects import MessageMoved
from layerkeep.core.engine import Engine
from layerkeep.core.facts import Anchor, Fact, HeadSeen, Sent
from layerkeep.core.units import ChainName, Timestamp
from layerkeep.edge.store.log import Store
from layerkeep.edge.store.reading import Numbered, projected, read_cursors, read_rows, stream
from layerkeep.edge.store.records import Cursor
from layerkeep.edge.store.rows import Ahead, plain_outlook, rows_of
from layerkeep.edge.store.saving import OUTDATED, drop_rows, recount, save_rows
from layerkeep.edge.store.tables import facts, messages

PART = 5_000
"""Facts in one transaction: a fraction of a second."""

Place = tuple[int, int]
"""A height and a time in milliseconds."""


async def rebuild(
    store: Store, make_engine: Callable[[], Engine], ahead: Ahead = plain_outlook
) -> int:
    """Every message's row is derived again; how many facts were read is returned.

    `ahead` tells what a message waits for, by the network's own budgets and usual times. Rows are
    replaced while the log is read: a rebuild cut short leaves those it has not reached.
    """
    replay = _Replay(make_engine(), await read_cursors(store))
    last_seqs = await _last_seqs(store, replay.read)
    newest = await projected(store)
    count = 0
    async for part in stream(store, PART):
        count += len(part)
        newest = max(newest, *part)
        moved = replay.believe(part)
        view = replay.engine.view
        there = [view.messages[each] for each in moved if each in view.messages]
        async with store.writing() as connection:
            await save_rows(connection, rows_of(view, there, replay.seqs, ahead), ())
        replay.see_heads([chain for chain, seq in last_seqs.items() if seq <= max(part)])
    await _drop_strays(store)
    await store.save_messages((), (), newest)
    await store.keep_setting(OUTDATED, "")
    return count


class _Replay:
    """An engine that is fed with the log, and what it has to be told besides."""

    def __init__(self, engine: Engine, read: Mapping[ChainName, Cursor]) -> None:
        self.engine = engine
        self.read = read
        self.seqs: dict[str, int] = {}
        self._now: dict[ChainName, Place] = dict.fromkeys(read, (-1, 0))
        self._before: dict[ChainName, Place] = dict(self._now)

    def believe(self, part: Numbered) -> list[str]:
        """Believe a part of the log; the messages that moved are returned."""
        moved: dict[str, None] = {}
        self._before = dict(self._now)
        now = Timestamp(0)
        for seq, fact in part.items():
            if isinstance(fact.says, HeadSeen):
                continue
            if isinstance(fact.says, Sent):
                self.seqs.setdefault(fact.says.message, seq)
            anchor, now = fact.anchor, Timestamp(fact.anchor.time)
            for effect in self.engine.observe(fact, now):
                if isinstance(effect, MessageMoved):
                    moved[effect.message] = None
            self._now[anchor.chain] = max(
                self._now.get(anchor.chain, (-1, 0)), (anchor.height, now)
            )
        self._close_moot(now)
        moved |= self.engine.view.told
        self.engine.view.told.clear()
        return list(moved)

    def see_heads(self, all_read: Iterable[ChainName]) -> None:
        """Tell the engine how far each chain is; it lets go of what nobody needs any more."""
        for chain, cursor in self.read.items():
            height, time = self._before[chain]
            if chain in all_read:
                height, time = cursor.height, cursor.time
            final = min(height, -1 if cursor.finalized is None else cursor.finalized)
            head = HeadSeen(height, finalized=final)
            self.engine.observe(Fact(Anchor(chain, height, "", time), head), Timestamp(time))
        known = self.engine.view.messages
        for message in [message for message in self.seqs if message not in known]:
            del self.seqs[message]

    def _close_moot(self, now: Timestamp) -> None:
        """Give up the questions whose messages are finished, as a running engine does."""
        while (due := self.engine.next_deadline()) is not None and due <= now:
            self.engine.tick(now)


async def _last_seqs(store: Store, chains: Iterable[ChainName]) -> dict[ChainName, int]:
    """The number of the highest fact of each chain; 0 where nothing was ever said."""
    found: dict[ChainName, int] = {}
    for chain in chains:
        query = select(facts.c.seq).where(facts.c.chain == chain)
        rows = await read_rows(store, query.order_by(facts.c.height.desc()).limit(1))
        found[chain] = rows[0][0] if rows else 0
    return found


async def _drop_strays(store: Store) -> None:
    """No row is left whose message the log does not know."""
    sent = (facts.c.seq == messages.c.seq) & (facts.c.kind == "sent")
    query = select(messages.c.id, messages.c.seq).outerjoin(facts, sent)
    strays = await read_rows(store, query.where(facts.c.seq.is_(None)))
    async with store.writing() as connection:
        await drop_rows(connection, [(row[0], row[1]) for row in strays])
        await recount(connection)
