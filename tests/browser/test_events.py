"""What the pages report of themselves, in a real Chromium whose clock is moved by hand."""

import time
from typing import Any

import pytest
from sqlalchemy import select

from kb.events.models import Event
from tests.services import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SLUG = "adjust-the-brakes"
PATIENCE_S = 120


@pytest.fixture
def reader(chromium: Any, help_centre: LiveServer) -> Any:
    """A page of a browser whose clock stands still until it is moved."""
    context = chromium.new_context(base_url=help_centre.url, viewport={"width": 1280, "height": 700})
    page = context.new_page()
    page.clock.install()
    yield page
    context.close()


def reported(site: LiveServer, kind: str) -> Event:
    """The one event of `kind`, once it is there."""
    patience = time.monotonic() + PATIENCE_S
    while not (found := events(site, kind)):
        assert time.monotonic() < patience, f"no {kind} was reported"
    (event,) = found
    return event


def events(site: LiveServer, kind: str) -> list[Event]:
    site.app.state.recorder.flush()
    with site.database.read() as session:
        return list(session.scalars(select(Event).where(Event.kind == kind)))


def test_an_article_in_view_for_ten_seconds_is_read(help_centre: LiveServer, reader: Any) -> None:
    reader.goto(f"/articles/{SLUG}")
    reader.clock.run_for(8_000)
    assert events(help_centre, "article_engaged") == []
    reader.clock.run_for(4_000)
    read = reported(help_centre, "article_engaged")
    assert (read.slug, read.digest) == (SLUG, help_centre.app.state.library.catalog.articles[SLUG].digest)
    view = reported(help_centre, "article_view")
    assert (view.visit, view.visitor) == (read.visit, read.visitor)


def test_an_article_is_read_once(help_centre: LiveServer, reader: Any) -> None:
    reader.goto(f"/articles/{SLUG}")
    reader.clock.run_for(12_000)
    reported(help_centre, "article_engaged")
    reader.clock.run_for(60_000)
    with reader.expect_response("**/events"):
        reader.evaluate("fetch('/events', {method: 'POST', body: '{\"kind\": \"form_abandoned\"}'})")
    assert len(events(help_centre, "article_engaged")) == 1


def test_choosing_a_hit_on_the_results_page_is_a_click(help_centre: LiveServer, page: Any) -> None:
    page.goto(f"{help_centre.url}/search?q=rub")
    page.click(f'a[data-slug="{SLUG}"]')
    click = reported(help_centre, "search_click")
    assert (click.slug, click.rank, click.query) == (SLUG, 1, "rub")


def test_choosing_a_hit_while_typing_is_a_click(help_centre: LiveServer, page: Any) -> None:
    page.goto(f"{help_centre.url}/requests/new")
    page.locator("[data-search-box] input[type=search]").press_sequentially("adjust")
    page.locator("[data-search-box] [data-list]:not([aria-busy]) .hit").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/articles/{SLUG}*")
    click = reported(help_centre, "search_click")
    assert (click.slug, click.rank, click.query) == (SLUG, 1, "adjust")


def test_a_suggestion_open_for_ten_seconds_is_read(help_centre: LiveServer, reader: Any) -> None:
    reader.goto("/requests/new?subject=brakes+rub")
    suggestion = reader.locator("details[data-suggestion]").first
    suggestion.wait_for()
    suggestion.locator("summary").click()
    reader.clock.run_for(12_000)
    read = reported(help_centre, "article_engaged")
    assert read.slug == suggestion.get_attribute("data-suggestion")
    assert read.digest
