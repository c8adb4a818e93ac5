"""The acts that want a fresh sign-in, in the words of the page that asks for it."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.datastructures import FormData
from starlette.requests import Request

from kb.accounts.models import Role, User
from kb.accounts.people import canonical_email
from kb.db import database
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
    return Act(f"change your email address to {_typed(canonical_email(text(form, 'email', 300)), 'another one')}", "/account")


def change_password(request: Request, form: FormData) -> Act:  # noqa: ARG001
    """Return the change of one's own password."""
    return Act("save a new password", "/account")


def add_person(request: Request, form: FormData) -> Act:  # noqa: ARG001
    """Return who is added, and in which role."""
    email = _typed(canonical_email(text(form, "email", 300)), "a person")
    return Act(f"add {email}{_as_role(text(form, 'role', 20))}", "/desk/people")


def change_role(request: Request, form: FormData) -> Act:
    """Return whose role is changed, and to which."""
    role = _role(text(form, "role", 20))
    return Act(f"make {_person(request)} {role}" if role else f"change the role of {_person(request)}", "/desk/people")


def disable(request: Request, form: FormData) -> Act:  # noqa: ARG001
    """Return who is locked out."""
    return Act(f"disable {_person(request)}, who can then no longer sign in", "/desk/people")


def enable(request: Request, form: FormData) -> Act:  # noqa: ARG001
    """Return who is let in again."""
    return Act(f"let {_person(request)} sign in again", "/desk/people")


def invite(request: Request, form: FormData) -> Act:  # noqa: ARG001
    """Return who is sent another invitation."""
    return Act(f"send another invitation to {_person(request)}", "/desk/people")


def make_key(request: Request, form: FormData) -> Act:  # noqa: ARG001
    """Return which key is made, and for whom."""
    name = one_line(text(form, "name", MOST_CHARS))
    owner = canonical_email(text(form, "email", 300))
    return Act(f"make the API key {f'“{isolated(name)}”' if name else 'that you filled in'}{f' for {_typed(owner)}' if owner else ''}", "/desk/api-keys")


def _person(request: Request) -> str:
    with database(request).read() as session:
        user = session.get(User, path_number(request))
    return _typed(user.email) if user else "this person"


def _typed(words: str, otherwise: str = "") -> str:
    return isolated(one_line(words)[:MOST_CHARS]) or otherwise


def _role(role: str) -> str:
    return {Role.ADMIN: "an admin", Role.AGENT: "an agent", Role.CUSTOMER: "a customer"}.get(Role(role), "") if role in list(Role) else ""


def _as_role(role: str) -> str:
    return f" as {_role(role)}" if _role(role) else ""
