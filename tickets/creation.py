"""Filing a ticket: the requester, the first message and all that follows from it, in one transaction."""

import secrets
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from kb.events.recorder import CurrentVisit
from kb.i18n import gettext as _
from kb.i18n.catalogs import known_language
from kb.i18n.translate import speaking
from tickets import filing_queries, queries
from tickets.access import Actor
from tickets.attachments import StoredFile
from tickets.audit import Commented, Created
from tickets.comment import ArticleVersion, NewComment, attach_files, store_articles
from tickets.models import MAX_SUBJECT_CHARS, Priority, Status, Ticket, TicketTag, TicketType
from tickets.nonce import content_key
from tickets.recorded_update import Filed, RecordedUpdate
from tickets.search.index_rows import NewTicketText, index_new
from tickets.subscribers import record


@dataclass(frozen=True, slots=True)
class NewTicket:
    """A request that was checked already: `email` is canonical, the texts are within their limits."""

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
    language: str = ""
    """The language of the pages that the requester reads; empty for the site's."""
    external_id: str | None = None
    nonce: str | None = None
    """Of an API client's request: sent again it is the same ticket, whatever it says."""
    form_nonce: str | None = None
    """Of the form: sent again with the same words it is the same ticket, with other words another one."""
    visit: CurrentVisit | None = None
    articles: tuple[ArticleVersion, ...] = ()
    """Read before filing."""
    files: tuple[StoredFile, ...] = ()
    uploads: tuple[str, ...] = ()
    """Tokens of files that wait under the form's nonce."""
    submitter_id: int | None = None
    """Who filed it when that was not the requester."""
    suspended_reason: str | None = None
    group_id: int | None = None
    """The team that looks after it; None for that of the category."""
    organization_id: int | None = None
    """The requester's company, which is looked up."""
    follow_up_of_id: int | None = None
    """The closed ticket that this one continues."""
    agent: Actor | None = None
    """Who wrote the first message, when that was an agent and not the requester; the ticket becomes theirs."""
    is_public: bool = True
    """Whether the requester reads the first message."""
    linked: tuple[ArticleVersion, ...] = ()
    """Linked in the first message, by an agent."""
    proof: str = ""
    """How the requester showed that the address is theirs, of Proof."""
    receipts: int | None = None
    """How many receipts the address got in this hour, with that for this request; None where it is not counted yet."""

    @property
    def key(self) -> str | None:
        """What makes the request one ticket however often it is sent; None for one that is never sent again."""
        if self.form_nonce is None:
            return self.nonce
        words = (self.email, self.name, self.subject, self.body, self.category)
        return content_key(self.form_nonce, *words, *(file.sha256 for file in self.files), *self.uploads)


@dataclass(frozen=True, slots=True)
class FiledTicket:
    """The ticket that a request became; `is_new` is False when it had been sent before."""

    id: int
    salt: str
    requester_id: int
    created_at: datetime
    is_new: bool = True
    group_id: int | None = None
    organization_id: int | None = None


Completion = Callable[[NewTicket], NewTicket]


def create(session: Session, new: NewTicket, *, now: datetime, complete: Completion | None = None) -> FiledTicket:
    """File `new` and return its ticket, or the one that the same request became before. A held one sends its requester no email.

    `complete` is asked, for a request that was not sent before, for what is found out only then.
    """
    known = filing_queries.known_request(session, new.key, new.email, new.category)
    if known.filed is not None:
        return FiledTicket(*known.filed, is_new=False, group_id=known.group_id, organization_id=known.organization_id)
    new = replace(new, group_id=known.group_id if new.group_id is None else new.group_id, organization_id=known.organization_id)
    if complete is not None:
        new = complete(new)
    salt = secrets.token_hex(16)
    stored = filing_queries.store_request(
        session,
        person=_person(new, now) if known.requester_id is None else None,
        ticket=_columns(new, known.requester_id, salt, now),
        comment=_first_message(new, now),
    )
    if stored is None:
        # The same form, or another one of the same person, was sent at the same moment, and won.
        return sent_before(session, new.key or "") or create(session, new, now=now)
    ticket_id, requester_id, comment_id = stored
    attach_files(session, new.files, new.uploads, new.form_nonce, ticket_id=ticket_id, comment_id=comment_id, now=now)
    store_articles(session, new.articles, "read", ticket_id, now)
    store_articles(session, new.linked, "linked", ticket_id, now)
    queries.store_all(session, TicketTag, [{"ticket_id": ticket_id, "name": tag} for tag in dict.fromkeys(new.tags)])
    profile = filing_queries.name_of(session, known.requester_id) if known.requester_id is not None else "" if not new.proof else new.name
    text = NewTicketText(new.subject, (new.name, profile, new.email), new.tags, new.locale, new.language)
    has_files = bool(new.files or new.uploads)
    index_new(session, ticket_id, text, comment_id, new.body, is_public=new.is_public, has_files=has_files)
    events = (Created(), Commented(comment_id, is_public=new.is_public))
    filed = Filed(new.email, new.visit, new.locale, known.staff, new.receipts) if new.agent is None else None
    actor = new.agent or Actor(new.submitter_id or requester_id)
    assignee_id = new.agent.user_id if new.agent is not None else None
    record(session, RecordedUpdate(ticket_id, 1, requester_id, assignee_id, new.suspended_reason is not None, actor, new.via, now, events, filed, new.group_id))
    return FiledTicket(ticket_id, salt, requester_id, now, group_id=new.group_id, organization_id=new.organization_id)


