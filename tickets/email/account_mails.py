"""The mails about accounts: invitations, proofs of an address, and notices of what was changed."""

from datetime import timedelta

from sqlalchemy.orm import Session

from kb.accounts import links, people
from kb.accounts.models import User
from kb.db import now
from kb.jobs.worker import Job
from tickets.email.composition import Letter
from tickets.email.mail_context import MailContext, Writer

ROLES = {"admin": "an admin", "agent": "an agent", "customer": "a customer"}


def _invitation(mails: MailContext, session: Session, job: Job) -> Letter | None:
    person = people.find(session, job.payload["email"])
    if person is None or not person.is_staff:
        return None
    hours, site = mails.settings.invitation_hours, mails.settings.site_name
    # Made only now, so that the outbox never holds a link that works.
    url = mails.settings.public_url + links.path(links.make_link(session, person, now(), life=timedelta(hours=hours)))
    text = mails.text("invitation.txt", url=url, hours=hours, role=ROLES[person.role], sign_in_url=_sign_in_url(mails))
    return Letter(person.email, f"Your account at {site}", text)


def _confirm_address(mails: MailContext, session: Session, job: Job) -> Letter | None:
    user, email = session.get(User, job.payload["user_id"]), job.payload["email"]
    if user is None or not user.is_active:
        return None
    if people.find(session, email) is not None:
        text = mails.text("address_taken.txt", sign_in_url=_sign_in_url(mails))
        return Letter(email, f"Your email address at {mails.settings.site_name}", text)
    url = mails.settings.public_url + links.make_address_link(session, user, email, now())
    return Letter(email, f"Confirm your email address for {mails.settings.site_name}", mails.text("confirm_address.txt", url=url))


def _notice(template: str, subject: str) -> Writer:
    def write(mails: MailContext, session: Session, job: Job) -> Letter | None:  # noqa: ARG001
        words = {name: value for name, value in job.payload.items() if name != "email"}
        text = mails.text(template, at=job.created_at, roles=ROLES, sign_in_url=_sign_in_url(mails), **words)
        return Letter(job.payload["email"], f"{subject} at {mails.settings.site_name}", text)

    return write


def _sign_in_url(mails: MailContext) -> str:
    return f"{mails.settings.public_url}/sign-in"


WRITERS: dict[str, Writer] = {
    "mail.invitation": _invitation,
    "mail.confirm_address": _confirm_address,
    "mail.password_changed": _notice("password_changed.txt", "Your password was changed"),
    "mail.address_changed": _notice("address_changed.txt", "Your email address was changed"),
    "mail.role_changed": _notice("role_changed.txt", "Your role was changed"),
    "mail.key_made": _notice("key_made.txt", "An API key was made in your name"),
    "mail.new_sign_in": _notice("new_sign_in.txt", "New sign-in"),
}
