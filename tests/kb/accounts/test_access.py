"""Who may call what: every route of the app against everybody who may come. A route that is missing here fails.

What a refusal looks like is decided once, here: nobody signed in, or a session that ended, is led to the sign-in page (303). A customer learns
nothing of the desk, and nobody of a ticket that is not theirs to see: 404, as for what does not exist. Staff who may not do a thing are told so:
403. A program without a live key gets 401, with a key that may only read 403.
"""

import io
import re
from datetime import timedelta

import pytest
from httpx2 import Response
from sqlalchemy import func, select, update
from starlette.routing import Route
from starlette.testclient import TestClient

from kb.accounts import roles
from kb.accounts.audit_log.models import AuditRecord
from kb.accounts.authentication.api_keys import make_key
from kb.accounts.authentication.tokens import digest
from kb.accounts.models import ApiKey, Organization, SignInLink, SignInSession, User
from kb.accounts.permissions import Permission, known
from kb.db import now
from kb.jobs.models import OutboxJob
from tests.cast import add_person, sign_in
from tickets.attachments import store_file
from tickets.creation import NewTicket, create
from tickets.models import Attachment, Audit, Comment, Ticket
from tickets.teams import group_queries
from tickets.tracking import tracking_path

# open: anybody · own: whoever is signed in · colleague: customers whose organization shares its requests · shared: those and the requester ·
# staff: whoever may open the desk · key: programs with an API key, never a browser's session · any other word: staff whose role has this permission
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
own GET /sign-in/code
own POST /sign-in/code
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
own GET /account/two-factor
own POST /account/two-factor
own POST /account/two-factor/confirmation
own POST /account/two-factor/recovery-codes
own POST /account/two-factor/removal
staff POST /account/availability
own POST /account/sessions/revocation
own POST /account/sessions/{session}/revocation
key POST /api/tickets
key GET /api/tickets/{id}
staff GET /desk
staff GET /desk/views
staff POST /desk/views
staff GET /desk/views/new
staff POST /desk/views/order
staff GET /desk/views/{view}
staff POST /desk/views/{view}
staff GET /desk/views/{view}/edit
staff POST /desk/views/{view}/deletion
staff GET /desk/search
staff POST /desk/density
staff GET /desk/articles
staff GET /desk/content
staff GET /desk/notifications
staff POST /desk/notifications
staff GET /desk/tickets/{id:int}
staff POST /desk/tickets/{id:int}/comments
change_tickets POST /desk/tickets/{id:int}/properties
change_tickets POST /desk/tickets/{id:int}/assignment
staff POST /desk/tickets/{id:int}/draft
reply GET /desk/tickets/{id:int}/follow-up
reply POST /desk/tickets/{id:int}/follow-up
reply POST /desk/tickets/{id:int}/follow-up/draft
change_tickets POST /desk/tickets/{id:int}/release
change_tickets POST /desk/tickets/{id:int}/rejection
staff GET /desk/tickets/{id:int}/attachments/{file}/{name}
see_reports GET /desk/reports
see_reports GET /desk/reports/deflection
see_reports GET /desk/reports/deflection/visits
see_reports GET /desk/reports/deflection/figures.csv
see_reports GET /desk/reports/deflection/searches.csv
manage_people GET /desk/people
manage_people POST /desk/people
manage_people POST /desk/people/{id:int}/role
manage_people POST /desk/people/{id:int}/disablement
manage_people POST /desk/people/{id:int}/two-factor/removal
manage_people POST /desk/people/{id:int}/enablement
manage_people POST /desk/people/{id:int}/invitation
manage_people GET /desk/people/{id:int}/disablement
manage_people GET /desk/roles
manage_people POST /desk/roles
manage_people GET /desk/roles/new
manage_people GET /desk/roles/{role}
manage_people POST /desk/roles/{role}
manage_people POST /desk/roles/{role}/deletion
manage_people GET /desk/groups
manage_people POST /desk/groups
manage_people GET /desk/groups/new
manage_people GET /desk/groups/{id:int}
manage_people POST /desk/groups/{id:int}
manage_people POST /desk/groups/{id:int}/deletion
manage_people GET /desk/organizations
manage_people POST /desk/organizations
manage_people GET /desk/organizations/new
manage_people GET /desk/organizations/{id:int}
manage_people POST /desk/organizations/{id:int}
manage_people POST /desk/organizations/{id:int}/deletion
manage_people POST /desk/organizations/{id:int}/members
manage_people POST /desk/organizations/{id:int}/members/{user:int}/removal
colleague GET /requests/organization
shared GET /requests/organization/{id:int}
shared GET /requests/organization/{id:int}/attachments/{file}/{name}
read_audit_log GET /desk/audit-log
manage_keys GET /desk/api-keys
manage_keys POST /desk/api-keys
manage_keys GET /desk/api-keys/{id:int}/revocation
manage_keys POST /desk/api-keys/{id:int}/revocation
"""
TABLE = {(method, path): level for level, method, path in (line.split() for line in ACCESS.split("\n") if line)}
SIGNED_OUT = ("visitor", "expired session")
CUSTOMERS = ("requester", "colleague", "other customer")
LIGHT = {"see_all_tickets", "write_notes", "see_reports"}
AGENT = {"see_all_tickets", "write_notes", "reply", "change_tickets", "see_reports"}
STAFF = {
    "guest": set(),
    "light agent": LIGHT,
    "agent of another group": AGENT - {"see_all_tickets", "see_reports"},
    "agent": AGENT,
    "auditor": {"see_all_tickets", "read_audit_log"},
    "admin": set(Permission),
}
"""Who works at the desk, and what their roles allow; some roles are built in, the others are made for this."""
BUILT_IN = {"light agent": "light", "agent": "agent", "admin": "admin"}
KEYS = ("revoked key", "read key", "write key", "requester's key", "colleague's key", "other customer's key")
EVERYBODY = (*SIGNED_OUT, *CUSTOMERS, *STAFF, *KEYS)
ENDS_SESSION = ("/sign-out", "/account/sessions/revocation", "/account/sessions/{session}/revocation")
STORED = (User, AuditRecord, SignInSession, SignInLink, ApiKey, Ticket, Comment, Attachment, Audit, OutboxJob)


@pytest.fixture
def browsers(client: TestClient) -> dict[str, TestClient]:
    """A browser or program for everybody, all at the same app, which holds one ticket with one file, one API key and one spare person, each number 1."""
    add_person(client, "spare@example.com", "customer")
    people = {"requester": add_person(client, "requester@example.com", "customer", "Ruth")}
    file = store_file(client.app.state.settings.data / "attachments", "a.txt", io.BytesIO(b"hello"))
    with client.app.state.database.write() as session:
        group = group_queries.add(session, "Billing", now())
        organization = Organization(name="Acme", created_at=now(), shares_requests=True)
        session.add(organization)
        session.flush()
        session.get_one(User, people["requester"].id).organization_id = organization.id
        session.flush()
        create(session, NewTicket(group_id=group.id, email="requester@example.com", subject="Help", body="Please", files=(file,)), now=now())
        make_key(session, "Shop", "read", session.get_one(User, 1), now())
        made = {who: roles.create(session, who, known(allowed), set(Permission)).slug for who, allowed in STAFF.items() if who not in BUILT_IN}
    for who, role in ({"colleague": "customer", "other customer": "customer", "expired session": "admin"} | BUILT_IN | made).items():
        people[who] = add_person(client, f"{who.replace(' ', '.')}@example.com", role)
    browsers = {"visitor": client} | {who: _browser(client) for who in EVERYBODY if who != "visitor"}
    with client.app.state.database.write() as session:
        session.get_one(User, people["colleague"].id).organization_id = organization.id
        session.get_one(User, people["requester"].id).is_verified = True
    for who in ("expired session", *CUSTOMERS, *STAFF):
        sign_in(browsers[who], people[who])
    owners = {
        "revoked key": "agent",
        "read key": "agent",
        "write key": "agent",
        "requester's key": "requester",
        "colleague's key": "colleague",
        "other customer's key": "other customer",
    }
    with client.app.state.database.write() as session:
        session.execute(update(SignInSession).where(SignInSession.user_id == people["expired session"].id).values(expires_at=now() - timedelta(minutes=1)))
        for who, owner in owners.items():
            key, secret = make_key(session, who, "read" if who == "read key" else "write", people[owner], now())
            key.revoked_at = now() if who == "revoked key" else None
            browsers[who].headers["authorization"] = f"Bearer {secret}"
    return browsers


def _browser(client: TestClient) -> TestClient:
    return TestClient(client.app, headers={"user-agent": "Mozilla/5.0 (test)"}, follow_redirects=False)


def _person(client: TestClient, who: str) -> User:
    with client.app.state.database.read() as session:
        return session.scalars(select(User).where(User.email == f"{who.replace(' ', '.')}@example.com")).one()


def _routes(client: TestClient) -> list[tuple[str, str]]:
    """(method, path) of every route."""
    return [(method, route.path) for route in client.app.routes if isinstance(route, Route) for method in sorted((route.methods or {"GET"}) - {"HEAD"})]


def _address(client: TestClient, path: str) -> str:
    with client.app.state.database.read() as session:
        token, salt = session.scalars(select(Attachment.token)).one(), session.scalars(select(Ticket.salt).where(Ticket.id == 1)).one()
    followed = tracking_path(client.app.state.secret_key, 1, salt).rpartition("/")[2]
    values = {
        "id": "1",
        "id:int": "1",
        "user:int": "2",
        "view": "all",
        "file": token,
        "name": "a.txt",
        "role": "agent",
        "session": digest(client.cookies.get("deskbook_session", ""))[:16],
    }
    if path.startswith("/requests/{token}"):
        values["token"] = followed
    return re.sub(r"{([^}]+)}", lambda match: values.get(match[1], "x"), path)


def _is_sent_to_sign_in(answer: Response) -> bool:
    return answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")


def _expected(level: str, method: str, path: str, who: str) -> str:
    if level == "open":
        return "allowed"
    if level == "key":
        return _expected_of_key(method, who)
    if who in (*SIGNED_OUT, *KEYS):
        return "sign in"
    if level == "own":
        return "allowed"
    if level in ("colleague", "shared"):
        return "allowed" if who in ("requester", "colleague") else "hidden"
    if who in CUSTOMERS:
        return "hidden"
    if level not in ("staff", *STAFF[who]):
        return "forbidden"
    return "allowed" if "see_all_tickets" in STAFF[who] or not path.startswith("/desk/tickets/") else "hidden"


def _expected_of_key(method: str, who: str) -> str:
    if who not in KEYS or who == "revoked key":
        return "no key"
    if who == "read key" and method == "POST":
        return "forbidden"
    return "hidden" if who == "other customer's key" and method == "GET" else "allowed"


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
    assert set(_routes(client)) ^ set(TABLE) == set()


@pytest.mark.slow
def test_everybody_reaches_what_the_table_says_and_nothing_else(browsers: dict[str, TestClient]) -> None:
    wrong = []
    for method, path in _routes(browsers["visitor"]):
        level = TABLE[method, path]
        for who, browser in browsers.items():
            address = _address(browser, path)
            happened = _happened(browser.request(method, address), level)
            if path in ENDS_SESSION and who in (*CUSTOMERS, *STAFF):
                sign_in(browser, _person(browser, who))
            if happened != _expected(level, method, path, who):
                wrong.append(f"{method} {address} as {who}: {happened}, not {_expected(level, method, path, who)}")
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
