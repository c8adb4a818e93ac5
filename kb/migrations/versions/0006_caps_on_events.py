"""What the caps on events count by, and whether an event's request brought the visitor's cookie.

The counts start with what each day has stored so far. Counting 1,000,000 events takes about a second.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

DROPPED = ("dropped_visitor", "dropped_address", "dropped_day", "dropped_full", "dropped_waiting")
DAYS = {"sqlite": "date(at)", "postgresql": "(at AT TIME ZONE 'UTC')::date"}


def upgrade() -> None:
    """Applies this change."""
    op.add_column("events", sa.Column("has_cookie", sa.Boolean(), nullable=True))
    op.create_table(
        "event_counts",
        sa.Column("day", sa.Date(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("stored", *DROPPED)),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_event_counts")),
    )
    day, zeros = DAYS[op.get_bind().dialect.name], ", ".join("0" for _ in DROPPED)
    op.execute(f"INSERT INTO event_counts (day, stored, {', '.join(DROPPED)}) SELECT {day}, count(*), {zeros} FROM events GROUP BY 1")  # noqa: S608


def downgrade() -> None:
    """Takes it back."""
    op.drop_table("event_counts")
    op.drop_column("events", "has_cookie")
