"""`/.well-known/security.txt` says whom to tell of a security hole."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from starlette.testclient import TestClient

from kb.config import Settings, SettingsError, load
from kb.site.app import create_app

PATH = "/.well-known/security.txt"


def _fields(settings: Settings) -> list[tuple[str, str]]:
    with TestClient(create_app(settings)) as client:
        answer = client.get(PATH)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    return [tuple(line.split(": ", 1)) for line in answer.text.splitlines()]


def test_the_contacts_of_the_settings_are_served_in_order(settings: Settings) -> None:
    loaded = load({"DESKBOOK_SECURITY_CONTACT": "security@example.com, https://example.com/report"})
    fields = _fields(settings.model_copy(update={"security_contact": loaded.security_contact, "base_url": "https://help.example.com", "locale": "de"}))
    assert [value for name, value in fields if name == "Contact"] == ["mailto:security@example.com", "https://example.com/report"]
    assert ("Canonical", "https://help.example.com/.well-known/security.txt") in fields
    assert ("Preferred-Languages", "de") in fields


@pytest.mark.parametrize("today", ["2026-01-01", "2028-02-29", "2031-12-31"])
def test_it_never_expires_while_it_is_served(settings: Settings, today: str) -> None:
    with time_machine.travel(f"{today}T23:59:59Z", tick=False):
        expires = [value for name, value in _fields(settings.model_copy(update={"security_contact": ("mailto:a@example.com",)})) if name == "Expires"]
        assert len(expires) == 1
        left = datetime.strptime(expires[0], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC) - datetime.now(UTC)
    assert timedelta(days=90) < left < timedelta(days=365)


def test_without_a_contact_there_is_no_such_file(client: TestClient) -> None:
    assert client.get(PATH).status_code == 404


@pytest.mark.parametrize(
    "contact", ["nobody", "http://example.com", "https://", "a@example.com\nExpires: never", "javascript:alert(1)", "tel:110; rm", "ä@example.com"]
)
def test_what_is_no_contact_is_refused(contact: str) -> None:
    with pytest.raises(SettingsError, match="DESKBOOK_SECURITY_CONTACT"):
        load({"DESKBOOK_SECURITY_CONTACT": contact})
