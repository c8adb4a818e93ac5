"""What holds for every page: nothing barred to anybody, nothing fetched from elsewhere, nothing wider than a phone."""

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from kb.accounts import people
from kb.accounts.authentication import links
from kb.db import now
from tests.browser.conftest import Watch
from tests.services import LiveServer

pytestmark = pytest.mark.browser

PUBLIC = [
    "/",
    "/categories/riding",
    "/categories/riding/brakes",
    "/categories/orders/questions",
    "/articles/adjust-the-brakes",
    "/search?q=brakes",
    "/search?q=zqxwvut",
    "/requests/new",
    "/requests/new?subject=squeaking+brakes&article=adjust-the-brakes",
    "/sign-in",
    "/there-is-no-such-page",
]

DESK = [
    "/desk",
    "/desk/views/suspended",
    "/desk/tickets/1",
    "/desk/search?q=brakes",
    "/desk/reports",
    "/desk/people",
    "/desk/api-keys",
    "/desk/content",
    "/desk/audit-log",
    "/desk/audit-log?kind=key_made",
    "/account/confirmed",
    "/account",
    "/requests",
]


TOO_SMALL = """() => {
    const inSentence = (link) => [...link.parentElement.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && /\\w/.test(node.data));
    const covers = (link) => getComputedStyle(link, "::after").position === "absolute";
    const shown = [...document.querySelectorAll("a, button, input:not([type=hidden]), select, textarea, summary")]
        .filter((one) => one.checkVisibility({visibilityProperty: true}) && !one.closest(".visually-hidden, .trap, .skip, .prose p, .prose li"))
        .filter((one) => !(one.matches("a") && (inSentence(one) || covers(one))));
    return shown.map((one) => [one.outerHTML.slice(0, 120), (one.closest("label") ?? one).getBoundingClientRect()])
        .filter(([, box]) => box.width > 1 && (box.width < 24 || box.height < 24)).map(([html, box]) => `${html} ${box.width} x ${box.height}`);
}"""
"""What a finger misses: smaller than 24 px (WCAG 2.2, 2.5.8), links within a sentence aside."""


def violations(page: Any) -> list[str]:
    """What axe finds, one line each with the elements."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['help']}: {[node['html'][:200] for node in one['nodes'][:3]]}" for one in found]


def violations_on(page: Any, paths: list[str], site: LiveServer) -> dict[str, list[str]]:
    """What is wrong with each of the pages, by path; those with nothing wrong are left out."""
    found = {}
    for path in paths:
        page.goto(site.url + path)
        problems = violations(page)
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            problems.append("wider than the screen")
        if problems:
            found[path] = problems
    return found


def file_a_request(page: Any, site: LiveServer) -> None:
    """Leaves `page` on the request's tracking page."""
    page.goto(f"{site.url}/requests/new")
    page.fill("#field-email", "maya@example.com")
    page.fill("#field-subject", "Squeaking brakes")
    page.fill("#field-description", "They squeak in the rain.")
    page.get_by_role("button", name="Send request").click()
    page.wait_for_url("**/requests/1-*")


def sign_in_an_admin(page: Any, site: LiveServer) -> None:
    """By a one-time link."""
    with site.database.write() as session:
        user = people.add_user(session, "ann@example.com", "Ann Larsson", "admin", now())
        session.flush()
        path = links.path(links.make_link(session, user, now()))
    page.goto(site.url + path)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/account")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_on_public_pages(chromium: Any, help_centre: LiveServer, scheme: str, width: int) -> None:
    context = chromium.new_context(color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True)
    found = violations_on(context.new_page(), PUBLIC, help_centre)
    context.close()
    assert found == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_on_the_desk(chromium: Any, help_centre: LiveServer, scheme: str, width: int) -> None:
    context = chromium.new_context(color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True)
    page = context.new_page()
    file_a_request(page, help_centre)
    found = violations_on(page, [page.url.removeprefix(help_centre.url)], help_centre)
    sign_in_an_admin(page, help_centre)
    found |= violations_on(page, DESK, help_centre)
    context.close()
    assert found == {}