def sent_before(session: Session, key: str) -> FiledTicket | None:
    """Return the ticket that the request with this key became."""
    filed = filing_queries.known_request(session, key, "", "").filed
    return FiledTicket(*filed, is_new=False) if filed is not None else None


def follow_up(session: Session, closed: Ticket, comment: NewComment, *, via: str, now: datetime) -> FiledTicket:
    """File the requester's message on a closed ticket as a ticket of its own that names the old one."""
    return create(session, continuation(closed, comment, via=via), now=now)


def follow_up_by_agent(session: Session, closed: Ticket, comment: NewComment, *, agent: Actor, via: str, now: datetime) -> FiledTicket:
    """File an agent's message on a closed ticket as a ticket of its own for the same requester, who is emailed as for a reply."""
    new = replace(continuation(closed, comment, via=via), suspended_reason=None, agent=agent, is_public=comment.is_public, linked=comment.articles)
    return create(session, new, now=now)


def continuation(closed: Ticket, comment: NewComment, *, via: str) -> NewTicket:
    """Return the request that continues a closed ticket with a message."""
    return NewTicket(
        email=closed.requester.email,
        name=closed.requester_name,
        subject=_follow_up_subject(closed)[:MAX_SUBJECT_CHARS],
        body=comment.body,
        category=closed.category,
        via=via,
        locale=closed.locale,
        language=closed.language,
        form_nonce=comment.nonce,
        files=comment.files,
        uploads=comment.uploads,
        suspended_reason=closed.suspended_reason,
        proof=comment.proof,
        follow_up_of_id=closed.id,
        group_id=closed.group_id,
    )


def _person(new: NewTicket, now: datetime) -> dict[str, Any]:
    """Return the columns of a new requester. A name that nobody vouched for stays with the request."""
    return {"email": new.email, "name": new.name[:120] if new.proof else "", "organization_id": new.organization_id, "created_at": now}


def _follow_up_subject(closed: Ticket) -> str:
    with speaking(known_language(closed.language)) if closed.language else nullcontext():
        return _("Follow-up to #%(number)s: %(subject)s", number=closed.id, subject=closed.subject)


def _columns(new: NewTicket, requester_id: int | None, salt: str, now: datetime) -> dict[str, Any]:
    """Return the ticket's own columns; an agent who files it for the requester has it, open."""
    columns: dict[str, Any] = {
        "subject": new.subject,
        "priority": str(new.priority),
        "type": str(new.type),
        "requester_id": requester_id,
        "requester_name": new.name[:120],
        "submitter_id": new.submitter_id,
        "category": new.category,
        "via": new.via,
        "locale": new.locale,
        "language": new.language,
        "external_id": new.external_id,
        "visit": new.visit.id if new.visit else "",
        "visitor": new.visit.visitor if new.visit else "",
        "nonce": new.key,
        "salt": salt,
        "suspended_reason": new.suspended_reason,
        "group_id": new.group_id,
        "organization_id": new.organization_id,
        "follow_up_of_id": new.follow_up_of_id,
        "created_at": now,
        "updated_at": now,
        "waiting_since": now,
        "version": 1,
    }
    if new.agent is not None:
        columns |= {"submitter_id": new.agent.user_id, "assignee_id": new.agent.user_id, "status": str(Status.OPEN)}
    return columns


def _first_message(new: NewTicket, now: datetime) -> dict[str, Any]:
    author_id = None if new.agent is None else new.agent.user_id
    return {"author_id": author_id, "body": new.body, "via": new.via, "proof": new.proof, "is_public": new.is_public, "created_at": now}
