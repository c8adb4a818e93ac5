"""The audit log: what is recorded, that nothing changes it, and its page."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from click.testing import CliRunner
from pydantic import SecretStr
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from starlette.testclient import TestClient

from kb.accounts.audit_log import settings_watch
from kb.accounts.audit_log.log import COMMAND_LINE, Source, record
from kb.accounts.audit_log.models import AuditRecord, Kind
from kb.accounts.authentication import passwords
from kb.accounts.models import User
from kb.config import Settings
from kb.db import Database, now
from kb.site.app import create_app
from kb.site.cli import main
from kb.site.worker_setup import make_worker
from tests.cast import add_person, sign_in, signed_in

pytestmark = pytest.mark.at_noon

PASSWORD = "four unrelated words"
Rows = Callable[..., list[AuditRecord]]


@pytest.fixture
def rows(client: TestClient) -> Rows:
    """The records, oldest first; of the kinds named, or all."""

    def rows(*kinds: Kind) -> list[AuditRecord]:
        with client.app.state.database.read() as session:
            return [row for row in session.scalars(select(AuditRecord).order_by(AuditRecord.id)) if not kinds or row.kind in kinds]

    return rows


def _with_password(client: TestClient, email: str = "ada@example.com", role: str = "agent") -> User:
    user = add_person(client, email, role)
    with client.app.state.database.write() as session:
        session.get_one(User, user.id).password_hash = passwords.hash_password(PASSWORD)
    return user


def _try(client: TestClient, email: str = "ada@example.com", password: str = PASSWORD) -> int:
    return client.post("/sign-in", data={"email": email, "password": password}).status_code


def test_signing_in_and_out_is_recorded_with_who_and_how(client: TestClient, rows: Rows) -> None:
    user = _with_password(client)
    assert _try(client) == 303
    client.post("/sign-out")
    sign_in(client, user)
    assert [(row.kind, row.actor_id, row.actor, row.detail) for row in rows()] == [
        ("sign_in", user.id, "ada@example.com", "by password"),
        ("sign_out", user.id, "ada@example.com", ""),
        ("sign_in", user.id, "ada@example.com", "by emailed link"),
    ]


def test_a_failed_sign_in_is_recorded_with_the_address_typed_and_the_reason(client: TestClient, rows: Rows) -> None:
    _with_password(client)
    disabled = _with_password(client, "eve@example.com")
    with client.app.state.database.write() as session:
        session.get_one(User, disabled.id).is_active = False
    _try(client, "ADA@Example.com", "wrong")
    _try(client, "nobody@example.com", "wrong")
    _try(client, "eve@example.com")
    client.post("/sign-in/link/" + "x" * 43)
    assert [(row.actor_id, row.person, row.detail) for row in rows(Kind.SIGN_IN_FAILED)] == [
        (None, "ada@example.com", "wrong password"),
        (None, "nobody@example.com", "no account with this address"),
        (None, "eve@example.com", "account disabled"),
        (None, "", "sign-in link used, expired or unknown"),
    ]


def test_a_password_typed_into_the_address_field_is_not_kept(client: TestClient, rows: Rows) -> None:
    _try(client, "hunter2 is my password", "ada@example.com")
    (row,) = rows(Kind.SIGN_IN_FAILED)
    assert "hunter2" not in f"{row.person}{row.detail}{row.actor}"


def test_a_limit_that_is_reached_is_recorded_once(client: TestClient, rows: Rows) -> None:
    _with_password(client)
    for _ in range(26):
        _try(client, password="guess")
    reasons = [row.detail for row in rows(Kind.SIGN_IN_FAILED)]
    assert reasons == ["wrong password"] * 20 + ["too many attempts at this account today"]


@pytest.mark.parametrize(
    ("kept", "address", "network"),
    [
        ("short", "203.0.113.77", "203.0.113.0/24"),
        ("short", "2001:db8:1:2::77", "2001:db8:1::/48"),
        ("short", "::ffff:203.0.113.77", "203.0.113.0/24"),
        ("full", "203.0.113.77", "203.0.113.77"),
        ("none", "203.0.113.77", ""),
    ],
)
def test_the_network_is_kept_as_exactly_as_the_setting_allows(settings: Settings, kept: str, address: str, network: str) -> None:
    app = create_app(settings.model_copy(update={"audit_network": kept}))
    with TestClient(app, client=(address, 1234), follow_redirects=False) as client:
        _try(client)
        with app.state.database.read() as session:
            assert session.scalars(select(AuditRecord.network)).one() == network


def test_a_flood_of_failures_is_counted_and_no_longer_listed(settings: Settings) -> None:
    settings = settings.model_copy(update={"audit_failures_per_hour": 5})
    with time_machine.travel("2026-05-01T08:10:00Z", tick=False) as clock:
        app = create_app(settings)
        with TestClient(app, follow_redirects=False) as client:
            for number in range(40):
                client.post(f"/sign-in/link/unknown-{number}")
            worker = make_worker(settings, app.state.database)
            worker.clean(now())
            clock.shift(3600)
            worker.clean(now())
            worker.clean(now())
            with app.state.database.read() as session:
                found = [(row.kind, row.detail) for row in session.scalars(select(AuditRecord).order_by(AuditRecord.id))]
    assert [kind for kind, _ in found] == ["sign_in_failed"] * 5 + ["failures_not_listed"] * 2
    assert found[5][1].startswith("More than 5 failed sign-ins")
    assert found[6][1] == "35 more failed sign-ins between 08:00 and 09:00 UTC on 01 May 2026."


def test_changes_by_admins_are_recorded_with_who_whom_and_what(client: TestClient, rows: Rows) -> None:
    admin = add_person(client, "boss@example.com", "admin")
    sign_in(client, admin)
    client.post("/desk/people", data={"email": "kim@example.com", "role": "agent"})
    with client.app.state.database.read() as session:
        kim = session.scalars(select(User).where(User.email == "kim@example.com")).one()
    client.post(f"/desk/people/{kim.id}/role", data={"role": "admin"})
    client.post(f"/desk/people/{kim.id}/role", data={"role": "admin"})
    client.post(f"/desk/people/{kim.id}/disablement")
    client.post(f"/desk/people/{kim.id}/enablement")
    client.post("/desk/api-keys", data={"name": "Shop", "scope": "read"})
    client.post("/desk/api-keys/1/revocation")
    client.post("/desk/api-keys/1/revocation")
    kinds = (Kind.PERSON_ADDED, Kind.ROLE_CHANGED, Kind.PERSON_DISABLED, Kind.PERSON_ENABLED, Kind.KEY_MADE, Kind.KEY_REVOKED)
    found = rows(*kinds)
    assert {row.actor_id for row in found} == {admin.id}
    assert [(row.kind, row.person, row.detail) for row in found] == [
        ("person_added", "kim@example.com", "as agent"),
        ("role_changed", "kim@example.com", "from agent to admin"),
        ("person_disabled", "kim@example.com", ""),
        ("person_enabled", "kim@example.com", ""),
        ("key_made", "boss@example.com", "“Shop” (number 1), may read"),
        ("key_revoked", "boss@example.com", "“Shop” (number 1), may read"),
    ]


def test_a_refused_change_leaves_no_record(client: TestClient, rows: Rows) -> None:
    admin = add_person(client, "boss@example.com", "admin")
    sign_in(client, admin)
    client.post("/desk/people", data={"email": "not an address", "role": "agent"})
    client.post(f"/desk/people/{admin.id}/disablement")
    client.post(f"/desk/people/{admin.id}/role", data={"role": "agent"})
    assert [row.kind for row in rows()] == ["sign_in"]


def test_a_new_password_is_recorded(client: TestClient, rows: Rows) -> None:
    sign_in(client, add_person(client, "ada@example.com"))
    client.post("/account/password", data={"password": "a quiet harbour"})
    assert [(row.kind, row.actor, row.detail) for row in rows()][1:] == [("password_changed", "ada@example.com", "")]


def test_the_command_line_is_recorded_as_itself(tmp_path: Path, migrated_sqlite: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "deskbook.sqlite").write_bytes(migrated_sqlite.read_bytes())
    monkeypatch.setenv("DESKBOOK_DATA", str(tmp_path))
    for words in ["user add kim@example.com --role agent", "user sign-in-link kim@example.com", "api-key add Shop --user kim@example.com", "api-key revoke 1"]:
        assert CliRunner().invoke(main, words.split()).exit_code == 0, words
    database = Database(f"sqlite:///{tmp_path / 'deskbook.sqlite'}")
    with database.read() as session:
        found = [(row.kind, row.actor, row.person) for row in session.scalars(select(AuditRecord).order_by(AuditRecord.id))]
    database.close()
    assert found == [(kind, "command line", "kim@example.com") for kind in ("person_added", "sign_in_link_made", "key_made", "key_revoked")]


def test_the_database_itself_refuses_to_change_or_delete_a_record(database: Database) -> None:
    with database.write() as session:
        record(session, Kind.SIGN_OUT, COMMAND_LINE, now(), detail="true")
    attempts = ["UPDATE audit_log SET detail = 'false'", "DELETE FROM audit_log"]
    if database.is_sqlite:
        attempts.append("REPLACE INTO audit_log (id, at, kind, actor, person, detail, network) VALUES (1, '2026-01-01', 'x', '', '', 'false', '')")
    else:
        attempts.append("TRUNCATE audit_log")
    for attempt in attempts:
        with pytest.raises(DBAPIError, match="append-only"), database.write() as session:
            session.execute(text(attempt))
    with database.read() as session:
        assert session.scalars(select(AuditRecord.detail)).one() == "true"


def test_records_older_than_the_retention_go_and_others_stay(database: Database, tmp_path: Path) -> None:
    present = now()
    with database.write() as session:
        for age in (0, 29, 99, 101, 500):
            record(session, Kind.SIGN_OUT, COMMAND_LINE, present - timedelta(days=age), detail=f"{age} days old")
    make_worker(Settings(data=tmp_path, audit_retention_days=100), database).clean(present)
    with database.read() as session:
        assert list(session.scalars(select(AuditRecord.detail).order_by(AuditRecord.id))) == ["0 days old", "29 days old", "99 days old"]


def test_settings_that_changed_since_the_last_start_are_recorded_by_name_only(database: Database) -> None:
    first = Settings(smtp_url=SecretStr("smtp://me:first@mail.example.com"), accent="#112233")
    second = first.model_copy(update={"smtp_url": SecretStr("smtp://me:second@mail.example.com"), "accent": "#445566"})
    for settings in (first, first, second, second):
        settings_watch.record_changes(database, settings, "k" * 32)
    with database.read() as session:
        (found,) = session.scalars(select(AuditRecord))
        stored = " ".join(str(value) for row in session.execute(text("SELECT * FROM audit_log, settings_in_force")) for value in row)
    assert (found.kind, found.actor, found.detail) == ("settings_changed", "Deskbook", "DESKBOOK_ACCENT, DESKBOOK_SMTP_URL")
    assert "second" not in stored
    assert "#445566" not in stored


def test_a_new_secret_key_is_recorded_and_no_other_secret_with_it(database: Database) -> None:
    settings = Settings(smtp_url=SecretStr("smtp://me:first@mail.example.com"))
    settings_watch.record_changes(database, settings, "k" * 32)
    settings_watch.record_changes(database, settings, "n" * 32)
    with database.read() as session:
        assert list(session.scalars(select(AuditRecord.detail))) == ["DESKBOOK_SECRET_KEY"]


def test_a_server_that_starts_with_other_settings_records_it(settings: Settings) -> None:
    for name in ("Acme", "Acme", "Acme Help"):
        app = create_app(settings.model_copy(update={"site_name": name}))
        with TestClient(app):
            pass
    database = Database(settings.database)
    with database.read() as session:
        assert list(session.scalars(select(AuditRecord.detail))) == ["DESKBOOK_SITE_NAME"]
    database.close()


def test_admins_filter_the_log_by_person_and_kind(client: TestClient) -> None:
    boss = signed_in(client, "boss@example.com", "admin", "Boss")
    signed_in(client, "ada@example.com", "agent", "Ada Lovelace")
    _try(client, "stranger@example.com", "wrong")
    everything = boss.get("/desk/audit-log").text
    assert all(address in everything for address in ("boss@example.com", "ada@example.com", "stranger@example.com"))
    assert "stranger@example.com</td>" in boss.get("/desk/audit-log?person=Stranger@example.com").text
    by_name = boss.get("/desk/audit-log?person=lovelace").text
    assert ("ada@example.com" in by_name, "boss@example.com</td>" in by_name) == (True, False)
    failed = boss.get("/desk/audit-log?kind=sign_in_failed").text
    assert ("stranger@example.com" in failed, "ada@example.com" in failed) == (True, False)
    assert "No matching records" in boss.get("/desk/audit-log?kind=key_made").text


@pytest.mark.parametrize("filters", ["", "kind=sign_out", "person=ada", "person=ada&kind=sign_out"])
def test_the_log_is_read_page_by_page(client: TestClient, filters: str) -> None:
    boss, ada = signed_in(client, "boss@example.com", "admin"), add_person(client, "ada@example.com")
    with client.app.state.database.write() as session:
        for number in range(120):
            record(session, Kind.SIGN_OUT, Source(ada.id, ada.email) if number % 2 else COMMAND_LINE, now(), person=ada, detail=f"record {number}.")
    seen, address = [], f"/desk/audit-log?{filters}"
    while address:
        page = boss.get(address).text
        seen += [number for number in range(120) if f"record {number}." in page]
        link = page.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
        address = link if 'rel="next"' in page else ""
    assert len(seen) == len(set(seen)) == 120


@pytest.mark.parametrize(
    "query", ["kind=root", "before=x", "before=99999999999999999999", "before=-1", "person=%00%0d%0a", "person=" + "x" * 3000, "kind=%E2%80%AE"]
)
def test_filters_that_make_no_sense_are_left_out(client: TestClient, query: str) -> None:
    assert signed_in(client, "boss@example.com", "admin").get(f"/desk/audit-log?{query}").status_code == 200


def test_what_people_typed_is_text_on_the_page(client: TestClient) -> None:
    boss = signed_in(client, "boss@example.com", "admin")
    boss.post("/desk/api-keys", data={"name": "<img src=x onerror=alert(1)>", "scope": "read"})
    page = boss.get("/desk/audit-log").text
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page
