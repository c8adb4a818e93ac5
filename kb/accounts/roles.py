"""Roles: what people may do, as rows that admins add to."""

import secrets
from collections.abc import Collection, Sequence

from sqlalchemy.orm import Session

from kb.accounts import role_queries
from kb.accounts.models import MAX_ROLE_NAME_CHARS, Role, StoredRole
from kb.accounts.permissions import Permission, in_order
from kb.i18n import gettext as _
from kb.i18n import pgettext
from kb.text.cleanup import one_line


class RoleRefused(Exception):
    """The role cannot be stored so; the message says what to do."""


def find(session: Session, slug: str) -> StoredRole | None:
    """The role with this slug."""
    return role_queries.role(session, slug) if len(slug) <= 20 and slug.isascii() and slug.isprintable() else None


def all_roles(session: Session) -> Sequence[StoredRole]:
    """Every role, admins first, customers last."""
    return role_queries.roles(session)


def name_of(role: StoredRole) -> str:
    """The role's name; that of a built-in one in the language in use."""
    words = {
        Role.ADMIN: pgettext("role", "Admin"),
        Role.AGENT: pgettext("role", "Agent"),
        Role.LIGHT: pgettext("role", "Light agent"),
        Role.CUSTOMER: pgettext("role", "Customer"),
    }
    return words[Role(role.slug)] if role.is_built_in else role.name


def create(session: Session, name: str, permissions: Collection[Permission], giver: Collection[Permission]) -> StoredRole:
    """Store a new role; raises RoleRefused. `giver` is what the person who makes it may do."""
    role = StoredRole(slug=f"role-{secrets.token_hex(6)}", name="", permissions=[])
    _set(session, role, name, permissions, giver)
    session.add(role)
    session.flush()
    return role


def change(session: Session, role: StoredRole, name: str, permissions: Collection[Permission], giver: Collection[Permission], *, signed_in: str) -> None:
    """Store another name and other permissions; raises RoleRefused. Everybody with the role signs in again, but in the session with the digest `signed_in`."""
    if role.is_built_in:
        raise RoleRefused(_("This role can’t be changed. Create one of your own."))
    before = role.allows
    require_share(giver, before)
    _set(session, role, name, permissions, giver)
    if role.allows != before:
        role_queries.end_sessions_of(session, role.slug, but=signed_in)


def delete(session: Session, role: StoredRole, giver: Collection[Permission]) -> None:
    """Delete the role; raises RoleRefused while somebody has it."""
    if role.is_built_in:
        raise RoleRefused(_("This role can’t be deleted."))
    require_share(giver, role.allows)
    if role_queries.holders(session).get(role.slug):
        raise RoleRefused(_("Some people still have this role. Give them another one first."))
    session.delete(role)


def require_share(giver: Collection[Permission], given: Collection[Permission]) -> None:
    """Raise RoleRefused for a permission that `giver` lacks: nobody hands out, or takes away, more than they have."""
    if not set(given) <= set(giver):
        raise RoleRefused(_("You can only manage roles and people that may do no more than you."))


def short_name(role: StoredRole) -> str:
    """The role as the audit log names it: the slug of a built-in one, which no language changes, else its name."""
    return role.slug if role.is_built_in else f"“{role.name}”"


def described(role: StoredRole) -> str:
    """The role in words, for the audit log."""
    return f"“{role.name}”: {', '.join(in_order(role.allows)) or 'nothing'}"


def _set(session: Session, role: StoredRole, name: str, permissions: Collection[Permission], giver: Collection[Permission]) -> None:
    name = one_line(name)
    if not name:
        raise RoleRefused(_("Enter a name for the role."))
    if len(name) > MAX_ROLE_NAME_CHARS:
        raise RoleRefused(_("Use at most %(most)s characters for the name.", most=MAX_ROLE_NAME_CHARS))
    if role_queries.has_name(session, name, role.slug) or name.lower() in {name_of(one).lower() for one in all_roles(session) if one.is_built_in}:
        raise RoleRefused(_("There is already a role with this name. Choose another one."))
    require_share(giver, permissions)
    role.name, role.permissions = name, [str(permission) for permission in in_order(permissions)]
