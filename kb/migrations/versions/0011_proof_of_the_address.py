"""Who wrote a message is proved by the message itself, not by the person's profile; and the name typed with a request stays with it.

A stranger can type a confirmed customer's address into the form. Of older messages nothing is known, so they count as not proved.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both columns, empty for the rows of today: neither database writes the tables anew for a constant default."""
    op.add_column("tickets", sa.Column("requester_name", sa.String(length=120), nullable=False, server_default=""))
    op.add_column("comments", sa.Column("proof", sa.String(length=10), nullable=False, server_default=""))


def downgrade() -> None:
    """Drop both columns."""
    with op.batch_alter_table("comments") as batch_op:
        batch_op.drop_column("proof")
    with op.batch_alter_table("tickets") as batch_op:
        batch_op.drop_column("requester_name")
