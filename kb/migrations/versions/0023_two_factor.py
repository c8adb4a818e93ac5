"""A second factor for signing in: codes of an app, and recovery codes. Nobody has one yet."""

import sqlalchemy as sa
from alembic import op

from kb.db import UtcDateTime

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables, and the columns of people and sessions."""
    row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "two_factors",
        sa.Column("user_id", row_id, nullable=False),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.Column("confirmed_at", UtcDateTime(), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_two_factors_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_two_factors")),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("user_id", row_id, nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_recovery_codes_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "code_hash", name=op.f("pk_recovery_codes")),
    )
    op.add_column("users", sa.Column("has_two_factor", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("sessions", sa.Column("awaits_code", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Drop the columns and the tables; sessions that wait for a code end, or they would be whole."""
    op.execute("DELETE FROM sessions WHERE awaits_code")
    op.drop_column("sessions", "awaits_code")
    op.drop_column("users", "has_two_factor")
    op.drop_table("recovery_codes")
    op.drop_table("two_factors")
