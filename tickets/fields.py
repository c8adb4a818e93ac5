"""The registry of a ticket's fields: forms, filters, the API and the audit read it. A new field is one entry."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import case

from kb.i18n import N_
from kb.i18n import gettext as _
from kb.i18n.formats import number
from kb.text.cleanup import one_line
from kb.text.whole_number import parse_whole_number
from tickets.audit import Value
from tickets.models import MAX_SUBJECT_CHARS, Priority, Status, Ticket, TicketType

MAX_TAG_CHARS, MOST_TAGS = 60, 50


class Kind(StrEnum):
    """How a field is entered and shown."""

    CHOICE = "choice"
    PERSON = "person"
    GROUP = "group"
    ORGANIZATION = "organization"
    CATEGORY = "category"
    TAGS = "tags"
    TEXT = "text"
    REQUESTER = "requester"
    TIME = "time"
    IS_SET = "is-set"
    """Shown and asked for as yes or no: whether there is a value."""


class ImpossibleChange(Exception):
    """A field cannot take that value; `field` names it, the message says what is possible."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a ticket. `column` is what queries filter by, `order` what they sort by; `is_editable` says whether people may set it."""

    name: str
    label: str
    kind: Kind
    choices: Mapping[str, str]
    """Value → its label, in the order of lists; empty for a field without a fixed list."""
    column: Any
    order: Any
    parse: Callable[[str], Value]
    """Return the value of what a form sent; raises ImpossibleChange."""
    is_editable: bool = True
    word: str = ""
    """What filters call it, as in `status:open`; its name where empty."""

    @property
    def filter_word(self) -> str:
        """Return the word that stands before the colon in filters."""
        return self.word or self.name

    def label_of(self, value: Value) -> str:
        """Return a stored value as people read it; empty for no value."""
        if value is None:
            return ""
        if isinstance(value, tuple):
            return " ".join(value)
        return _(self.choices[str(value)]) if str(value) in self.choices else str(value)


def parse_tags(text: str) -> tuple[str, ...]:
    """Return the words of a tags box as tags."""
    return clean_tags(text.replace(",", " ").split())


def clean_tags(words: Iterable[str]) -> tuple[str, ...]:
    """Return `words` as tags: sorted, each once."""
    return tuple(sorted({clean_tag(word) for word in words} - {""}))


def clean_tag(word: str) -> str:
    """Return `word` as a tag: in lower case, spaces as `_`."""
    return "_".join(one_line(word).lower().split())


def _parse_person(text: str) -> int | None:
    return _parse_id("assignee_id", text, _("Select the assignee from the list."))


def _parse_group(text: str) -> int | None:
    return _parse_id("group_id", text, _("Select the group from the list."))


def _parse_id(name: str, text: str, problem: str) -> int | None:
    number = parse_whole_number(text) if text else None
    if text and number is None:
        raise ImpossibleChange(name, problem)
    return number


def _or_none(text: str) -> str | None:
    return text or None


CHOICE_WORDS = (
    *(N_("New"), N_("Open"), N_("Pending"), N_("On hold"), N_("Solved"), N_("Closed")),
    *(N_("Low"), N_("Normal"), N_("High"), N_("Urgent")),
    *(N_("Question"), N_("Incident"), N_("Problem"), N_("Task")),
)
"""What `_labels` makes of the choices, for the catalogs."""


def _labels(values: type[StrEnum], **others: str) -> dict[str, str]:
    return {str(value): others.get(str(value), str(value).capitalize()) for value in values}


def _rank(column: Any, values: type[StrEnum]) -> Any:
    return case({str(value): number for number, value in enumerate(values)}, value=column)


def _choice(name: str, label: str, values: type[StrEnum], column: Any, **labels: str) -> Field:
    return Field(name, label, Kind.CHOICE, _labels(values, **labels), column, _rank(column, values), str)


