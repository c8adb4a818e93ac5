"""Staff can say until when they are away. Nobody is today."""

import sqlalchemy as sa
from alembic import op

from kb.db import UtcDateTime

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("users", sa.Column("away_until", UtcDateTime(), nullable=True))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("users", "away_until")
