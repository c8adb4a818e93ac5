"""Two-factor sign-in: set up with an app, asked for at every sign-in, each code good once, and enforced for the staff where that is set."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
import pytest
import time_machine
from click.testing import CliRunner
from sqlalchemy import select
from starlette.testclient import TestClient

from kb.accounts.audit_log.models import AuditRecord
from kb.accounts.authentication import links, passwords, two_factor
from kb.accounts.models import RecoveryCode, TwoFactor, User
from kb.db import Database, now
from kb.jobs.models import OutboxJob
from kb.site.app import create_app
from kb.site.cli import main
from tests.cast import add_person, sign_in

PASSWORD = "correct horse battery"


@pytest.fixture
def ada(client: TestClient) -> User:
    """An agent with a password; `client` is signed in as her."""
    user = add_person(client, "ada@example.com", "agent", "Ada")
    with client.app.state.database.write() as session:
        session.get_one(User, user.id).password_hash = passwords.hash_password(PASSWORD)
    sign_in(client, user)
    return user


def browser(client: TestClient) -> TestClient:
    return TestClient(client.app, headers={"user-agent": "Mozilla/5.0 (test)"}, follow_redirects=False)


def set_up(client: TestClient) -> tuple[pyotp.TOTP, list[str]]:
    """Turn it on at the front door; the app, and the recovery codes."""
    assert client.post("/account/two-factor").status_code == 303
    page = client.get("/account/two-factor").text
    secret = re.search(r"<code[^>]*>([A-Z2-7 ]+)</code>", page)[1].replace(" ", "")
    app = pyotp.TOTP(secret)
    answer = client.post("/account/two-factor/confirmation", data={"code": app.at(now())})
    assert answer.status_code == 200, answer.text
    return app, re.findall(r"<code>([a-z0-9]{5}-[a-z0-9]{5})</code>", answer.text)


def next_code(app: pyotp.TOTP) -> str:
    """The code after the one of now, so that no turn of the clock makes it one that was used."""
    return app.at(now() + timedelta(seconds=30))


def first_step(client: TestClient, target: str = "") -> TestClient:
    """Another browser in which the password was entered."""
    other = browser(client)
    answer = other.post("/sign-in", data={"email": "ada@example.com", "password": PASSWORD, "next": target})
    assert answer.headers["location"].startswith("/sign-in/code")
    return other


def _stored(client: TestClient) -> User:
    with client.app.state.database.read() as session:
        return session.scalars(select(User).where(User.email == "ada@example.com")).one()


def _records(client: TestClient, *kinds: str) -> list[tuple[str, str]]:
    with client.app.state.database.read() as session:
        rows = session.scalars(select(AuditRecord).where(AuditRecord.kind.in_(kinds)).order_by(AuditRecord.id))
        return [(row.kind, row.detail) for row in rows]


@pytest.mark.usefixtures("ada")
def test_signing_in_takes_a_code_after_the_password(client: TestClient) -> None:
    app, codes = set_up(client)
    assert len(set(codes)) == 10
    other = first_step(client, "/desk/views/all")
    for path in ("/desk", "/account", "/requests"):  # nothing is open yet
        answer = other.get(path)
        assert answer.status_code == (200 if path == "/requests" else 303)
        assert "Ada" not in answer.text
    assert other.get("/account/menu").status_code == 204
    assert other.post("/account/two-factor/removal").headers["location"].startswith("/sign-in?")
    assert other.post("/sign-in/code", data={"code": "000000"}).status_code == 422
    token, code = other.cookies["deskbook_session"], next_code(app)
    answer = other.post("/sign-in/code", data={"code": f" {code[:3]} {code[3:]} ", "next": "/desk/views/all"})
    assert answer.headers["location"] == "/desk/views/all"
    assert other.cookies["deskbook_session"] != token
    assert other.get("/desk").status_code == 200
    assert _records(client, "sign_in_failed")[-1] == ("sign_in_failed", "wrong code")
    assert _records(client, "sign_in")[-1] == ("sign_in", "by app code")


@pytest.mark.usefixtures("ada")
def test_an_emailed_link_takes_a_code_too(client: TestClient) -> None:
    app, _ = set_up(client)
    with client.app.state.database.write() as session:
        token = links.make_link(session, _stored(client), now(), target="/desk/search")
    other = browser(client)
    assert other.post(links.path(token)).headers["location"] == "/sign-in/code?next=/desk/search"
    assert other.get("/desk").headers["location"].startswith("/sign-in")
    assert other.get("/sign-in/code?next=/desk/search").status_code == 200
    assert other.post("/sign-in/code", data={"code": next_code(app), "next": "//evil.example"}).headers["location"] == "/desk"


@pytest.mark.usefixtures("ada")
def test_each_code_is_good_once(client: TestClient) -> None:
    app, codes = set_up(client)
    code = next_code(app)
    assert first_step(client).post("/sign-in/code", data={"code": code}).status_code == 303
    assert first_step(client).post("/sign-in/code", data={"code": code}).status_code == 422
    assert first_step(client).post("/sign-in/code", data={"code": codes[0].upper()}).status_code == 303
    assert first_step(client).post("/sign-in/code", data={"code": codes[0]}).status_code == 422
    with client.app.state.database.read() as session:
        assert len(session.scalars(select(RecoveryCode)).all()) == 9


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２３４５６", "²" * 6, "a" * 10, "x" * 10_000, "\x00" * 6, "aaaaa-aaaaa"])
def test_what_is_no_code_is_refused(client: TestClient, code: str) -> None:
    set_up(client)
    assert first_step(client).post("/sign-in/code", data={"code": code}).status_code == 422


@pytest.mark.usefixtures("ada")
def test_guesses_are_limited_for_the_account(client: TestClient) -> None:
    app, _ = set_up(client)  # which counts as one
    statuses = [first_step(client).post("/sign-in/code", data={"code": "000000"}).status_code for _ in range(10)]
    assert statuses == [422] * 9 + [429]
    other = first_step(client)
    assert other.post("/sign-in/code", data={"code": next_code(app)}).status_code == 429
    assert other.get("/desk").status_code == 303


@pytest.mark.usefixtures("ada")
def test_the_first_step_is_good_for_ten_minutes_only(client: TestClient) -> None:
    app, _ = set_up(client)
    other = first_step(client)
    with time_machine.travel(now() + timedelta(minutes=11)):
        assert other.post("/sign-in/code", data={"code": next_code(app)}).headers["location"] == "/sign-in"
        assert other.get("/sign-in/code").headers["location"] == "/sign-in"


def test_nothing_is_turned_on_without_a_right_code(client: TestClient, ada: User) -> None:
    assert client.post("/account/two-factor/confirmation", data={"code": "123456"}).status_code == 422
    client.post("/account/two-factor")
    assert client.post("/account/two-factor/confirmation", data={"code": "000000"}).status_code == 422
    assert not _stored(client).has_two_factor
    other = browser(client)
    assert other.post("/sign-in", data={"email": ada.email, "password": PASSWORD}).headers["location"] == "/desk"
    assert client.post("/account/two-factor/recovery-codes").headers["location"] == "/account/two-factor"


def test_turning_it_on_signs_out_elsewhere_and_the_owner_hears_of_each_change(client: TestClient, ada: User) -> None:
    other = browser(client)
    sign_in(other, ada)
    _, codes = set_up(client)
    assert other.get("/desk").status_code == 303
    assert "Two-factor sign-in" in client.get("/account").text
    newer = re.findall(r"<code>([a-z0-9]{5}-[a-z0-9]{5})</code>", client.post("/account/two-factor/recovery-codes").text)
    assert len(newer) == 10
    assert not set(newer) & set(codes)
    client.post("/account/two-factor")  # does not replace what is in use
    assert _stored(client).has_two_factor
    assert client.post("/account/two-factor/removal").status_code == 303
    assert not _stored(client).has_two_factor
    kinds = [kind for kind, _ in _records(client, "two_factor_on", "two_factor_off", "recovery_codes_made")]
    assert kinds == ["two_factor_on", "recovery_codes_made", "two_factor_off"]
    with client.app.state.database.read() as session:
        mails = [job.payload["is_on"] for job in session.scalars(select(OutboxJob).where(OutboxJob.kind == "mail.two_factor_changed").order_by(OutboxJob.id))]
        assert mails == [True, False]
        assert session.scalars(select(TwoFactor)).all() == session.scalars(select(RecoveryCode)).all() == []
    assert browser(client).post("/sign-in", data={"email": ada.email, "password": PASSWORD}).headers["location"] == "/desk"


def test_the_app_is_told_the_site_and_the_account(client: TestClient, ada: User) -> None:
    told = urlsplit(two_factor.address(ada, pyotp.random_base32(), "Acme & Co"))
    assert (told.scheme, told.netloc, unquote(told.path)) == ("otpauth", "totp", "/Acme & Co:ada@example.com")
    assert parse_qs(told.query)["issuer"] == ["Acme & Co"]
    client.post("/account/two-factor")
    assert 'src="data:image/svg+xml' in client.get("/account/two-factor").text


def test_an_admin_resets_it_for_whoever_lost_their_phone(client: TestClient, ada: User) -> None:
    set_up(client)
    boss = browser(client)
    sign_in(boss, add_person(client, "boss@example.com", "admin"))
    assert "Reset two-factor" in boss.get("/desk/people").text
    assert boss.post(f"/desk/people/{ada.id}/two-factor/removal").status_code == 303
    assert not _stored(client).has_two_factor
    assert client.get("/desk").status_code == 303
    assert browser(client).post("/sign-in", data={"email": ada.email, "password": PASSWORD}).headers["location"] == "/desk"


def test_the_command_line_resets_it_too(client: TestClient, ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    set_up(client)
    monkeypatch.setenv("DESKBOOK_DATA", str(client.app.state.settings.data))
    monkeypatch.setenv("DESKBOOK_CONTENT", str(client.app.state.settings.content))
    answer = CliRunner().invoke(main, ["user", "reset-two-factor", "Ada@Example.com"])
    assert answer.exit_code == 0, answer.output
    assert not _stored(client).has_two_factor
    assert CliRunner().invoke(main, ["user", "reset-two-factor", ada.email]).exit_code == 1


def test_where_it_is_required_the_desk_opens_only_with_it(settings) -> None:
    with TestClient(create_app(settings.model_copy(update={"staff_two_factor": True})), follow_redirects=False) as client:
        sign_in(client, add_person(client, "ada@example.com", "agent", "Ada"))
        for path in ("/desk", "/desk/tickets/1", "/desk/notifications"):
            assert client.get(path).headers["location"] == "/account/two-factor"
        assert client.post("/desk/tickets/1/comments", data={"body": "x"}).headers["location"] == "/account/two-factor"
        assert "Everyone who uses the desk needs" in client.get("/account/two-factor").text
        set_up(client)
        assert client.get("/desk").status_code == 200
        customer = browser(client)
        sign_in(customer, add_person(client, "eve@example.com", "customer"))
        assert customer.get("/account").status_code == 200
        assert customer.get("/desk").status_code == 404


def test_where_it_is_required_what_agents_read_opens_only_with_it(settings) -> None:
    folder = settings.content / "help"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "refunds.md").write_text("---\ntitle: Refund by hand\naudience: agents\n---\nAsk the bank.\n")
    with TestClient(create_app(settings.model_copy(update={"staff_two_factor": True})), follow_redirects=False) as client:
        sign_in(client, add_person(client, "ada@example.com", "agent", "Ada"))
        assert client.get("/articles/refunds").status_code == 404
        assert "/articles/refunds" not in client.get("/search?q=refund").text
        set_up(client)
        assert client.get("/articles/refunds").status_code == 200
        assert "/articles/refunds" in client.get("/search?q=refund").text


def test_codes_are_used_up_on_both_databases(database: Database) -> None:
    from kb.accounts import people

    with database.write() as session:
        user = people.add_user(session, "ada@example.com", "Ada", "agent", now())
        two_factor.begin(session, user)
    with database.write() as session:
        app = pyotp.TOTP(session.scalars(select(TwoFactor.secret)).one())
        moment = now()
        assert two_factor.confirm(session, user, app.at(moment - timedelta(seconds=30)), moment)
        codes = two_factor.new_recovery_codes(session, user)
    for code, how in ((app.at(moment), "by app code"), (codes[3], "by recovery code")):
        with database.write() as session:
            assert two_factor.use(session, user, code, moment) == how
        with database.write() as session:
            assert two_factor.use(session, user, code, moment) == ""
