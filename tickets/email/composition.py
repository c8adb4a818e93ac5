"""Compose an email: plain text to one recipient; nothing that people wrote is markup."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email import policy, quoprimime
from email.header import Header
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import format_datetime
from urllib.parse import urlsplit

from kb.config import Settings
from kb.jobs.worker import Job, PermanentFailure
from kb.text.cleanup import clean
from kb.text.email_address import domain_in_ascii, in_ascii
from kb.text.mailbox import Mailbox, read_mailbox
from tickets.email.headers import MAX_LINE_CHARS, mailbox_header, text_header

# Not one of the newer policies: on Python 3.11 those decode the values they are given, line ends included.
WIRE = policy.compat32.clone(linesep="\r\n", max_line_length=MAX_LINE_CHARS, mangle_from_=False)


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says and to whom; `thread` joins mails of one ticket in the reader's mail program."""

    to: str
    subject: str
    text: str
    thread: str = ""
    is_automatic: bool = True


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as it is sent: `content` in bytes, the addresses of its envelope, and the `id` before the host in its Message-ID."""

    id: str
    sender: str
    recipient: str
    content: bytes


def compose(settings: Settings, job: Job, letter: Letter) -> Mail:
    """Return the mail of `job`, with the same Message-ID however often it is made. Raises Undoable if it would reach anybody but `letter.to`."""
    if in_ascii(letter.to, is_bare_host_allowed=True) != letter.to:
        raise PermanentFailure("The address is not one that mail can be sent to, so the mail was not sent.")
    host, writer, mail_id = mail_host(settings), sender(settings), f"job-{job.id}.{int(job.created_at.timestamp())}"
    headers: dict[str, str | Header] = {
        "From": mailbox_header("From", writer.name, writer.address),
        "To": mailbox_header("To", "", letter.to),
        "Subject": text_header("Subject", letter.subject),
        "Date": format_datetime(job.created_at),
        "Message-ID": f"<{mail_id}@{host}>",
    }
    if letter.thread:
        headers["In-Reply-To"] = headers["References"] = f"<{letter.thread}@{host}>"
    if letter.is_automatic:
        headers["Auto-Submitted"] = "auto-replied"
    # Out-of-office answers to a help desk help nobody, whoever wrote the mail.
    headers |= {"X-Auto-Response-Suppress": "All", "MIME-Version": "1.0"}
    headers |= {"Content-Type": 'text/plain; charset="utf-8"', "Content-Transfer-Encoding": "quoted-printable"}
    return Mail(mail_id, writer.address, letter.to, _in_bytes(headers, letter))


def sender(settings: Settings) -> Mailbox:
    """Return who the mails are from."""
    return read_mailbox(settings.mail_from) or Mailbox(settings.site_name, f"support@{mail_host(settings)}")


def mail_host(settings: Settings) -> str:
    """Return the host in addresses and Message-IDs: that of `mail_from`, else of the base URL."""
    written = read_mailbox(settings.mail_from)
    host = written.address.rpartition("@")[2] if written else urlsplit(settings.public_url).hostname or ""
    host = domain_in_ascii(host) or host
    return host if re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*", host) else "localhost"


def thread_of(ticket_id: int, created_at: datetime) -> str:
    """Return the thread that all mails of a ticket belong to."""
    return f"ticket-{ticket_id}.{int(created_at.timestamp())}"


def _in_bytes(headers: Mapping[str, str | Header], letter: Letter) -> bytes:
    message: Message[str | Header, str | Header] = Message(policy=WIRE)
    for name, value in headers.items():
        message[name] = value
    message.set_payload(_quoted_printable(clean(letter.text) + "\n"))
    content = message.as_bytes(policy=WIRE)
    _require_headers(content, list(headers), letter.to)
    return content


def _quoted_printable(text: str) -> str:
    # Two characters shorter than a line may be: mail servers on the way change "From " and a dot at its start unless they are encoded.
    encoded = quoprimime.body_encode(text.encode().decode("latin-1"), maxlinelen=MAX_LINE_CHARS - 2)
    return re.sub(r"^(?:F(?=rom )|\.)", lambda start: f"={ord(start[0]):02X}", encoded, flags=re.MULTILINE)


def _require_headers(content: bytes, names: list[str], to: str) -> None:
    read = BytesHeaderParser(policy=policy.compat32).parsebytes(content)
    if read.keys() != names or read["To"] != to:
        raise PermanentFailure("The mail would have had other headers or recipients than intended, so it was not sent.")
