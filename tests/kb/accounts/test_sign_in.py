"""Signing in by password and by link, and everything that must be refused."""

import re

import pytest
import time_machine
from sqlalchemy import select
from starlette.testclient import TestClient

from kb.accounts import people
from kb.accounts.authentication import passwords
from kb.accounts.authentication.links import make_link, path
from kb.accounts.models import SignInSession, User
from kb.db import now
from kb.events.models import Event, Kind
from kb.events.recorder import CurrentVisit
from kb.jobs.models import OutboxJob
from tests.cast import add_person, sign_in

pytestmark = pytest.mark.at_noon

PASSWORD = "four unrelated words "


def _with_password(client: TestClient, password: str = PASSWORD, email: str = "ada@example.com") -> User:
    user = add_person(client, email)
    with client.app.state.database.write() as session:
        session.get_one(User, user.id).password_hash = passwords.hash_password(password)
    return user


def _try(client: TestClient, email: str = "ada@example.com", password: str = PASSWORD, **more: str):
    return client.post("/sign-in", data={"email": email, "password": password, **more})


def _jobs(client: TestClient) -> list[OutboxJob]:
    with client.app.state.database.read() as session:
        return list(session.scalars(select(OutboxJob).order_by(OutboxJob.id)))


def test_the_right_password_opens_the_desk(client: TestClient) -> None:
    _with_password(client)
    answer = _try(client, " ADA@Example.com ")
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk")
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "SameSite=lax" in answer.headers["set-cookie"]
    assert client.get("/account").status_code == 200


def test_passwords_are_taken_as_they_are_typed(client: TestClient) -> None:
    for index, password in enumerate([" leading", "nul\x00inside", "пароль🔑é" * 90, "x1y2" * 250]):
        email = f"p{index}@example.com"
        _with_password(client, password, email)
        assert _try(client, email, password.strip()).status_code == (303 if password == password.strip() else 422)
        assert _try(client, email, password).status_code == 303


def test_wrong_password_and_unknown_address_get_the_same_page(client: TestClient) -> None:
    _with_password(client)
    wrong = _try(client, "ada@example.com", "not the password")
    unknown = _try(client, "eve@example.com", "not the password")
    assert wrong.status_code == unknown.status_code == 422
    assert wrong.text.replace("ada@", "eve@") == unknown.text


def test_a_password_of_ten_kilobytes_is_refused_before_hashing(client: TestClient) -> None:
    _with_password(client)
    assert _try(client, password="x" * 10_240).status_code == 422
    assert client.post("/sign-in", data={}).status_code == 422
    assert client.post("/sign-in", files={"password": b"a file"}).status_code == 422


def test_the_twenty_first_try_of_a_day_is_refused_and_the_owner_told(client: TestClient) -> None:
    _with_password(client)
    for _ in range(20):
        assert _try(client, password="guess 12345").status_code == 422
    assert _try(client).status_code == 429
    assert _try(client, "ADA@example.com").status_code == 429
    (job,) = _jobs(client)
    assert (job.kind, job.payload) == ("mail.sign_in_paused", {"email": "ada@example.com"})


@pytest.mark.slow
def test_the_window_ends(client: TestClient) -> None:
    _with_password(client)
    with time_machine.travel("2026-05-01T08:00:00Z", tick=False) as clock:
        for _ in range(21):
            _try(client, password="guess 12345")
        clock.shift(86400)
        assert _try(client).status_code == 303


def test_targets_on_other_sites_are_not_followed(client: TestClient) -> None:
    _with_password(client)
    for target in ["//evil.example", "/\\evil.example", "/%5Cevil.example", "https:evil", "https://evil.example/", "javascript:alert(1)", "/\t/evil", "desk"]:
        assert _try(client, next=target).headers["location"] == "/desk", target
    assert _try(client, next="/desk/tickets/7?view=mine").headers["location"] == "/desk/tickets/7?view=mine"


def test_a_link_signs_in_once(client: TestClient) -> None:
    user = add_person(client, "ada@example.com")
    with client.app.state.database.write() as session:
        link = path(make_link(session, user, now()))
    assert client.get(link).status_code == 200
    assert client.get(link).status_code == 200, "opening it, as mail scanners do, does not use it up"
    assert client.post(link).headers["location"] == "/account"
    client.cookies.clear()
    assert client.post(link).status_code == 410
    assert client.get(link).status_code == 410
    assert client.get("/account").status_code == 303


def test_a_link_is_over_after_an_hour(client: TestClient) -> None:
    user = add_person(client, "ada@example.com")
    with time_machine.travel("2026-05-01T08:00:00Z", tick=False) as clock:
        with client.app.state.database.write() as session:
            link = path(make_link(session, user, now()))
        clock.shift(3601)
        assert client.post(link).status_code == 410
    assert client.post("/sign-in/link/" + "x" * 5000).status_code == 410


