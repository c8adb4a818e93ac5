"""When the requester last wrote: the desk shows first who has waited longest.

Derived from comments it would cost one look-up for every ticket of a list.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tickets", sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE tickets SET waiting_since = COALESCE((SELECT MAX(comments.created_at) FROM comments "
        "WHERE comments.ticket_id = tickets.id AND comments.author_id = tickets.requester_id), created_at)"
    )
    with op.batch_alter_table("tickets") as batch_op:
        batch_op.alter_column("waiting_since", existing_type=sa.DateTime(timezone=True), nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("tickets") as batch_op:
        batch_op.drop_column("waiting_since")