def test_a_finger_hits_whatever_can_be_tapped(chromium: Any, help_centre: LiveServer) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    file_a_request(page, help_centre)
    tracking = page.url.removeprefix(help_centre.url)
    sign_in_an_admin(page, help_centre)
    found = {}
    for path in [*PUBLIC, tracking, *DESK]:
        page.goto(help_centre.url + path)
        found[path] = page.evaluate(TOO_SMALL)
    context.close()
    assert {path: small for path, small in found.items() if small} == {}


def test_a_phone_shows_the_number_of_every_ticket(chromium: Any, help_centre: LiveServer) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    file_a_request(page, help_centre)
    page.goto(f"{help_centre.url}/requests")
    assert page.get_by_text("#1", exact=True).is_visible()
    sign_in_an_admin(page, help_centre)
    for path in ("/desk", "/desk/views/all", "/desk/search?q=brakes"):
        page.goto(help_centre.url + path)
        assert page.get_by_text("#1", exact=True).is_visible(), path
    context.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_axe_finds_nothing_on_the_open_search_box(chromium: Any, help_centre: LiveServer, scheme: str, width: int) -> None:
    context = chromium.new_context(color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True)
    page = context.new_page()
    page.goto(f"{help_centre.url}/categories/riding")
    for words in ("brakes", "braks", "zqxwvut", "can I rent a helicopter from the battery people in december"):
        page.locator("[data-search-box] input").fill(words)
        page.locator("[data-list]:not([aria-busy]) [role=option]").first.wait_for()
        page.keyboard.press("ArrowDown")
        assert violations(page) == [], words
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?*")
    page.get_by_role("button", name="Clear search").click()
    page.locator("[data-recent]").wait_for()
    assert violations(page) == []
    context.close()


@pytest.mark.parametrize("has_scripts", [True, False])
def test_a_phone_finds_its_requests_behind_the_menu(chromium: Any, help_centre: LiveServer, has_scripts: bool) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=has_scripts, bypass_csp=True)
    page = context.new_page()
    page.goto(f"{help_centre.url}/articles/adjust-the-brakes")
    header = page.locator(".site-header")
    assert header.get_by_role("link", name="Submit a request").is_visible()
    header.get_by_role("button", name="Menu").click()
    if has_scripts:
        assert violations(page) == []
    header.get_by_role("link", name="My requests").click()
    page.wait_for_url("**/requests")
    context.close()


def test_no_page_fetches_from_elsewhere_or_complains(page: Any, help_centre: LiveServer, watch: Watch) -> None:
    for path in PUBLIC[:-1]:
        page.goto(help_centre.url + path)
        page.wait_for_load_state("networkidle")
    assert watch.outside(help_centre.url) == []


def test_the_chosen_theme_is_kept_and_set_before_the_first_paint(page: Any, help_centre: LiveServer) -> None:
    page.emulate_media(color_scheme="light")
    page.goto(help_centre.url)
    page.get_by_role("button", name="Switch between light and dark").click()
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    page.goto(f"{help_centre.url}/articles/adjust-the-brakes", wait_until="commit")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.get_by_role("button", name="Switch between light and dark").click()
    assert page.evaluate("localStorage.getItem('deskbook.theme')") is None


def test_the_first_tab_leads_past_the_header(page: Any, help_centre: LiveServer) -> None:
    page.goto(f"{help_centre.url}/articles/adjust-the-brakes")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_the_accent_of_the_settings_is_the_accent_of_the_page(page: Any, settings: Any, serve: Any) -> None:
    Path(settings.content).mkdir(exist_ok=True)
    site = serve(settings.model_copy(update={"accent": "#aa2255", "site_name": "Aunt Ann's Shop"}))
    page.goto(f"{site.url}/sign-in")
    assert page.evaluate("getComputedStyle(document.querySelector('main .button')).backgroundColor") == "rgb(170, 34, 85)"
    assert page.locator(".brand").inner_text().strip() == "Aunt Ann's Shop"
