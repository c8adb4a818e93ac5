"""Roles as rows: admins can make their own, of a fixed list of permissions. Everybody keeps the rights they had."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

DESK = ["see_all_tickets", "write_notes", "reply", "change_tickets", "see_reports"]
BUILT_IN = {
    "customer": ("Customer", []),
    "light": ("Light agent", ["see_all_tickets", "write_notes", "see_reports"]),
    "agent": ("Agent", DESK),
    "admin": ("Admin", [*DESK, "manage_people", "manage_keys", "read_audit_log"]),
}


def upgrade() -> None:
    """Add the table with the roles that there were and the light agent, and have people point at it."""
    roles = op.create_table(
        "roles",
        sa.Column("slug", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("permissions", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_roles")),
        sa.UniqueConstraint("name", name=op.f("uq_roles_name")),
    )
    op.bulk_insert(roles, [{"slug": slug, "name": name, "permissions": permissions} for slug, (name, permissions) in BUILT_IN.items()])
    with op.batch_alter_table("users") as users:
        users.drop_constraint(op.f("ck_users_role"), type_="check")
        users.create_foreign_key(op.f("fk_users_role_roles"), "roles", ["role"], ["slug"])


def downgrade() -> None:
    """Drop the table. Whoever has a role that an earlier version does not know becomes a customer, which gives nobody more rights."""
    op.execute("UPDATE users SET role = 'customer' WHERE role NOT IN ('customer', 'agent', 'admin')")
    with op.batch_alter_table("users") as users:
        users.drop_constraint(op.f("fk_users_role_roles"), type_="foreignkey")
        users.create_check_constraint(op.f("ck_users_role"), "role IN ('customer', 'agent', 'admin')")
    op.drop_table("roles")
