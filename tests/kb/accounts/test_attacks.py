"""What attackers try on accounts: guessing, finding out who is known, stealing tokens, sending people elsewhere."""

import logging
import re
import statistics
import time
from collections.abc import Iterator

import pytest
import time_machine
from argon2 import PasswordHasher, Type
from sqlalchemy import select
from starlette.testclient import TestClient

from kb.accounts.authentication import passwords
from kb.accounts.authentication.links import make_link, path
from kb.accounts.models import User
from kb.config import Settings
from kb.db import now
from kb.jobs.models import OutboxJob
from kb.site.app import create_app
from kb.site.worker_setup import make_worker
from tests.cast import add_person, sign_in

PASSWORD = "four unrelated words"
EVIL = ["//evil.example", "/\\evil.example", "/%5Cevil.example", "/%2Fevil.example", "https:evil", "https://evil.example/", "javascript:alert(1)", "/\t/evil"]


@pytest.fixture
def open_client(settings: Settings) -> Iterator[TestClient]:
    """A client at an app without limits on attempts."""
    generous = {"sign_ins_per_hour": 10_000, "password_tries_per_day": 10_000, "links_per_hour": 10_000}
    with TestClient(create_app(settings.model_copy(update=generous)), follow_redirects=False) as client:
        yield client


def _with_password(client: TestClient, email: str = "ada@example.com") -> User:
    user = add_person(client, email)
    with client.app.state.database.write() as session:
        session.get_one(User, user.id).password_hash = passwords.hash_password(PASSWORD)
    return user


def _jobs(client: TestClient) -> list[OutboxJob]:
    with client.app.state.database.read() as session:
        return list(session.scalars(select(OutboxJob).order_by(OutboxJob.id)))


def test_one_network_may_try_so_often_an_hour_whatever_the_account(settings: Settings) -> None:
    with time_machine.travel("2026-05-01T08:00:00Z", tick=False) as clock:
        app = create_app(settings.model_copy(update={"sign_ins_per_hour": 5}))
        with TestClient(app, client=("2001:db8:1:2::1", 1), follow_redirects=False) as client:
            _with_password(client)
            for number in range(5):
                assert client.post("/sign-in", data={"email": f"user{number}@example.com", "password": "guess"}).status_code == 422
            neighbour = TestClient(app, client=("2001:db8:1:2:ffff::9", 1), follow_redirects=False)
            right = {"email": "ada@example.com", "password": PASSWORD}
            assert [one.post("/sign-in", data=right).status_code for one in (client, neighbour)] == [429, 429]
            assert client.post("/sign-in/link", data={"email": "ada@example.com"}).status_code == 429
            elsewhere = TestClient(app, client=("2001:db8:9:9::1", 1), follow_redirects=False)
            assert elsewhere.post("/sign-in", data=right).status_code == 303
            clock.shift(3600)
            assert client.post("/sign-in", data=right).status_code == 303


def test_passwords_are_hashed_with_at_least_the_work_that_is_recommended(strong_hasher: PasswordHasher) -> None:
    """The floor of https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html."""
    assert strong_hasher.type is Type.ID
    assert strong_hasher.memory_cost >= 19 * 1024
    assert strong_hasher.time_cost >= 2


