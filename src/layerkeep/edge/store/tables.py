"""The tables. `facts`, `blocks`, `cursors` and `observations` are the truth; `incidents` is a diary
of what was found wrong and what became of it; the rest is derived from facts."""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    text,
)

metadata = MetaData()

OPEN = text("finished = 0")
NAMED = text("kind IN ('switched', 'measured', 'claims-voided')")
LINKED = text("previous IS NOT NULL")
JUDGED = text("kind = 'judged'")
UNRESOLVED = text("resolved IS NULL")
ENDED = text("finished = 1")
DUE = text("due IS NOT NULL")
PAID = text("token <> ''")
UNENDED = text("ended IS NULL")
PENDING = text("state IN ('planned', 'sending')")
"""What some indexes hold. A query uses them only if it says the same in the same words."""

NOTHING = "010"
"""The number 0 as a text that sorts."""

KIND = ("source", "target", "lifecycle", "stage")

BIG = BigInteger().with_variant(Integer, "sqlite")

facts = Table(
    "facts",
    metadata,
    Column("seq", BIG, primary_key=True, autoincrement=False),
    Column("chain", String, nullable=False),
    Column("height", BIG, nullable=False),
    Column("time", BIG, nullable=False),
    Column("kind", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("facts_by_block", "chain", "height"),
    Index("facts_by_time", "time"),
    Index(
        "facts_named",
        "kind",
        sqlite_where=NAMED,
        postgresql_where=NAMED,
    ),
    Index("facts_judged", "time", sqlite_where=JUDGED, postgresql_where=JUDGED),
)

mentions = Table(
    "mentions",
    metadata,
    Column("name", BIG, primary_key=True, autoincrement=False),
    Column("seq", BIG, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

claims = Table(
    "claims",
    metadata,
    Column("seq", BIG, primary_key=True, autoincrement=False),
    Column("lane", String, nullable=False),
    Column("covers", BIG),
    Index("claims_by_reach", "lane", "covers"),
    Index("claims_by_lane", "lane", "seq"),
)

cursors = Table(
    "cursors",
    metadata,
    Column("chain", String, primary_key=True),
    Column("height", BIG, nullable=False),
    Column("hash", String, nullable=False),
    Column("time", BIG, nullable=False),
    Column("started", BIG, nullable=False),
    Column("latest", BIG, nullable=False),
    Column("safe", BIG),
    Column("finalized", BIG),
)

blocks = Table(
    "blocks",
    metadata,
    Column("chain", String, primary_key=True),
    Column("height", BIG, primary_key=True, autoincrement=False),
    Column("hash", String, nullable=False),
    Column("time", BIG, nullable=False),
    sqlite_with_rowid=False,
)

reorgs = Table(
    "reorgs",
    metadata,
    Column("id", BIG, primary_key=True, autoincrement=True),
    Column("chain", String, nullable=False),
    Column("ancestor", BIG, nullable=False),
    Column("dropped", BIG, nullable=False),
    Column("noticed", BIG, nullable=False),
)

messages = Table(
    "messages",
    metadata,
    Column("id", String, primary_key=True),
    Column("seq", BIG, nullable=False),
    Column("lifecycle", String, nullable=False),
    Column("source", String, nullable=False),
    Column("target", String, nullable=False),
    Column("stage", String, nullable=False),
    Column("finished", Integer, nullable=False),
    Column("sent", BIG, nullable=False),
    Column("moved", BIG, nullable=False),
    Column("previous", String),
    Column("value", String, nullable=False, server_default=NOTHING),
    Column("token", String, nullable=False, server_default=""),
    Column("amount", String, nullable=False, server_default=NOTHING),
    Column("sender", String, nullable=False, server_default=""),
    Column("recipient", String, nullable=False, server_default=""),
    Column("since", BIG, nullable=False, server_default="0"),
    Column("late_at", BIG),
    Column("due", BIG),
    Index("messages_open", "sent", "seq", sqlite_where=OPEN, postgresql_where=OPEN),
    Index("messages_linked", "sent", sqlite_where=LINKED, postgresql_where=LINKED),
    Index("messages_by_time", "sent", "seq"),
    Index("messages_by_kind", *KIND, "finished", "sent", "seq"),
    Index("messages_ended", *KIND, "since", sqlite_where=ENDED, postgresql_where=ENDED),
    Index(
        "messages_resting",
        *(*KIND, "since", "late_at", "due"),
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    ),
    Index("messages_by_value", "value", "seq"),
    Index("messages_by_due", "due", "seq", sqlite_where=DUE, postgresql_where=DUE),
    Index("messages_by_sender", "sender", "sent", "seq"),
    Index("messages_by_recipient", "recipient", "sent", "seq"),
    Index("messages_by_token", "token", "sent", "seq", sqlite_where=PAID, postgresql_where=PAID),
)
"""`value` and `amount` are texts that sort as the numbers do, which outgrow 64 bits."""

tallies = Table(
    "tallies",
    metadata,
    Column("source", String, primary_key=True),
    Column("target", String, primary_key=True),
    Column("lifecycle", String, primary_key=True),
    Column("stage", String, primary_key=True),
    Column("finished", Integer, primary_key=True, autoincrement=False),
    Column("total", BIG, nullable=False),
)

observations = Table(
    "observations",
    metadata,
    Column("id", BIG, primary_key=True, autoincrement=True),
    Column("chain", String, nullable=False),
    Column("time", BIG, nullable=False),
    Column("kind", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("observations_by_time", "time"),
    Index("observations_by_kind", "kind", "chain", "id"),
    sqlite_autoincrement=True,
)
"""Numbered by the database and never twice, so that any process may append."""

incidents = Table(
    "incidents",
    metadata,
    Column("id", String, primary_key=True),
    Column("state", String, nullable=False),
    Column("severity", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("component", String, nullable=False),
    Column("opened", BIG, nullable=False),
    Column("resolved", BIG),
    Column("body", LargeBinary, nullable=False),
    Index("incidents_open", "opened", sqlite_where=UNRESOLVED, postgresql_where=UNRESOLVED),
    Index("incidents_by_time", "opened"),
    Index("incidents_ended", "resolved", "id"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", BIG, primary_key=True, autoincrement=True),
    Column("time", BIG, nullable=False),
    Column("who", String, nullable=False),
    Column("role", String, nullable=False),
    Column("action", String, nullable=False),
    Column("target", String, nullable=False),
    Column("outcome", String, nullable=False),
    Column("detail", String, nullable=False, server_default=""),
    Column("previous", String, nullable=False, server_default=""),
    Column("hash", String, nullable=False, server_default=""),
    sqlite_autoincrement=True,
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", BIG, primary_key=True, autoincrement=False),
    Column("entries", BIG, nullable=False),
    Column("last", BIG, nullable=False),
    Column("hash", String, nullable=False),
)
"""One row, number 1: where the audit ends, kept apart so that a cut at its end is seen."""

sent = Table(
    "sent",
    metadata,
    Column("key", String, primary_key=True),
    Column("chain", String, nullable=False),
    Column("sender", String, nullable=False),
    Column("nonce", BIG, nullable=False),
    Column("height", BIG, nullable=False),
    Column("hash", String, nullable=False),
    Column("raw", String, nullable=False),
    Column("time", BIG, nullable=False),
)
"""Transactions prepared for a signer, by the key of their step, written before they are sent."""

notices = Table(
    "notices",
    metadata,
    Column("id", String, primary_key=True),
    Column("time", BIG, nullable=False),
    Column("kind", String, nullable=False),
    Column("person", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("state", String, nullable=False),
    Column("changed", BIG, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("detail", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("body", String, nullable=False),
    Column("fallback", String, nullable=False),
    Index("notices_by_time", "time"),
    Index("notices_pending", "time", sqlite_where=PENDING, postgresql_where=PENDING),
)

calls = Table(
    "calls",
    metadata,
    Column("matter", String, primary_key=True),
    Column("notice", String, primary_key=True),
    Column("episode", BIG, nullable=False),
    Column("level", Integer, nullable=False),
    Column("round", Integer, nullable=False),
    Index("calls_by_notice", "notice"),
)

runs = Table(
    "runs",
    metadata,
    Column("id", String, primary_key=True),
    Column("state", String, nullable=False),
    Column("runbook", String, nullable=False),
    Column("incident", String, nullable=False),
    Column("component", String, nullable=False),
    Column("automatic", Integer, nullable=False),
    Column("proposed", BIG, nullable=False),
    Column("began", BIG),
    Column("ended", BIG),
    Column("version", BIG, nullable=False),
    Column("worker", String, nullable=False, server_default=""),
    Column("leased", BIG, nullable=False, server_default="0"),
    Column("body", LargeBinary, nullable=False),
    Index("runs_open", "proposed", sqlite_where=UNENDED, postgresql_where=UNENDED),
    Index("runs_by_time", "proposed"),
    Index("runs_by_incident", "incident"),
)
"""`version` rises with each change and each new worker: who holds an older one writes nothing."""

run_holds = Table(
    "run_holds",
    metadata,
    Column("component", String, primary_key=True),
    Column("run", String, nullable=False),
    Index("run_holds_by_run", "run"),
)
"""What acting runs touch: one run at a time, by the key."""

settings = Table(
    "settings",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", String, nullable=False),
)
