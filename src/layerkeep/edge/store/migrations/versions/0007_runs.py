"""Runbooks being carried out, and what they touch."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
UNENDED = sa.text("ended IS NULL")


def upgrade() -> None:
    """Add runs, and the components that acting runs hold."""
    op.create_table(
        "runs",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("runbook", sa.String, nullable=False),
        sa.Column("incident", sa.String, nullable=False),
        sa.Column("component", sa.String, nullable=False),
        sa.Column("automatic", sa.Integer, nullable=False),
        sa.Column("proposed", BIG, nullable=False),
        sa.Column("began", BIG),
        sa.Column("ended", BIG),
        sa.Column("version", BIG, nullable=False),
        sa.Column("worker", sa.String, nullable=False, server_default=""),
        sa.Column("leased", BIG, nullable=False, server_default="0"),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_index(
        "runs_open", "runs", ["proposed"], sqlite_where=UNENDED, postgresql_where=UNENDED
    )
    op.create_index("runs_by_time", "runs", ["proposed"])
    op.create_index("runs_by_incident", "runs", ["incident"])
    op.create_table(
        "run_holds",
        sa.Column("component", sa.String, primary_key=True),
        sa.Column("run", sa.String, nullable=False),
    )
    op.create_index("run_holds_by_run", "run_holds", ["run"])
