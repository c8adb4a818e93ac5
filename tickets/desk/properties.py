"""A ticket's properties as its page shows them: one input for each field of the registry, with what it was and what the agent chose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kb.accounts.models import Group, User
from kb.db import now
from kb.i18n import gettext as _
from kb.i18n import pgettext
from kb.i18n.formats import day
from tickets.desk.draft import EDITABLE, Draft
from tickets.fields import Field, Kind, next_statuses
from tickets.models import Ticket


@dataclass(frozen=True, slots=True)
class Property:
    """One input: `value` is what it shows, `was` what the ticket has, both as a form sends them."""

    name: str
    label: str
    is_tags: bool
    options: tuple[tuple[str, str], ...]
    value: str
    was: str
    text: str
    """What the ticket has, as people read it."""

    def label_of(self, value: str) -> str:
        """Return a value as people read it."""
        return dict(self.options).get(value, value)


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that two people changed: as the ticket has it now, and as the agent chose it."""

    label: str
    theirs: str
    yours: str


def properties(
    ticket: Ticket, draft: Draft, staff: Sequence[User], groups: Sequence[Group], categories: Sequence[tuple[str, str]], user: User
) -> list[Property]:
    """Return the ticket's properties in the order of the registry."""
    shown = [field for field in EDITABLE if groups or ticket.group or field.kind != Kind.GROUP]
    return [_property(field, ticket, draft, _options(field, ticket, staff, groups, categories, user)) for field in shown]


def differences(shown: Sequence[Property], seen: Mapping[str, str]) -> list[Difference]:
    """Return the fields that someone else changed since the agent saw them as in `seen`, and that the agent changed to something else."""
    conflicts = [one for one in shown if one.value != one.was and seen.get(one.name, one.was) != one.was]
    return [Difference(one.label, one.text, one.label_of(one.value)) for one in conflicts]


def _property(field: Field, ticket: Ticket, draft: Draft, options: tuple[tuple[str, str], ...]) -> Property:
    was = _as_sent(ticket, field.name)
    chosen = draft.edits.get(field.name, was)
    is_possible = field.kind == Kind.TAGS or chosen in dict(options)
    return Property(field.name, _(field.label), field.kind == Kind.TAGS, options, chosen if is_possible else was, was, dict(options).get(was, was))


def _as_sent(ticket: Ticket, name: str) -> str:
    if name == "tags":
        return " ".join(tag.name for tag in ticket.tags)
    value = getattr(ticket, name)
    return "" if value is None else str(value)


def _options(
    field: Field, ticket: Ticket, staff: Sequence[User], groups: Sequence[Group], categories: Sequence[tuple[str, str]], user: User
) -> tuple[tuple[str, str], ...]:
    """Return value → words of what can be chosen; what the ticket has now is always among them."""
    if field.kind == Kind.PERSON:
        people = [(str(person.id), _named(person, user)) for person in staff]
        if ticket.assignee is not None and str(ticket.assignee_id) not in dict(people):
            people.append((str(ticket.assignee_id), _("%(name)s (no longer an agent)", name=ticket.assignee.shown_name)))
        return (("", pgettext("assignee", "Nobody")), *people)
    if field.kind == Kind.GROUP:
        teams = [(str(group.id), group.name) for group in groups]
        if ticket.group is not None and str(ticket.group_id) not in dict(teams):
            teams.append((str(ticket.group_id), _("%(name)s (deleted)", name=ticket.group.name)))
        return (("", pgettext("group", "None")), *teams)
    if field.kind == Kind.CATEGORY:
        gone = [(ticket.category, ticket.category)] if ticket.category and ticket.category not in dict(categories) else []
        return (("", pgettext("category", "None")), *categories, *gone)
    chosen = next_statuses(ticket) if field.name == "status" else field.choices
    return tuple((value, _(field.choices[value])) for value in chosen)


def _named(person: User, reader: User) -> str:
    if person.id == reader.id:
        return _("%(name)s (you)", name=person.shown_name)
    if person.away_until is not None and person.is_away(now()):
        return _("%(name)s (away until %(day)s)", name=person.shown_name, day=day(person.away_until))
    return person.shown_name
