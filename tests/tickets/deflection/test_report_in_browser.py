"""The top of the report is one screen, and the first printed page: the headline with its floor, the trend, and what to write next."""

from typing import Any

import pytest

from kb.accounts import people
from kb.accounts.authentication import links
from kb.db import now
from tests.services import LiveServer
from tests.tickets.deflection.script import DAY, Log, confirm, engaged, form, search

pytestmark = pytest.mark.browser

TOP = (".headline", ".trend-chart", ".write-next")
BOTTOMS = "(names) => names.map((name) => document.querySelector(name).getBoundingClientRect().bottom)"


def _open(page: Any, site: LiveServer) -> None:
    log = Log(site.database)
    for week in range(4):
        for number in range(3):
            at = week * 7 * DAY + number * 600
            log.visit(f"ann{week}{number}", search(at, f"question {number} of the week"), form(at + 10), engaged(at + 30, "blink"), confirm(at + 45))
    with site.database.write() as session:
        user = people.add_user(session, "ada@example.com", "Ada", "agent", now())
        session.flush()
        link = links.path(links.make_link(session, user, now()))
    page.goto(site.url + link)
    page.click("main button")
    page.wait_for_url("**/account")
    page.goto(f"{site.url}/desk/reports/deflection?from=2026-03-01&to=2026-03-31")


def test_the_top_of_the_report_fits_one_screen(page: Any, live_server: LiveServer) -> None:
    page.set_viewport_size({"width": 1280, "height": 1000})
    _open(page, live_server)
    assert max(page.evaluate(BOTTOMS, TOP)) <= 1000
    page.set_viewport_size({"width": 390, "height": 844})
    tops = page.evaluate("(names) => names.map((name) => document.querySelector(name).getBoundingClientRect().top)", TOP)
    assert tops == sorted(tops)
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_the_top_of_the_report_fits_the_first_printed_page(page: Any, live_server: LiveServer) -> None:
    _open(page, live_server)
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 643, "height": 971})  # A4 without its margins, at 96 dots an inch
    assert max(page.evaluate(BOTTOMS, TOP)) <= 971
    assert page.evaluate("document.documentElement.scrollWidth") <= 643
    for hidden in (".report-periods", ".desk-title .button", ".desk-header"):
        assert not page.locator(hidden).first.is_visible()


@pytest.mark.parametrize("language", ["en", "de"])
def test_nothing_of_the_report_scrolls_sideways_on_the_smallest_phone(page: Any, live_server: LiveServer, language: str) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    Log(live_server.database).visit("deu", search(DAY, "Drucker", locale="de"), form(DAY + 10), engaged(DAY + 30, "blink"))
    _open(page, live_server)
    page.context.set_extra_http_headers({"accept-language": language})
    for days in ("from=2026-03-01&to=2026-03-31", "from=2026-03-20&to=2026-04-10"):
        page.goto(f"{live_server.url}/desk/reports/deflection?{days}")
        page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
        assert page.evaluate("document.documentElement.scrollWidth") == 320
        assert page.evaluate("[...document.querySelectorAll('.table-wrap')].filter((table) => table.scrollWidth > table.clientWidth).length") == 0
        for chart in page.query_selector_all(".trend-chart"):
            labels = chart.evaluate(
                "(chart) => [...chart.querySelectorAll('text')].map((text) => [text.getBoundingClientRect().left, text.getBoundingClientRect().right])"
            )
            assert all(left >= 0 and right <= 320 for left, right in labels)
