"""What a session tells its owner (browser and network), when they last proved who they are, and where a link leads.

Sessions of before count as proved when they began; their browser is unknown.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies this change."""
    op.add_column("sessions", sa.Column("proved_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE sessions SET proved_at = created_at")
    with op.batch_alter_table("sessions") as batch_op:
        batch_op.alter_column("proved_at", existing_type=sa.DateTime(timezone=True), nullable=False)
        batch_op.add_column(sa.Column("browser", sa.String(length=60), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("network", sa.String(length=64), nullable=False, server_default=""))
    with op.batch_alter_table("sign_in_links") as batch_op:
        batch_op.add_column(sa.Column("target", sa.String(length=1000), nullable=False, server_default=""))
    # The defaults are for the rows of before; the code names every column.
    for table, columns in (("sessions", {"browser": 60, "network": 64}), ("sign_in_links", {"target": 1000})):
        with op.batch_alter_table(table) as batch_op:
            for column, length in columns.items():
                batch_op.alter_column(column, existing_type=sa.String(length=length), server_default=None)


def downgrade() -> None:
    """Takes it back."""
    with op.batch_alter_table("sign_in_links") as batch_op:
        batch_op.drop_column("target")
    with op.batch_alter_table("sessions") as batch_op:
        for column in ("network", "browser", "proved_at"):
            batch_op.drop_column(column)
