"""Organizations: by domain or by hand; colleagues read each other's requests where that is allowed; nobody learns that another company has any."""

import io
import re

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from kb.accounts.audit_log.models import AuditRecord
from kb.accounts.authentication.api_keys import make_key
from kb.accounts.models import Organization, User
from kb.db import now
from tests.cast import add_person, agent_writes, change, sign_in, signed_in
from tickets.attachments import store_file
from tickets.creation import NewTicket, create
from tickets.models import Attachment, Ticket
from tickets.tracking import tracking_path


def make_organization(client: TestClient, name: str, domains: str, *, shares: bool = True, **fields: str) -> int:
    """An organization made by an admin at the front door; its number."""
    admin = signed_in(client, f"boss-of-{re.sub('[^a-z]', '', name.lower())}@desk.example", "admin")
    data = {"name": name, "domains": domains, **fields} | ({"shares": "1"} if shares else {})
    answer = admin.post("/desk/organizations", data=data)
    assert answer.status_code == 303, answer.text
    return int(re.search(r"/desk/organizations/(\d+)", answer.headers["location"])[1])


def file_ticket(client: TestClient, email: str, subject: str, **fields: str) -> int:
    """A ticket with a file; its number."""
    file = store_file(client.app.state.settings.data / "attachments", "a.txt", io.BytesIO(subject.encode()))
    with client.app.state.database.write() as session:
        return create(session, NewTicket(email=email, subject=subject, body="Please help.", files=(file,), **fields), now=now()).id


def customer(client: TestClient, email: str) -> TestClient:
    """The browser of a customer who has proved their address."""
    browser = TestClient(client.app, headers={"user-agent": "Mozilla/5.0 (test)"}, follow_redirects=False)
    with client.app.state.database.read() as session:
        person = session.scalars(select(User).where(User.email == email)).one_or_none()
    sign_in(browser, person or add_person(client, email, "customer"))
    return browser


def _token(client: TestClient, number: int) -> str:
    with client.app.state.database.read() as session:
        return session.scalars(select(Attachment.token).where(Attachment.ticket_id == number)).first()


def _main(page: str) -> str:
    return page.partition("<main")[2].partition("</main>")[0]


@pytest.fixture
def acme(client: TestClient) -> dict[str, int]:
    """Acme shares its requests; Ana and Bo are there, Eve at Evil, which shares its own, and Sam at Silent, which shares none."""
    make_organization(client, "Acme", "acme.example acme.test")
    make_organization(client, "Evil", "evil.example")
    make_organization(client, "Silent", "silent.example", shares=False)
    for email in ("ana@acme.example", "bo@acme.test", "eve@evil.example", "sam@silent.example", "sue@silent.example"):
        customer(client, email)
    emails = {"ana": "ana@acme.example", "eve": "eve@evil.example", "sue": "sue@silent.example"}
    return {name: file_ticket(client, email, f"{name.title()}’s secret") for name, email in emails.items()}


def test_colleagues_read_each_others_requests(client: TestClient, acme: dict[str, int]) -> None:
    bo, number = customer(client, "bo@acme.test"), acme["ana"]
    agent = add_person(client, "ada@desk.example", "agent", "Ada")
    with client.app.state.database.write() as session:
        agent_writes(session, number, "Only between us.", agent, is_public=False)
        agent_writes(session, number, "Turn it off and on.", agent)
        change(session, number, {"status": "solved"})
    assert "/requests/organization" in bo.get("/requests").text
    page = bo.get("/requests/organization").text
    assert "Ana’s secret" in page
    page = bo.get(f"/requests/organization/{number}").text
    assert "Turn it off and on." in page
    assert "Only between us." not in page
    assert "Marked as solved" in page
    assert "<form" not in _main(page)
    assert bo.get(f"/requests/organization/{number}/attachments/{_token(client, number)}/a.txt").text == "Ana’s secret"
    with client.app.state.database.read() as session:
        ticket = session.get_one(Ticket, number)
    assert tracking_path(client.app.state.secret_key, number, ticket.salt).rpartition("/")[2] not in page  # which would let Bo write as Ana


