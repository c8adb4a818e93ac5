"""The tables of the audit log. Triggers in the database refuse to change its rows, or to delete those of the last 30 days."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from kb.db import Base, RowId, UtcDateTime

MAX_DETAIL_CHARS = 500


class Kind(StrEnum):
    """What happened."""

    SIGN_IN = "sign_in"
    SIGN_IN_FAILED = "sign_in_failed"
    FAILURES_NOT_LISTED = "failures_not_listed"
    IDENTITY_CONFIRMED = "identity_confirmed"
    SIGN_OUT = "sign_out"
    SESSIONS_ENDED = "sessions_ended"
    SIGN_IN_LINK_MADE = "sign_in_link_made"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105
    TWO_FACTOR_ON = "two_factor_on"
    TWO_FACTOR_OFF = "two_factor_off"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    ADDRESS_CHANGED = "address_changed"
    PERSON_ADDED = "person_added"
    INVITATION_SENT = "invitation_sent"
    ROLE_CHANGED = "role_changed"
    ROLE_CREATED = "role_created"
    ROLE_EDITED = "role_edited"
    ROLE_DELETED = "role_deleted"
    GROUP_CREATED = "group_created"
    GROUP_EDITED = "group_edited"
    GROUP_DELETED = "group_deleted"
    ORGANIZATION_CREATED = "organization_created"
    ORGANIZATION_EDITED = "organization_edited"
    ORGANIZATION_DELETED = "organization_deleted"
    ORGANIZATION_CHANGED = "organization_changed"
    PERSON_DISABLED = "person_disabled"
    PERSON_ENABLED = "person_enabled"
    KEY_MADE = "key_made"
    KEY_REVOKED = "key_revoked"
    SETTINGS_CHANGED = "settings_changed"


class AuditRecord(Base):
    """One thing that happened. Addresses are kept as they were then: they stay readable when a person changes theirs."""

    __tablename__ = "audit_log"
    __table_args__ = (
        Index("ix_audit_log_kind", "kind", "id"),
        Index("ix_audit_log_actor_id", "actor_id", "id"),
        Index("ix_audit_log_person_id", "person_id", "id"),
        Index("ix_audit_log_person", "person", "id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    kind: Mapped[str] = mapped_column(String(40))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    actor: Mapped[str] = mapped_column(String(254), default="")
    """Address of the person who did it, `command line` or `Deskbook`; empty when nobody was signed in."""
    person_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    person: Mapped[str] = mapped_column(String(254), default="")
    """Address of the person it was done to, or the address typed into the sign-in page."""
    detail: Mapped[str] = mapped_column(String(MAX_DETAIL_CHARS), default="")
    network: Mapped[str] = mapped_column(String(64), default="")


class SettingInForce(Base):
    """A setting as it was at the last start: a digest of its value, keyed by the site's secret key where it is a secret."""

    __tablename__ = "settings_in_force"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
