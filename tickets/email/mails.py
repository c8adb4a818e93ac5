"""The mails Deskbook sends, each a job of the outbox."""

from collections.abc import Callable, Mapping
from functools import partial

from jinja2 import Environment
from sqlalchemy.orm import Session

from kb.accounts import links, people
from kb.accounts.models import User
from kb.config import Settings
from kb.db import Database, now
from kb.jobs.worker import Handler, Job, TryLater, Undoable
from tickets.access import SYSTEM, person
from tickets.email import account_mails, queries
from tickets.email.composition import Letter, compose, thread_of
from tickets.email.delivery import send
from tickets.email.failures import UNEXPECTED
from tickets.models import Ticket
from tickets.notification_choices import ASSIGNED, HELD, NEW, REPLIED
from tickets.subscribers import staff_email
from tickets.tracking import tracking_path

STAFF_SUBJECTS = {NEW: "New ticket", ASSIGNED: "Assigned to you", REPLIED: "New reply", HELD: "Held for review"}
Writer = Callable[["Mails", Session, Job], Letter | None]


class Mails:
    """Writes and sends the mail of a job; `key` is the site's, for tracking links."""

    def __init__(self, settings: Settings, database: Database, templates: Environment, key: str) -> None:
        self.settings, self.database, self.templates, self.key = settings, database, templates, key

    def handlers(self) -> Mapping[str, Handler]:
        """Kind of job → what does it."""
        return {kind: partial(self._mail, writer) for kind, writer in WRITERS.items()}

    def text(self, name: str, **context: object) -> str:
        """A template of the mails as text."""
        return self.templates.get_template(f"email/{name}").render(context).strip() + "\n"

    def tracking_url(self, ticket: Ticket) -> str:
        """The requester's secret link."""
        return self.settings.public_url + tracking_path(self.key, ticket.id, ticket.salt, is_emailed=True)

    def _mail(self, writer: Writer, job: Job) -> None:
        try:
            # The link of a sign-in mail is stored (as a digest) before the mail goes out; sending is outside the transaction.
            with self.database.write() as session:
                letter = writer(self, session, job)
            if letter is not None:
                send(self.settings, compose(self.settings, job, letter))
        except (Undoable, TryLater):
            raise
        except Exception as error:
            raise TryLater(UNEXPECTED) from error


def _request_received(mails: Mails, session: Session, job: Job) -> Letter | None:
    # No word of the requester's: who writes a stranger's address into the form must not speak to them through us.
    ticket = queries.ticket_with_requester(session, SYSTEM, job.payload["ticket_id"])
    if ticket is None:
        return None
    text = mails.text("request_received.txt", ticket=ticket, url=mails.tracking_url(ticket))
    return Letter(ticket.requester.email, f"[#{ticket.id}] We received your request", text, thread_of(ticket.id, ticket.created_at))


def _agent_replied(mails: Mails, session: Session, job: Job) -> Letter | None:
    comment = queries.public_reply(session, job.payload["comment_id"])
    if comment is None:
        return None
    ticket = comment.ticket
    text = mails.text("agent_replied.txt", ticket=ticket, comment=comment, url=mails.tracking_url(ticket))
    return Letter(ticket.requester.email, f"[#{ticket.id}] Re: {ticket.subject}", text, thread_of(ticket.id, ticket.created_at), is_automatic=False)


def _sign_in_link(mails: Mails, session: Session, job: Job) -> Letter | None:
    user = _active(session, job)
    if user is None:
        return None
    # Made only now, so that the outbox never holds a link that works.
    url = mails.settings.public_url + links.path(links.make_link(session, user, now(), target=job.payload.get("next", "")))
    return Letter(user.email, f"Your sign-in link for {mails.settings.site_name}", mails.text("sign_in_link.txt", url=url))


def _sign_in_paused(mails: Mails, session: Session, job: Job) -> Letter | None:
    user = _active(session, job)
    if user is None:
        return None
    text = mails.text("sign_in_paused.txt", url=f"{mails.settings.public_url}/sign-in")
    return Letter(user.email, f"Many failed sign-ins at {mails.settings.site_name}", text)


def _staff_notice(mails: Mails, session: Session, job: Job) -> Letter | None:
    user = session.get(User, job.payload["user_id"])
    ticket = queries.ticket_with_requester(session, person(user), job.payload["ticket_id"])
    if user is None or not user.is_staff or ticket is None or not people.is_email(user.email):
        return None
    comment = queries.public_reply(session, job.payload["comment_id"]) if job.payload["comment_id"] is not None else None
    reason = job.payload["reasons"][0]
    site = mails.settings.public_url
    context = {"ticket": ticket, "comment": comment, "reason": reason, "url": f"{site}/desk/tickets/{ticket.id}", "choices_url": f"{site}/desk/notifications"}
    subject = f"[#{ticket.id}] {STAFF_SUBJECTS[reason]}: {ticket.subject}"
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
    **account_mails.WRITERS,
}
