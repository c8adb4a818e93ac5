"""Settings: variables over the file over defaults, and impossible ones stop the start by name."""

import secrets
from pathlib import Path

import pytest

from kb.config import Settings, SettingsError, load, secret_key, sources
from kb.settings_table import as_markdown

GOOD_KEY = "5ov1Gq4xT0bJ7zRkWn2sYd8mLc3hPe6u"
MANUAL = Path(__file__).parents[2] / "content"


def refusal(environ: dict[str, str]) -> str:
    with pytest.raises(SettingsError) as refused:
        load(environ)
    return str(refused.value)


def test_a_variable_wins_over_the_file_and_the_file_over_the_default(tmp_path: Path) -> None:
    file = tmp_path / "deskbook.toml"
    file.write_text('site_name = "From the file"\nport = 9001\n')
    environ = {"DESKBOOK_CONFIG": str(file), "DESKBOOK_PORT": "9002"}
    settings = load(environ)
    assert (settings.site_name, settings.port, settings.host) == ("From the file", 9002, "127.0.0.1")
    assert sources(environ) == {"site_name": f"{file}: site_name", "port": "DESKBOOK_PORT"}


def test_the_command_line_wins_over_all() -> None:
    assert load({"DESKBOOK_PORT": "9002"}, port=9003).port == 9003


def test_an_empty_variable_is_not_a_setting() -> None:
    assert load({"DESKBOOK_PORT": "", "DESKBOOK_SECRET_KEY_FILE": "", "DESKBOOK_CONFIG": ""}).port == 8000


def test_a_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(GOOD_KEY + "\n")
    assert load({"DESKBOOK_SECRET_KEY_FILE": str(file)}).secret_key.get_secret_value() == GOOD_KEY
    assert "DESKBOOK_SECRET_KEY_FILE" in refusal({"DESKBOOK_SECRET_KEY_FILE": str(tmp_path / "nothing")})


def test_a_secret_file_that_is_empty_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("\n")
    assert "is empty" in refusal({"DESKBOOK_SECRET_KEY_FILE": str(tmp_path / "key")})