FIELDS: Mapping[str, Field] = {
    field.name: field
    for field in (
        _choice("status", N_("Status"), Status, Ticket.status, hold="On hold"),
        Field("assignee_id", N_("Assignee"), Kind.PERSON, {}, Ticket.assignee_id, Ticket.assignee_id, _parse_person, word="assignee"),
        Field("group_id", N_("Group"), Kind.GROUP, {}, Ticket.group_id, Ticket.group_id, _parse_group, word="group"),
        _choice("priority", N_("Priority"), Priority, Ticket.priority),
        _choice("type", N_("Type"), TicketType, Ticket.type),
        Field("category", N_("Category"), Kind.CATEGORY, {}, Ticket.category, Ticket.category, str),
        Field("tags", N_("Tags"), Kind.TAGS, {}, Ticket.tags, None, parse_tags, word="tag"),
        Field("subject", N_("Subject"), Kind.TEXT, {}, Ticket.subject, Ticket.subject, lambda text: text[:MAX_SUBJECT_CHARS], is_editable=False),
        Field("suspended_reason", N_("Held for review"), Kind.IS_SET, {}, Ticket.suspended_reason, None, _or_none, is_editable=False, word="held"),
    )
}
STATUS_LABELS = FIELDS["status"].choices


def _fixed(_text: str) -> Value:
    raise AssertionError("no form sends what nobody can change")


def _fact(name: str, label: str, kind: Kind, column: Any, word: str) -> Field:
    return Field(name, label, kind, {}, column, column, _fixed, is_editable=False, word=word)


FACTS: Mapping[str, Field] = {
    field.name: field
    for field in (
        _fact("requester_id", N_("Requester"), Kind.REQUESTER, Ticket.requester_id, "from"),
        _fact("organization_id", N_("Organization"), Kind.ORGANIZATION, Ticket.organization_id, "organization"),
        _fact("created_at", N_("Created"), Kind.TIME, Ticket.created_at, "created"),
        _fact("updated_at", N_("Updated"), Kind.TIME, Ticket.updated_at, "updated"),
        _fact("waiting_since", N_("Waiting since"), Kind.TIME, Ticket.waiting_since, "waiting"),
        _fact("solved_at", N_("Solved"), Kind.TIME, Ticket.solved_at, "solved"),
        _fact("via", N_("Channel"), Kind.TEXT, Ticket.via, "via"),
    )
}
"""What is known of a ticket and nobody sets: lists show it, filters and orders go by it."""
LISTED: Mapping[str, Field] = {**FIELDS, **FACTS}


def next_statuses(ticket: Ticket) -> list[str]:
    """Return the statuses that an agent can choose for the ticket, in the order of the list; the present one is among them."""
    if ticket.status == Status.CLOSED:
        return [str(Status.CLOSED)]
    return [status for status in STATUS_LABELS if status == ticket.status or status not in (Status.NEW, Status.CLOSED)]


def check(ticket: Ticket, name: str, value: Value, categories: Collection[str]) -> None:
    """Raise ImpossibleChange unless the ticket's field `name` can become `value`; `categories` are the slugs that can be chosen.

    Whether a person can be the assignee, and whether there is such a group, is checked where it is stored.
    """
    field = FIELDS[name]
    if field.choices and value not in field.choices:
        raise ImpossibleChange(name, _("%(field)s must be one of: %(choices)s.", field=_(field.label), choices=", ".join(map(_, field.choices.values()))))
    if field.kind == Kind.CATEGORY and value and value not in categories:
        raise ImpossibleChange(name, _("Select a category from the list, or none."))
    if field.kind == Kind.TAGS:
        _check_tags(name, value)
    if ticket.status == Status.CLOSED:
        raise ImpossibleChange(name, _("A closed ticket can’t be changed. Open a follow-up instead."))
    if name == "status" and value in (Status.NEW, Status.CLOSED):
        raise ImpossibleChange(name, _("You can’t set this status. Tickets close automatically four weeks after they were solved."))


def _check_tags(name: str, tags: Any) -> None:
    if too_long := [tag for tag in tags if len(tag) > MAX_TAG_CHARS]:
        raise ImpossibleChange(name, _("The tag “%(tag)s…” is longer than %(most)s characters. Shorten it.", tag=too_long[0][:20], most=MAX_TAG_CHARS))
    if len(tags) > MOST_TAGS:
        raise ImpossibleChange(name, _("A ticket can have %(most)s tags, not %(count)s. Remove some.", most=MOST_TAGS, count=number(len(tags))))
