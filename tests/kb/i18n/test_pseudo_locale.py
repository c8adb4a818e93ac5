"""A customer walks through every page and gets every email in a language made for the test: nothing is left in English."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from kb.accounts import people
from kb.config import Settings
from kb.db import now
from kb.i18n import catalogs
from kb.jobs import outbox
from kb.site.app import create_app
from kb.site.worker_setup import make_worker
from tests.cast import add_person, agent_writes, change, sign_in
from tests.pseudo_locale import CODE, compile_into, untranslated, untranslated_lines
from tests.tickets.deflection.script import DAY, Log, confirm, engaged, form, search, sent
from tickets.nonce import new_nonce

pytestmark = pytest.mark.slow
REQUEST = {"email": "maria@example.com", "subject": "Ο εκτυπωτής", "description": "Καίγεται."}
ARTICLE = "---\ntitle: {title}\n{more}---\nΚείμενο για τον εκτυπωτή.\n\n## Πρώτα\n\nΆλφα.\n\n## Μετά\n\nΒήτα.\n\n## Τέλος\n\nΓάμμα.\n"
FILES = {
    "α/β/ένα.md": ARTICLE.format(title="Εκτυπωτής", more="type: tutorial\nminutes: 5\ntags: [χαρτί]\nsummary: Πώς τυπώνεται\n"),
    "α/β/δύο.md": ARTICLE.format(title="Χαρτί στον εκτυπωτή", more="type: tutorial\npromoted: true\n"),
    "α/γ/ερώτηση.md": ARTICLE.format(title="Πού είναι;", more="type: faq\n"),
    "α/δ/κλειστό.md": ARTICLE.format(title="Μόνο για εμάς", more="audience: agents\n"),
}


@pytest.fixture
def pseudo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    compile_into(tmp_path / "locale")
    monkeypatch.setattr(catalogs, "FOLDER", tmp_path / "locale")
    kept = (catalogs.codes, catalogs.language, catalogs._words)
    for one in kept:
        one.cache_clear()
    yield
    for one in kept:
        one.cache_clear()


@pytest.fixture
def client(settings: Settings, pseudo: None) -> Iterator[TestClient]:
    for path, text in FILES.items():
        file = settings.content / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    settings = settings.model_copy(update={"locale": CODE, "site_name": "Βοήθεια", "mail_from": "Βοήθεια <help@example.com>"})
    with TestClient(create_app(settings), headers={"user-agent": "Mozilla/5.0 (test)"}) as opened:
        yield opened


def _left(client: TestClient, addresses: list[str]) -> dict[str, list[str]]:
    left = {address: untranslated(client.get(address).text) for address in addresses}
    return {address: texts for address, texts in left.items() if texts}


def _posted(client: TestClient, address: str, **data: Any) -> list[str]:
    answer = client.post(address, data=data)
    assert answer.status_code < 500
    return untranslated(answer.text)


def _sent(client: TestClient) -> str:
    nonce = new_nonce(client.app.state.secret_key, datetime.now(UTC) - timedelta(minutes=1))
    return str(client.post("/requests", data=REQUEST | {"nonce": nonce}).url.path)


def test_the_test_sees_what_is_not_translated() -> None:
    assert untranslated("<p>Ĥéĺĺó <b>world</b><img alt='a picture'><code>code</code></p>") == ["world", "a picture"]
    assert untranslated("<p>Ĥéĺĺó maria@example.com, 5 MB</p>") == []
    assert untranslated_lines("Ĥéĺĺó\nhttps://example.com/x\nyours, me") == ["yours, me"]


def test_help_centre_and_search(client: TestClient) -> None:
    articles = [article.url for article in client.app.state.library.catalog.articles.values() if article.audience == "public"]
    categories = client.app.state.library.catalog.categories
    shelves = [category.url for category in categories] + [section.url for category in categories for section in category.sections]
    searches = ["/search", "/search?q=εκτυπωτής", "/search?q=εκτυπωτίς", "/search?q=ωωω", "/search?q=εκτυπωτής&type=tutorial", "/search?q=εκτυπωτής&type=faq"]
    pages = ["/", *shelves, *articles, *searches, "/search?q=εκτυπωτής&page=9", "/search/instant?q=εκτυπωτής", "/nothing", "/articles/nothing"]
    assert _left(client, pages) == {}
    assert _posted(client, f"{articles[0]}/votes", value="yes") == []
    assert _posted(client, f"{articles[0]}/votes", value="no") == []
    assert _posted(client, f"{articles[0]}/votes", value="no", reason="Κακό") == []
    assert _posted(client, f"{articles[0]}/votes", value="perhaps") == []


def test_requests(client: TestClient) -> None:
    assert _left(client, ["/requests/new?subject=Εκτυπωτής", "/requests", "/requests/suggestions?q=εκτυπωτής", "/requests/suggestions?q=ωωω"]) == {}
    assert _posted(client, "/requests", subject="Χαρτί") == []
    nonce = new_nonce(client.app.state.secret_key, now())
    wrong = {"name": "Ω" * 130, "email": "Μαρία", "subject": "Ω" * 300, "description": "Ω" * 70_000, "category": "none"}
    assert _posted(client, "/requests", nonce=nonce, **wrong) == []
    assert _posted(client, "/requests", nonce=nonce) == []
    files = [("files", (f"{number}.ω", b"")) for number in range(20)]
    assert untranslated(client.post("/requests", data=REQUEST | {"nonce": nonce}, files=files).text) == []
    assert untranslated(client.post("/requests", data=REQUEST | {"nonce": nonce}, files=files[:1]).text) == []
    assert _posted(client, "/requests", nonce=nonce, check="1", **REQUEST) == []
    slug = next(iter(client.app.state.library.catalog.articles))
    assert _posted(client, "/requests/deflections", solved=slug, nonce=nonce, **REQUEST) == []
    assert _posted(client, "/requests/deflections/withdrawal", solved=slug, nonce=nonce, **REQUEST) == []

    path = _sent(client)
    assert re.match(r"/requests/1-", path)
    agent = add_person(client, "agent@example.com", name="Άννα")
    with client.app.state.database.write() as session:
        change(session, 1, {"assignee_id": agent.id}, agent)
        agent_writes(session, 1, "Ποιος;", agent, changes={"status": "pending"})
    assert _left(client, [path, f"{path}?sent=1", f"{path}?replied=1", "/requests", "/requests/remembered/removal", "/requests?forgotten=1"]) == {}
    assert _posted(client, f"{path}/comments", body="") == []
    assert _posted(client, f"{path}/resolution") == []
    assert _posted(client, f"{path}/reopening") == []
    with client.app.state.database.write() as session:
        change(session, 1, {"status": "solved"}, agent)
        change(session, 1, {"status": "closed"})
    assert _left(client, [path]) == {}
    assert _posted(client, f"{path}/resolution") == []
    nonce = re.search(r'name="nonce" value="([^"]+)"', client.get(path).text)
    assert nonce
    assert _posted(client, f"{path}/comments", body="Πάλι", nonce=nonce[1]) == []
    assert _left(client, [path]) == {}


def test_signing_in_and_the_account(client: TestClient) -> None:
    assert _left(client, ["/sign-in", "/sign-in/link/none"]) == {}
    assert _posted(client, "/sign-in", email="maria@example.com", password="wrong") == []
    assert _posted(client, "/sign-in/link", email="maria@example.com") == []
    assert _posted(client, "/sign-in/link", email="?") == []
    person = add_person(client, "maria@example.com", role="customer", name="Μαρία")
    client = TestClient(client.app, headers={"user-agent": "Mozilla/5.0 (test)"}, follow_redirects=False)
    sign_in(client, person)
    said = ["details", "password", "address", "new-address", "session", "sessions"]
    assert _left(client, ["/account", *(f"/account?saved={one}" for one in said), "/account/menu?language=el", "/requests", "/account/address/none"]) == {}
    for password in ("", "x", "password", "y" * 2000):
        assert _posted(client, "/account/password", password=password) == []
    assert _posted(client, "/account/address", email="?") == []


def test_the_desk(client: TestClient) -> None:
    path = _sent(client)
    admin = add_person(client, "agent@example.com", role="admin", name="Άννα")
    desk = TestClient(client.app, headers={"user-agent": "Mozilla/5.0 (test)"}, follow_redirects=False)
    sign_in(desk, admin)
    views = ("unassigned", "mine", "open", "pending", "on-hold", "solved", "suspended", "all")
    done = ("sent", "noted", "saved", "taken", "discarded", "restored", "released", "followed-up")
    pages = [*(f"/desk/views/{view}" for view in views), *(f"/desk/tickets/1?done={one}" for one in done), "/desk/tickets/1?done=sent&of=2", "/desk/search"]
    pages += ["/desk/search?q=ωωω", "/desk/search?q=εκτυπωτής", "/desk/notifications", "/desk/people", "/desk/api-keys", "/desk/audit-log", "/desk/content"]
    pages += ["/desk/articles?q=εκτυπωτής", "/desk/tickets/99", "/desk/nothing", "/account"]
    assert _left(desk, pages) == {}
    with client.app.state.database.write() as session:
        change(session, 1, {"assignee_id": admin.id, "priority": "high", "status": "hold"}, admin)
        agent_writes(session, 1, "Ποιος;", admin, changes={"status": "pending"})
        agent_writes(session, 1, "Άγνωστο.", admin, is_public=False)
    assert path
    assert _left(desk, ["/desk/tickets/1", "/desk/views/all"]) == {}
    assert _posted(desk, "/desk/tickets/1/comments", body="", version=1) == []
    assert _posted(desk, "/desk/people", email="?", role="agent") == []
    assert _posted(desk, "/desk/api-keys", name="", scope="read") == []
    with client.app.state.database.write() as session:
        change(session, 1, {"status": "solved"}, admin)
        change(session, 1, {"status": "closed"})
    assert _left(desk, ["/desk/tickets/1", "/desk/tickets/1/follow-up", "/desk/views/solved"]) == {}


def test_the_report(client: TestClient) -> None:
    admin = add_person(client, "agent@example.com", role="admin", name="Άννα")
    desk = TestClient(client.app, headers={"user-agent": "Mozilla/5.0 (test)"}, follow_redirects=False)
    sign_in(desk, admin)
    log = Log(client.app.state.database)
    for number in range(12):
        log.visit(f"v{number}", search(number * DAY, "χαρτί"), form(number * DAY + 20), engaged(number * DAY + 30, "ένα"), confirm(number * DAY + 60, "ένα"))
        log.visit(f"w{number}", search(number * DAY, "μελάνι"), form(number * DAY + 20), sent(number * DAY + 60, number + 1))
        log.ticket(number * DAY + 60, f"w{number}", visit=f"visit-w{number}", visitor=f"w{number}")
    days = "from=2026-03-01&to=2026-03-20"
    report = "/desk/reports/deflection"
    pages = [report, f"{report}?{days}", f"{report}?from=2027-01-01&to=2026-01-01", f"{report}/visits?{days}&outcome=confirmed"]
    pages += [f"{report}/visits?{days}&search={kind}" for kind in ("no_result", "unanswered", "click")]
    assert _left(desk, pages) == {}


def test_emails_to_customers(client: TestClient, settings: Settings) -> None:
    person = add_person(client, "maria@example.com", role="customer", name="Μαρία")
    _sent(client)
    agent = add_person(client, "agent@example.com", name="Άννα")
    database = client.app.state.database
    with database.write() as session:
        agent_writes(session, 1, "Ποιος;", agent)
        people.find(session, person.email)
        told = {"email": person.email}
        for kind, more in {
            "mail.sign_in_link": {},
            "mail.sign_in_paused": {},
            "mail.password_changed": {},
            "mail.address_changed": {"new": "new@example.com"},
            "mail.role_changed": {"role": "customer"},
            "mail.key_made": {"key_name": "Κλειδί"},
            "mail.new_sign_in": {"browser": "Firefox on Windows", "network": "192.0.2.0/24"},
        }.items():
            outbox.enqueue(session, kind, told | more, now=now())
        outbox.enqueue(session, "mail.confirm_address", {"user_id": person.id, "email": "new@example.com"}, now=now())
        outbox.enqueue(session, "mail.confirm_address", {"user_id": person.id, "email": "agent@example.com"}, now=now())
        outbox.enqueue(session, "mail.invitation", {"email": agent.email}, now=now())
    worker = make_worker(client.app.state.settings, database, client.app.state.templates)
    while worker.run_once(now()):
        pass
    emails = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in sorted((settings.data / "mail").glob("*.eml"))]
    assert len(emails) >= 12
    names = ("Firefox", "Windows")
    left = {str(email["Subject"]): untranslated_lines("\n".join([str(email["Subject"]).replace("Re:", ""), email.get_content()])) for email in emails}
    assert {subject: lines for subject, lines in left.items() if [line for line in lines if not any(name in line for name in names)]} == {}
