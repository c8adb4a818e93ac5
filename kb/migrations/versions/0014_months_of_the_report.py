"""Months of the report, summed up once their days are counted for good, and an index of the articles that agents linked.

Beside these, requesters have read many more, and the report asks for the linked ones alone.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

LINKED = sa.text("relation = 'linked'")


def upgrade() -> None:
    """Applies this change."""
    op.create_table(
        "report_months",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("definitions", sa.String(length=10), nullable=False),
        *(sa.Column(name, sa.JSON(), nullable=False) for name in ("counts", "articles", "clusters", "requesters")),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_report_months")),
    )
    op.create_index("ix_ticket_articles_linked", "ticket_articles", ["ticket_id", "slug"], sqlite_where=LINKED, postgresql_where=LINKED)


def downgrade() -> None:
    """Takes it back."""
    op.drop_index("ix_ticket_articles_linked", table_name="ticket_articles")
    op.drop_table("report_months")
