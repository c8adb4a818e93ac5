"""What an agent has typed and chosen on a ticket is kept on the server until it is sent: files, articles and fields too, on every device."""

import sqlalchemy as sa
from alembic import op

from kb.db import UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "drafts",
        sa.Column("user_id", row_id, nullable=False),
        sa.Column("ticket_id", row_id, nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_drafts_ticket_id_tickets"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_drafts_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "ticket_id", name=op.f("pk_drafts")),
    )
    for column in ("ticket_id", "nonce", "updated_at"):
        op.create_index(f"ix_drafts_{column}", "drafts", [column])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("drafts")
