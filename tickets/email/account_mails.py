"""Emails about accounts: invitations, address confirmations, and notices of changes."""

from datetime import timedelta

from sqlalchemy.orm import Session

from kb.accounts import people
from kb.accounts.authentication import links
from kb.accounts.authentication.browser_name import shown_name
from kb.accounts.models import User
from kb.db import now
from kb.i18n import N_
from kb.i18n import gettext as _
from kb.jobs.worker import Job
from tickets.email.composition import Letter
from tickets.email.mail_context import MailContext, Writer


def _invitation(mails: MailContext, session: Session, job: Job) -> Letter | None:
    person = people.find(session, job.payload["email"])
    if person is None or not person.is_staff:
        return None
    hours, site = mails.settings.invitation_hours, mails.settings.site_name
    # Made only now, so that the outbox never holds a link that works.
    url = mails.settings.public_url + links.path(links.make_link(session, person, now(), life=timedelta(hours=hours)))
    text = mails.text("invitation.txt", url=url, hours=hours, role=person.role, role_name=person.held_role.name, sign_in_url=_sign_in_url(mails))
    return Letter(person.email, _("Your account at %(site)s", site=site), text)


def _confirm_address(mails: MailContext, session: Session, job: Job) -> Letter | None:
    user, email = session.get(User, job.payload["user_id"]), job.payload["email"]
    if user is None or not user.is_active:
        return None
    if people.find(session, email) is not None:
        text = mails.text("address_taken.txt", sign_in_url=_sign_in_url(mails))
        return Letter(email, _("Your email address at %(site)s", site=mails.settings.site_name), text)
    url = mails.settings.public_url + links.make_address_link(session, user, email, now())
    return Letter(email, _("Confirm your email address for %(site)s", site=mails.settings.site_name), mails.text("confirm_address.txt", url=url))


def _notice(template: str, subject: str) -> Writer:
    def write(mails: MailContext, session: Session, job: Job) -> Letter | None:  # noqa: ARG001
        words = {name: value for name, value in job.payload.items() if name not in ("email", "language")}
        if "browser" in words:
            words["browser"] = shown_name(words["browser"])
        text = mails.text(template, at=job.created_at, sign_in_url=_sign_in_url(mails), **words)
        return Letter(job.payload["email"], _(subject, site=mails.settings.site_name), text)

    return write


def _sign_in_url(mails: MailContext) -> str:
    return f"{mails.settings.public_url}/sign-in"


WRITERS: dict[str, Writer] = {
    "mail.invitation": _invitation,
    "mail.confirm_address": _confirm_address,
    "mail.password_changed": _notice("password_changed.txt", N_("Your password at %(site)s was changed")),
    "mail.two_factor_changed": _notice("two_factor_changed.txt", N_("Two-factor sign-in at %(site)s was changed")),
    "mail.address_changed": _notice("address_changed.txt", N_("Your email address at %(site)s was changed")),
    "mail.role_changed": _notice("role_changed.txt", N_("Your role at %(site)s was changed")),
    "mail.key_made": _notice("key_made.txt", N_("New API key in your name at %(site)s")),
    "mail.new_sign_in": _notice("new_sign_in.txt", N_("New sign-in at %(site)s")),
}
