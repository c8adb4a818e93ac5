"""Explain to an agent why an email could not be sent, with the mail server's own words."""

import re
import smtplib
import socket
import ssl
from urllib.parse import SplitResult

from kb.text.cleanup import one_line
from tickets.email.bounded_smtp import AnswerTooLong, Bounds, TookTooLong

UNEXPECTED = "Something failed on our side. The server's log has the details."
MAX_WORDS_CHARS = 300
# "Sign in first" and its kin are about our settings, not about this mail.
SIGN_IN_CODES = (530, 534, 535, 538)


class PasswordKept(ConnectionError):
    """The server offers no encryption, so it was not given the password."""


def is_final(error: Exception) -> bool:
    """Whether the server refused this mail for good."""
    code = _answer(error)[0] if isinstance(error, smtplib.SMTPRecipientsRefused | smtplib.SMTPSenderRefused | smtplib.SMTPDataError) else 0
    return 500 <= code < 600 and code not in SIGN_IN_CODES


def in_words(error: Exception, url: SplitResult, bounds: Bounds) -> str:
    """Return what kept a mail from being handed to the server at `url`."""
    match error:
        case smtplib.SMTPRecipientsRefused() | smtplib.SMTPSenderRefused() | smtplib.SMTPDataError():
            return _words(error)
        case smtplib.SMTPAuthenticationError():
            return f"The mail server did not accept our user name and password: {_words(error)}"
        case smtplib.SMTPResponseException():
            return f"The mail server turned our connection away: {_words(error)}"
        case smtplib.SMTPNotSupportedError():
            return "A user name is set for the mail server, but the server offers no sign-in."
        case AnswerTooLong():
            return f"The mail server {url.hostname} sent an answer of more than {bounds.answer_kb} KB."
        case TookTooLong():
            return _too_long(url, bounds)
        case smtplib.SMTPServerDisconnected() if isinstance(error.__context__, TookTooLong):
            return _too_long(url, bounds)
        case smtplib.SMTPServerDisconnected() if not isinstance(error.__context__, TimeoutError):
            return "The mail server ended the connection before it had taken the email."
        case TimeoutError() | smtplib.SMTPServerDisconnected():
            return f"The mail server {url.hostname} did not answer within {min(bounds.wait_s, bounds.in_all_s):g} seconds."
        case smtplib.SMTPException():
            return "The mail server offers no way of signing in that can be used here."
        case UnicodeEncodeError() if error.encoding == "ascii":
            return "The user name or password of the mail server holds letters that mail servers do not take."
        case socket.gaierror() | UnicodeError():
            return f"The mail server's name {url.hostname} could not be looked up."
        case OSError():
            return _of_the_network(error, url)
    return UNEXPECTED


def _too_long(url: SplitResult, bounds: Bounds) -> str:
    return f"The mail server {url.hostname} had not taken the email after {bounds.in_all_s:g} seconds."


def _of_the_network(error: OSError, url: SplitResult) -> str:
    match error:
        case PasswordKept():
            return f"The mail server {url.hostname} offers no encryption, so our password was not sent. Use smtps:// or a server with STARTTLS."
        case ssl.SSLCertVerificationError():
            return f"The certificate of the mail server {url.hostname} is not valid: {one_line(error.verify_message).rstrip('.')}."
        case ssl.SSLError():
            return f"No encrypted connection to the mail server {url.hostname} could be made. Check its port, and whether it needs smtp:// or smtps://."
        case ConnectionRefusedError():
            return f"No mail server accepts connections at {url.hostname}, port {port(url)}."
        case ConnectionResetError() | ConnectionAbortedError() | BrokenPipeError():
            return "The mail server ended the connection before it had taken the email."
    reason = f": {error.strerror}" if error.strerror else ""
    return f"The mail server {url.hostname} could not be reached{reason}."


def shown(stored: str) -> str:
    """Return a stored reason as agents may read it: what an earlier version kept may be a value of Python's."""
    return UNEXPECTED if re.match(r"[A-Za-z_]\w*: ", stored) else stored


def port(url: SplitResult) -> int:
    """Return the port of a mail server."""
    return url.port or (465 if url.scheme == "smtps" else 587)


def _words(error: Exception) -> str:
    code, said = _answer(error)
    text = one_line(said.decode("utf-8", "replace") if isinstance(said, bytes) else said)[:MAX_WORDS_CHARS]
    if not 200 <= code < 600:
        return f"it gave an answer that is not SMTP{f' ({text})' if text else ''}."
    return f"{code} {text}".strip()


def _answer(error: Exception) -> tuple[int, bytes | str]:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()))
        return code, said
    return (error.smtp_code, error.smtp_error) if isinstance(error, smtplib.SMTPResponseException) else (0, "")