@pytest.mark.parametrize(
    ("path", "form", "said", "marked"),
    [
        ("/sign-in", {"email": "", "password": ""}, ["Enter your email address.", "Enter your password."], ["email", "password"]),
        ("/sign-in", {"email": " \u200b", "password": "x"}, ["Enter your email address."], ["email"]),
        ("/sign-in", {"email": "ada@example.com"}, ["Enter your password."], ["password"]),
        ("/sign-in/link", {"email": ""}, ["Enter your email address."], ["email"]),
        ("/sign-in/link", {}, ["Enter your email address."], ["email"]),
        ("/sign-in/link", {"email": "ada"}, ["Enter one full email address, like name@example.com."], ["email"]),
    ],
)
def test_an_empty_box_at_sign_in_is_named(client: TestClient, path: str, form: dict[str, str], said: list[str], marked: list[str]) -> None:
    answer = client.post(path, data=form)
    assert answer.status_code == 422
    assert [words for words in said if f'">{words}</a>' in answer.text] == said
    assert re.findall(r'name="(\w+)"[^>]*aria-invalid', answer.text) == marked
    assert "is wrong" not in answer.text


def test_asking_for_a_link_tells_nobody_who_is_known(client: TestClient) -> None:
    add_person(client, "ada@example.com")
    known = client.post("/sign-in/link", data={"email": "ada@example.com"})
    unknown = client.post("/sign-in/link", data={"email": "eve@example.com"})
    assert known.status_code == unknown.status_code == 200
    assert known.text.replace("ada@", "eve@") == unknown.text
    assert [job.payload for job in _jobs(client)] == [{"email": f"{name}@example.com", "language": "en"} for name in ("ada", "eve")]


def test_one_address_is_mailed_at_most_three_links_an_hour(client: TestClient) -> None:
    for spelling in ["bob@example.com", "Bob@Example.com", " bob@example.com ", "BOB@EXAMPLE.COM", "bob@example.com"]:
        assert client.post("/sign-in/link", data={"email": spelling}).status_code == 200
    assert len(_jobs(client)) == 3
    assert client.post("/sign-in/link", data={"email": "bob@example.com\r\nBcc: evil@example.com"}).status_code == 422


def test_signing_in_changes_the_session_and_ends_the_old_one(client: TestClient) -> None:
    user = _with_password(client)
    sign_in(client, user)
    first = client.cookies["deskbook_session"]
    _try(client)
    second = client.cookies["deskbook_session"]
    assert first != second
    client.cookies.clear()
    client.cookies.set("deskbook_session", first)
    assert client.get("/account").status_code == 303
    with client.app.state.database.read() as session:
        stored = session.scalars(select(SignInSession)).one()
    assert second not in (stored.token_hash, first)


def test_signing_out_ends_the_session_for_good(client: TestClient) -> None:
    sign_in(client, add_person(client, "ada@example.com"))
    stolen = client.cookies["deskbook_session"]
    assert client.post("/sign-out").status_code == 303
    client.cookies.clear()
    client.cookies.set("deskbook_session", stolen)
    assert client.get("/account").status_code == 303
    assert client.get("/sign-out").status_code == 405


def test_disabling_and_lowering_take_effect_on_the_next_request(client: TestClient) -> None:
    boss = add_person(client, "boss@example.com", "admin")
    add_person(client, "second@example.com", "admin")
    sign_in(client, boss)
    assert client.get("/desk/people").status_code == 200
    with client.app.state.database.write() as session:
        people.change_role(session, session.get_one(User, boss.id), "agent")
    assert client.get("/account").status_code == 303
    sign_in(client, boss)
    assert client.get("/desk/people").status_code == 403
    with client.app.state.database.write() as session:
        session.get_one(User, boss.id).is_active = False
    assert client.get("/account").status_code == 303


def test_sessions_end_when_idle_and_at_their_absolute_end(client: TestClient) -> None:
    user = add_person(client, "ada@example.com")
    with time_machine.travel("2026-05-01T08:00:00Z", tick=False) as clock:
        sign_in(client, user)
        clock.shift(7 * 3600)
        assert client.get("/account").status_code == 200
        clock.shift(4 * 3600 + 1800)
        assert client.get("/account").status_code == 200, "11.5 hours in, but never idle for 8"
        clock.shift(1801)
        assert client.get("/account").status_code == 303
        client.cookies.clear()
        sign_in(client, user)
        clock.shift(8 * 3600 + 1)
        assert client.get("/account").status_code == 303


def test_an_admin_is_signed_out_after_half_an_idle_hour(client: TestClient) -> None:
    user = add_person(client, "boss@example.com", "admin")
    with time_machine.travel("2026-05-01T08:00:00Z", tick=False) as clock:
        sign_in(client, user)
        clock.shift(1801)
        answer = client.get("/desk/people?q=a")
    assert answer.headers["location"] == "/sign-in?next=/desk/people%3Fq%3Da"


@pytest.mark.parametrize(("role", "said"), [("agent", "staff"), ("customer", None)])
def test_signing_in_says_who_the_visitor_is_and_changes_no_event(client: TestClient, role: str, said: str | None) -> None:
    visit = CurrentVisit("a" * 32, "b" * 32, False)
    client.app.state.recorder.add(visit, Kind.SEARCH, query="printer")
    client.cookies.set("deskbook_visitor", visit.visitor)
    user = add_person(client, "ada@example.com", role)
    sign_in(client, user)
    assert client.cookies.get("deskbook_staff") == ("1" if role == "agent" else None)
    with client.app.state.database.read() as session:
        events = session.execute(select(Event.kind, Event.visitor, Event.user_id, Event.value).order_by(Event.id)).all()
    assert events == [("search", visit.visitor, None, None), ("signed_in", visit.visitor, user.id, said)]
