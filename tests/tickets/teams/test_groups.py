"""Groups: admins make them, tickets belong to them, and who sees only their own groups' tickets learns of no other, on either database."""

import io
import re

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from kb.accounts import roles
from kb.accounts.audit_log.models import AuditRecord
from kb.accounts.authentication.api_keys import make_key
from kb.accounts.models import Group, GroupMember, User
from kb.accounts.permissions import Permission, known
from kb.db import now
from kb.jobs.models import OutboxJob
from tests.cast import add_person, agent_writes, change, sign_in, signed_in
from tickets.attachments import store_file
from tickets.creation import NewTicket, create
from tickets.models import Attachment, Audit, CategoryGroup, Ticket
from tickets.teams import group_queries

OWN_GROUPS = ("reply", "write_notes", "change_tickets", "see_reports")


def own_groups_role(client: TestClient) -> str:
    """A role that shows only the tickets of one's own groups."""
    with client.app.state.database.write() as session:
        return roles.create(session, "Own groups", known(OWN_GROUPS), set(Permission)).slug


def make_group(client: TestClient, name: str, *members: User, categories: tuple[str, ...] = ()) -> int:
    """A group with these members; its number."""
    with client.app.state.database.write() as session:
        group = group_queries.add(session, name, now())
        group_queries.set_members(session, group.id, [user.id for user in members])
        group_queries.set_categories(session, group.id, categories)
        return group.id


def file_ticket(client: TestClient, subject: str, category: str = "", email: str = "eve@example.com") -> int:
    """A ticket with a file; its number."""
    file = store_file(client.app.state.settings.data / "attachments", "a.txt", io.BytesIO(subject.encode()))
    with client.app.state.database.write() as session:
        return create(session, NewTicket(email=email, subject=subject, body="Please help.", category=category, files=(file,)), now=now()).id


def _ticket(client: TestClient, number: int) -> Ticket:
    with client.app.state.database.read() as session:
        return session.get_one(Ticket, number)


def _form(browser: TestClient, number: int) -> dict[str, str]:
    page = browser.get(f"/desk/tickets/{number}").text
    return {name: re.search(rf'name="{name}" value="([^"]*)"', page)[1] for name in ("nonce", "version")}


def _browser(client: TestClient, user: User) -> TestClient:
    browser = TestClient(client.app, headers={"user-agent": "Mozilla/5.0 (test)"}, follow_redirects=False)
    sign_in(browser, user)
    return browser


@pytest.fixture
def billing(client: TestClient) -> tuple[TestClient, int, int, int]:
    """Somebody who sees only the tickets of the group Billing; that group; a ticket in it; and a ticket of another group."""
    person = add_person(client, "bill@example.com", own_groups_role(client), "Bill")
    group = make_group(client, "Billing", person, categories=("bills",))
    make_group(client, "Hardware", add_person(client, "hal@example.com", "agent", "Hal"), categories=("hardware",))
    return _browser(client, person), group, file_ticket(client, "Wrong sum", "bills"), file_ticket(client, "Smoke inside", "hardware", "rob@example.com")


def test_new_tickets_belong_to_the_group_of_their_category(client: TestClient, billing: tuple[TestClient, int, int, int]) -> None:
    _, group, ours, theirs = billing
    assert _ticket(client, ours).group_id == group
    assert _ticket(client, theirs).group_id not in (None, group)
    assert _ticket(client, file_ticket(client, "Hello")).group_id is None


def test_nobody_learns_of_tickets_of_other_groups(client: TestClient, billing: tuple[TestClient, int, int, int]) -> None:
    browser, _group, ours, theirs = billing
    with client.app.state.database.read() as session:
        token = session.scalars(select(Attachment.token).where(Attachment.ticket_id == theirs)).one()
    for path in ("", "/follow-up", f"/attachments/{token}/a.txt"):
        assert browser.get(f"/desk/tickets/{theirs}{path}").status_code == 404
    assert browser.get(f"/desk/tickets/{ours}/attachments/{token}/a.txt").status_code == 404
    for path in ("comments", "properties", "assignment", "draft", "follow-up", "follow-up/draft", "release", "rejection"):
        assert browser.post(f"/desk/tickets/{theirs}/{path}", data={"body": "x", "kind": "note"}).status_code == 404, path
    for path in ("/desk", "/desk/views/all", "/desk/views/open", "/desk/search?q=smoke", "/desk/search?q=rob", f"/desk/search?q=%23{theirs}"):
        assert "Smoke inside" not in browser.get(path).text, path
        assert f"/desk/tickets/{theirs}" not in browser.get(path).text, path
    assert re.search(r"All tickets\D*<[^>]*>\D*1\b", browser.get("/desk/views/all").text)  # counted as well
    assert "Wrong sum" in browser.get("/desk/views/all").text
    with client.app.state.database.write() as session:
        person = session.scalars(select(User).where(User.email == "bill@example.com")).one()
        _, secret = make_key(session, "x", "read", person, now())
    headers = {"authorization": f"Bearer {secret}"}
    assert client.get(f"/api/tickets/{theirs}", headers=headers).json() == client.get("/api/tickets/999", headers=headers).json()
    assert client.get(f"/api/tickets/{ours}", headers=headers).json()["ticket"]["group_id"] is not None


