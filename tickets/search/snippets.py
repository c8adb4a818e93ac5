"""What a found ticket is shown with: its subject and the message that has the words, cut from the original text and marked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup
from sqlalchemy.orm import Session

from search.ranking.snippets import make_marker
from tickets.access import Actor
from tickets.models import Ticket
from tickets.search.query_words import QueryWords
from tickets.search.search_queries import messages_of

MARK = "<mark>"


@dataclass(frozen=True, slots=True)
class Snippet:
    """A found ticket's subject and the place in a message; `is_note` says that the message is an internal note."""

    subject: Markup
    text: Markup
    is_note: bool = False


def snippets(session: Session, tickets: Sequence[Ticket], words: QueryWords, actor: Actor) -> dict[int, Snippet]:
    """Return number of each ticket → how it is shown, from messages that `actor` may read."""
    if not tickets or not words.words:
        return {}
    marker = make_marker(words.stems, words.prefixes, words.languages)
    best: dict[int, tuple[int, str, bool]] = {}
    for ticket_id, body, is_public in messages_of(session, [ticket.id for ticket in tickets], actor):
        if best.get(ticket_id, (0,))[0] >= len(words.words):
            continue
        cut = marker.snippet(body)
        marks = cut.count(MARK)
        if ticket_id not in best or marks > best[ticket_id][0]:
            best[ticket_id] = (marks, cut, not is_public)
    return {ticket.id: _snippet(marker.marked(ticket.subject), best.get(ticket.id)) for ticket in tickets}


def _snippet(subject: str, found: tuple[int, str, bool] | None) -> Snippet:
    # The marker escapes all but its own marks.
    return Snippet(Markup(subject), Markup(found[1]) if found else Markup(), bool(found and found[2]))  # noqa: S704


def languages_searched(locales: Iterable[str]) -> tuple[str, ...]:
    """Return the languages in which what is typed is stemmed."""
    return tuple(dict.fromkeys(locale.partition("-")[0].lower() for locale in locales if locale))
