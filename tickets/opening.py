"""Opening a ticket: the requester, the first message and all that follows from it, in one transaction."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from kb.accounts.limits import take
from kb.accounts.models import User
from kb.events.models import Event, Kind
from kb.events.recorder import Visit, row
from kb.jobs.outbox import enqueue
from tickets import queries
from tickets.attachments import StoredFile, attach
from tickets.models import AuditEntry, Comment, Priority, Ticket, TicketArticle, TicketTag, TicketType

ACKS_PER_HOUR = 3


@dataclass(frozen=True, slots=True)
class ReadArticle:
    """An article the requester had read before filing, in the version they saw."""

    slug: str
    title: str
    digest: str = ""
    commit: str | None = None


@dataclass(frozen=True, slots=True)
class NewTicket:
    """A request, checked already: `email` is canonical, the texts are within their limits."""

    email: str
    subject: str
    body: str
    name: str = ""
    category: str = ""
    priority: Priority = Priority.NORMAL
    type: TicketType = TicketType.QUESTION
    tags: tuple[str, ...] = ()
    via: str = "web"
    locale: str = "en"
    external_id: str | None = None
    nonce: str | None = None
    """Of the form: the same form sent again is the same ticket."""
    visit: Visit | None = None
    articles: tuple[ReadArticle, ...] = ()
    files: tuple[StoredFile, ...] = ()
    uploads: tuple[str, ...] = ()
    """Tokens of files that wait under the form's nonce."""
    submitter_id: int | None = None
    """Who filed it when that was not the requester."""
    suspended_reason: str | None = None


@dataclass(frozen=True, slots=True)
class OpenedTicket:
    """The ticket that a request became; `is_new` is False when it had been sent before."""

    id: int
    salt: str
    requester_id: int
    created_at: datetime
    is_new: bool = True


def open_ticket(session: Session, new: NewTicket, *, now: datetime) -> OpenedTicket:
    """The ticket made of `new`, or the one that the same form has become before. A held one sends no mail."""
    requester_id = find_or_make_requester(session, new.email, new.name, now=now)
    salt = secrets.token_hex(16)
    ticket_id = queries.store_once(
        session,
        Ticket,
        "nonce",
        subject=new.subject,
        priority=str(new.priority),
        type=str(new.type),
        requester_id=requester_id,
        submitter_id=new.submitter_id or requester_id,
        category=new.category,
        via=new.via,
        locale=new.locale,
        external_id=new.external_id,
        visit=new.visit.id if new.visit else "",
        visitor=new.visit.visitor if new.visit else "",
        nonce=new.nonce,
        salt=salt,
        suspended_reason=new.suspended_reason,
        created_at=now,
        updated_at=now,
        version=1,
    )
    if ticket_id is None:
        # The same form was sent before, or at the same moment and was quicker.
        return sent_before(session, new.nonce or "") or open_ticket(session, new, now=now)
    _store_what_belongs(session, new, ticket_id, requester_id, now=now)
    return OpenedTicket(ticket_id, salt, requester_id, now)


def sent_before(session: Session, nonce: str) -> OpenedTicket | None:
    """The ticket that the form with this nonce has become."""
    found = queries.sent_before(session, nonce)
    return OpenedTicket(found[0], found[1], found[2], found[3], is_new=False) if found else None


def find_or_make_requester(session: Session, email: str, name: str, *, now: datetime) -> int:
    """The id of the account with this canonical address, made now when there is none, named now when its customer never was."""
    found = queries.user_id(session, email)
    if found is None:
        found = queries.store_once(session, User, "email", email=email, name=name[:120], created_at=now)
    elif name:
        queries.name_customer(session, found, name[:120])
    return found if found is not None else find_or_make_requester(session, email, name, now=now)


def _store_what_belongs(session: Session, new: NewTicket, ticket_id: int, requester_id: int, *, now: datetime) -> None:
    author_id = requester_id
    comment_id = queries.store(session, Comment, ticket_id=ticket_id, author_id=author_id, body=new.body, via=new.via, created_at=now)
    queries.store(session, AuditEntry, ticket_id=ticket_id, actor_id=new.submitter_id or requester_id, at=now, field="status", new="new")
    attach(session, new.files, ticket_id=ticket_id, comment_id=comment_id, now=now)
    if new.uploads and new.nonce:
        queries.claim_uploads(session, new.nonce, new.uploads, ticket_id=ticket_id, comment_id=comment_id)
    _store_articles(session, new.articles, ticket_id, now)
    for tag in dict.fromkeys(new.tags):
        queries.store(session, TicketTag, ticket_id=ticket_id, name=tag)
    event = {"at": now, "ticket_id": ticket_id, "user_id": requester_id, "source": new.via, "locale": new.locale}
    queries.store(session, Event, **row(new.visit, Kind.TICKET_CREATED, event))
    if new.suspended_reason is None and take(session, f"ack:{new.email}", most=ACKS_PER_HOUR, window=timedelta(hours=1), now=now):
        enqueue(session, "mail.request_received", {"ticket_id": ticket_id}, ticket_id=ticket_id, now=now)


def _store_articles(session: Session, articles: Sequence[ReadArticle], ticket_id: int, now: datetime) -> None:
    for article in articles:
        queries.store(
            session,
            TicketArticle,
            ticket_id=ticket_id,
            relation="read",
            slug=article.slug,
            title=article.title[:300],
            digest=article.digest,
            commit=article.commit,
            created_at=now,
        )
