"""`make screenshots`: takes the manual's pictures of pages again, from demo data, and says how large they are.

make screenshots ARGS="report ticket"     only these
"""

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from kb.accounts.authentication import links
from kb.config import Settings
from kb.db import now
from tests import services
from tests.screenshots import demo
from tests.screenshots.png import with_palette

CHECKOUT = Path(__file__).parents[2]
CONTENT = CHECKOUT / "content"


@dataclass(frozen=True, slots=True)
class Picture:
    """A page as a reader sees it: its window's size, what is done there first, and the element shown if it is not the window."""

    file: str
    address: str
    width: int = 1080
    height: int = 720
    act: Callable[[Any], None] = lambda page: None
    element: str = ""
    is_on_desk: bool = True


def _type_a_question(page: Any) -> None:
    page.locator("[data-search-box] input").first.press_sequentially("how do I put my logo on the site")
    page.locator("[data-list]:not([aria-busy]) [role=option]").first.wait_for()


def _type_a_subject(page: Any) -> None:
    page.locator("#field-subject").press_sequentially("print an article on paper")
    page.locator("[data-suggestion]").first.wait_for()


PICTURES = {
    "ticket": Picture("agents/desk/img/ticket.png", "/desk/tickets/1?view=open&order=waiting", height=800),
    "trail": Picture("agents/desk/img/trail.png", "/desk/tickets/1", element="section[aria-labelledby=trail-title]"),
    "views": Picture("agents/desk/img/views.png", "/desk/views/open", 1280, 490),
    "report": Picture("agents/report/img/report.png", "/desk/reports/deflection?from={first}&to={last}", height=970),
    "request-form": Picture("customers/requests/img/request-form.png", "/requests/new", act=_type_a_subject, is_on_desk=False),
    "search-box": Picture("customers/requests/img/search-box.png", "/", height=640, act=_type_a_question, is_on_desk=False),
    "article": Picture("writers/start/img/article.png", "/articles/write-your-first-article", height=640, is_on_desk=False),
}


def main() -> None:
    """Take the pictures named, or all."""
    chosen = sys.argv[1:] or list(PICTURES)
    if unknown := set(chosen) - PICTURES.keys():
        sys.exit(f"There is no picture {', '.join(sorted(unknown))}. Choose from {', '.join(PICTURES)}.")
    with tempfile.TemporaryDirectory() as folder:
        # A server that is named, though nothing is ever sent: the pages then speak as on a site that sends emails.
        settings = Settings(data=Path(folder), content=CONTENT, worker=False, smtp_url="smtp://127.0.0.1:9", report_wait_s=60)
        with services.running(settings) as site, sync_playwright() as playwright:
            agent = demo.fill(site.database, now())
            browser = playwright.chromium.launch(executable_path=services.chromium_path(), args=[*services.CHROMIUM_ARGS, "--disable-lcd-text"])
            desk, public = (browser.new_context(color_scheme="light", reduced_motion="reduce") for _ in range(2))
            with site.database.write() as session:
                link = links.path(links.make_link(session, agent, now()))
            page = desk.new_page()
            page.goto(site.url + link)
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url("**/account")
            for name in chosen:
                _take(desk if PICTURES[name].is_on_desk else public, site.url, PICTURES[name])
            browser.close()


def _take(context: Any, site: str, picture: Picture) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": picture.width, "height": picture.height})
    today = now().date()
    page.goto(site + picture.address.format(first=today - timedelta(weeks=demo.WEEKS), last=today))
    page.wait_for_load_state("networkidle")
    picture.act(page)
    path = CONTENT / picture.file
    taken = (page.locator(picture.element) if picture.element else page).screenshot(animations="disabled", caret="hide")
    path.write_bytes(with_palette(taken))
    page.close()
    print(f"{picture.file}: {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