def test_no_one_of_one_company_learns_of_a_request_of_another(client: TestClient, acme: dict[str, int]) -> None:
    for email, own in (("eve@evil.example", "eve"), ("sam@silent.example", ""), ("lone@nowhere.example", ""), ("bo@acme.test", "ana")):
        browser = customer(client, email)
        with client.app.state.database.write() as session:
            person = session.scalars(select(User).where(User.email == email)).one()
            _, secret = make_key(session, "x", "write", person, now())
        headers = {"authorization": f"Bearer {secret}"}
        unknown = client.get("/api/tickets/99999", headers=headers)
        for name, number in acme.items():
            if name == own:
                continue
            token = _token(client, number)
            paths = (f"/requests/organization/{number}", f"/requests/organization/{number}/attachments/{token}/a.txt")
            for path, missing in zip(paths, ("/requests/organization/99999", f"/requests/organization/99999/attachments/{token}/a.txt"), strict=True):
                answer = browser.get(path)
                assert answer.status_code == 404, (email, path)
                assert _main(answer.text) == _main(browser.get(missing).text)
            assert browser.get(f"/requests/organization/{acme[own]}/attachments/{token}/a.txt").status_code == 404 if own else True
            assert client.get(f"/api/tickets/{number}", headers=headers).json() == unknown.json()
            for page in ("/requests", "/requests/organization"):
                assert f"{name.title()}’s secret" not in browser.get(page).text
                assert f"#{number}<" not in browser.get(page).text
    assert customer(client, "sam@silent.example").get("/requests/organization").status_code == 404
    assert "/requests/organization" not in customer(client, "sam@silent.example").get("/requests").text


def test_what_was_sent_before_or_is_held_or_not_proved_is_not_shared(client: TestClient) -> None:
    early = file_ticket(client, "ana@acme.example", "Early")
    number = make_organization(client, "Acme", "acme.example")
    bo = customer(client, "bo@acme.example")
    unproved = file_ticket(client, "zed@acme.example", "Unproved")
    customer(client, "ana@acme.example")
    held = file_ticket(client, "ana@acme.example", "Held", suspended_reason="Too many")
    shared = file_ticket(client, "ana@acme.example", "Shared")
    page = bo.get("/requests/organization").text
    assert {word for word in ("Early", "Unproved", "Held", "Shared") if word in page} == {"Shared"}
    assert [bo.get(f"/requests/organization/{one}").status_code for one in (early, unproved, held, shared)] == [404, 404, 404, 200]
    customer(client, "zed@acme.example")  # signs in, and so proves the address
    assert "Unproved" in bo.get("/requests/organization").text
    admin = signed_in(client, "late@desk.example", "admin")
    assert admin.post(f"/desk/organizations/{number}", data={"name": "Acme", "domains": "acme.example"}).status_code == 303  # shares no more
    assert bo.get(f"/requests/organization/{shared}").status_code == 404


def test_who_leaves_a_company_takes_no_requests_along_and_sees_none_of_it(client: TestClient, acme: dict[str, int]) -> None:
    ana, bo, eve = (customer(client, email) for email in ("ana@acme.example", "bo@acme.test", "eve@evil.example"))
    bos = file_ticket(client, "bo@acme.test", "Bo’s secret")
    with client.app.state.database.read() as session:
        evil = session.scalars(select(Organization.id).where(Organization.name == "Evil")).one()
    admin = signed_in(client, "late@desk.example", "admin")
    assert admin.post(f"/desk/organizations/{evil}/members", data={"email": "ana@acme.example"}).status_code == 303
    assert ana.get(f"/requests/organization/{bos}").status_code == 404
    assert ana.get(f"/requests/organization/{acme['eve']}").status_code == 200
    assert eve.get(f"/requests/organization/{acme['ana']}").status_code == 404
    assert bo.get(f"/requests/organization/{acme['ana']}").status_code == 200
    assert "Ana’s secret" in ana.get("/requests").text


