"""What was prepared and sent, written before it is sent: after a crash the hash tells the rest."""

from dataclasses import asdict, dataclass

from sqlalchemy import insert, select, update

from layerkeep.edge.store.log import Store
from layerkeep.edge.store.reading import read_rows
from layerkeep.edge.store.tables import sent


@dataclass(frozen=True, slots=True)
class Sent:
    """A transaction of a step: `nonce` is fixed first, `hash` and `raw` once it is signed.

    For a Safe `hash` is the Safe transaction's, `nonce` the Safe's own, and `raw` stays empty.
    `height` is the chain's block when it was prepared, `time` in milliseconds.
    """

    key: str
    chain: str
    sender: str
    nonce: int
    height: int
    hash: str = ""
    raw: str = ""
    time: int = 0


class SentLog:
    """The transactions in the store, one for each key."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def of(self, key: str) -> Sent | None:
        """The transaction of a step, None if none was begun."""
        rows = await read_rows(self._store, select(sent).where(sent.c.key == key))
        return Sent(**rows[0]._mapping) if rows else None

    async def under_way(self, entry: Sent, since: int) -> str:
        """The key of another step that fixed this nonce or a later one of this account since.

        Empty if there is none; `since` in milliseconds.
        """
        mine = (sent.c.chain == entry.chain) & (sent.c.sender == entry.sender)
        late = (sent.c.nonce >= entry.nonce) & (sent.c.time >= since) & (sent.c.key != entry.key)
        rows = await read_rows(self._store, select(sent.c.key).where(mine & late).limit(1))
        return str(rows[0][0]) if rows else ""

    async def keep(self, entry: Sent) -> None:
        """It is in the store as it is now; StoreError if not, and then it must not be sent."""
        values = asdict(entry)
        async with self._store.writing("sent") as connection:
            mine = sent.c.key == entry.key
            changed = await connection.execute(update(sent).where(mine).values(values))
            if not changed.rowcount:
                await connection.execute(insert(sent).values(values))
