"""Views that people make, shared or their own, and the order in which each person has them."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the two tables."""
    row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "views",
        sa.Column("id", row_id, nullable=False),
        sa.Column("owner_id", row_id, nullable=True),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("filter", sa.String(length=500), nullable=False),
        sa.Column("order", sa.String(length=40), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("group_by", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_views_owner_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_views")),
    )
    op.create_index(op.f("ix_views_owner_id"), "views", ["owner_id"])
    op.create_table(
        "view_orders",
        sa.Column("user_id", row_id, nullable=False),
        sa.Column("slugs", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_view_orders_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_view_orders")),
    )


def downgrade() -> None:
    """Drop the two tables."""
    op.drop_table("view_orders")
    op.drop_index(op.f("ix_views_owner_id"), "views")
    op.drop_table("views")
