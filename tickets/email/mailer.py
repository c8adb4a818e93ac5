"""Send the emails that wait in the outbox, each a job of its own."""

from collections.abc import Mapping
from functools import partial

from jinja2 import Environment

from kb.config import Settings
from kb.db import Database
from kb.jobs.worker import Handler, Job, PermanentFailure, TryLater
from tickets.email import account_mails, ticket_mails
from tickets.email.composition import compose
from tickets.email.delivery import send
from tickets.email.failures import UNEXPECTED
from tickets.email.mail_context import MailContext, Writer

WRITERS: dict[str, Writer] = {**ticket_mails.WRITERS, **account_mails.WRITERS}


class Mailer:
    """Writes and sends the email of a job; `key` is the site's, for tracking links."""

    def __init__(self, settings: Settings, database: Database, templates: Environment, key: str) -> None:
        self._settings, self._database = settings, database
        self._context = MailContext(settings, templates, key)

    def handlers(self) -> Mapping[str, Handler]:
        """Return the handler of each kind of email."""
        return {kind: partial(self._send, writer) for kind, writer in WRITERS.items()}

    def _send(self, writer: Writer, job: Job) -> None:
        try:
            # The link of a sign-in mail is stored (as a digest) before the mail goes out; sending is outside the transaction.
            with self._database.write() as session, self._context.speaking(job.payload.get("language", "")):
                letter = writer(self._context, session, job)
            if letter is not None:
                send(self._settings, compose(self._settings, job, letter))
        except (PermanentFailure, TryLater):
            raise
        except Exception as error:
            raise TryLater(UNEXPECTED) from error
