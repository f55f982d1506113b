"""What people were told, by which channel, and what became of it."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
PENDING = sa.text("state IN ('planned', 'sending')")


def upgrade() -> None:
    """Add notices, and which incidents each is about."""
    op.create_table(
        "notices",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("time", BIG, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("person", sa.String, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("changed", BIG, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("detail", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("body", sa.String, nullable=False),
        sa.Column("fallback", sa.String, nullable=False),
    )
    op.create_index("notices_by_time", "notices", ["time"])
    op.create_index(
        "notices_pending", "notices", ["time"], sqlite_where=PENDING, postgresql_where=PENDING
    )
    op.create_table(
        "calls",
        sa.Column("matter", sa.String, primary_key=True),
        sa.Column("notice", sa.String, primary_key=True),
        sa.Column("episode", BIG, nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("round", sa.Integer, nullable=False),
    )
    op.create_index("calls_by_notice", "calls", ["notice"])
