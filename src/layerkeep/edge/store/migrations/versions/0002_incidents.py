"""What is true of a moment, and what was found wrong."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
JUDGED = sa.text("kind = 'judged'")
UNRESOLVED = sa.text("resolved IS NULL")


def upgrade() -> None:
    """Add the log of observations and the diary of incidents; find judgements by time."""
    op.create_index("facts_judged", "facts", ["time"], sqlite_where=JUDGED, postgresql_where=JUDGED)
    op.create_table(
        "observations",
        sa.Column("id", BIG, primary_key=True, autoincrement=True),
        sa.Column("chain", sa.String, nullable=False),
        sa.Column("time", BIG, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("observations_by_time", "observations", ["time"])
    op.create_index("observations_by_kind", "observations", ["kind", "chain", "id"])
    op.create_table(
        "incidents",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("severity", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("component", sa.String, nullable=False),
        sa.Column("opened", BIG, nullable=False),
        sa.Column("resolved", BIG),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_index(
        "incidents_open",
        "incidents",
        ["opened"],
        sqlite_where=UNRESOLVED,
        postgresql_where=UNRESOLVED,
    )
    op.create_index("incidents_by_time", "incidents", ["opened"])
