"""Incidents by when they ended: a list of the last ones reads no others."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the index of what is over."""
    op.create_index("incidents_ended", "incidents", ["resolved", "id"], if_not_exists=True)
