"""Composing mails: plain text to one recipient, with nothing in the headers that could grow into another."""

import re
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import format_datetime, getaddresses, parseaddr
from urllib.parse import urlsplit

from kb.config import Settings
from kb.jobs.worker import Job, Undoable

# C0 and C1 controls, and the separators that some mail programs end a line at.
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
MAX_SUBJECT_CHARS = 200


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says and to whom; `thread` joins mails of one ticket in the reader's mail program."""

    to: str
    subject: str
    text: str
    thread: str = ""
    is_automatic: bool = True


def compose(settings: Settings, job: Job, letter: Letter) -> EmailMessage:
    """The mail of `job`; the same Message-ID however often it is made. Raises Undoable if it would reach anybody but `letter.to`."""
    message = EmailMessage(policy=policy.SMTP)
    host = mail_host(settings)
    message["From"] = sender(settings)
    message["To"] = letter.to
    message["Subject"] = one_line(letter.subject)[:MAX_SUBJECT_CHARS]
    message["Date"] = format_datetime(job.created_at)
    message["Message-ID"] = f"<job-{job.id}.{int(job.created_at.timestamp())}@{host}>"
    if letter.thread:
        message["In-Reply-To"] = message["References"] = f"<{letter.thread}@{host}>"
    if letter.is_automatic:
        message["Auto-Submitted"] = "auto-replied"
    # Out-of-office answers to a help desk help nobody, whoever wrote the mail.
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(letter.text, charset="utf-8", cte="quoted-printable")
    _require_one_recipient(message, letter.to)
    return message


def sender(settings: Settings) -> str:
    """Who the mails are from."""
    return one_line(settings.mail_from) or f"{_display(settings.site_name)} <support@{mail_host(settings)}>"


def sender_address(settings: Settings) -> str:
    """The address alone, for the envelope."""
    return parseaddr(sender(settings))[1]


def mail_host(settings: Settings) -> str:
    """The host in addresses and Message-IDs: that of `mail_from`, else of the base URL."""
    host = parseaddr(settings.mail_from)[1].rpartition("@")[2] or urlsplit(settings.public_url).hostname or "localhost"
    return host if re.fullmatch(r"[A-Za-z0-9.-]+", host) else "localhost"


def thread_of(ticket_id: int, created_at: datetime) -> str:
    """The thread that all mails of a ticket belong to."""
    return f"ticket-{ticket_id}.{int(created_at.timestamp())}"


def one_line(text: str) -> str:
    """`text` as it may stand in a header: decoded headers of others may hold line ends that would begin a header of their own."""
    return " ".join(CONTROLS.sub(" ", text).split())


def _display(name: str) -> str:
    return '"' + re.sub(r'["\\]', "", one_line(name)) + '"'


def _require_one_recipient(message: EmailMessage, to: str) -> None:
    read = BytesParser(policy=policy.default).parsebytes(message.as_bytes())
    fields = [str(value) for name in ("to", "cc", "bcc", "resent-to", "resent-cc", "resent-bcc") for value in read.get_all(name, [])]
    if [address for _, address in getaddresses(fields)] != [to] or read.get("bcc") is not None:
        raise Undoable("The mail would have reached somebody else than its recipient, so it was not sent.")