def test_only_people_who_see_a_ticket_are_emailed_about_it(client: TestClient, billing: tuple[TestClient, int, int, int]) -> None:
    _, _, ours, theirs = billing
    with client.app.state.database.read() as session:
        told = {
            number: {
                session.get_one(User, job.payload["user_id"]).email
                for job in session.scalars(select(OutboxJob).where(OutboxJob.ticket_id == number))
                if job.kind == "mail.staff_notice"
            }
            for number in (ours, theirs)
        }
        named = {audit.ticket_id: audit.events for audit in session.scalars(select(Audit))}
    assert told == {ours: {"bill@example.com", "hal@example.com"}, theirs: {"hal@example.com"}}
    assert "bill" not in str(named[theirs])


def test_a_change_of_groups_holds_at_once(client: TestClient, billing: tuple[TestClient, int, int, int]) -> None:
    browser, group, ours, theirs = billing
    with client.app.state.database.write() as session:
        change(session, theirs, {"group_id": group})
    assert browser.get(f"/desk/tickets/{theirs}").status_code == 200
    with client.app.state.database.write() as session:
        group_queries.set_members(session, group, [])
    assert browser.get(f"/desk/tickets/{theirs}").status_code == 404
    assert browser.get(f"/desk/tickets/{ours}").status_code == 404


def test_a_ticket_is_assigned_to_a_group_from_its_page(client: TestClient, billing: tuple[TestClient, int, int, int]) -> None:
    browser, group, ours, _ = billing
    agent = signed_in(client, "ada@example.com", "agent", "Ada")
    other = _ticket(client, billing[3]).group_id
    agent.post(f"/desk/tickets/{ours}/assignment", data=_form(agent, ours))
    answer = agent.post(f"/desk/tickets/{ours}/properties", data=_form(agent, ours) | {"group_id": str(other), "was_group_id": str(group)})
    assert "done=saved" in answer.headers["location"]
    ticket = _ticket(client, ours)
    assert (ticket.group_id, ticket.assignee_id) == (other, None)  # whoever had it is not in the new group
    assert "assigned the ticket to the group" in agent.get(f"/desk/tickets/{ours}").text
    assert browser.get(f"/desk/tickets/{ours}").status_code == 404


def test_whoever_hands_a_ticket_out_of_their_sight_is_told_so_on_the_list(client: TestClient, billing: tuple[TestClient, int, int, int]) -> None:
    browser, group, ours, theirs = billing
    other = _ticket(client, theirs).group_id
    answer = browser.post(f"/desk/tickets/{ours}/properties", data=_form(browser, ours) | {"group_id": str(other), "was_group_id": str(group)})
    assert answer.headers["location"] == f"/desk?done=away&of={ours}"
    assert f"#{ours} was saved." in browser.get(answer.headers["location"]).text
    with client.app.state.database.write() as session:
        change(session, ours, {"group_id": group})
    form = _form(browser, ours) | {"group_id": str(other), "was_group_id": str(group), "kind": "note", "body": "Over to you."}
    assert browser.post(f"/desk/tickets/{ours}/comments", data=form).headers["location"] == f"/desk?done=away&of={ours}"


@pytest.mark.parametrize(
    ("words", "found"),
    [("group:billing", {"ours"}), ("-group:billing", {"theirs", "none"}), ("group:none", {"none"}), ("group:me", {"ours"}), ("group:nothing", set())],
)
def test_lists_are_filtered_by_group(client: TestClient, billing: tuple[TestClient, int, int, int], words: str, found: set[str]) -> None:
    numbers = {"ours": billing[2], "theirs": billing[3], "none": file_ticket(client, "Hello")}
    agent = add_person(client, "ada@example.com", "agent", "Ada")
    with client.app.state.database.write() as session:
        session.add(GroupMember(group_id=billing[1], user_id=agent.id))
    page = _browser(client, agent).get("/desk/views/all", params={"q": words}).text
    assert {name for name, number in numbers.items() if f'href="/desk/tickets/{number}' in page} == found


