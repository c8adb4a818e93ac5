"""A follow-up knows the closed ticket it continues. Which older tickets are follow-ups is not known: only their subjects say so, and anybody can type those."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, empty for the rows of today."""
    name = op.f("fk_tickets_follow_up_of_id_tickets")
    row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    if op.get_bind().dialect.name == "sqlite":
        # SQLite takes the constraint with the column only; writing the whole table anew would take minutes where it is large.
        op.execute(f"ALTER TABLE tickets ADD COLUMN follow_up_of_id INTEGER CONSTRAINT {name} REFERENCES tickets (id)")
    else:
        op.add_column("tickets", sa.Column("follow_up_of_id", row_id, nullable=True))
        op.create_foreign_key(name, "tickets", "tickets", ["follow_up_of_id"], ["id"])
    op.create_index(op.f("ix_tickets_follow_up_of_id"), "tickets", ["follow_up_of_id"])


def downgrade() -> None:
    """Drop the column."""
    op.drop_index(op.f("ix_tickets_follow_up_of_id"), "tickets")
    with op.batch_alter_table("tickets") as batch_op:
        batch_op.drop_constraint(op.f("fk_tickets_follow_up_of_id_tickets"), type_="foreignkey")
        batch_op.drop_column("follow_up_of_id")
