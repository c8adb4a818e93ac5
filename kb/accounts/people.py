"""People: found by their address in one spelling, added, and listed."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from kb.accounts import queries, roles
from kb.accounts.models import Role, StoredRole, User
from kb.i18n import gettext as _
from kb.text import email_address
from kb.text.cleanup import one_line

MAX_NAME_CHARS = 120
Change = Callable[[Session, User], None]


class PersonRefused(Exception):
    """The person cannot be stored; the message says what to do."""


def canonical_email(email: str) -> str:
    """The one spelling under which an address is stored and found; what is no address is only trimmed and in lower case."""
    return email_address.canonical_email(email) or email.strip().lower()


def is_email(text: str) -> bool:
    """Whether `text` is one plain address."""
    return email_address.canonical_email(text) is not None


def find(session: Session, email: str) -> User | None:
    """The person with this address in any spelling."""
    return queries.user_by_email(session, canonical_email(email))


def add_user(session: Session, email: str, name: str, role: str, now: datetime) -> User:
    """A new person, or the customer of that address raised to `role`; raises PersonRefused."""
    spelling = canonical_email(email)
    if not is_email(email):
        raise PersonRefused(_("“%(email)s” is not an email address.", email=email[:80]))
    given = _role(session, role)
    found = queries.user_by_email(session, spelling)
    if found is not None and (found.role != Role.CUSTOMER or role == Role.CUSTOMER):
        raise PersonRefused(_("%(person)s already has an account with the role “%(role)s”.", person=spelling, role=roles.name_of(found.held_role)))
    if found is not None:
        sign_out_everywhere(session, found)
    organization_id = queries.organization_of_domain(session, spelling)
    user = found or User(email=spelling, is_active=True, is_verified=False, created_at=now, organization_id=organization_id, is_organization_chosen=False)
    user.role, user.held_role, user.name = given.slug, given, one_line(name)[:MAX_NAME_CHARS] or user.name or ""
    session.add(user)
    session.flush()
    return user


def list_users(session: Session, *, staff_only: bool = False, words: str = "", limit: int = 100, offset: int = 0) -> Sequence[User]:
    """People, admins first, then the other staff, then customers; by address. `words` narrows by name and address."""
    return queries.people(session, staff_only=staff_only, words=words, limit=limit, offset=offset)


def first_admin(session: Session, now: datetime) -> User | None:
    """The admin to hand the first sign-in link to, made when there is none; None once any admin has signed in."""
    admins = queries.active_admins(session)
    if any(admin.is_verified or admin.password_hash for admin in admins):
        return None
    if admins:
        return admins[0]
    # Not an address that mail could reach: the admin enters their own on the account page.
    admin = User(email="admin@localhost", name="Admin", role=Role.ADMIN, held_role=_role(session, Role.ADMIN), created_at=now)
    session.add(admin)
    session.flush()
    return admin


def change_role(session: Session, user: User, role: str) -> None:
    """Gives the person another role and signs them out everywhere; raises PersonRefused for the last admin."""
    given = _role(session, role)
    if role != Role.ADMIN:
        _keep_an_admin(session, user)
    if role != user.role:
        # A session outlives no change of rights: what was signed in as less, or more, signs in again.
        sign_out_everywhere(session, user)
    user.role, user.held_role = given.slug, given


def disable(session: Session, user: User) -> None:
    """Signs the person out everywhere and lets them in no more; raises PersonRefused for the last admin."""
    _keep_an_admin(session, user)
    user.is_active = False
    sign_out_everywhere(session, user)


def sign_out_everywhere(session: Session, user: User) -> None:
    """Ends every session of the person and voids every sign-in link."""
    queries.delete_sessions_of(session, user.id)
    queries.delete_links_of(session, user.id)


def enable(user: User) -> None:
    """Lets a disabled person sign in again."""
    user.is_active = True


def _role(session: Session, slug: str) -> StoredRole:
    role = roles.find(session, slug)
    if role is None:
        known = ", ".join(role.slug for role in roles.all_roles(session))
        raise PersonRefused(_("There is no role “%(role)s”. Use one of: %(known)s.", role=slug[:40], known=known))
    return role


def _keep_an_admin(session: Session, user: User) -> None:
    if [admin.id for admin in queries.active_admins(session)] == [user.id]:
        raise PersonRefused(_("This is the only admin. Make someone else an admin first."))
