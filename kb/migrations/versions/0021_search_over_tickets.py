"""The index of tickets for full-text search; the worker fills it with the tickets that there are, while the site runs."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

TABLES = ("ticket_words", "staff_words")


def upgrade() -> None:
    """Add the index, empty."""
    for table in TABLES:
        if op.get_bind().dialect.name == "sqlite":
            # Words come stemmed and folded: the tokenizer has only to cut at spaces.
            op.execute(f"CREATE VIRTUAL TABLE {table} USING fts5(subject, people, tags, messages, tokenize='ascii', prefix='3')")
        else:
            op.execute(
                f"CREATE TABLE {table} (ticket_id BIGINT CONSTRAINT pk_{table} PRIMARY KEY CONSTRAINT fk_{table}_ticket_id_tickets REFERENCES tickets (id)"
                " ON DELETE CASCADE, subject TEXT NOT NULL, people TEXT NOT NULL, tags TEXT NOT NULL, messages TEXT NOT NULL, vector TSVECTOR NOT NULL)"
            )
            op.execute(f"CREATE INDEX ix_{table}_vector ON {table} USING gin (vector)")


def downgrade() -> None:
    """Drop the index and its jobs."""
    op.execute("DELETE FROM outbox_jobs WHERE kind = 'tickets.index'")
    for table in TABLES:
        op.execute(f"DROP TABLE {table}")
