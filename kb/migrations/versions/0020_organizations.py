"""Organizations: the companies of customers, by the domain of their address or by hand. Nobody belongs to one yet, and no ticket does."""

import sqlalchemy as sa
from alembic import op

from kb.db import UtcDateTime

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables, and the columns of people and tickets."""
    row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "organizations",
        sa.Column("id", row_id, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("shares_requests", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organizations")),
    )
    is_there = sa.text("deleted_at IS NULL")
    op.create_index("uq_organizations_name", "organizations", ["name"], unique=True, sqlite_where=is_there, postgresql_where=is_there)
    op.create_table(
        "organization_domains",
        sa.Column("domain", sa.String(length=253), nullable=False),
        sa.Column("organization_id", row_id, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_organization_domains_organization_id_organizations"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("domain", name=op.f("pk_organization_domains")),
    )
    op.create_index(op.f("ix_organization_domains_organization_id"), "organization_domains", ["organization_id"])
    for table in ("users", "tickets"):
        name = op.f(f"fk_{table}_organization_id_organizations")
        if op.get_bind().dialect.name == "sqlite":
            # SQLite takes the constraint with the column only; writing the whole table anew would take minutes where it is large.
            op.execute(f"ALTER TABLE {table} ADD COLUMN organization_id INTEGER CONSTRAINT {name} REFERENCES organizations (id)")
        else:
            op.add_column(table, sa.Column("organization_id", row_id, nullable=True))
            op.create_foreign_key(name, table, "organizations", ["organization_id"], ["id"])
        op.create_index(op.f(f"ix_{table}_organization_id"), table, ["organization_id"])
    op.add_column("users", sa.Column("is_organization_chosen", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Drop the columns and the tables."""
    op.drop_column("users", "is_organization_chosen")
    for table in ("users", "tickets"):
        op.drop_index(op.f(f"ix_{table}_organization_id"), table)
        with op.batch_alter_table(table) as changed:
            changed.drop_constraint(op.f(f"fk_{table}_organization_id_organizations"), type_="foreignkey")
            changed.drop_column("organization_id")
    for table in ("organization_domains", "organizations"):
        op.drop_table(table)
