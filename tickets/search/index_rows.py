"""Keeping the index of tickets in step: what is written with each update, and the row a ticket should have."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from tickets.models import Ticket
from tickets.search import index_queries
from tickets.search.content_queries import TicketContent, contents, file_names
from tickets.search.index_text import IndexText, MessageText, languages_of, message_text, people_text, stems, tags_text


@dataclass(frozen=True, slots=True)
class NewTicketText:
    """What is known of a ticket that is filed."""

    subject: str
    people: tuple[str, ...]
    tags: tuple[str, ...]
    locale: str
    language: str


def index_new(session: Session, ticket_id: int, new: NewTicketText, comment_id: int, body: str, *, is_public: bool, has_files: bool) -> None:
    """Store the rows of a ticket that was just filed."""
    languages = languages_of(new.locale, new.language)
    messages = MessageText()
    message = message_text(body, file_names(session, comment_id) if has_files else (), languages)
    row = IndexText(stems(new.subject, languages), people_text(*new.people), tags_text(new.tags))
    messages.add(message)
    whole = IndexText(row.subject, row.people, row.tags, messages.text)
    index_queries.store(session, index_queries.PUBLIC, ticket_id, whole if is_public else row)
    if not is_public:
        index_queries.store(session, index_queries.STAFF, ticket_id, whole)


def index_message(session: Session, ticket: Ticket, comment_id: int, body: str, *, is_public: bool, has_files: bool) -> None:
    """Add a message to the rows of its ticket."""
    names = file_names(session, comment_id) if has_files else ()
    index_queries.append_message(session, ticket.id, message_text(body, names, languages_of(ticket.locale, ticket.language)), is_public=is_public)


def index_tags(session: Session, ticket_id: int, tags: Iterable[str]) -> None:
    """Store a ticket's tags in its rows."""
    index_queries.set_tags(session, ticket_id, tags_text(tags))


def index_tickets(session: Session, ticket_ids: Sequence[int]) -> int:
    """Bring the rows of these tickets in step with what is stored, and return how many were not."""
    wanted = {content.ticket_id: rows_of(content) for content in contents(session, ticket_ids)}
    wrong = 0
    for place, table in enumerate(index_queries.TABLES):
        have = index_queries.stored(session, table, ticket_ids)
        for ticket_id, rows in wanted.items():
            if have.get(ticket_id) != rows[place]:
                index_queries.replace(session, table, ticket_id, rows[place])
                wrong += 1
    return wrong


def rows_of(content: TicketContent) -> tuple[IndexText, IndexText | None]:
    """Return the row for everybody and, where there are notes, the one for staff."""
    languages = languages_of(content.locale, content.language)
    public, whole, has_notes = MessageText(), MessageText(), False
    for message in content.messages:
        text = message_text(message.body, message.file_names, languages)
        if message.is_public:
            public.add(text)
        has_notes = has_notes or (not message.is_public and bool(text))
        whole.add(text)
    subject, people, tags = stems(content.subject, languages), people_text(*content.people), tags_text(content.tags)
    staff = IndexText(subject, people, tags, whole.text) if has_notes else None
    return IndexText(subject, people, tags, public.text), staff
