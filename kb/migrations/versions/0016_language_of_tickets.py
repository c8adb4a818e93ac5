"""The language that the requester read the form in, so that emails to them can be written in it."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies this change. Tickets filed before get emails in the site's language."""
    op.add_column("tickets", sa.Column("language", sa.String(12), nullable=False, server_default=""))


def downgrade() -> None:
    """Takes it back."""
    with op.batch_alter_table("tickets") as tickets:
        tickets.drop_column("language")
