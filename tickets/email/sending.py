"""Sending mails: over SMTP, or into a folder where no mail server is set."""

import os
import smtplib
import ssl
from contextlib import suppress
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from kb.config import Settings
from kb.jobs.worker import Undoable
from tickets.email.composing import Mail

TIMEOUT_S = 30.0
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def send(settings: Settings, mail: Mail) -> None:
    """Hands the mail over, or raises: Undoable when the server refuses it for good, anything else to try again."""
    if url := settings.smtp_url.get_secret_value():
        _send_by_smtp(urlsplit(url), mail)
    else:
        _keep_as_file(mail_folder(settings), mail)


def mail_folder(settings: Settings) -> Path:
    """Where mails lie while no mail server is set."""
    return (settings.data / "mail").absolute()


def _send_by_smtp(url: SplitResult, mail: Mail) -> None:
    server = _connected(url)
    try:
        # Not send_message, which puts ">" before a line that begins with "From ".
        server.sendmail(mail.sender, [mail.recipient], mail.content)
    except smtplib.SMTPRecipientsRefused as error:
        code, reason = next(iter(error.recipients.values()))
        _refuse(code, reason)
        raise
    except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
        _refuse(error.smtp_code, error.smtp_error)
        raise
    finally:
        _part(server)


def _part(server: smtplib.SMTP) -> None:
    """Whatever the server says to a goodbye: a mail that it took is sent."""
    with suppress(smtplib.SMTPException, OSError):
        server.quit()
    server.close()


def _connected(url: SplitResult) -> smtplib.SMTP:
    host = url.hostname or "localhost"
    context = ssl.create_default_context()
    if url.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, url.port or 465, timeout=TIMEOUT_S, context=context)
    else:
        server = smtplib.SMTP(host, url.port or 587, timeout=TIMEOUT_S)
    try:
        _greet(server, url, context, host)
    except BaseException:
        server.close()
        raise
    return server


def _greet(server: smtplib.SMTP, url: SplitResult, context: ssl.SSLContext, host: str) -> None:
    server.ehlo_or_helo_if_needed()
    is_encrypted = url.scheme == "smtps"
    if not is_encrypted and server.has_extn("starttls"):
        server.starttls(context=context)
        server.ehlo()
        is_encrypted = True
    if url.username:
        if not is_encrypted and host not in LOOPBACK:
            raise ConnectionError(f"{host} offers no encryption, so the password was not sent. Use smtps:// or a server with STARTTLS.")
        server.login(unquote(url.username), unquote(url.password or ""))


def _refuse(code: int, reason: bytes | str) -> None:
    text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
    if 500 <= code < 600:
        raise Undoable(f"{code} {' '.join(text.split())[:300]}")


def _keep_as_file(folder: Path, mail: Mail) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    # Named by the Message-ID: made again after a crash, the mail is the same file.
    path = folder / f"{mail.id}.eml"
    copy = path.with_suffix(".part")
    with open(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(mail.content)
        file.flush()
        os.fsync(file.fileno())
    copy.replace(path)
