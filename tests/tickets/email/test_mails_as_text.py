"""What people typed reaches mails as text: never a header, a second recipient or another body, and never a mail that cannot be made."""

import itertools
import re
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlencode

import pytest
from httpx2 import Response
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import SecretStr
from starlette.testclient import TestClient

from kb.config import Settings, SettingsError, load
from kb.db import now
from kb.jobs import outbox
from kb.jobs.worker import Job
from kb.site.worker_setup import make_worker
from kb.text.cleanup import clean, one_line
from kb.web.templates import environment as make_environment
from tests.cast import add_person, signed_in
from tests.generators import searches
from tests.services import Mailbox
from tests.tickets.conftest import fields
from tickets.creation import NewTicket, create
from tickets.email.composition import Letter, compose
from tickets.email.delivery import send
from tickets.email.mailer import WRITERS
from tickets.nonce import new_nonce

COUNTER = itertools.count()
JOB = Job(7, "mail.test", {}, None, 0, datetime(2026, 5, 1, 12, tzinfo=UTC))
HEADERS = [
    *("From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "X-Auto-Response-Suppress"),
    *("MIME-Version", "Content-Type", "Content-Transfer-Encoding"),
]
ENCODED = [
    "=?utf-8?q?Invoice=0D=0AX-Injected:_1?=",
    "=?utf-8?q?x=0D=0AReply-To:_evil@example.org?=",
    "=?utf-8?b?DQpCY2M6IGV2aWxAZXhhbXBsZS5vcmc=?=",
    "=?utf-8?q?=0D=0AContent-Type:_text/html=0D=0A=0D=0A<h1>Pay_here</h1>?=",
    "=?us-ascii?q?=0A?= =?utf-8?q?=0A?=",
    "=?utf-8?q?a?==?utf-8?q?b?=",
    "=?x-unknown?q?=ff?=",
    "=?utf-8?q?=ED=A0=80?=",
    "=?utf-7?q?+AAo-?=",
    "=?idna?q?x?= =?rot13?b?!?=",
    "=?utf-8*en?q?=0D=0A?=",
    "=?utf-8?b?====?=",
    "=?utf-8?q?",
    "?=",
    "=?",
]
PIECES = st.sampled_from(
    [
        *ENCODED,
        *("\r\nBcc: evil@example.org\r\n", "\nX: 1", "\r", "\x00", "\x1b[31m", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\ufeff", "\ufffe"),
        *("\ud800", "\udfff", "\u202e", "שלום", "مرحبا", "👩‍👩‍👧", "ß", "İ", "\u200d", "\u3000", "\t", "  "),
        *('"', "\\", "<", ">", ",", ":", ";", "@", "[", "(", "%s", "{{7*7}}"),
        *("From ", "\nFrom here", "\n.\n", "\n..", "=46", "=\n", "--", "a" * 80, "a b " * 40, "é" * 90),
    ]
)
TYPED = st.lists(PIECES | st.text(max_size=12) | st.text(st.characters(codec="ascii"), max_size=12), max_size=8).map("".join)


def read(content: bytes, by: Any) -> EmailMessage:
    message = message_from_bytes(content, policy=by)
    assert message.defects == []
    return message


def post(client: TestClient, path: str, data: dict[str, str]) -> Response:
    """Sends a form whose texts may hold what no browser sends."""
    return client.post(path, content=urlencode(data, errors="surrogatepass"), headers={"content-type": "application/x-www-form-urlencoded"})


def received(text: str) -> str:
    """What the server reads of a text that `post` sent."""
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def as_lines(text: str) -> str:
    return text.replace("\r\n", "\n").removesuffix("\n")


@searches(examples=300)
@given(subject=TYPED, text=TYPED, name=TYPED)
@example(subject=ENCODED[0], text="Hello", name=ENCODED[1])
def test_a_mail_of_any_words_has_our_headers_and_reads_as_was_typed(subject: str, text: str, name: str) -> None:
    settings = Settings.model_construct(**(Settings().model_dump() | {"site_name": name, "base_url": "https://help.example.com"}))
    mail = compose(settings, JOB, Letter("alice@example.com", f"[#1] Re: {subject}"[:200], text, "ticket-1.2", is_automatic=False))
    old, new = read(mail.content, policy.compat32), read(mail.content, policy.default)
    assert old.keys() == new.keys() == HEADERS
    assert mail.content.isascii()
    assert max(map(len, mail.content.split(b"\r\n"))) <= 76
    assert b"\r" not in mail.content.replace(b"\r\n", b"")
    assert str(new["Subject"]) == str(make_header(decode_header(re.sub("\r\n", "", old["Subject"])))) == one_line(f"[#1] Re: {subject}"[:200])
    assert [address.addr_spec for address in new["To"].addresses] == ["alice@example.com"]
    [sender] = new["From"].addresses
    assert sender.addr_spec == mail.sender == "support@help.example.com"
    assert sender.display_name.replace(" ", "") == one_line(name)[:400].replace(" ", "")
    assert as_lines(new.get_content()) == clean(text)


@pytest.mark.slow
@searches(examples=25)
@given(subject=TYPED, description=TYPED, reply=TYPED, name=TYPED, local=st.from_regex(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,20}", fullmatch=True))
@example(subject=ENCODED[0], description="x", reply="Hello,\n\nFrom the settings page choose Export.\n.\nBye", name=ENCODED[2], local="=?q?=")
def test_the_mail_that_arrives_has_one_recipient_and_says_what_the_agent_wrote(
    client: TestClient, smtp_server: Mailbox, subject: str, description: str, reply: str, name: str, local: str
) -> None:
    client.app.state.settings = client.app.state.settings.model_copy(update={"requests_per_hour": 1_000_000, "smtp_url": SecretStr(smtp_server.url)})
    settings: Settings = client.app.state.settings
    agent = getattr(client, "agent", None) or signed_in(client, "ada@example.com", name="Ada")
    client.agent = agent
    email = f"{local}{next(COUNTER)}@example.com"  # one address gets three receipts an hour
    smtp_server.messages.clear()
    smtp_server.recipients.clear()
    nonce = new_nonce(client.app.state.secret_key, datetime.now(UTC) - timedelta(minutes=1))
    data = {"email": email, "name": name[:100], "subject": f"a {subject}"[:200], "description": f"b {description}", "nonce": nonce}
    sent = post(client, "/requests", data)
    if "=?" in local:
        assert sent.status_code == 422, sent.text
        return
    assert sent.status_code == 303
    number = int(re.search(r"/requests/(\d+)-", sent.headers["location"])[1])
    form = fields(agent.get(f"/desk/tickets/{number}").text)
    answered = post(agent, f"/desk/tickets/{number}/comments", form | {"body": f"c {reply}", "kind": "public"})
    assert answered.status_code == 303
    worker = make_worker(settings, client.app.state.database, client.app.state.templates)
    while worker.run_once(now()):
        pass
    receipt, notice, mail = smtp_server.messages
    assert smtp_server.recipients == [[email], ["ada@example.com"], [email]]
    assert list(mail) == HEADERS
    assert list(receipt) == list(notice) == [*HEADERS[:7], "Auto-Submitted", *HEADERS[7:]]
    assert notice["Subject"] == f"[#{number}] New ticket: {one_line(received(data['subject']))}"
    assert mail["Subject"] == f"[#{number}] Re: {one_line(received(data['subject']))}"
    assert as_lines(mail.get_content()).startswith(clean(received(f"c {reply}")) + "\n\nAda, Deskbook")


@pytest.mark.parametrize(
    ("mail_from", "name", "address"),
    [
        ("Acme, Inc. <support@example.com>", "Acme, Inc.", "support@example.com"),
        ('"Acme, Inc." <Support@Example.com>', "Acme, Inc.", "Support@example.com"),
        (r'"The \"Help\" Desk" <support@example.com>', 'The "Help" Desk', "support@example.com"),
        ("Help: Acme [EU] (24/7); team@acme <support@example.com>", "Help: Acme [EU] (24/7); team@acme", "support@example.com"),
        ("Acme\\ <support@example.com>", "Acme\\", "support@example.com"),
        ("Büro, Köln <post@büro.example>", "Büro, Köln", "post@xn--bro-hoa.example"),
        ("תמיכה <post@faß.de>", "תמיכה", "post@xn--fa-hia.de"),
        ("=?utf-8?q?x=0D=0ABcc:_evil@example.org?= <support@example.com>", "=?utf-8?q?x=0D=0ABcc:_evil@example.org?=", "support@example.com"),
        ("support@example.com", "", "support@example.com"),
        ("<support@localhost>", "", "support@localhost"),
    ],
)
def test_any_name_may_be_the_senders(smtp_server: Mailbox, mail_from: str, name: str, address: str) -> None:
    settings = load({"DESKBOOK_MAIL_FROM": mail_from, "DESKBOOK_SMTP_URL": smtp_server.url})
    send(settings, compose(settings, JOB, Letter("alice@example.com", "Hello", "Text")))
    [mail] = smtp_server.messages
    [sender] = mail["From"].addresses
    assert (sender.display_name, sender.addr_spec, smtp_server.senders) == (name, address, [address])
    assert mail["Message-ID"].endswith(f"@{address.partition('@')[2]}>")


@pytest.mark.parametrize(
    "mail_from",
    [
        *("Acme", "a@example.com, b@example.com", "A <a@example.com>, B <b@example.com>", "Acme <a@example.com", "a@example.com>", "Acme <>", "<@example.com>"),
        *(
            "Team: a@example.com;",
            "support@example.com (Acme)",
            '"a b"@example.com',
            "büro@example.com",
            "a@[127.0.0.1]",
            "a@exa mple.com",
            "A <b> <a@example.com>",
        ),
        *("=?utf-8?q?a?=@example.com", "x" * 121 + " <a@example.com>", "a@example..com"),
    ],
)
def test_a_sender_that_is_not_one_address_stops_the_start(mail_from: str) -> None:
    with pytest.raises(SettingsError, match=r"DESKBOOK_MAIL_FROM: must be one address.*support@example\.com"):
        load({"DESKBOOK_MAIL_FROM": mail_from})


@pytest.mark.parametrize("host", ["https://büro.example", "http://127.0.0.1:8000", "http://[::1]:8000", "https://my_host.example"])
def test_a_site_at_any_address_can_send(host: str) -> None:
    settings = Settings.model_construct(**(Settings().model_dump() | {"base_url": host}))
    mail = read(compose(settings, JOB, Letter("alice@example.com", "Hello", "Text")).content, policy.default)
    assert mail["From"].addresses[0].domain in ("xn--bro-hoa.example", "127.0.0.1", "localhost")


@pytest.mark.parametrize(
    "lines", ["From the settings page", "From From From", ".", "..", ".\n\n.", "Hello\nFrom here", ". From", "x " * 38 + "From there " * 20 + "!"]
)
def test_lines_arrive_as_written_through_servers_that_change_some(smtp_server: Mailbox, lines: str) -> None:
    settings = Settings(smtp_url=SecretStr(smtp_server.url))
    mail = compose(settings, JOB, Letter("alice@example.com", "Hello", lines))
    assert not re.search(rb"^(From |\.)", mail.content.partition(b"\r\n\r\n")[2], re.MULTILINE)
    send(settings, mail)
    assert as_lines(smtp_server.messages[0].get_content()) == lines


@pytest.mark.slow
def test_no_kind_of_mail_takes_a_name_for_a_header(client: TestClient, smtp_server: Mailbox) -> None:
    for number, typed in enumerate([*ENCODED, "x\r\nBcc: evil@example.org", "\u202e\u2028\x00\ud800"]):
        smtp_server.messages.clear()
        settings: Settings = client.app.state.settings.model_copy(update={"smtp_url": SecretStr(smtp_server.url), "site_name": f"s {typed}"})
        admin = add_person(client, f"ada{number}@example.com", "admin", f"n {typed}")
        other = signed_in(client, f"bob{number}@example.com", "agent", f"m {typed}")
        with client.app.state.database.write() as session:
            filed = create(
                session,
                NewTicket(email=f"c{number}@example.com", name=one_line(f"r {typed}"), subject=one_line(f"t {typed}"), body=clean(f"b {typed}")),
                now=now(),
            )
        form = fields(other.get(f"/desk/tickets/{filed.id}").text)
        files = [("files", (f"f {received(typed)}", b"x"))]
        assert other.post(f"/desk/tickets/{filed.id}/comments", data=form | {"body": f"a {received(typed)}", "kind": "public"}, files=files).status_code == 303
        payload = {"email": admin.email, "user_id": admin.id, "ticket_id": filed.id, "comment_id": None, "reasons": ["new"]}
        payload |= {"new": "kim@example.com", "role": "agent", "key_name": one_line(f"k {typed}"), "browser": one_line(f"f {typed}"), "network": "192.0.2.0"}
        with client.app.state.database.write() as session:
            for kind in WRITERS.keys() - {"mail.agent_replied", "mail.request_received"}:
                outbox.enqueue(session, kind, payload, now=now())
        environment = make_environment(settings, client.app.state.static)
        worker = make_worker(settings, client.app.state.database, environment)
        while worker.run_once(now()):
            pass
        assert len(smtp_server.messages) >= len(WRITERS), typed
        for mail in smtp_server.messages:
            assert set(mail) <= {*HEADERS, "Auto-Submitted"}, (typed, list(mail))
            assert len(mail["To"].addresses) == len(mail["From"].addresses) == 1
            assert mail["From"].addresses[0].display_name.replace(" ", "") == one_line(f"s {typed}").replace(" ", "")
            assert mail.get_content_type() == "text/plain"
            assert mail.defects == []
        assert all(len(recipients) == 1 for recipients in smtp_server.recipients)
