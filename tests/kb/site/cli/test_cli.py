"""The command `deskbook`, as typed."""

import json
import os
import secrets
import signal
import sqlite3
import subprocess
import sys
import urllib.request
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from kb.accounts.models import User
from kb.db import Database, now
from kb.events.models import Event
from kb.events.queries import Counts, count_events
from kb.migrations import head
from kb.site.cli import main
from search.index.store import Store
from tests.services import MeilisearchServer

CHECKOUT = Path(__file__).parents[4]


@pytest.fixture
def deskbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Runs a command in an empty folder: `deskbook("config", "--json", PORT="1")`."""
    monkeypatch.chdir(tmp_path)
    for variable in [name for name in os.environ if name.startswith("DESKBOOK_")]:
        monkeypatch.delenv(variable)
    (tmp_path / "content" / "help").mkdir(parents=True)
    (tmp_path / "content" / "help" / "reset.md").write_text("---\ntitle: Reset the board\n---\nPress the button twice.\n")

    def run(*arguments: str, **settings: str) -> Result:
        environ = {"DESKBOOK_CONTENT": "content"} | {f"DESKBOOK_{name}": value for name, value in settings.items()}
        return CliRunner().invoke(main, arguments, env=environ)

    return run


def test_help_lists_the_commands_and_imports_nothing_heavy() -> None:
    script = "import sys; from kb.site.cli import main; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    answer = subprocess.run([sys.executable, "-c", script], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    assert not {"sqlalchemy", "starlette", "pydantic", "markdown_it", "meilisearch"} & set(answer.stdout.split())
    assert "serve" in CliRunner().invoke(main, ["--help"]).output


def test_a_wrong_setting_ends_with_2_and_its_name(deskbook) -> None:
    answer = deskbook("config", PORT="many")
    assert answer.exit_code == 2
    assert "DESKBOOK_PORT" in answer.output


def test_an_unknown_option_ends_with_2(deskbook) -> None:
    assert deskbook("config", "--loud").exit_code == 2


def test_config_masks_secrets_and_names_sources(deskbook) -> None:
    answer = deskbook("config", "--json", SECRET_KEY="ssss 5ov1Gq4xT0bJ7zRkWn2sYd8mLc3hPe6u", PORT="8123")
    settings = json.loads(answer.output)
    assert settings["port"] == {"value": 8123, "source": "DESKBOOK_PORT"}
    assert settings["host"]["source"] == "default"
    assert "ssss" not in answer.output
    assert settings["secret_key"]["value"] == "********"
    assert "DESKBOOK_PORT" in deskbook("config", PORT="8123").output


def test_migrate_says_what_it_did(deskbook) -> None:
    assert json.loads(deskbook("migrate", "--json").output) == {"schema": head(), "changed": True, "backup": None}
    assert "already" in deskbook("migrate").output


def test_what_is_written_only_its_owner_can_read(deskbook, tmp_path: Path) -> None:
    deskbook("migrate")
    deskbook("index", "sync")
    written = [tmp_path / "var", *(tmp_path / "var").iterdir()]
    assert len(written) >= 4
    assert [path.name for path in written if path.stat().st_mode & 0o077] == []


def test_an_older_schema_is_copied_before_it_is_migrated(deskbook, tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    with closing(sqlite3.connect(tmp_path / "var" / "deskbook.sqlite")) as older, older:
        older.execute("CREATE TABLE keepsake (word TEXT)")
        older.execute("INSERT INTO keepsake VALUES ('kept')")
    assert deskbook("migrate").exit_code == 0
    copies = list((tmp_path / "var").glob("deskbook-schema-*.sqlite"))
    assert len(copies) == 1
    with closing(sqlite3.connect(copies[0])) as copy:
        assert copy.execute("SELECT word FROM keepsake").fetchone() == ("kept",)


def test_a_database_that_does_not_answer_is_named_without_a_traceback(deskbook) -> None:
    answer = deskbook("migrate", DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing")
    assert answer.exit_code == 1
    assert "DESKBOOK_DATABASE_URL" in answer.output
    assert "Traceback" not in answer.output


@pytest.mark.parametrize("command", [["migrate"], ["serve"], ["serve", "--get", "/"], ["user", "list"], ["worker", "--once"], ["index", "sync"]])
def test_a_data_folder_that_cannot_be_used_is_named_without_a_traceback(deskbook, tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "file").touch()
    answer = deskbook(*command, DATA="file")
    assert (answer.exit_code, type(answer.exception)) == (1, SystemExit)
    assert str(tmp_path / "file") in answer.output or "file: " in answer.output or "file/" in answer.output


@pytest.mark.parametrize("command", [["migrate"], ["serve"], ["serve", "--get", "/"], ["worker", "--once"], ["user", "list"]])
def test_a_newer_schema_is_refused_and_nothing_is_written(deskbook, tmp_path: Path, command: list[str]) -> None:
    deskbook("migrate")
    with closing(sqlite3.connect(tmp_path / "var" / "deskbook.sqlite")) as newer, newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
    before = sorted(path.name for path in (tmp_path / "var").iterdir())
    answer = deskbook(*command)
    assert answer.exit_code == 1
    assert "9999" in answer.output
    assert head() in answer.output
    assert sorted(path.name for path in (tmp_path / "var").iterdir()) == before


@pytest.mark.parametrize("command", ["migrate", "serve"])
def test_a_file_that_is_no_database_is_named_without_a_traceback(deskbook, tmp_path: Path, command: str) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "deskbook.sqlite").write_text("This is a letter to nobody. " * 100)
    answer = deskbook(command)
    assert (answer.exit_code, type(answer.exception)) == (1, SystemExit)
    assert "file is not a database" in answer.output


@pytest.mark.slow
def test_a_database_closed_to_this_user_is_named_without_a_traceback(deskbook, empty_postgres_url: str) -> None:
    with psycopg.connect(empty_postgres_url, autocommit=True) as connection:
        name = f"guest_{secrets.token_hex(6)}"
        connection.execute(f"CREATE ROLE {name} LOGIN")
        connection.execute("REVOKE CREATE ON SCHEMA public FROM public")
    answer = deskbook("migrate", DATABASE_URL=empty_postgres_url.replace("postgres@", f"{name}@"))
    assert (answer.exit_code, type(answer.exception)) == (1, SystemExit)
    assert "permission denied for schema public" in answer.output


def test_colours_are_for_terminals_and_not_with_no_color(deskbook) -> None:
    deskbook("migrate")
    coloured = CliRunner().invoke(main, ["doctor"], env={"DESKBOOK_CONTENT": "content", "NO_COLOR": ""}, color=True)
    plain = CliRunner().invoke(main, ["doctor"], env={"DESKBOOK_CONTENT": "content", "NO_COLOR": "1"}, color=True)
    assert "\x1b[" in coloured.output
    assert "\x1b[" not in plain.output
    assert "\x1b[" not in deskbook("doctor").output


def test_doctor_finds_a_data_folder_that_is_none(deskbook, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    answer = deskbook("doctor", "--json", DATA="file")
    assert answer.exit_code == 1
    assert {finding["part"] for finding in json.loads(answer.output) if not finding["ok"]} == {"data", "database"}


def test_doctor_finds_a_database_that_was_not_migrated(deskbook) -> None:
    answer = deskbook("doctor")
    assert answer.exit_code == 1
    assert "deskbook migrate" in answer.output
    deskbook("migrate")
    assert deskbook("doctor").exit_code == 0


@pytest.mark.parametrize(
    ("counts", "is_good", "words"),
    [
        ({"stored": 90, "dropped_visitor": 5, "dropped_address": 4}, True, "90 of 100 events stored; 9 over the limits"),
        ({"stored": 90, "dropped_address": 40}, False, "set DESKBOOK_TRUSTED_PROXIES"),
        ({"stored": 90, "dropped_day": 40, "dropped_waiting": 2}, False, "40 over the limit of a day (DESKBOOK_EVENTS_PER_DAY), 2 while"),
        ({"stored": 100}, False, "raise DESKBOOK_EVENTS_MAX"),
    ],
)
def test_doctor_says_what_the_caps_on_events_dropped(deskbook, tmp_path: Path, counts: dict[str, int], is_good: bool, words: str) -> None:
    deskbook("migrate")
    with closing(Database(f"sqlite:///{tmp_path / 'var' / 'deskbook.sqlite'}")) as database, database.write() as session:
        count_events(session, now().date(), Counts(**counts))
    found = {finding["part"]: finding for finding in json.loads(deskbook("doctor", "--json", EVENTS_MAX="100").output)}
    assert found["events"]["ok"] is is_good
    assert words in found["events"]["message"]


@pytest.mark.slow
def test_a_key_without_a_name_to_see_is_refused(deskbook) -> None:
    deskbook("migrate")
    deskbook("user", "add", "ada@example.com", "--role", "agent", "--name", "\u3164")
    answer = deskbook("api-key", "add", "\u3164\u2800", "--user", "ada@example.com")
    assert (answer.exit_code, "Enter what the key is for" in answer.output) == (1, True)
    assert json.loads(deskbook("user", "list", "--json").output)[0]["name"] == ""


def test_doctor_says_of_each_language_whether_words_of_like_meaning_are_found(deskbook, tmp_path: Path) -> None:
    deskbook("migrate")
    (tmp_path / "content" / "help" / "reset.fi.md").write_text("---\ntitle: Qwrtpl vbnkzz\n---\nXkcdqq zzyzxw hjklpq the board mnbvcx.\n")

    def told(**settings: str) -> list[tuple[bool, str]]:
        findings = json.loads(deskbook("doctor", "--json", **settings).output)
        return [(finding["ok"], finding["message"]) for finding in findings if finding["part"] == "meaning"]

    assert told() == [
        (True, "en: search finds words that mean nearly the same (100% of the articles' words are known)"),
        (True, "fi: search finds words only as they are spelt: no model of this language ships (25% of the articles' words are known)"),
    ]
    assert told(WORD_VECTORS="false") == [(True, "off: words count as they are spelt (DESKBOOK_WORD_VECTORS)")]


def test_doctor_finds_a_dead_mail_server_and_a_dead_search_server(deskbook) -> None:
    deskbook("migrate")
    answer = deskbook("doctor", "--json", SMTP_URL="smtp://127.0.0.1:1", MEILISEARCH_URL="http://127.0.0.1:1")
    faults = {finding["part"] for finding in json.loads(answer.output) if not finding["ok"]}
    assert answer.exit_code == 1
    assert {"mail", "search"} <= faults


@pytest.mark.slow
def test_doctor_finds_keys_that_the_search_server_refuses(deskbook, meilisearch: MeilisearchServer, meilisearch_index: str) -> None:
    deskbook("migrate")
    good = {"MEILISEARCH_URL": meilisearch.url, "MEILISEARCH_INDEX": meilisearch_index, "MEILISEARCH_INDEX_KEY": meilisearch.key}
    assert "takes our keys" in deskbook("doctor", **good, MEILISEARCH_KEY=meilisearch.key).output
    for name in ("MEILISEARCH_KEY", "MEILISEARCH_INDEX_KEY"):
        answer = deskbook("doctor", **(good | {"MEILISEARCH_KEY": meilisearch.key} | {name: "a-key-that-is-not-known"}))
        assert answer.exit_code == 1
        assert f"Meilisearch refuses the key in DESKBOOK_{name}" in answer.output


def test_doctor_finds_a_dead_embedder(deskbook) -> None:
    deskbook("migrate")
    answer = deskbook("doctor", EMBEDDINGS_URL="http://127.0.0.1:1/v1/embeddings", EMBEDDINGS_MODEL="none")
    assert answer.exit_code == 1
    assert "words alone answer (DESKBOOK_EMBEDDINGS_URL)" in answer.output


@pytest.mark.slow
def test_doctor_finds_content_that_is_missing_or_broken(deskbook, tmp_path: Path) -> None:
    deskbook("migrate")
    assert "no folder" in deskbook("doctor", CONTENT="nowhere").output
    (tmp_path / "content" / "help" / "broken.md").write_text("no front matter")
    answer = deskbook("doctor")
    assert answer.exit_code == 1
    assert "deskbook check" in answer.output


def test_doctor_finds_a_broken_file_of_search(deskbook, tmp_path: Path) -> None:
    deskbook("migrate")
    (tmp_path / "content" / "_search.yml").write_text("synonims: []")
    answer = deskbook("doctor")
    assert answer.exit_code == 1
    assert "deskbook check" in answer.output


def test_search_finds_an_article_and_says_when_there_is_none(deskbook) -> None:
    found = json.loads(deskbook("search", "reset", "--json").stdout)
    assert [hit["slug"] for hit in found["hits"]] == ["reset"]
    assert "Reset the board" in deskbook("search", "how", "do", "i", "reset").output
    nothing = deskbook("search", "xylophone", "--json")
    assert nothing.exit_code == 1
    assert json.loads(nothing.stdout)["hits"] == []


def test_search_suggests_synonyms_and_writes_nothing(deskbook, tmp_path: Path) -> None:
    assert deskbook("migrate").exit_code == 0
    before = sorted(tmp_path.rglob("_search.yml"))
    suggested = deskbook("search", "suggest-synonyms")
    assert suggested.exit_code == 0
    assert "0 searches" in suggested.output
    assert "No line to suggest" in suggested.output
    assert json.loads(deskbook("search", "suggest-synonyms", "--days", "7", "--json").stdout)["synonyms"] == []
    assert sorted(tmp_path.rglob("_search.yml")) == before


def test_search_refuses_a_category_that_does_not_exist_as_the_api_does(deskbook) -> None:
    for category in ("nope", "Help", "help/reset"):
        refused = deskbook("search", "reset", "--category", category)
        assert (refused.exit_code, refused.stdout) == (2, "")
        assert "There is no such category. Use the slug of a category’s folder." in refused.output
    assert "Reset the board" in deskbook("search", "reset", "--category", "help").output


def test_a_question_in_a_terminal_leaves_the_search_file_of_a_running_site_alone(deskbook, tmp_path: Path) -> None:
    deskbook("index", "sync")
    with closing(Store(tmp_path / "var" / "search.sqlite")) as store:
        before = store.generation()
        assert json.loads(deskbook("search", "reset", "--json").stdout)["total"] == 1
        (tmp_path / "content" / "help" / "more.md").write_text("---\ntitle: Reset it all\n---\nPress it.\n")
        assert json.loads(deskbook("search", "reset", "--json").stdout)["total"] == 2
        assert (store.generation(), store.size()) == (before, 1)
    (tmp_path / "var" / "search.sqlite").write_bytes(b"no database" * 400)
    assert json.loads(deskbook("search", "reset", "--json").stdout)["total"] == 2
    assert (tmp_path / "var" / "search.sqlite").read_bytes() == b"no database" * 400


def test_the_index_is_filled_once(deskbook) -> None:
    assert json.loads(deskbook("index", "sync", "--json").stdout)["embedded"]["added"] == 1
    assert json.loads(deskbook("index", "sync", "--json").stdout)["embedded"]["added"] == 0
    assert deskbook("index", "rebuild").exit_code == 0


def test_an_index_that_cannot_be_reached_is_named(deskbook) -> None:
    answer = deskbook("index", "sync", MEILISEARCH_URL="http://127.0.0.1:1")
    assert answer.exit_code == 1
    assert "meilisearch" in answer.output


def test_a_content_folder_that_is_not_there_ends_with_2(deskbook) -> None:
    for command in (["search", "x"], ["index", "sync"], ["serve", "--get", "/"]):
        answer = deskbook(*command, CONTENT="nowhere")
        assert answer.exit_code == 2
        assert "DESKBOOK_CONTENT" in answer.output


@pytest.mark.slow
def test_the_worker_ends_when_nothing_is_left(deskbook) -> None:
    deskbook("migrate")
    assert deskbook("worker", "--once").exit_code == 0


@pytest.mark.slow
def test_one_request_without_a_server(deskbook) -> None:
    assert deskbook("serve", "--get", "/nowhere").exit_code == 1


@pytest.mark.slow
def test_a_person_is_added_with_a_link_that_signs_in(deskbook) -> None:
    deskbook("migrate")
    added = json.loads(deskbook("user", "add", "Ada@Example.com", "--role", "admin", "--json", BASE_URL="https://help.example.com").output)
    assert added["email"] == "ada@example.com"
    assert added["sign_in_link"].startswith("https://help.example.com/sign-in/link/")
    assert json.loads(deskbook("user", "list", "--json").output)[0]["role"] == "admin"
    assert "/sign-in/link/" in deskbook("user", "sign-in-link", "ada@example.com").output


@pytest.mark.slow
def test_people_who_cannot_be_added_are_refused(deskbook) -> None:
    deskbook("migrate")
    deskbook("user", "add", "ada@example.com")
    for arguments in (["add", "ada@example.com"], ["add", "not an address"], ["sign-in-link", "nobody@example.com"]):
        answer = deskbook("user", *arguments)
        assert answer.exit_code == 1
        assert answer.output.startswith("Error: ")
    assert deskbook("user", "add", "eve@example.com", "--role", "owner").exit_code == 1


def test_a_command_on_an_empty_database_says_to_migrate(deskbook) -> None:
    answer = deskbook("user", "list")
    assert answer.exit_code == 1
    assert "deskbook migrate" in answer.output


def test_no_stored_name_commands_the_terminal(deskbook, tmp_path: Path) -> None:
    deskbook("migrate")
    deskbook("user", "add", "ada@example.com", "--role", "agent", "--name", "Ada")
    database = Database(f"sqlite:///{tmp_path / 'var' / 'deskbook.sqlite'}")
    with database.write() as session:  # as an earlier version stored it
        session.scalars(select(User)).one().name = "Ada\x1b[2J\u202enimda\nroot"
    database.close()
    assert "Ada\\x1b[2J\\u202enimda\\nroot" in deskbook("user", "list").output


def test_an_api_key_is_made_listed_and_revoked(deskbook) -> None:
    deskbook("migrate")
    assert deskbook("api-key", "add", "crm", "--user", "ada@example.com").exit_code == 1
    deskbook("user", "add", "ada@example.com")
    key = json.loads(deskbook("api-key", "add", "crm", "--user", "ada@example.com", "--scope", "read", "--json").output)
    listed = deskbook("api-key", "list", "--json").output
    assert key["key"] not in listed
    assert json.loads(listed)[0]["revoked_at"] is None
    assert deskbook("api-key", "revoke", str(key["id"])).exit_code == 0
    assert "revoked" in deskbook("api-key", "list").output
    assert deskbook("api-key", "revoke", "999").exit_code == 1


@pytest.mark.slow
def test_the_deflection_report_counts_nothing_from_nothing(deskbook) -> None:
    deskbook("migrate")
    answer = deskbook("report", "deflection", "--from", "2026-01-01", "--to", "2026-01-31", "--json")
    assert json.loads(answer.output)["visits"]["visits"] == 0
    assert "No mature visits yet" in deskbook("report", "deflection").output


def test_a_period_that_is_none_ends_with_2(deskbook) -> None:
    deskbook("migrate")
    assert deskbook("report", "deflection", "--from", "yesterday").exit_code == 2
    assert deskbook("report", "deflection", "--from", "2026-02-01", "--to", "2026-01-01").exit_code == 2


@pytest.mark.slow
def test_serve_prints_a_link_for_the_first_admin(tmp_path: Path) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("DESKBOOK_")} | {"PYTHONPATH": str(CHECKOUT)}
    (tmp_path / "content").mkdir()
    command = [sys.executable, "-m", "kb", "serve", "-p", "0"]
    with subprocess.Popen(command, cwd=tmp_path, env=environ | {"DESKBOOK_CONTENT": "content"}, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        link = next(line.strip() for line in server.stderr if "/sign-in/link/" in line)
        assert urllib.request.urlopen(link).status == 200
        server.send_signal(signal.SIGTERM)
        assert server.wait(120) == 0


@pytest.mark.slow
def test_serve_answers_and_stops_in_good_order(tmp_path: Path) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("DESKBOOK_")} | {"PYTHONPATH": str(CHECKOUT)}
    (tmp_path / "content").mkdir()
    command = [sys.executable, "-m", "kb", "serve", "-p", "0"]
    with subprocess.Popen(command, cwd=tmp_path, env=environ | {"DESKBOOK_CONTENT": "content"}, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        url = next(word for line in server.stderr for word in line.split() if word.startswith("http://"))
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{url}/nowhere")
        server.send_signal(signal.SIGTERM)
        assert server.wait(120) == 0


@pytest.mark.slow
def test_serve_says_that_its_port_is_taken(tmp_path: Path, live_server) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("DESKBOOK_")} | {"PYTHONPATH": str(CHECKOUT)}
    command = [sys.executable, "-m", "kb", "serve", "-p", str(live_server.settings.port)]
    answer = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=60)
    assert answer.returncode == 1
    assert "--port" in answer.stderr


@pytest.mark.at_noon
def test_the_report_is_counted_again_from_the_raw_events(deskbook, tmp_path: Path) -> None:
    deskbook("migrate")
    with closing(Database(f"sqlite:///{tmp_path / 'var' / 'deskbook.sqlite'}")) as database, database.write() as session:
        for days in (20, 12):
            session.add(Event(at=now() - timedelta(days=days), kind="form_open", visit="a", visitor=f"v{days}"))
    assert json.loads(deskbook("report", "deflection", "--json", REPORT_WAIT_S="60").output)["visits"]["visits"] == 2
    assert deskbook("report", "rebuild").stdout == "21 days counted again, 0 of them changed\n"
    with closing(Database(f"sqlite:///{tmp_path / 'var' / 'deskbook.sqlite'}")) as database, database.write() as session:
        session.add(Event(at=now() - timedelta(days=12), kind="form_open", visit="b", visitor="late"))
    changed = (now() - timedelta(days=12)).date()
    first, last = changed - timedelta(days=1), changed + timedelta(days=1)
    done = json.loads(deskbook("report", "rebuild", "--from", f"{first}", "--to", f"{last}", "--json").stdout)
    assert done == {"days": 3, "changed": [changed.isoformat()]}
    assert deskbook("report", "rebuild", "--from", "yesterday").exit_code == 2