def test_a_setting_and_its_file_at_once_stop_the_start(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(GOOD_KEY)
    message = refusal({"DESKBOOK_SECRET_KEY": "o" * 40, "DESKBOOK_SECRET_KEY_FILE": str(tmp_path / "key")})
    assert "DESKBOOK_SECRET_KEY_FILE" in message
    assert "oooo" not in message


def test_lists_are_separated_by_commas() -> None:
    assert load({"DESKBOOK_ALLOWED_HOSTS": "a.example, b.example"}).allowed_hosts == ("a.example", "b.example")


def test_an_unknown_setting_stops_the_start_and_names_the_nearest() -> None:
    assert "DESKBOOK_PROT" in refusal({"DESKBOOK_PROT": "1"})
    assert "DESKBOOK_PORT" in refusal({"DESKBOOK_PROT": "1"})


def test_an_unknown_line_of_the_file_stops_the_start(tmp_path: Path) -> None:
    file = tmp_path / "deskbook.toml"
    file.write_text("sitename = 'x'\n")
    assert "site_name" in refusal({"DESKBOOK_CONFIG": str(file)}).lower()


@pytest.mark.parametrize("text", ["port = ", "\udcff", "port: 1"])
def test_a_broken_file_stops_the_start(tmp_path: Path, text: str) -> None:
    file = tmp_path / "deskbook.toml"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert str(file) in refusal({"DESKBOOK_CONFIG": str(file)})


def test_a_file_that_is_named_but_absent_stops_the_start() -> None:
    assert "DESKBOOK_CONFIG" in refusal({"DESKBOOK_CONFIG": "/nowhere/deskbook.toml"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "99999"),
        ("PORT", "many"),
        ("BASE_URL", "help.example.com"),
        ("BASE_URL", "ftp://help.example.com"),
        ("BASE_URL", "https://help.example.com:port"),
        ("BASE_URL", "http://["),
        ("SMTP_URL", "smtp://["),
        ("SECRET_KEY", "changeme"),
        ("DATABASE_URL", "mysql://localhost/x"),
        ("MEILISEARCH_URL", "localhost:7700"),
        ("SMTP_URL", "localhost"),
        ("ACCENT", "blue"),
        ("LOCALE", "english please"),
        ("LOG_LEVEL", "loud"),
        ("WORKER", "perhaps"),
        ("EVENT_RETENTION_DAYS", "1"),
        ("SITE_NAME", "x" * 81),
        ("SITE_NAME", "Acme\nBcc: all@example.com"),
        ("BASE_URL", "https://example.com/help"),
        ("BASE_URL", "https://user:word@help.example.com"),
        ("DATABASE_URL", "postgresql://deskbook:word@db:port/deskbook"),
        ("DATABASE_URL", "sqlite:///"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("SMTP_URL", "smtp://"),
        ("SMTP_URL", "smtp://mail.example.com:port"),
        ("SMTP_URL", "smtp://me:pass#word@mail.example.com"),
        ("MAIL_FROM", "Acme Help"),
        ("MAIL_FROM", "a@example.com, b@example.com"),
        ("MAIL_FROM", "Acme <a@example.com"),
        ("LOGO", "/nowhere/logo.svg"),
        ("LOGO", __file__),
        ("TRUSTED_PROXIES", "127.0.0.1, proxy"),
        ("TRUSTED_PROXIES", "*"),
        ("TRUSTED_PROXIES", "10.1.2.3/8"),
        ("ALLOWED_HOSTS", "https://support.example.com"),
        ("ALLOWED_HOSTS", "*.example.com"),
        ("BASE_URL", "https://exa mple.com"),
        ("BASE_URL", "https://help..example.com"),
        ("BASE_URL", f"https://{'a' * 64}.example.com"),
        ("SMTP_URL", "smtp://mail..example.com"),
        ("BASE_URL", "https://-münchen-.example"),
        ("BASE_URL", "https://help.example.com?x"),
        ("ALLOWED_HOSTS", "support.example.com:8000"),
        ("IFRAME_HOSTS", "player.example.com; script-src *"),
        ("MEILISEARCH_INDEX", "my index"),
        ("COST_PER_TICKET", "inf"),
    ],
)
def test_an_impossible_value_stops_the_start_by_name(name: str, value: str) -> None:
    message = refusal({f"DESKBOOK_{name}": value})
    assert f"DESKBOOK_{name}" in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "postgresql:///deskbook"),
        ("DATABASE_URL", "postgresql://deskbook:p%40ss@127.0.0.1:5432/deskbook?sslmode=require"),
        ("SMTP_URL", "smtps://me:p%23ss@mail.example.com"),
        ("MAIL_FROM", "Acmé, Help <support@example.com>"),
        ("MAIL_FROM", "deskbook@localhost"),
        ("TRUSTED_PROXIES", "127.0.0.1, ::1, 10.0.0.0/8"),
        ("ALLOWED_HOSTS", "support.example.com, localhost, ::1"),
        ("MEILISEARCH_URL", "https://search.example.com/behind/a/path"),
    ],
)
def test_what_is_possible_is_taken(name: str, value: str) -> None:
    load({f"DESKBOOK_{name}": value})


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("Support.Example.com", "support.example.com"),
        ("münchen.example", "xn--mnchen-3ya.example"),
        ("faß.example", "xn--fa-hia.example"),
        ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
    ],
)
def test_host_names_are_compared_as_browsers_send_them(written: str, sent: str) -> None:
    assert load({"DESKBOOK_ALLOWED_HOSTS": written}).allowed_hosts == (sent,)
    assert load({"DESKBOOK_BASE_URL": f"https://{written}"}).base_url == f"https://{sent}"


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("HTTPS://Help.Example.com/", "https://help.example.com"),
        ("https://help.example.com:443", "https://help.example.com"),
        ("http://help.example.com:80", "http://help.example.com"),
        ("HTTP://MÜNCHEN.example:8000", "http://xn--mnchen-3ya.example:8000"),
        ("https://help.example.com.", "https://help.example.com"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_the_public_address_is_used_as_browsers_send_it(written: str, sent: str) -> None:
    assert load({"DESKBOOK_BASE_URL": written}).base_url == sent


@pytest.mark.parametrize(
    "key",
    [
        "a" * 32,
        "ab" * 20,
        "changeme" * 4,
        "changeme-changeme-changeme-changeme",
        "ChangeMe1ChangeMe2ChangeMe3ChangeMe4",
        "please change this secret key before production",
        "1234567890" * 4,
        "0123456789abcdef0123456789abcdef",
        "abcdefghijklmnopqrstuvwxyz012345",
        "zyxwvutsrqponmlkjihgfedcba987654",
        "qwertyuiopasdfghjklzxcvbnm123456",
        "0" * 31 + "1",
        "a" * 16 + "b" * 16,
        "aabbccddeeffgghhiijjkkllmmnnoopp",
        "deadbeef" * 4,
        "thisisasecretkeythisisasecretkey",
        "supersecretsupersecretsupersecret!",
        "Ä" * 32,
    ],
)
def test_a_key_that_can_be_guessed_is_refused_with_what_to_do(key: str) -> None:
    message = refusal({"DESKBOOK_SECRET_KEY": key})
    assert "can be guessed" in message
    assert "openssl rand" in message
    assert key not in message


@pytest.mark.parametrize("key", [GOOD_KEY, "9d2779b63076f16c2ac3f750df1b8c4e", "a key that is only for tests, long enough"])
def test_a_key_that_cannot_be_guessed_is_taken(key: str) -> None:
    assert load({"DESKBOOK_SECRET_KEY": key}).secret_key.get_secret_value() == key


def test_no_key_made_by_chance_is_refused() -> None:
    for _ in range(50):
        for key in (secrets.token_hex(16), secrets.token_urlsafe(24), secrets.token_urlsafe(48)):
            load({"DESKBOOK_SECRET_KEY": key})


def test_a_tilde_is_the_home_folder_in_the_file_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/kim")
    file = tmp_path / "deskbook.toml"
    file.write_text('data = "~/deskbook"\n')
    assert load({"DESKBOOK_CONFIG": str(file)}).data == Path("/home/kim/deskbook")


def test_every_wrong_setting_is_named_at_once() -> None:
    message = refusal({"DESKBOOK_PORT": "many", "DESKBOOK_ACCENT": "blue"})
    assert "DESKBOOK_PORT" in message
    assert "DESKBOOK_ACCENT" in message


def test_a_refused_secret_is_not_repeated() -> None:
    assert "changeme" not in refusal({"DESKBOOK_SECRET_KEY": "changeme"})
    assert "hunter2" not in refusal({"DESKBOOK_SMTP_URL": "mail://u:hunter2@h"})


def test_a_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "var")
    key = secret_key(settings)
    assert len(key) >= 32
    assert secret_key(settings) == key
    assert (tmp_path / "var" / "secret_key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("content", [b"", b"\n", b"short", b"\xff" * 40])
def test_a_kept_key_that_is_not_whole_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "secret_key").write_bytes(content)
    with pytest.raises(SettingsError, match="secret_key"):
        secret_key(Settings(data=tmp_path))
    assert (tmp_path / "secret_key").read_bytes() == content


def test_the_manual_holds_the_table_of_all_settings() -> None:
    pages = [page.read_text(encoding="utf-8") for page in MANUAL.rglob("*.md")]
    assert any(as_markdown() in page for page in pages), "put the output of `deskbook config --markdown` into the manual's page of settings"
