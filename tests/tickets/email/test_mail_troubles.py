"""When a mail cannot be sent, the ticket says why in words: the server's own where there are any, never a value of Python's."""

import html
import re
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from kb.config import Settings
from kb.db import now
from kb.site.worker_setup import make_worker
from tests.cast import signed_in
from tests.ports import free_port
from tests.tickets.conftest import Send
from tests.tickets.email.scripted_server import CLOSE, DRIP, ENDLESS_LINE, ENDLESS_LINES, SILENCE, scripted_server, self_signed

pytestmark = pytest.mark.slow
PYTHON = re.compile(r"Error|Exception|Errno|Refused|Traceback|_ssl|\(b'|b\"|\{|\bNone\b|object at|\[SSL")
LATER, NEVER = "An email could not be sent yet. We’ll try again.", "An email could not be delivered."
Trouble = Callable[[str], str]


@pytest.fixture
def trouble(client: TestClient, send: Send) -> Trouble:
    """Files a request, lets the worker send its mail to the server named, and gives what the desk shows of it."""

    def trouble(smtp_url: str, **changes: object) -> str:
        assert send().status_code == 303
        settings: Settings = client.app.state.settings.model_copy(update={"smtp_url": SecretStr(smtp_url), "smtp_timeout_s": 60.0} | changes)
        make_worker(settings, client.app.state.database, client.app.state.templates).run_once(now())
        page = signed_in(client, "ada@example.com").get("/desk/tickets/1").text
        shown = re.search(r'<div class="notice (?:bad|warn)"><p><strong>(.*?)</strong>(.*?)</p>', page)
        assert shown is not None
        words = html.unescape(f"{shown[1]}{shown[2]}")
        assert not PYTHON.search(words), words
        return words

    return trouble


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"RCPT": "450 4.2.0 mailbox busy"}, f"{LATER} 450 4.2.0 mailbox busy"),
        ({"RCPT": "550 5.1.1 no such mailbox"}, f"{NEVER} 550 5.1.1 no such mailbox"),
        ({"RCPT": "550-5.1.1 The address\r\n550 5.1.1 does not exist"}, f"{NEVER} 550 5.1.1 The address 5.1.1 does not exist"),
        ({"RCPT": "421 shutting down"}, f"{LATER} 421 shutting down"),
        ({"MAIL": "451 4.3.0 try again"}, f"{LATER} 451 4.3.0 try again"),
        ({"MAIL": "550 5.7.1 sender refused"}, f"{NEVER} 550 5.7.1 sender refused"),
        ({"MAIL": "530 5.7.0 Authentication required"}, f"{LATER} 530 5.7.0 Authentication required"),
        ({"DATA": "452 4.3.1 disk full"}, f"{LATER} 452 4.3.1 disk full"),
        ({".": "554 5.7.1 looks like spam"}, f"{NEVER} 554 5.7.1 looks like spam"),
        ({".": "450 4.7.1 \u202egrey\u2066listed\x1b[31m \udcff"}, f"{LATER} 450 4.7.1 greylisted [31m \ufffd"),
        ({"": "421 too many connections"}, f"{LATER} The mail server turned our connection away: 421 too many connections"),
        ({"": "554 no mail from you"}, f"{LATER} The mail server turned our connection away: 554 no mail from you"),
        ({"": "HTTP/1.1 400 Bad Request"}, f"{LATER} The mail server turned our connection away: it gave an answer that is not SMTP"),
        ({"EHLO": "550 who are you", "HELO": "504 no"}, f"{LATER} The mail server turned our connection away: 504 no"),
        ({"": CLOSE}, f"{LATER} The mail server ended the connection before it had taken the email."),
        ({"MAIL": CLOSE}, f"{LATER} The mail server ended the connection before it had taken the email."),
        ({".": CLOSE}, f"{LATER} The mail server ended the connection before it had taken the email."),
        ({"": SILENCE}, f"{LATER} The mail server 127.0.0.1 did not answer within 0.3 seconds."),
        ({"RCPT": SILENCE}, f"{LATER} The mail server 127.0.0.1 did not answer within 0.3 seconds."),
        ({"EHLO": "250-mail\r\n250 STARTTLS", "STARTTLS": "454 no TLS now"}, f"{LATER} The mail server turned our connection away: 454 no TLS now"),
    ],
)
def test_the_ticket_shows_what_the_server_said(trouble: Trouble, answers: dict[str, str], words: str) -> None:
    with scripted_server(answers) as port:
        assert words in trouble(f"smtp://127.0.0.1:{port}", smtp_timeout_s=0.3 if SILENCE in answers.values() else 60.0)


@pytest.mark.parametrize("at", ["", "EHLO", "MAIL", "RCPT", "DATA", "."])
def test_a_server_that_drips_bytes_is_given_up_at_the_deadline(trouble: Trouble, at: str) -> None:
    with scripted_server({at: DRIP}) as port:
        words = trouble(f"smtp://127.0.0.1:{port}", smtp_timeout_s=5.0, smtp_deadline_s=0.6)
    assert words == f"{LATER} The mail server 127.0.0.1 had not taken the email after 0.6 seconds."


