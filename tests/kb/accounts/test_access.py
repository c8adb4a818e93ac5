"""Who may call what: every route of the app against every role. A route that is missing here fails."""

import io
import re

import pytest
from httpx2 import Response
from sqlalchemy import func, select
from starlette.routing import Route
from starlette.testclient import TestClient

from kb.accounts.api_keys import make_key
from kb.accounts.audit_log.models import AuditRecord
from kb.accounts.models import ApiKey, SignInLink, SignInSession, User
from kb.accounts.tokens import digest
from kb.db import now
from kb.jobs.models import OutboxJob
from tests.cast import add_person, sign_in
from tickets.attachments import store_file
from tickets.creation import NewTicket, create
from tickets.models import Attachment, Audit, Comment, Ticket

# open: anybody · own: whoever is signed in · staff: agents and admins · admin · key: programs with an API key, never a browser's session
ACCESS = """
open GET /static/{digest}/{path:path}
open GET /healthz
open GET /.well-known/security.txt
open POST /events
open GET /
open GET /categories/{category}
open GET /categories/{category}/{section}
open GET /articles/{slug}
open POST /articles/{slug}/votes
open GET /articles/{slug}/votes/{value}
open GET /{locale:locale}/
open GET /{locale:locale}/articles/{slug}
open POST /{locale:locale}/articles/{slug}/votes
open GET /{locale:locale}/articles/{slug}/votes/{value}
open GET /{locale:locale}/categories/{category}
open GET /{locale:locale}/categories/{category}/{section}
open GET /assets/{digest}/{path:path}
open GET /sitemap.xml
open GET /robots.txt
open GET /feed.xml
open GET /hc/{locale}/articles/{number:path}
open GET /hc/articles/{number:path}
open GET /hc/{rest:path}
open GET /api/search
open GET /search/instant
open GET /search
open GET /requests/new
open POST /requests
open POST /requests/deflections
open POST /requests/deflections/withdrawal
open GET /requests/suggestions
open GET /requests/suggestions/{slug}
open GET /requests/{token}
open POST /requests/{token}/comments
open POST /requests/{token}/resolution
open POST /requests/{token}/reopening
open GET /requests/{token}/attachments/{file}/{name}
open GET /sign-in
open POST /sign-in
open POST /sign-in/link
open GET /sign-in/link/{token}
open POST /sign-in/link/{token}
open POST /sign-out
open GET /requests
open GET /requests/remembered/removal
open POST /requests/remembered/removal
open GET /account/menu
own GET /account
own POST /account
own POST /account/address
own POST /account/address/{token}
open GET /account/address/{token}
own POST /account/password
own GET /account/confirmed
own POST /account/sessions/revocation
own POST /account/sessions/{session}/revocation
key POST /api/tickets
key GET /api/tickets/{id}
staff GET /desk
staff GET /desk/views/{view}
staff GET /desk/search
staff GET /desk/articles
staff GET /desk/content
staff GET /desk/notifications
staff POST /desk/notifications
staff GET /desk/tickets/{id:int}
staff POST /desk/tickets/{id:int}/comments
staff POST /desk/tickets/{id:int}/properties
staff POST /desk/tickets/{id:int}/assignment
staff POST /desk/tickets/{id:int}/draft
staff GET /desk/tickets/{id:int}/follow-up
staff POST /desk/tickets/{id:int}/follow-up
staff POST /desk/tickets/{id:int}/follow-up/draft
staff POST /desk/tickets/{id:int}/release
staff POST /desk/tickets/{id:int}/rejection
staff GET /desk/tickets/{id:int}/attachments/{file}/{name}
staff GET /desk/reports
staff GET /desk/reports/deflection
staff GET /desk/reports/deflection/visits
staff GET /desk/reports/deflection/figures.csv
staff GET /desk/reports/deflection/searches.csv
admin GET /desk/people
admin POST /desk/people
admin POST /desk/people/{id:int}/role
admin POST /desk/people/{id:int}/disablement
admin POST /desk/people/{id:int}/enablement
admin POST /desk/people/{id:int}/invitation
admin GET /desk/audit-log
admin GET /desk/api-keys
admin POST /desk/api-keys
admin GET /desk/api-keys/{id:int}/revocation
admin POST /desk/api-keys/{id:int}/revocation
"""
TABLE = {(method, path): level for level, method, path in (line.split() for line in ACCESS.split("\n") if line)}
RANK = {"anonymous": 0, "customer": 1, "agent": 2, "admin": 3}
NEEDED = {"open": 0, "own": 1, "staff": 2, "admin": 3}
ENDS_SESSION = ("/sign-out", "/account/sessions/revocation", "/account/sessions/{session}/revocation")
STORED = (User, AuditRecord, SignInSession, SignInLink, ApiKey, Ticket, Comment, Attachment, Audit, OutboxJob)