@pytest.fixture
def _real_work(strong_hasher: PasswordHasher, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(passwords, "HASHER", strong_hasher)
    passwords._nobodys_hash.cache_clear()
    yield
    passwords._nobodys_hash.cache_clear()


@pytest.mark.slow
@pytest.mark.usefixtures("_real_work")
@pytest.mark.parametrize(("address", "form", "rounds"), [("/sign-in", {"password": "not the password"}, 20), ("/sign-in/link", {}, 150)])
def test_known_and_unknown_addresses_get_the_same_bytes_after_the_same_work(open_client: TestClient, address: str, form: dict[str, str], rounds: int) -> None:
    for name in ("ada", "lin"):
        _with_password(open_client, f"{name}@example.com")
    add_person(open_client, "ona@example.com")  # has no password
    work: dict[str, list[float]] = {"ada": [], "lin": [], "ona": [], "eve": [], "bob": []}
    bytes_seen = set()
    for _ in range(rounds):
        for name, times in work.items():
            # Processor time, not time on the clock: other programs of this machine do not count.
            begun = time.process_time()
            answer = open_client.post(address, data=form | {"email": f"{name}@example.com"})
            times.append(time.process_time() - begun)
            bytes_seen.add((answer.status_code, answer.content.replace(name.encode() + b"@", b"?@"), answer.headers.get("set-cookie")))
    assert len(bytes_seen) == 1
    known = statistics.median(work["ada"] + work["lin"] + work["ona"])
    unknown = statistics.median(work["eve"] + work["bob"])
    assert abs(known / unknown - 1) < 0.05


def test_the_token_of_a_mailed_link_is_in_no_table_and_no_log(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    add_person(client, "ada@example.com")
    client.post("/sign-in/link", data={"email": "ada@example.com"})
    state = client.app.state
    make_worker(state.settings, state.database, state.templates).run_once(now())
    (mail,) = (state.settings.data / "mail").glob("*.eml")
    link = re.search(r"/sign-in/link/[\w-]{43}", mail.read_text().replace("=\n", ""))[0]
    assert client.get(link).status_code == 200
    assert client.post(link).status_code == 303
    assert client.post(link).status_code == 410
    token = link.rpartition("/")[2]
    with state.database.read() as session:
        assert token not in "\n".join(session.connection().connection.driver_connection.iterdump())
    assert [record.name for record in caplog.records if token in record.getMessage() and record.name != "httpx2"] == []


def test_pages_of_links_send_no_referrer(client: TestClient) -> None:
    user = add_person(client, "ada@example.com")
    with client.app.state.database.write() as session:
        link = path(make_link(session, user, now()))
    answers = [client.get(link), client.post(link), client.get(link), client.post(link)]
    assert [answer.status_code for answer in answers] == [200, 303, 410, 410]
    assert {answer.headers["referrer-policy"] for answer in answers} == {"no-referrer"}


@pytest.mark.parametrize("target", EVIL)
def test_a_mailed_link_leads_to_no_other_site(client: TestClient, target: str) -> None:
    user = add_person(client, "ada@example.com", "customer")
    client.post("/sign-in/link", data={"email": "ada@example.com", "next": target})
    assert _jobs(client)[0].payload == {"email": "ada@example.com", "language": "en"}
    with client.app.state.database.write() as session:
        link = path(make_link(session, user, now(), target=target))
    assert client.post(link).headers["location"] == "/requests"


def test_a_mailed_link_leads_to_where_its_owner_was_going(client: TestClient) -> None:
    add_person(client, "ada@example.com")
    client.post("/sign-in/link", data={"email": "ada@example.com", "next": "/desk/tickets/7?view=mine"})
    state = client.app.state
    make_worker(state.settings, state.database, state.templates).run_once(now())
    (mail,) = (state.settings.data / "mail").glob("*.eml")
    link = re.search(r"/sign-in/link/[\w-]{43}", mail.read_text().replace("=\n", ""))[0]
    assert client.post(link).headers["location"] == "/desk/tickets/7?view=mine"


@pytest.mark.parametrize("target", ["/requests/17-" + "a" * 32, "/sign-in/link/" + "a" * 43, "/account/address/" + "a" * 43])
def test_a_path_that_opens_something_is_not_stored_with_a_link(client: TestClient, target: str) -> None:
    add_person(client, "ada@example.com")
    client.post("/sign-in/link", data={"email": "ada@example.com", "next": target})
    assert _jobs(client)[0].payload == {"email": "ada@example.com", "language": "en"}


def test_a_form_that_asks_for_proof_is_echoed_within_bounds(client: TestClient) -> None:
    with time_machine.travel("2026-05-01T08:00:00Z", tick=False) as clock:
        sign_in(client, add_person(client, "boss@example.com", "admin"))
        for _ in range(3):
            clock.shift(25 * 60)
            client.get("/account")
        form = {f"field{number}" + "n" * 500: "<" * 5000 for number in range(50)}
        answer = client.post("/desk/api-keys", data=form)
    assert (answer.status_code, len(answer.content) < 400_000) == (403, True)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_reading_a_link_signs_nobody_in(client: TestClient, method: str) -> None:
    user = add_person(client, "ada@example.com")
    with client.app.state.database.write() as session:
        link = path(make_link(session, user, now()))
    assert "set-cookie" not in client.request(method, link).headers
    assert client.post(link).status_code == 303