@pytest.mark.parametrize("at", ["", "EHLO", "MAIL", "."])
@pytest.mark.parametrize(("answer", "words"), [(ENDLESS_LINES, "127.0.0.1 sent an answer of more than 5 KB."), (ENDLESS_LINE, "an answer of more than 5 KB.")])
def test_an_answer_without_end_is_not_read(trouble: Trouble, at: str, answer: str, words: str) -> None:
    with scripted_server({at: answer}) as port:
        assert words in trouble(f"smtp://127.0.0.1:{port}", smtp_timeout_s=5.0, smtp_deadline_s=20.0, smtp_answer_max_kb=5)


@pytest.mark.skipif(not shutil.which("openssl"), reason="not installed: openssl (Debian: apt install openssl)")
def test_a_server_that_drips_bytes_over_an_encrypted_connection_is_given_up_too(trouble: Trouble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    with scripted_server({"MAIL": DRIP}, tls=context, is_tls_at_once=True) as port:
        words = trouble(f"smtps://localhost:{port}", smtp_timeout_s=5.0, smtp_deadline_s=1.5)
    assert words == f"{LATER} The mail server localhost had not taken the email after 1.5 seconds."


def test_a_mail_that_is_taken_slowly_but_in_time_is_sent(trouble: Trouble) -> None:
    """Many answers, each within the timeout: only all of them together may take too long."""
    with scripted_server({"RCPT": "450-a\r\n" * 2000 + "450 busy"}) as port:
        assert "450 a a" in trouble(f"smtp://127.0.0.1:{port}", smtp_timeout_s=20.0, smtp_deadline_s=30.0)


@pytest.mark.parametrize(
    ("answers", "user", "words"),
    [
        ({"EHLO": "250-mail\r\n250 AUTH PLAIN", "AUTH": "535 5.7.8 bad credentials"}, "kim:secret", "user name and password: 535 5.7.8 bad credentials"),
        ({"EHLO": "250-mail\r\n250 AUTH PLAIN", "AUTH": "454 4.7.0 later"}, "kim:secret", "user name and password: 454 4.7.0 later"),
        ({}, "kim:secret", "A user name is set for the mail server, but the server offers no sign-in."),
        ({"EHLO": "250-mail\r\n250 AUTH GSSAPI"}, "kim:secret", "The mail server offers no way of signing in that can be used here."),
        ({"EHLO": "250-mail\r\n250 AUTH PLAIN"}, "kim:gr%C3%BCn", "holds letters that mail servers do not take."),
    ],
)
def test_the_ticket_says_when_the_sign_in_fails_and_it_is_tried_again(trouble: Trouble, answers: dict[str, str], user: str, words: str) -> None:
    with scripted_server(answers) as port:
        shown = trouble(f"smtp://{user}@127.0.0.1:{port}")
    assert shown.startswith(LATER)
    assert words in shown
    assert "secret" not in shown


@pytest.mark.skipif(not shutil.which("openssl"), reason="not installed: openssl (Debian: apt install openssl)")
@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_the_ticket_says_when_a_certificate_is_not_valid(trouble: Trouble, tmp_path: Path, scheme: str) -> None:
    answers = {"EHLO": "250-mail\r\n250 STARTTLS", "STARTTLS": "220 go on"}
    with scripted_server(answers, tls=self_signed(tmp_path), is_tls_at_once=scheme == "smtps") as port:
        assert f"{LATER} The certificate of the mail server 127.0.0.1 is not valid: self-signed certificate." in trouble(f"{scheme}://127.0.0.1:{port}")


def test_the_ticket_says_when_the_server_speaks_no_tls(trouble: Trouble) -> None:
    with scripted_server({}) as port:
        assert "No encrypted connection to the mail server 127.0.0.1 could be made. Check its port" in trouble(f"smtps://127.0.0.1:{port}")


def test_the_ticket_says_when_nobody_listens(trouble: Trouble) -> None:
    port = free_port()
    assert f"{LATER} No mail server accepts connections at 127.0.0.1, port {port}." in trouble(f"smtp://127.0.0.1:{port}")


@pytest.mark.parametrize("host", ["mail.invalid", "x" * 64 + ".example.com", "b%C3%BCro.invalid"])
def test_the_ticket_says_when_the_servers_name_is_unknown(trouble: Trouble, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    if len(host) < 64:
        monkeypatch.setattr(socket, "getaddrinfo", unknown)  # the machine may have no name server to ask
    assert f"{LATER} The mail server's name {host} could not be looked up." in trouble(f"smtp://{host}")


def test_the_ticket_says_when_the_folder_of_mails_takes_none(trouble: Trouble, settings: Settings) -> None:
    (settings.data / "mail").write_text("in the way")
    assert re.search(r"The email could not be written to the folder \S+/mail: (File exists|Not a directory)\.", trouble(""))


def test_the_ticket_keeps_a_fault_of_ours_for_the_log(trouble: Trouble, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr("tickets.email.mailer.compose", lambda *_: {}["missing"])
    assert trouble("") == f"{LATER} Something failed on our side. The server's log has the details."
    assert "KeyError: 'missing'" in caplog.text