@pytest.mark.parametrize("value", ["999", "x", "-1", "9" * 30])
def test_a_group_that_is_not_there_is_refused(client: TestClient, billing: tuple[TestClient, int, int, int], value: str) -> None:
    _, group, ours, _ = billing
    agent = signed_in(client, "ada@example.com", "agent", "Ada")
    answer = agent.post(f"/desk/tickets/{ours}/properties", data=_form(agent, ours) | {"group_id": value, "was_group_id": str(group)})
    assert answer.status_code == 303
    assert _ticket(client, ours).group_id == group


def test_the_report_names_no_tickets_that_its_reader_does_not_see(client: TestClient, billing: tuple[TestClient, int, int, int]) -> None:
    browser, _, _, theirs = billing
    agent = signed_in(client, "ada@example.com", "agent", "Ada")
    page = agent.get("/desk/reports/deflection/visits").text
    shown = browser.get("/desk/reports/deflection/visits").text
    assert f"/desk/tickets/{theirs}" not in shown
    assert page.count("/desk/tickets/") >= shown.count("/desk/tickets/")


def test_an_admin_makes_edits_and_deletes_groups(client: TestClient) -> None:
    (client.app.state.settings.content / "bills").mkdir()
    (client.app.state.settings.content / "bills" / "pay.md").write_text("---\ntitle: Pay\n---\nPay.\n")
    client.app.state.library.refresh()
    ada = add_person(client, "ada@example.com", "agent", "Ada")
    customer = add_person(client, "eve@example.com", "customer", "Eve")
    admin = signed_in(client, "boss@example.com", "admin")
    assert "No groups yet" in admin.get("/desk/groups").text
    form = {"name": " Billing ", "member": [str(ada.id), str(customer.id), "x", "999"], "category": ["bills", "nothing"]}
    assert admin.post("/desk/groups", data=form).status_code == 303
    with client.app.state.database.read() as session:
        group = session.scalars(select(Group)).one()
        assert [row.user_id for row in session.scalars(select(GroupMember))] == [ada.id]
        assert [(row.category, row.group_id) for row in session.scalars(select(CategoryGroup))] == [("bills", group.id)]
    for name in ("", "BILLING", "x" * 61):
        assert admin.post("/desk/groups", data={"name": name}).status_code == 422
    assert "Billing" in admin.get("/desk/groups").text
    assert admin.get("/desk/groups/new").status_code == 200
    assert re.search(rf'value="{ada.id}" checked', admin.get(f"/desk/groups/{group.id}").text)
    assert admin.post(f"/desk/groups/{group.id}", data={"name": "Money", "member": [str(ada.id)]}).status_code == 303
    number, solved = file_ticket(client, "Wrong sum"), file_ticket(client, "Paid")
    with client.app.state.database.write() as session:
        change(session, number, {"group_id": group.id})
        change(session, solved, {"group_id": group.id, "status": "solved"})
    assert admin.post(f"/desk/groups/{group.id}/deletion").status_code == 303
    assert (_ticket(client, number).group_id, _ticket(client, solved).group_id) == (None, group.id)
    assert "removed the ticket from the group" in admin.get(f"/desk/tickets/{number}").text
    assert "Money (deleted)" in admin.get(f"/desk/tickets/{solved}").text
    assert admin.post("/desk/groups", data={"name": "Money"}).status_code == 303
    assert admin.get(f"/desk/groups/{group.id}").status_code == 404
    with client.app.state.database.read() as session:
        found = session.scalars(select(AuditRecord.detail).where(AuditRecord.kind.startswith("group_")).order_by(AuditRecord.id)).all()
    assert found == ["“Billing”: ada@example.com", "“Money”: ada@example.com", "“Money”", "“Money”: nobody"]


def test_whoever_does_not_see_all_tickets_may_not_say_who_sees_which(client: TestClient) -> None:
    with client.app.state.database.write() as session:
        slug = roles.create(session, "Lead", known(["manage_people", "reply"]), set(Permission)).slug
    lead = signed_in(client, "lead@example.com", slug)
    assert lead.get("/desk/groups").status_code == 403
    assert lead.post("/desk/groups", data={"name": "Mine"}).status_code == 403


def test_a_follow_up_stays_with_the_group(client: TestClient, billing: tuple[TestClient, int, int, int]) -> None:
    browser, group, ours, _ = billing
    with client.app.state.database.write() as session:
        change(session, ours, {"status": "closed", "category": ""})
        agent_writes(session, ours, "closed", session.scalars(select(User).where(User.email == "hal@example.com")).one(), is_public=False)
    answer = browser.post(f"/desk/tickets/{ours}/follow-up", data=_form(browser, ours) | {"kind": "public", "body": "One more thing."})
    assert answer.status_code == 303
    with client.app.state.database.read() as session:
        assert session.scalars(select(Ticket.group_id).where(Ticket.follow_up_of_id == ours)).one() == group
