"""The fixed list of what a role can allow. Roles are data; what each permission opens is decided in code, by asking for it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from kb.i18n import N_


class Permission(StrEnum):
    """One thing that people of a role may do."""

    SEE_ALL_TICKETS = "see_all_tickets"
    WRITE_NOTES = "write_notes"
    REPLY = "reply"
    CHANGE_TICKETS = "change_tickets"
    SEE_REPORTS = "see_reports"
    MANAGE_PEOPLE = "manage_people"
    MANAGE_KEYS = "manage_keys"
    READ_AUDIT_LOG = "read_audit_log"


@dataclass(frozen=True, slots=True)
class Words:
    """A permission as people read it: what it allows, and what that means where it needs more words."""

    label: str
    hint: str = ""


PERMISSIONS: Mapping[Permission, Words] = {
    Permission.SEE_ALL_TICKETS: Words(N_("See all tickets"), N_("Without this, they see only tickets of their groups and those assigned to them.")),
    Permission.WRITE_NOTES: Words(N_("Write internal notes")),
    Permission.REPLY: Words(N_("Reply to customers"), N_("Tickets can be assigned to them, and they can open follow-ups.")),
    Permission.CHANGE_TICKETS: Words(N_("Change tickets"), N_("Status, assignee, group, priority, category and tags, and decide on held requests.")),
    Permission.SEE_REPORTS: Words(N_("See reports")),
    Permission.MANAGE_PEOPLE: Words(N_("Manage people, roles and groups"), N_("They can give others only what they may do themselves.")),
    Permission.MANAGE_KEYS: Words(N_("Manage API keys")),
    Permission.READ_AUDIT_LOG: Words(N_("Read the audit log"), N_("They also see on the desk when emails or the search fail.")),
}
"""Every permission in the order of lists."""
ADMINISTRATIVE = frozenset((Permission.MANAGE_PEOPLE, Permission.MANAGE_KEYS, Permission.READ_AUDIT_LOG))
"""Whose holders are signed out sooner."""


def known(values: Iterable[object]) -> frozenset[Permission]:
    """Return the permissions among stored or posted values; what a later version knows is left out."""
    return frozenset(Permission(value) for value in values if isinstance(value, str) and value in set(Permission))


def in_order(permissions: Collection[Permission]) -> list[Permission]:
    """Return the permissions in the order of lists."""
    return [permission for permission in PERMISSIONS if permission in permissions]
