"""Whoever leaves is locked out, and their unsolved tickets go to a person, a group, or back to nobody."""

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from kb.accounts.audit_log.models import AuditRecord
from kb.accounts.models import User
from kb.db import now
from kb.jobs.models import OutboxJob
from tests.cast import add_person, change, signed_in
from tickets import queries, reassignment
from tickets.access import SYSTEM
from tickets.creation import NewTicket, create
from tickets.models import Ticket
from tickets.teams import group_queries


@pytest.fixture
def leaving(client: TestClient) -> tuple[TestClient, User, list[int]]:
    """An admin's browser; Kim, who leaves; and Kim's tickets: new, pending, solved, closed."""
    admin = signed_in(client, "boss@example.com", "admin", "Boss")
    kim = add_person(client, "kim@example.com", "agent", "Kim")
    numbers = []
    for status in ("open", "pending", "solved", "closed"):
        with client.app.state.database.write() as session:
            number = create(session, NewTicket(email="eve@example.com", subject=status, body="Help"), now=now()).id
            change(session, number, {"assignee_id": kim.id})
            if status != "open":
                change(session, number, {"status": status})
            numbers.append(number)
    return admin, kim, numbers


def _held(client: TestClient, numbers: list[int]) -> list[tuple[int | None, int | None]]:
    with client.app.state.database.read() as session:
        return [(ticket.assignee_id, ticket.group_id) for ticket in (session.get_one(Ticket, number) for number in numbers)]


@pytest.mark.parametrize("to", ["person", "group", "nobody", ""])
def test_the_tickets_of_whoever_leaves_go_to_whom_the_admin_chose(
    client: TestClient, leaving: tuple[TestClient, User, list[int]], to: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reassignment, "AT_ONCE", 1)  # several transactions
    admin, kim, numbers = leaving
    ada = add_person(client, "ada@example.com", "agent", "Ada")
    with client.app.state.database.write() as session:
        group = group_queries.add(session, "Billing", now()).id
        mails = len(session.scalars(select(OutboxJob)).all())
    page = admin.get(f"/desk/people/{kim.id}/disablement").text
    assert "2 unsolved tickets" in page
    chosen = {"person": f"person-{ada.id}", "group": f"group-{group}"}.get(to, to)
    assert not chosen or f'value="{chosen}"' in page
    assert admin.post(f"/desk/people/{kim.id}/disablement", data={"to": chosen}).status_code == 303
    now_held = {"person": (ada.id, None), "group": (None, group)}.get(to, (None, None))
    assert _held(client, numbers) == [now_held, now_held, (kim.id, None), (kim.id, None)]
    with client.app.state.database.read() as session:
        assert session.get_one(User, kim.id).is_active is False
        record = session.scalars(select(AuditRecord).where(AuditRecord.kind == "person_disabled")).one()
        assert record.detail == f"2 unsolved tickets to {chosen or 'nobody'}"
        assert len(session.scalars(select(OutboxJob)).all()) == mails  # nobody is emailed about each of them
        assert queries.audits(session, numbers[0])[-1].actor.name == "Boss"
        assert queries.ticket(session, SYSTEM, numbers[0]) is not None


@pytest.mark.parametrize("to", ["person-999", "person-x", "group-1", "person-", "everyone", "person-{kim}", "person-{light}", "person-{eve}"])
def test_tickets_go_only_to_people_and_groups_that_can_take_them(client: TestClient, leaving: tuple[TestClient, User, list[int]], to: str) -> None:
    admin, kim, numbers = leaving
    light = add_person(client, "light@example.com", "light")
    with client.app.state.database.read() as session:
        eve = session.scalars(select(User).where(User.email == "eve@example.com")).one()
    answer = admin.post(f"/desk/people/{kim.id}/disablement", data={"to": to.format(kim=kim.id, light=light.id, eve=eve.id)})
    assert answer.status_code == 422
    assert _held(client, numbers)[0] == (kim.id, None)
    with client.app.state.database.read() as session:
        assert session.get_one(User, kim.id).is_active


def test_a_reassignment_that_stopped_half_way_goes_on(client: TestClient, leaving: tuple[TestClient, User, list[int]]) -> None:
    admin, kim, numbers = leaving
    with client.app.state.database.write() as session:
        session.get_one(User, kim.id).is_active = False
    assert "Reassign tickets" in admin.get(f"/desk/people/{kim.id}/disablement").text
    assert admin.post(f"/desk/people/{kim.id}/disablement", data={"to": "nobody"}).status_code == 303
    assert _held(client, numbers)[:2] == [(None, None), (None, None)]
    assert admin.get("/desk/people/999/disablement").status_code == 404


def test_a_new_person_is_invited_into_groups(client: TestClient) -> None:
    admin = signed_in(client, "boss@example.com", "admin", "Boss")
    with client.app.state.database.write() as session:
        group = group_queries.add(session, "Billing", now()).id
        group_queries.add(session, "Hardware", now())
    assert admin.post("/desk/people", data={"email": "kim@example.com", "role": "light", "group": [str(group), "x", "99"]}).status_code == 303
    with client.app.state.database.read() as session:
        assert {number: [user.email for user in users] for number, users in group_queries.members(session).items()} == {group: ["kim@example.com"]}
        detail = session.scalars(select(AuditRecord.detail).where(AuditRecord.kind == "person_added")).all()
    assert detail[-1] == "as light, in “Billing”"
    answer = admin.post("/desk/people", data={"email": "nobody", "role": "light", "group": [str(group)]})
    assert f'value="{group}" checked' in answer.text


def test_colleagues_see_who_is_away(client: TestClient) -> None:
    kim = signed_in(client, "kim@example.com", "agent", "Kim")
    ada = signed_in(client, "ada@example.com", "agent", "Ada")
    boss = signed_in(client, "boss@example.com", "admin", "Boss")
    with client.app.state.database.write() as session:
        number = create(session, NewTicket(email="eve@example.com", subject="x", body="Help"), now=now()).id
    day = f"{now().year + 1}-01-15"
    for wrong in ("soon", "2020-01-01", "9999-12-31", "2026-02-30"):
        answer = kim.post("/account/availability", data={"away_until": wrong})
        assert answer.status_code == 422
        assert f'value="{wrong}"' in answer.text
    assert kim.post("/account/availability", data={"away_until": day}).status_code == 303
    assert "Kim (away until 15 January" in ada.get(f"/desk/tickets/{number}").text
    assert "away until 15 January" in boss.get("/desk/people").text
    assert f'value="{day}"' in kim.get("/account").text
    assert kim.post("/account/availability", data={"away_until": day, "back": "1"}).status_code == 303
    assert "away until" not in ada.get(f"/desk/tickets/{number}").text
    assert kim.post("/account/availability", data={"away_until": f"{now():%Y-%m-%d}"}).status_code == 303
    assert "Kim (away until" in ada.get(f"/desk/tickets/{number}").text
