"""An index of the staff: each request filed asks who is to hear of it, and read every customer's row to find out."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

NOT_A_CUSTOMER = sa.text("role <> 'customer'")


def upgrade() -> None:
    """Applies this change."""
    op.create_index("ix_users_staff", "users", ["id"], sqlite_where=NOT_A_CUSTOMER, postgresql_where=NOT_A_CUSTOMER)


def downgrade() -> None:
    """Takes it back."""
    op.drop_index("ix_users_staff", table_name="users")