@pytest.fixture
def browsers(client: TestClient) -> dict[str, TestClient]:
    """One browser for each role, all at the same app, which holds one ticket with one file, one API key and one spare person, each number 1."""
    add_person(client, "spare@example.com", "customer")
    browsers = {"anonymous": client}
    for role in ("customer", "agent", "admin"):
        browsers[role] = TestClient(client.app, headers={"user-agent": "Mozilla/5.0 (test)"}, follow_redirects=False)
        sign_in(browsers[role], add_person(client, f"{role}@example.com", role))
    file = store_file(client.app.state.settings.data / "attachments", "a.txt", io.BytesIO(b"hello"))
    with client.app.state.database.write() as session:
        create(session, NewTicket(email="spare@example.com", subject="Help", body="Please", files=(file,)), now=now())
        make_key(session, "Shop", "read", session.get_one(User, 1), now())
    return browsers


def _person(client: TestClient, role: str) -> User:
    with client.app.state.database.read() as session:
        return session.scalars(select(User).where(User.email == f"{role}@example.com")).one()


def _routes(client: TestClient) -> list[tuple[str, str]]:
    """(method, path) of every route."""
    return [(method, route.path) for route in client.app.routes if isinstance(route, Route) for method in sorted((route.methods or {"GET"}) - {"HEAD"})]


def _address(client: TestClient, path: str) -> str:
    with client.app.state.database.read() as session:
        token = session.scalars(select(Attachment.token)).one()
    values = {"id": "1", "id:int": "1", "view": "all", "file": token, "name": "a.txt", "session": digest(client.cookies.get("deskbook_session", ""))[:16]}
    return re.sub(r"{([^}]+)}", lambda match: values.get(match[1], "x"), path)


def _is_sent_to_sign_in(answer: Response) -> bool:
    return answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")


def _expected(level: str, role: str) -> str:
    if level == "key":
        return "no key"
    if RANK[role] >= NEEDED[level]:
        return "allowed"
    return {"anonymous": "sign in", "customer": "hidden", "agent": "forbidden"}[role]


def _happened(answer: Response, level: str) -> str:
    if _is_sent_to_sign_in(answer):
        return "sign in"
    if answer.status_code == 404 and level != "open":
        return "hidden"
    # 403 is also what a form without its number gets, with the form again.
    if answer.status_code == 403 and "<form" not in answer.text.partition("<main")[2]:
        return "forbidden"
    return "no key" if answer.status_code == 401 else "allowed" if answer.status_code < 500 else f"failed: {answer.status_code}"


def test_every_route_is_in_the_table(client: TestClient) -> None:
    assert set(_routes(client)) - set(TABLE) == set()


@pytest.mark.slow
def test_every_role_reaches_what_the_table_says_and_nothing_else(browsers: dict[str, TestClient]) -> None:
    wrong = []
    for method, path in _routes(browsers["anonymous"]):
        level = TABLE[method, path]
        for role, browser in browsers.items():
            address = _address(browser, path)
            happened = _happened(browser.request(method, address), level)
            if path in ENDS_SESSION and role != "anonymous":
                sign_in(browser, _person(browser, role))
            if happened != _expected(level, role):
                wrong.append(f"{method} {address} as {role}: {happened}, not {_expected(level, role)}")
    assert wrong == []


@pytest.mark.slow
def test_reading_stores_nothing(browsers: dict[str, TestClient]) -> None:
    def rows() -> dict[str, int]:
        with browsers["admin"].app.state.database.read() as session:
            return {model.__tablename__: session.scalar(select(func.count()).select_from(model)) or 0 for model in STORED}

    before = rows()
    for method, path in _routes(browsers["admin"]):
        if method == "GET":
            browsers["admin"].get(_address(browsers["admin"], path))
            browsers["admin"].head(_address(browsers["admin"], path))
    assert rows() == before


def test_a_post_from_another_site_changes_nothing(browsers: dict[str, TestClient]) -> None:
    for method, path in _routes(browsers["admin"]):
        if method != "GET":
            answer = browsers["admin"].request(method, _address(browsers["admin"], path), headers={"origin": "https://evil.example"})
            assert answer.status_code == 403, path


@pytest.mark.slow
def test_other_methods_are_refused(browsers: dict[str, TestClient]) -> None:
    for _, path in _routes(browsers["admin"]):
        for method in ("TRACE", "PUT", "DELETE"):
            assert browsers["admin"].request(method, _address(browsers["admin"], path)).status_code in (405, 404), f"{method} {path}"
