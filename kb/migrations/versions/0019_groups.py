"""Groups of agents: a ticket belongs to one or none, and new ones to that of their category. Tickets of today belong to none."""

import sqlalchemy as sa
from alembic import op

from kb.db import UtcDateTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables, and the column of tickets."""
    row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "groups",
        sa.Column("id", row_id, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_groups")),
    )
    is_there = sa.text("deleted_at IS NULL")
    op.create_index("uq_groups_name", "groups", ["name"], unique=True, sqlite_where=is_there, postgresql_where=is_there)
    op.create_table(
        "group_members",
        sa.Column("group_id", row_id, nullable=False),
        sa.Column("user_id", row_id, nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["groups.id"], name=op.f("fk_group_members_group_id_groups"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_group_members_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("group_id", "user_id", name=op.f("pk_group_members")),
    )
    op.create_index(op.f("ix_group_members_user_id"), "group_members", ["user_id"])
    op.create_table(
        "category_groups",
        sa.Column("category", sa.String(length=120), nullable=False),
        sa.Column("group_id", row_id, nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["groups.id"], name=op.f("fk_category_groups_group_id_groups"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("category", name=op.f("pk_category_groups")),
    )
    op.create_index(op.f("ix_category_groups_group_id"), "category_groups", ["group_id"])
    name = op.f("fk_tickets_group_id_groups")
    if op.get_bind().dialect.name == "sqlite":
        # SQLite takes the constraint with the column only; writing the whole table anew would take minutes where it is large.
        op.execute(f"ALTER TABLE tickets ADD COLUMN group_id INTEGER CONSTRAINT {name} REFERENCES groups (id)")
    else:
        op.add_column("tickets", sa.Column("group_id", row_id, nullable=True))
        op.create_foreign_key(name, "tickets", "groups", ["group_id"], ["id"])
    op.create_index(op.f("ix_tickets_group_id"), "tickets", ["group_id"])


def downgrade() -> None:
    """Drop the column and the tables."""
    op.drop_index(op.f("ix_tickets_group_id"), "tickets")
    with op.batch_alter_table("tickets") as tickets:
        tickets.drop_constraint(op.f("fk_tickets_group_id_groups"), type_="foreignkey")
        tickets.drop_column("group_id")
    for table in ("category_groups", "group_members", "groups"):
        op.drop_table(table)
