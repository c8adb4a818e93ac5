"""People and what proves who they are. Tokens are stored as SHA-256 digests only."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, BigInteger, CheckConstraint, ColumnElement, ForeignKey, Index, String, Text, false, literal_column, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kb.accounts.permissions import Permission, known
from kb.db import Base, RowId, UtcDateTime

MAX_ROLE_NAME_CHARS = 60
MAX_GROUP_NAME_CHARS = 60
MAX_ORGANIZATION_NAME_CHARS = 120


class Role(StrEnum):
    """The roles that there always are, by slug: file requests, only note, answer, or run the place."""

    CUSTOMER = "customer"
    LIGHT = "light"
    AGENT = "agent"
    ADMIN = "admin"


_NOT_A_CUSTOMER = text("role <> 'customer'")
_IS_THERE = text("deleted_at IS NULL")


class StoredRole(Base):
    """A role and what it allows: one of `Role`, or one that an admin made."""

    __tablename__ = "roles"

    slug: Mapped[str] = mapped_column(String(20), primary_key=True)
    name: Mapped[str] = mapped_column(String(MAX_ROLE_NAME_CHARS), unique=True)
    """As an admin named it; the built-in ones are shown in the reader's language."""
    permissions: Mapped[list[str]] = mapped_column(JSON)

    @property
    def is_built_in(self) -> bool:
        """Whether the role is one that nobody can change or delete."""
        return self.slug in set(Role)

    @property
    def allows(self) -> frozenset[Permission]:
        """What the role allows."""
        return known(self.permissions)


class User(Base):
    """Anybody who filed, wrote or answered; a requester who never signed in has no password."""

    __tablename__ = "users"
    __table_args__ = (Index("ix_users_staff", "id", sqlite_where=_NOT_A_CUSTOMER, postgresql_where=_NOT_A_CUSTOMER),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    """Canonical: trimmed and in lower case."""
    name: Mapped[str] = mapped_column(String(120), default="")
    role: Mapped[str] = mapped_column(String(20), ForeignKey("roles.slug"), default=Role.CUSTOMER)
    """Slug of the role."""
    password_hash: Mapped[str | None] = mapped_column(String(200))
    is_active: Mapped[bool] = mapped_column(default=True)
    is_verified: Mapped[bool] = mapped_column(default=False)
    """Whether the person has shown that the email address is theirs."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    has_two_factor: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether signing in takes a code as well."""
    away_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When somebody on the staff is back; None, or in the past, while they are not away."""
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"), index=True)
    is_organization_chosen: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether an admin chose the organization, or none; else it is that of the address's domain."""
    # Not an inner join: where people are joined to tickets themselves, SQLite would join all people to their roles first.
    held_role: Mapped[StoredRole] = relationship(lazy="joined")

    @property
    def is_staff(self) -> bool:
        """Whether the desk is open to this person."""
        return self.is_active and self.role != Role.CUSTOMER

    @property
    def permissions(self) -> frozenset[Permission]:
        """What this person may do; nothing once they are disabled."""
        return self.held_role.allows if self.is_staff else frozenset()

    def is_away(self, now: datetime) -> bool:
        """Whether the person has said that they are away."""
        return self.away_until is not None and self.away_until > now

    @property
    def shown_name(self) -> str:
        """The name, or the address where none was given."""
        return self.name or self.email


# With the role in the statement itself: beside a parameter no database knows that the index of the few staff will do.
IS_STAFF: ColumnElement[bool] = User.role != literal_column("'customer'")


class Group(Base):
    """A team of the staff that tickets can belong to. A deleted one stays for the tickets that belonged to it."""

    __tablename__ = "groups"
    __table_args__ = (Index("uq_groups_name", "name", unique=True, sqlite_where=_IS_THERE, postgresql_where=_IS_THERE),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    name: Mapped[str] = mapped_column(String(MAX_GROUP_NAME_CHARS))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class GroupMember(Base):
    """Somebody in a group."""

    __tablename__ = "group_members"

    group_id: Mapped[int] = mapped_column(ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True)


class Organization(Base):
    """A company of customers. A deleted one stays for the tickets that its people sent."""

    __tablename__ = "organizations"
    __table_args__ = (Index("uq_organizations_name", "name", unique=True, sqlite_where=_IS_THERE, postgresql_where=_IS_THERE),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    name: Mapped[str] = mapped_column(String(MAX_ORGANIZATION_NAME_CHARS))
    notes: Mapped[str] = mapped_column(Text, default="")
    """For the staff."""
    tags: Mapped[list[str]] = mapped_column(JSON, default=list)
    shares_requests: Mapped[bool] = mapped_column(default=False)
    """Whether its people see each other's requests."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class OrganizationDomain(Base):
    """A domain whose addresses belong to an organization."""

    __tablename__ = "organization_domains"

    domain: Mapped[str] = mapped_column(String(253), primary_key=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"), index=True)


class SignInSession(Base):
    """A browser that is signed in; deleting the row signs it out."""

    __tablename__ = "sessions"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    proved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When the person last showed who they are, by password or link."""
    awaits_code: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether only the first of two factors was shown: nobody is signed in yet."""
    browser: Mapped[str] = mapped_column(String(60), default="")
    network: Mapped[str] = mapped_column(String(64), default="")
    user: Mapped[User] = relationship(lazy="joined")


class TwoFactor(Base):
    """The secret of a person's app; it counts once a code of it was typed."""

    __tablename__ = "two_factors"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    secret: Mapped[str] = mapped_column(String(64))
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)
    """Of the last code that was used: no code is taken twice."""


class RecoveryCode(Base):
    """A code that signs in once in place of the app's."""

    __tablename__ = "recovery_codes"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)


class SignInLink(Base):
    """A link that signs one person in once."""

    __tablename__ = "sign_in_links"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    target: Mapped[str] = mapped_column(String(1000), default="")
    """Path the person is led to; empty for their usual first page."""
    user: Mapped[User] = relationship(lazy="joined")


class AddressChange(Base):
    """A link that gives an account another address once its mailbox is proved; the row goes when the link is used."""

    __tablename__ = "address_changes"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    email: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ApiKey(Base):
    """A key of the API; `scope` is `read` or `write` (which includes reading)."""

    __tablename__ = "api_keys"
    __table_args__ = (CheckConstraint("scope IN ('read', 'write')", name="scope"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scope: Mapped[str] = mapped_column(String(10), default="write")
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    user: Mapped[User] = relationship(lazy="joined")
