"""Send emails over SMTP, or write them into a folder where no mail server is set."""

import os
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from kb.config import Settings
from kb.jobs.worker import PermanentFailure, TryLater
from kb.text.email_address import domain_in_ascii
from tickets.email import failures
from tickets.email.bounded_smtp import BoundedSmtp, BoundedSmtpOverTls, Bounds
from tickets.email.composition import Mail

LOOPBACK = ("localhost", "127.0.0.1", "::1")


def send(settings: Settings, mail: Mail) -> None:
    """Hand the mail over. Raises PermanentFailure when the server refuses it for good, else TryLater; both say why in a sentence."""
    if url := settings.smtp_url.get_secret_value():
        _send_by_smtp(urlsplit(url), mail, bounds(settings))
    else:
        _keep_as_file(mail_folder(settings), mail)


def mail_folder(settings: Settings) -> Path:
    """Return where mails are kept while no mail server is set."""
    return (settings.data / "mail").absolute()


def bounds(settings: Settings) -> Bounds:
    """Return what one mail may take of our time and memory."""
    return Bounds(settings.smtp_timeout_s, settings.smtp_deadline_s, settings.smtp_answer_max_kb)


@contextmanager
def connection(url: SplitResult, bounds: Bounds) -> Iterator[smtplib.SMTP]:
    """A connection to the mail server at `url`, encrypted where it can be, signed in where a user name is set."""
    host, port = domain_in_ascii(url.hostname or "") or url.hostname or "localhost", failures.port(url)
    if url.scheme == "smtps":
        server: BoundedSmtp = BoundedSmtpOverTls(host, port, bounds, ssl.create_default_context())
    else:
        server = BoundedSmtp(host, port, bounds)
    try:
        _greet(server, url, host)
        yield server
    finally:
        # Whatever the server says to a goodbye: a mail that it took is sent.
        with suppress(smtplib.SMTPException, OSError):
            server.quit()
        server.close()


def _send_by_smtp(url: SplitResult, mail: Mail, bounds: Bounds) -> None:
    try:
        with connection(url, bounds) as server:
            # Not send_message, which puts ">" before a line that begins with "From ".
            server.sendmail(mail.sender, [mail.recipient], mail.content)
    except Exception as error:
        kind = PermanentFailure if failures.is_final(error) else TryLater
        raise kind(failures.in_words(error, url, bounds)) from error


def _greet(server: smtplib.SMTP, url: SplitResult, host: str) -> None:
    server.ehlo_or_helo_if_needed()
    is_encrypted = url.scheme == "smtps"
    if not is_encrypted and server.has_extn("starttls"):
        server.starttls(context=ssl.create_default_context())
        server.ehlo()
        is_encrypted = True
    if url.username:
        if not is_encrypted and host not in LOOPBACK:
            raise failures.PasswordKept
        server.login(unquote(url.username), unquote(url.password or ""))


def _keep_as_file(folder: Path, mail: Mail) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Named by the Message-ID: made again after a crash, the mail is the same file.
        path = folder / f"{mail.id}.eml"
        copy = path.with_suffix(".part")
        with open(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(mail.content)
            file.flush()
            os.fsync(file.fileno())
        copy.replace(path)
    except OSError as error:
        raise TryLater(f"The email could not be written to the folder {folder}: {error.strerror}.") from error
