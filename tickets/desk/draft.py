"""What an agent has typed and chosen on a ticket's page: read from its form, kept until it is sent."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from kb.text.cleanup import clean
from kb.text.whole_number import parse_whole_number
from kb.web.forms import text
from tickets import queries
from tickets.desk import draft_queries
from tickets.fields import FIELDS, Field, ImpossibleChange, Kind
from tickets.nonce import read_nonce

EDITABLE = tuple(one for one in FIELDS.values() if one.is_editable)
MOST_ARTICLES, MOST_FILES, MOST_PAGES = 20, 50, 20
PAGE_NAME = re.compile(r"[A-Za-z0-9_-]{0,40}")
"""The empty one is that of a page before drafts had pages."""
NOT_STORED = ("updated_at", "known_pages")


@dataclass(frozen=True, slots=True)
class Draft:
    """A message and the fields changed with it, as typed. `edits` holds only what the agent changed, `seen` what those fields were before."""

    body: str = ""
    is_public: bool = True
    goes_on: bool = False
    articles: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    """Tokens of files that wait under the form's nonce."""
    edits: Mapping[str, str] = field(default_factory=dict)
    seen: Mapping[str, str] = field(default_factory=dict)
    nonce: str = ""
    version: int = -1
    """Of the ticket when the page was made; -1, which no ticket has, when the form names none."""
    article_query: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)
    """Why it was not sent: field → message."""
    updated_at: datetime | None = None
    is_discarded: bool = False
    """Thrown away by the agent, who can still bring it back."""
    page: str = ""
    """Of the page it was typed on: a random name, which each page shown has of its own."""
    known_pages: tuple[str, ...] = ()
    """The pages whose draft this one goes on from."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing would be lost without it."""
        return not (self.has_content or self.errors or self.article_query)

    @property
    def has_content(self) -> bool:
        """Whether there is something to send or to save."""
        return bool(self.body or self.articles or self.kept or self.edits)

    @property
    def pages(self) -> tuple[str, ...]:
        """The pages whose draft this one may replace."""
        return (self.page, *self.known_pages)


class DraftChanged(Exception):
    """Another page of the same agent stored `stored` since the page of `draft` was shown; nothing was stored now."""

    def __init__(self, draft: Draft, stored: Draft) -> None:
        super().__init__("the draft was changed in another tab")
        self.draft, self.stored = draft, stored


def read_draft(form: FormData) -> Draft:
    """Return what a posted page holds."""
    edits = {one.name: value for one in EDITABLE if (value := _chosen(form, one)) is not None}
    return Draft(
        body=text(form, "body"),
        is_public=text(form, "kind") == "public",  # what is not certainly meant for the customer never reaches them
        goes_on=bool(text(form, "goes_on", 1)),
        articles=tuple(dict.fromkeys(clean(value)[:200] for value in form.getlist("article") if isinstance(value, str)))[:MOST_ARTICLES],
        kept=tuple(dict.fromkeys(clean(value)[:50] for value in form.getlist("kept") if isinstance(value, str)))[:MOST_FILES],
        edits=edits,
        seen={name: text(form, f"was_{name}") for name in edits if f"was_{name}" in form},
        nonce=text(form, "nonce", 200),
        version=_version(form),
        article_query=text(form, "article_query", 200),
        page=next(iter(_pages(form, "page")), ""),
        known_pages=(*_pages(form, "replaced_page"), *_pages(form, "known_page"))[:MOST_PAGES],
    )


def changes(draft: Draft) -> dict[str, Any]:
    """Return the fields that the agent changed with their values; raises ImpossibleChange."""
    return {name: FIELDS[name].parse(value) for name, value in draft.edits.items()}


def load(session: Session, user_id: int, ticket_id: int) -> Draft | None:
    """Return the draft that is kept for this person on this ticket."""
    row = draft_queries.stored_draft(session, user_id, ticket_id)
    if row is None or row.content.get("is_discarded"):
        return None
    known: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in row.content.items() if name in Draft.__slots__}
    return replace(Draft(**known), updated_at=row.updated_at)


def store(session: Session, user_id: int, ticket_id: int, draft: Draft, *, key: str, max_kb: int, now: datetime) -> bool:
    """Keep the draft, or forget it when it is empty; return False, and keep nothing, when it is larger than `max_kb`.

    What was sent meanwhile is not kept again: an automatic save may arrive after its own page was sent. Raises DraftChanged.
    """
    nonce = read_nonce(key, draft.nonce)
    if draft.is_empty:
        draft_queries.delete_draft(session, user_id, ticket_id, pages=draft.pages)
        _refuse_other(session, user_id, ticket_id, draft)
        return True
    content = {name: value for name, value in asdict(draft).items() if name not in NOT_STORED}
    if len(json.dumps(content)) > max_kb * 1000:
        return False
    if nonce is None:
        return False
    if draft.body and any(sent.body.startswith(draft.body) for sent in queries.comments_of_form(session, ticket_id, nonce.value)):
        return True
    if not draft_queries.store_draft(session, user_id, ticket_id, nonce=nonce.value, content=content, pages=draft.pages, now=now):
        _refuse_other(session, user_id, ticket_id, draft)
    return True


def _refuse_other(session: Session, user_id: int, ticket_id: int, draft: Draft) -> None:
    if (other := load(session, user_id, ticket_id)) is not None:
        raise DraftChanged(draft, other)


def _pages(form: FormData, name: str) -> tuple[str, ...]:
    """Return the names of pages in a field: those that are none of ours are left out."""
    return tuple(value for value in form.getlist(name) if isinstance(value, str) and PAGE_NAME.fullmatch(value))


def _chosen(form: FormData, one: Field) -> str | None:
    """Return the field's value if the agent changed it. The button “Send as …” names the status after the message."""
    if one.name == "status" and (then := text(form, "then")):
        return then
    if one.name not in form:
        return None
    value, was = text(form, one.name), text(form, f"was_{one.name}")
    if f"was_{one.name}" in form and _same(one, value, was):
        return None
    return None if one.kind == Kind.CHOICE and not value else value


def _same(one: Field, value: str, was: str) -> bool:
    try:
        return one.parse(value) == one.parse(was)
    except ImpossibleChange:
        return False


def _version(form: FormData) -> int:
    version = parse_whole_number(text(form, "version"))
    return -1 if version is None else version