def test_people_come_and_go_with_domains_unless_an_admin_chose(client: TestClient) -> None:
    for email in ("ana@acme.example", "bo@acme.example", "cy@other.example", "di@sub.acme.example"):
        add_person(client, email, "customer")
    admin = signed_in(client, "late@desk.example", "admin")
    number = make_organization(client, "Acme", " @ACME.example, ")

    def members() -> set[str]:
        with client.app.state.database.read() as session:
            return set(session.scalars(select(User.email).where(User.organization_id == number)))

    assert members() == {"ana@acme.example", "bo@acme.example"}
    with client.app.state.database.read() as session:
        bo = session.scalars(select(User.id).where(User.email == "bo@acme.example")).one()
    assert admin.post(f"/desk/organizations/{number}/members", data={"email": "cy@other.example"}).status_code == 303
    assert admin.post(f"/desk/organizations/{number}/members", data={"email": "new@other.example"}).status_code == 303
    assert admin.post(f"/desk/organizations/{number}/members", data={"email": "nobody"}).status_code == 422
    assert admin.post(f"/desk/organizations/{number}/members/{bo}/removal").status_code == 303
    assert admin.post(f"/desk/organizations/{number}/members/{bo}/removal").status_code == 404
    assert members() == {"ana@acme.example", "cy@other.example", "new@other.example"}
    admin.post(f"/desk/organizations/{number}", data={"name": "Acme", "domains": "acme.example sub.acme.example"})
    assert members() == {"ana@acme.example", "cy@other.example", "new@other.example", "di@sub.acme.example"}
    file_ticket(client, "fay@sub.acme.example", "Hello")
    assert "fay@sub.acme.example" in members()
    admin.post(f"/desk/organizations/{number}", data={"name": "Acme", "domains": ""})
    assert members() == {"cy@other.example", "new@other.example"}
    assert admin.post(f"/desk/organizations/{number}/deletion").status_code == 303
    assert members() == set()
    assert admin.get(f"/desk/organizations/{number}").status_code == 404
    with client.app.state.database.read() as session:
        kinds = session.scalars(select(AuditRecord.kind).where(AuditRecord.kind.startswith("organization_")).order_by(AuditRecord.id)).all()
    assert kinds == ["organization_created", *["organization_changed"] * 3, *["organization_edited"] * 2, "organization_deleted"]


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ({"name": "", "domains": ""}, "Enter the name"),
        ({"name": "ACME", "domains": ""}, "already an organization"),
        ({"name": "x" * 121, "domains": ""}, "at most 120"),
        ({"name": "New", "domains": "acme.example"}, "belongs to Acme already"),
        ({"name": "New", "domains": "gmail.com"}, "Anyone can get an address"),
        ({"name": "New", "domains": "GoogleMail.com x.example"}, "Anyone can get an address"),
        ({"name": "New", "domains": "com"}, "is not a domain"),
        ({"name": "New", "domains": "a..b"}, "is not a domain"),
        ({"name": "New", "domains": "%"}, "is not a domain"),
        ({"name": "New", "tags": " ".join(f"t{number}" for number in range(60))}, "at most 50 tags"),
        ({"name": "New", "notes": "x" * 5001}, "at most 5"),
    ],
)
def test_what_is_wrong_is_named_and_what_was_typed_kept(client: TestClient, form: dict[str, str], problem: str) -> None:
    make_organization(client, "Acme", "acme.example")
    admin = signed_in(client, "late@desk.example", "admin")
    answer = admin.post("/desk/organizations", data=form)
    assert answer.status_code == 422
    assert problem in answer.text
    assert f'value="{form.get("domains", "")}"' in answer.text


def test_agents_see_the_company_and_find_its_tickets(client: TestClient, acme: dict[str, int]) -> None:
    make_organization(client, "Big Corp", "big.example", notes="Pays <b>well</b>.", tags="vip gold")
    number = file_ticket(client, "pia@big.example", "Hello")
    agent = signed_in(client, "ada@desk.example", "agent", "Ada")
    page = agent.get(f"/desk/tickets/{number}").text
    assert "Big Corp" in page
    assert "Pays &lt;b&gt;well&lt;/b&gt;." in page
    assert "gold" in page
    found = agent.get("/desk/views/all", params={"q": 'organization:"big corp"'}).text
    assert f'href="/desk/tickets/{number}' in found
    assert f'href="/desk/tickets/{acme["ana"]}' not in found
    assert f'href="/desk/tickets/{number}' not in agent.get("/desk/views/all", params={"q": "organization:none"}).text
    assert "Big Corp" in signed_in(client, "b2@desk.example", "admin").get("/desk/organizations?q=big.ex").text
    assert client.get("/desk/organizations/new").status_code == 303


def test_an_address_that_changes_changes_the_company(client: TestClient, acme: dict[str, int]) -> None:
    from kb.accounts.authentication.links import make_address_link

    ana = customer(client, "ana@acme.example")
    with client.app.state.database.write() as session:
        person = session.scalars(select(User).where(User.email == "ana@acme.example")).one()
        link = make_address_link(session, person, "ana@evil.example", now())
    assert ana.post(link).status_code == 303
    assert ana.get(f"/requests/organization/{acme['eve']}").status_code == 200
    assert customer(client, "bo@acme.test").get(f"/requests/organization/{acme['ana']}").status_code == 200
