"""What scripts add to a page is in the language of the page."""

from collections.abc import Callable
from typing import Any

import pytest

from kb.config import Settings
from tests.services import LiveServer

pytestmark = pytest.mark.browser


@pytest.fixture
def site(settings: Settings, serve: Callable[[Settings], LiveServer]) -> LiveServer:
    folder = settings.content / "orders"
    folder.mkdir()
    (folder / "refund.md").write_text("---\ntitle: Refunds\n---\nWe pay you back.\n", encoding="utf-8")
    (folder / "refund.de.md").write_text("---\ntitle: Erstattung\n---\nWir zahlen zurück.\n", encoding="utf-8")
    return serve(settings)


@pytest.mark.parametrize(
    ("path", "typed", "rows"),
    [
        ("/", "refund", ["See all results for “refund”"]),
        ("/", "zzzz", ["No results for “zzzz”", "Submit a request with your search included"]),
        ("/de/", "erstattung", ["Alle Ergebnisse für „erstattung“"]),
        ("/de/", "zzzz", ["Keine Ergebnisse für „zzzz“", "Anfrage senden mit Ihrer Suche"]),
    ],
)
def test_the_list_while_typing_speaks_the_language_of_the_page(page: Any, site: LiveServer, path: str, typed: str, rows: list[str]) -> None:
    page.goto(site.url + path)
    page.fill("#q", typed)
    panel = page.locator("[data-panel]")
    for row in rows:
        panel.get_by_text(row).first.wait_for()
