"""Messages are found by all that people ask for: whose, how much, how long, until when."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
OPEN = sa.text("finished = 0")
ENDED = sa.text("finished = 1")
DUE = sa.text("due IS NOT NULL")
PAID = sa.text("token <> ''")
KIND = ("source", "target", "lifecycle", "stage")
TEXTS = {"value": "010", "token": "", "amount": "010", "sender": "", "recipient": ""}


def upgrade() -> None:
    """Add what lists filter and sort by; the rows there are have to be derived again."""
    for name, default in TEXTS.items():
        column = sa.Column(name, sa.String, nullable=False, server_default=default)
        op.add_column("messages", column)
    op.add_column("messages", sa.Column("since", BIG, nullable=False, server_default="0"))
    op.add_column("messages", sa.Column("late_at", BIG))
    op.add_column("messages", sa.Column("due", BIG))
    op.drop_index("messages_open")
    op.drop_index("messages_by_time")
    _index("messages_by_time", "sent", "seq")
    _index("messages_by_kind", *KIND, "finished", "sent", "seq")
    _index("messages_by_value", "value", "seq")
    _index("messages_by_sender", "sender", "sent", "seq")
    _index("messages_by_recipient", "recipient", "sent", "seq")
    _index("messages_open", "sent", "seq", where=OPEN)
    _index("messages_ended", *KIND, "since", where=ENDED)
    _index("messages_resting", *KIND, "since", "late_at", "due", where=OPEN)
    _index("messages_by_due", "due", "seq", where=DUE)
    _index("messages_by_token", "token", "sent", "seq", where=PAID)
    op.create_index("claims_by_lane", "claims", ["lane", "seq"])
    op.execute(
        "INSERT INTO settings (name, value) "
        "SELECT 'outdated-rows', '1' WHERE EXISTS (SELECT 1 FROM messages)"
    )


def _index(name: str, *columns: str, where: sa.TextClause | None = None) -> None:
    op.create_index(name, "messages", list(columns), sqlite_where=where, postgresql_where=where)
