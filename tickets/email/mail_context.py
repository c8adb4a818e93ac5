"""What every email is written from: the settings, the templates and the links into the site."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from jinja2 import Environment
from sqlalchemy.orm import Session

from kb.config import Settings
from kb.i18n.catalogs import known_language
from kb.i18n.translate import speaking
from kb.jobs.worker import Job
from tickets.email.composition import Letter
from tickets.models import Ticket
from tickets.tracking import tracking_path


@dataclass(frozen=True, slots=True)
class MailContext:
    """`key` is the site's, for tracking links."""

    settings: Settings
    templates: Environment
    key: str

    def text(self, name: str, **context: object) -> str:
        """Return an email's template as text."""
        return self.templates.get_template(f"email/{name}").render(context).strip() + "\n"

    def speaking(self, code: str) -> AbstractContextManager[None]:
        """Write in this language inside the block; in the site's where `code` is empty."""
        return speaking(known_language(code or self.settings.locale))

    def tracking_url(self, ticket: Ticket) -> str:
        """Return the requester's secret link."""
        return self.settings.public_url + tracking_path(self.key, ticket.id, ticket.salt, is_emailed=True)


Writer = Callable[[MailContext, Session, Job], Letter | None]
"""Writes the email of a job; None where there is nobody to send it to any more."""
