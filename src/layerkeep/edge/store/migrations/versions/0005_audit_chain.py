"""The log of what people did is chained by hashes, its end kept apart; what is sent is kept."""

import sqlalchemy as sa
from alembic import op

from layerkeep.core.acting.audit import EMPTY, Entry, hash_of

revision = "0005"
down_revision = "0004"

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TEXTS = ("detail", "previous", "hash")


def upgrade() -> None:
    """Add the hashes; the entries there are keep their ids and are chained in their order."""
    for name in TEXTS:
        op.add_column("audit", sa.Column(name, sa.String, nullable=False, server_default=""))
    head = op.create_table(
        "audit_head",
        sa.Column("id", BIG, primary_key=True, autoincrement=False),
        sa.Column("entries", BIG, nullable=False),
        sa.Column("last", BIG, nullable=False),
        sa.Column("hash", sa.String, nullable=False),
    )
    op.create_table(
        "sent",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("chain", sa.String, nullable=False),
        sa.Column("sender", sa.String, nullable=False),
        sa.Column("nonce", BIG, nullable=False),
        sa.Column("height", BIG, nullable=False),
        sa.Column("hash", sa.String, nullable=False),
        sa.Column("raw", sa.String, nullable=False),
        sa.Column("time", BIG, nullable=False),
    )
    entries, last, previous = _chain()
    op.bulk_insert(head, [{"id": 1, "entries": entries, "last": last, "hash": previous}])


def _chain() -> tuple[int, int, str]:
    """Hash what is there; how many entries, the last one's id and hash are returned."""
    connection = op.get_bind()
    rows = connection.execute(
        sa.text("SELECT id, time, who, role, action, target, outcome FROM audit ORDER BY id")
    ).fetchall()
    link = sa.text("UPDATE audit SET previous = :previous, hash = :hash WHERE id = :id")
    last, previous = EMPTY.last, EMPTY.hash
    for row in rows:
        whole = hash_of(Entry(**row._mapping, previous=previous))
        connection.execute(link, {"previous": previous, "hash": whole, "id": row.id})
        last, previous = row.id, whole
    return len(rows), last, previous
