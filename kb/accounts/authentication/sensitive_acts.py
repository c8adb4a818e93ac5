"""The acts that want a fresh sign-in, in the words of the page that asks for it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.datastructures import FormData
from starlette.requests import Request

from kb.accounts import roles
from kb.accounts.models import Role, User
from kb.accounts.people import canonical_email
from kb.db import database
from kb.i18n import gettext as _
from kb.i18n import pgettext
from kb.text.characters import isolated
from kb.text.cleanup import one_line
from kb.web.forms import text
from kb.web.numbers import path_number

MOST_CHARS = 120


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody is about to do: `words` go on after “You’re about to”, `back` is the page to return to without doing it."""

    words: str
    back: str


Describe = Callable[[Request, FormData], Act]


def change_address(request: Request, form: FormData) -> Act:  # noqa: ARG001
    """Return the change of one's own address."""
    email = _typed(canonical_email(text(form, "email", 300)))
    words = (
        pgettext("You’re about to", "change your email address to %(email)s", email=email)
        if email
        else pgettext("You’re about to", "change your email address")
    )
    return Act(words, "/account")


def change_password(request: Request, form: FormData) -> Act:  # noqa: ARG001
    """Return the change of one's own password."""
    return Act(pgettext("You’re about to", "save a new password"), "/account")


def change_two_factor(request: Request, form: FormData) -> Act:  # noqa: ARG001
    """Return the change of one's own second factor."""
    return Act(pgettext("You’re about to", "change your two-factor sign-in"), "/account/two-factor")


def reset_two_factor(request: Request, form: FormData) -> Act:  # noqa: ARG001
    """Return whose second factor is turned off."""
    return Act(pgettext("You’re about to", "turn two-factor sign-in off for %(person)s", person=_person(request)), "/desk/people")


def add_person(request: Request, form: FormData) -> Act:  # noqa: ARG001
    """Return who is added, and in which role."""
    name = _typed(canonical_email(text(form, "email", 300))) or _("a person")
    words = {
        Role.ADMIN: pgettext("You’re about to", "add %(person)s as an admin", person=name),
        Role.LIGHT: pgettext("You’re about to", "add %(person)s as a light agent", person=name),
        Role.AGENT: pgettext("You’re about to", "add %(person)s as an agent", person=name),
        Role.CUSTOMER: pgettext("You’re about to", "add %(person)s as a customer", person=name),
    }
    return Act(_by_role(words, form) or pgettext("You’re about to", "add %(person)s", person=name), "/desk/people")


def change_role(request: Request, form: FormData) -> Act:
    """Return whose role is changed, and to which."""
    name = _person(request)
    words = {
        Role.ADMIN: pgettext("You’re about to", "make %(person)s an admin", person=name),
        Role.LIGHT: pgettext("You’re about to", "make %(person)s a light agent", person=name),
        Role.AGENT: pgettext("You’re about to", "make %(person)s an agent", person=name),
        Role.CUSTOMER: pgettext("You’re about to", "make %(person)s a customer", person=name),
    }
    role = _role_named(request, text(form, "role", 20))
    given = pgettext("You’re about to", "give %(person)s the role “%(role)s”", person=name, role=role) if role else ""
    return Act(given or _by_role(words, form) or pgettext("You’re about to", "change the role of %(person)s", person=name), "/desk/people")


def create_role(request: Request, form: FormData) -> Act:  # noqa: ARG001
    """Return which role is created."""
    name = _typed(text(form, "name", MOST_CHARS))
    words = pgettext("You’re about to", "create the role “%(name)s”", name=name) if name else pgettext("You’re about to", "create a role")
    return Act(words, "/desk/roles")


def edit_role(request: Request, form: FormData) -> Act:  # noqa: ARG001
    """Return which role is edited."""
    name = _role_named(request, request.path_params["role"])
    words = pgettext("You’re about to", "change the role “%(name)s”", name=name) if name else pgettext("You’re about to", "change a role")
    return Act(words, "/desk/roles")


def delete_role(request: Request, form: FormData) -> Act:  # noqa: ARG001
    """Return which role is deleted."""
    name = _role_named(request, request.path_params["role"])
    words = pgettext("You’re about to", "delete the role “%(name)s”", name=name) if name else pgettext("You’re about to", "delete a role")
    return Act(words, "/desk/roles")


def disable(request: Request, form: FormData) -> Act:  # noqa: ARG001
    """Return who is locked out."""
    return Act(pgettext("You’re about to", "disable %(person)s, who can then no longer sign in", person=_person(request)), "/desk/people")


def enable(request: Request, form: FormData) -> Act:  # noqa: ARG001
    """Return who is let in again."""
    return Act(pgettext("You’re about to", "let %(person)s sign in again", person=_person(request)), "/desk/people")


def invite(request: Request, form: FormData) -> Act:  # noqa: ARG001
    """Return who is sent another invitation."""
    return Act(pgettext("You’re about to", "send another invitation to %(person)s", person=_person(request)), "/desk/people")


def make_key(request: Request, form: FormData) -> Act:  # noqa: ARG001
    """Return which key is created, and for whom."""
    name = isolated(one_line(text(form, "name", MOST_CHARS)))
    owner = _typed(canonical_email(text(form, "email", 300)))
    if name and owner:
        words = pgettext("You’re about to", "create the API key “%(name)s” for %(person)s", name=name, person=owner)
    elif name:
        words = pgettext("You’re about to", "create the API key “%(name)s”", name=name)
    elif owner:
        words = pgettext("You’re about to", "create an API key for %(person)s", person=owner)
    else:
        words = pgettext("You’re about to", "create an API key")
    return Act(words, "/desk/api-keys")


def _person(request: Request) -> str:
    with database(request).read() as session:
        user = session.get(User, path_number(request))
    return _typed(user.email) if user else _("this person")


def _role_named(request: Request, slug: str) -> str:
    """Return the name of a role that admins made; empty for others."""
    with database(request).read() as session:
        role = roles.find(session, slug)
    return _typed(role.name) if role is not None and not role.is_built_in else ""


def _typed(words: str) -> str:
    return isolated(one_line(words)[:MOST_CHARS])


def _by_role(words: Mapping[Role, str], form: FormData) -> str:
    role = text(form, "role", 20)
    return words.get(Role(role), "") if role in list(Role) else ""
