"""The first schema: facts and what is derived from them."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
NAMED = sa.text("kind IN ('switched', 'measured', 'claims-voided')")
OPEN = sa.text("finished = 0")
LINKED = sa.text("previous IS NOT NULL")


def upgrade() -> None:
    """Create every table of the first version."""
    _facts()
    _chains()
    _messages()


def _facts() -> None:
    op.create_table(
        "facts",
        sa.Column("seq", BIG, primary_key=True, autoincrement=False),
        sa.Column("chain", sa.String, nullable=False),
        sa.Column("height", BIG, nullable=False),
        sa.Column("time", BIG, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_index("facts_by_block", "facts", ["chain", "height"])
    op.create_index("facts_by_time", "facts", ["time"])
    op.create_index("facts_named", "facts", ["kind"], sqlite_where=NAMED, postgresql_where=NAMED)
    op.create_table(
        "mentions",
        sa.Column("name", BIG, primary_key=True, autoincrement=False),
        sa.Column("seq", BIG, primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "claims",
        sa.Column("seq", BIG, primary_key=True, autoincrement=False),
        sa.Column("lane", sa.String, nullable=False),
        sa.Column("covers", BIG),
    )
    op.create_index("claims_by_reach", "claims", ["lane", "covers"])


def _chains() -> None:
    op.create_table(
        "cursors",
        sa.Column("chain", sa.String, primary_key=True),
        sa.Column("height", BIG, nullable=False),
        sa.Column("hash", sa.String, nullable=False),
        sa.Column("time", BIG, nullable=False),
        sa.Column("started", BIG, nullable=False),
        sa.Column("latest", BIG, nullable=False),
        sa.Column("safe", BIG),
        sa.Column("finalized", BIG),
    )
    op.create_table(
        "blocks",
        sa.Column("chain", sa.String, primary_key=True),
        sa.Column("height", BIG, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.String, nullable=False),
        sa.Column("time", BIG, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "reorgs",
        sa.Column("id", BIG, primary_key=True, autoincrement=True),
        sa.Column("chain", sa.String, nullable=False),
        sa.Column("ancestor", BIG, nullable=False),
        sa.Column("dropped", BIG, nullable=False),
        sa.Column("noticed", BIG, nullable=False),
    )


def _messages() -> None:
    op.create_table(
        "messages",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("seq", BIG, nullable=False),
        sa.Column("lifecycle", sa.String, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("target", sa.String, nullable=False),
        sa.Column("stage", sa.String, nullable=False),
        sa.Column("finished", sa.Integer, nullable=False),
        sa.Column("sent", BIG, nullable=False),
        sa.Column("moved", BIG, nullable=False),
        sa.Column("previous", sa.String),
    )
    op.create_index("messages_open", "messages", ["sent"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index(
        "messages_linked", "messages", ["sent"], sqlite_where=LINKED, postgresql_where=LINKED
    )
    op.create_index("messages_by_time", "messages", ["sent"])
    op.create_table(
        "tallies",
        sa.Column("source", sa.String, primary_key=True),
        sa.Column("target", sa.String, primary_key=True),
        sa.Column("lifecycle", sa.String, primary_key=True),
        sa.Column("stage", sa.String, primary_key=True),
        sa.Column("finished", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("total", BIG, nullable=False),
    )
    op.create_table(
        "settings",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("value", sa.String, nullable=False),
    )
