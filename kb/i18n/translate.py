"""Messages in the language of the page or mail that is being written."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from kb.i18n.catalogs import SOURCE, Language, language

_current: ContextVar[Language | None] = ContextVar("language", default=None)


def current() -> Language:
    """Return the language in use: that of the request that is being answered or the mail that is being written, else English."""
    return _current.get() or language(SOURCE)


def speak(chosen: Language) -> None:
    """Use this language for the rest of the request. Each request has a context of its own, so this never leaks into another."""
    _current.set(chosen)


@contextmanager
def speaking(chosen: Language) -> Iterator[None]:
    """Use this language inside the block."""
    token = _current.set(chosen)
    try:
        yield
    finally:
        _current.reset(token)


def N_(message: str) -> str:
    """Return `message` as it is, marked to be translated where it is used: for constants, which exist before any language is chosen."""
    return message


def gettext(message: str, /, **variables: object) -> str:
    """Return the message in the language in use."""
    # The empty message is the catalog's header.
    return _filled(current().words.gettext(message), variables) if message else ""


def ngettext(singular: str, plural: str, num: int, /, **variables: object) -> str:
    """Return the form that fits the number, which the message names `%(num)s`."""
    return _filled(current().words.ngettext(singular, plural, num), {"num": num} | variables)


def pgettext(context: str, message: str, /, **variables: object) -> str:
    """Return the message, told by `context` from an equal one that means something else."""
    return _filled(current().words.pgettext(context, message), variables)


def npgettext(context: str, singular: str, plural: str, num: int, /, **variables: object) -> str:
    """Return the form that fits the number, told by `context` from an equal message."""
    return _filled(current().words.npgettext(context, singular, plural, num), {"num": num} | variables)


def plural_form(singular: str, plural: str, num: int) -> str:
    """Return the form that fits the number, its variables not filled in: templates do that, and escape them."""
    return current().words.ngettext(singular, plural, num)


def plural_form_in(context: str, singular: str, plural: str, num: int) -> str:
    """Return the same for a message with a context."""
    return current().words.npgettext(context, singular, plural, num)


def _filled(message: str, variables: dict[str, object]) -> str:
    return message % variables if variables else message
