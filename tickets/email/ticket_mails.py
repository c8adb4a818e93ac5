"""The emails about tickets, and those that sign people in."""

from sqlalchemy.orm import Session

from kb.accounts import people
from kb.accounts.authentication import links
from kb.accounts.models import User
from kb.db import now
from kb.i18n import N_
from kb.i18n import gettext as _
from kb.jobs.worker import Job
from tickets.access import SYSTEM, person
from tickets.email import queries
from tickets.email.composition import Letter, thread_of
from tickets.email.mail_context import MailContext, Writer
from tickets.notification_choices import ASSIGNED, HELD, NEW, REPLIED
from tickets.subscribers import staff_email

STAFF_SUBJECTS = {
    NEW: N_("[#%(number)s] New ticket: %(subject)s"),
    ASSIGNED: N_("[#%(number)s] Assigned to you: %(subject)s"),
    REPLIED: N_("[#%(number)s] New reply: %(subject)s"),
    HELD: N_("[#%(number)s] Held for review: %(subject)s"),
}


def _request_received(mails: MailContext, session: Session, job: Job) -> Letter | None:
    # No word of the requester's: who writes a stranger's address into the form must not speak to them through us.
    ticket = queries.ticket_with_requester(session, SYSTEM, job.payload["ticket_id"])
    if ticket is None:
        return None
    with mails.speaking(ticket.language):
        text = mails.text("request_received.txt", ticket=ticket, url=mails.tracking_url(ticket))
        subject = _("[#%(number)s] We received your request", number=ticket.id)
    return Letter(ticket.requester.email, subject, text, thread_of(ticket.id, ticket.created_at))


def _agent_replied(mails: MailContext, session: Session, job: Job) -> Letter | None:
    comment = queries.public_reply(session, job.payload["comment_id"])
    if comment is None:
        return None
    ticket = comment.ticket
    with mails.speaking(ticket.language):
        text = mails.text("agent_replied.txt", ticket=ticket, comment=comment, url=mails.tracking_url(ticket))
    return Letter(ticket.requester.email, f"[#{ticket.id}] Re: {ticket.subject}", text, thread_of(ticket.id, ticket.created_at), is_automatic=False)


def _sign_in_link(mails: MailContext, session: Session, job: Job) -> Letter | None:
    user = _active(session, job)
    if user is None:
        return None
    # Made only now, so that the outbox never holds a link that works.
    url = mails.settings.public_url + links.path(links.make_link(session, user, now(), target=job.payload.get("next", "")))
    return Letter(user.email, _("Your sign-in link for %(site)s", site=mails.settings.site_name), mails.text("sign_in_link.txt", url=url))


def _sign_in_paused(mails: MailContext, session: Session, job: Job) -> Letter | None:
    user = _active(session, job)
    if user is None:
        return None
    text = mails.text("sign_in_paused.txt", url=f"{mails.settings.public_url}/sign-in")
    return Letter(user.email, _("Many failed sign-ins at %(site)s", site=mails.settings.site_name), text)


def _staff_notice(mails: MailContext, session: Session, job: Job) -> Letter | None:
    user = session.get(User, job.payload["user_id"])
    ticket = queries.ticket_with_requester(session, person(user), job.payload["ticket_id"])
    if user is None or not user.is_staff or ticket is None or not people.is_email(user.email):
        return None
    comment = queries.public_reply(session, job.payload["comment_id"]) if job.payload["comment_id"] is not None else None
    reason = job.payload["reasons"][0]
    site = mails.settings.public_url
    context = {"ticket": ticket, "comment": comment, "reason": reason, "url": f"{site}/desk/tickets/{ticket.id}", "choices_url": f"{site}/desk/notifications"}
    subject = _(STAFF_SUBJECTS[reason], number=ticket.id, subject=ticket.subject)
    return Letter(user.email, subject, mails.text("staff_notice.txt", **context), thread_of(ticket.id, ticket.created_at))


def _active(session: Session, job: Job) -> User | None:
    user = people.find(session, job.payload["email"])
    return user if user is not None and user.is_active else None


WRITERS: dict[str, Writer] = {
    "mail.request_received": _request_received,
    "mail.agent_replied": _agent_replied,
    "mail.sign_in_link": _sign_in_link,
    "mail.sign_in_paused": _sign_in_paused,
    staff_email.EMAIL: _staff_notice,
}
