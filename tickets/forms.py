"""The request form and the reply form: what was typed, and what is wrong with it, field by field."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from starlette.datastructures import FormData, UploadFile

from kb.config import Settings
from kb.i18n import gettext as _
from kb.i18n.formats import MB, number, size, size_above
from kb.text.cleanup import clean, one_line
from kb.text.email_address import canonical_email
from kb.web.forms import files, text
from tickets.attachments import clean_name
from tickets.models import MAX_BODY_CHARS, MAX_SUBJECT_CHARS, Attachment

MAX_NAME_CHARS = 120
Problems = dict[str, str]
"""Field → what is wrong and what to do; empty when all is well."""


@dataclass(frozen=True, slots=True)
class RequestForm:
    """What a customer typed and chose, as typed; `articles` are slugs, `kept` the tokens of files sent before."""

    name: str = ""
    email: str = ""
    subject: str = ""
    description: str = ""
    category: str = ""
    articles: tuple[str, ...] = ()
    nonce: str = ""
    kept: tuple[str, ...] = ()
    trap: str = ""
    files: tuple[UploadFile, ...] = ()
    locale: str = ""
    """The reader's; empty on a site with one language."""


@dataclass(frozen=True, slots=True)
class ReplyForm:
    """A message on the tracking page."""

    body: str = ""
    nonce: str = ""
    kept: tuple[str, ...] = ()
    files: tuple[UploadFile, ...] = ()


def read_request(form: FormData) -> RequestForm:
    """The posted request form."""
    return RequestForm(
        name=one_line(text(form, "name")),
        email=text(form, "email"),
        subject=one_line(text(form, "subject")),
        description=text(form, "description"),
        category=text(form, "category", 120),
        articles=tuple(dict.fromkeys(_texts(form, "article")))[:20],
        nonce=text(form, "nonce", 200),
        kept=tuple(_texts(form, "kept"))[:50],
        trap=text(form, "website"),
        files=tuple(files(form, "files")),
        locale=text(form, "locale", 16),
    )


def read_reply(form: FormData) -> ReplyForm:
    """The posted reply form."""
    return ReplyForm(text(form, "body"), text(form, "nonce", 200), tuple(_texts(form, "kept"))[:50], tuple(files(form, "files")))


def request_problems(form: RequestForm, categories: Collection[str], pending: Sequence[Attachment], settings: Settings) -> Problems:
    """What keeps the request from being sent; `categories` are the slugs that may be chosen."""
    problems: Problems = {}
    if len(form.name) > MAX_NAME_CHARS:
        problems["name"] = _("Your name is longer than %(most)s characters. Shorten it.", most=MAX_NAME_CHARS)
    if not form.email:
        problems["email"] = _("Enter your email address.")
    elif canonical_email(form.email) is None:
        problems["email"] = _("Enter one full email address, like name@example.com.")
    problems |= subject_problem(form.subject) | body_problem("description", form.description, _("Describe what you need help with."))
    if form.category and form.category not in categories:
        problems["category"] = _("Select a category from the list, or none.")
    return problems | file_problem(form.files, [upload for upload in pending if upload.token in form.kept], settings)


def reply_problems(form: ReplyForm, pending: Sequence[Attachment], settings: Settings) -> Problems:
    """What keeps the reply from being sent."""
    kept = [upload for upload in pending if upload.token in form.kept]
    return body_problem("body", form.body, _("Enter your message.")) | file_problem(form.files, kept, settings)


def subject_problem(subject: str) -> Problems:
    """What is wrong with a subject."""
    if not subject:
        return {"subject": _("Enter a subject.")}
    if len(subject) > MAX_SUBJECT_CHARS:
        message = _("The subject has %(count)s characters, but can have %(most)s. Move the details to the description.", **_lengths(subject, MAX_SUBJECT_CHARS))
        return {"subject": message}
    return {}


def body_problem(field: str, body: str, when_empty: str) -> Problems:
    """What is wrong with a message."""
    if not body:
        return {field: when_empty}
    if len(body) > MAX_BODY_CHARS:
        message = _("The text has %(count)s characters, but can have %(most)s. Shorten it, or attach it as a file.", **_lengths(body, MAX_BODY_CHARS))
        return {field: message}
    return {}


def file_problem(chosen: Sequence[UploadFile], kept: Sequence[Attachment], settings: Settings) -> Problems:
    """What is wrong with the files as a whole, or with the first that cannot be taken."""
    most_bytes, most_in_all = settings.attachment_mb * MB, settings.attachments_total_mb * MB
    if len(chosen) + len(kept) > settings.attachments_max:
        count = len(chosen) + len(kept)
        return {"files": _("You added %(count)s files, but a message can have %(most)s. Remove some.", count=count, most=settings.attachments_max)}
    for file in chosen:
        if not file.size:
            return {"files": _("The file “%(name)s” is empty. Choose another one, or leave it out.", name=_short(file))}
        if file.size > most_bytes:
            sizes = {"size": size_above(file.size, most_bytes), "most": size(most_bytes)}
            return {"files": _("The file “%(name)s” is too large: it has %(size)s, and a file can have %(most)s.", name=_short(file), **sizes)}
    total = sum(file.size or 0 for file in chosen) + sum(upload.size for upload in kept)
    if total > most_in_all:
        sizes = {"size": size_above(total, most_in_all), "most": size(most_in_all)}
        return {"files": _("The files are too large: together they have %(size)s, and a message can have %(most)s. Send some in a second message.", **sizes)}
    return {}


def _lengths(text: str, most: int) -> dict[str, str]:
    return {"count": number(len(text)), "most": number(most)}


def _texts(form: FormData, name: str) -> list[str]:
    return [clean(value)[:200] for value in form.getlist(name) if isinstance(value, str)]


def _short(file: UploadFile) -> str:
    return clean_name(file.filename or "")
