"""Emails to the owner of an account about what was done to it: in their language where they did it themselves, else in the site's."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from kb.accounts import people
from kb.accounts.models import User
from kb.i18n.translate import current
from kb.jobs import outbox


def password_changed(session: Session, user: User, now: datetime) -> None:
    """Tell the owner that their password was changed."""
    _tell(session, "mail.password_changed", user.email, now, language=current().code)


def address_changed(session: Session, old: str, new: str, now: datetime) -> None:
    """Tell the old mailbox that the account now has another address."""
    _tell(session, "mail.address_changed", old, now, new=new, language=current().code)


def two_factor_changed(session: Session, user: User, *, is_on: bool, now: datetime) -> None:
    """Tell the owner that signing in takes a code from now on, or no longer does."""
    _tell(session, "mail.two_factor_changed", user.email, now, is_on=is_on, language=current().code)


def role_changed(session: Session, user: User, now: datetime) -> None:
    """Tell the person which role they have now."""
    _tell(session, "mail.role_changed", user.email, now, role=str(user.role), role_name=user.held_role.name)


def key_made(session: Session, user: User, name: str, now: datetime) -> None:
    """Tell the person that a program can act in their name."""
    _tell(session, "mail.key_made", user.email, now, key_name=name)


def new_sign_in(session: Session, user: User, browser: str, network: str, now: datetime) -> None:
    """Tell the person that somebody signed in with a browser that was not used before."""
    _tell(session, "mail.new_sign_in", user.email, now, browser=browser, network=network, language=current().code)


def _tell(session: Session, kind: str, email: str, now: datetime, **words: Any) -> None:
    # The first admin's address is a placeholder that no mail reaches.
    if people.is_email(email):
        outbox.enqueue(session, kind, {"email": email, **words}, now=now)
