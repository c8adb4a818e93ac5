"""The request form and its page as a person meets them."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from kb.articles.catalog.library import Library
from kb.config import Settings
from tests.services import LiveServer
from tests.tickets.requests.test_suggestions import PRINTER

pytestmark = pytest.mark.browser


@pytest.fixture
def site(serve: Callable[[Settings], LiveServer], settings: Settings) -> str:
    """The address of a running site with one article."""
    folder = settings.content / "hardware" / "printers"
    folder.mkdir(parents=True)
    (folder / "put-out-a-burning-printer.md").write_text(PRINTER)
    live = serve(settings)
    library = Library(settings.content)
    live.app.state.library = library
    live.app.state.searcher.sync(library.catalog)
    return live.url


def violations(page: Any) -> list[tuple[str, str]]:
    found = Axe().run(page).response["violations"]
    return [(violation["id"], str([node["html"][:200] for node in violation["nodes"]])) for violation in found]


def test_an_answer_is_found_while_typing_and_the_form_is_not_sent(page: Any, site: str) -> None:
    page.goto(f"{site}/requests/new")
    page.fill("[name=subject]", "my printer is burning")
    page.wait_for_selector("[data-suggestion]")
    assert page.locator("[data-suggestion-count]").inner_text() == "1 article may answer this"
    page.click("[data-suggestion] summary")
    page.wait_for_selector("text=Pull the plug.")
    assert violations(page) == []
    page.click("text=This solved it")
    page.wait_for_selector("text=Glad that helped")
    assert violations(page) == []
    page.click("text=Continue my request")
    page.wait_for_selector("[name=description]")
    assert page.input_value("[name=subject]") == "my printer is burning"


def test_as_many_suggestions_are_announced_as_are_shown(page: Any, serve: Callable[[Settings], LiveServer], settings: Settings) -> None:
    folder = settings.content / "hardware" / "printers"
    folder.mkdir(parents=True)
    for number in range(5):
        (folder / f"printer-{number}.md").write_text(f"---\ntitle: The printer is burning, part {number}\n---\n\nPull plug {number} of the printer.\n")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{serve(settings).url}/requests/new")
    page.fill("[name=subject]", "my printer is burning")
    page.wait_for_selector("[data-suggestion]")

    def shown() -> int:
        return page.locator("[data-suggestion]").filter(visible=True).count()

    few = shown()
    assert 1 < few < page.locator("[data-suggestion]").count()
    assert page.locator("[data-suggestion-count]").text_content() == f"{few} articles may answer this"
    assert page.locator(".suggestion-jump a").inner_text() == f"{few} articles may answer this"
    page.set_viewport_size({"width": 1280, "height": 844})
    page.wait_for_function("(few) => document.querySelector('[data-suggestion-count]').textContent !== `${few} articles may answer this`", arg=few)
    assert page.locator("[data-suggestion-count]").text_content() == f"{shown()} articles may answer this"


def test_a_request_with_a_mistake_is_mended_sent_and_followed(page: Any, site: str) -> None:
    page.goto(f"{site}/requests/new")
    page.fill("[name=subject]", "Smoke")
    page.fill("[name=description]", "Everywhere.")
    page.set_input_files("[name=files]", [{"name": "a.txt", "mimeType": "text/plain", "buffer": b"a"}])
    page.click(".actions >> text=Send request")
    page.wait_for_selector(".error-summary")
    assert page.title().startswith("Error: ")
    assert page.evaluate("document.activeElement.matches('.error-summary')")
    assert violations(page) == []
    page.click(".error-summary a")
    assert page.evaluate("document.activeElement.name") == "email"
    page.keyboard.type("alice@example.com")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Your request was sent")
    assert page.locator("text=a.txt").count() == 1
    assert violations(page) == []
    page.fill("[name=body]", "More smoke")
    page.click("text=Send message")
    page.wait_for_selector("text=Your message was sent.")
    page.click("text=Mark as solved")
    page.wait_for_selector("text=Reopen request")
    assert violations(page) == []


def test_a_draft_is_kept_without_the_address_until_it_is_sent(page: Any, site: str) -> None:
    page.goto(f"{site}/requests/new")
    page.fill("[name=email]", "alice@example.com")
    page.fill("[name=subject]", "Half written")
    page.goto(f"{site}/requests")
    assert violations(page) == []
    page.goto(f"{site}/requests/new")
    assert page.input_value("[name=subject]") == "Half written"
    assert page.input_value("[name=email]") == ""
    page.fill("[name=email]", "alice@example.com")
    page.fill("[name=description]", "Whole")
    page.click(".actions >> text=Send request")
    page.wait_for_selector("text=Your request was sent")
    page.goto(f"{site}/requests/new")
    assert page.input_value("[name=subject]") == ""


def test_files_by_drop_and_paste_are_listed_and_can_be_removed(page: Any, site: str) -> None:
    page.goto(f"{site}/requests/new")
    page.evaluate(
        """() => {
            const transfer = new DataTransfer();
            transfer.items.add(new File(["a"], "dropped.txt"));
            transfer.items.add(new File([], "empty.txt"));
            const drop = new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true });
            document.querySelector("[data-file-drop]").dispatchEvent(drop);
        }"""
    )
    assert "“empty.txt” is empty." in page.locator("[data-file-message]").inner_text()
    page.evaluate(
        """() => {
            const transfer = new DataTransfer();
            transfer.items.add(new File(["b"], "pasted.png"));
            const paste = new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true });
            document.querySelector("[name=description]").dispatchEvent(paste);
        }"""
    )
    assert page.locator("[data-chosen] li").all_inner_texts() == ["dropped.txt\nRemove", "pasted.png\nRemove"]
    page.click("[aria-label='Remove dropped.txt']")
    assert page.evaluate("[...document.querySelector('[name=files]').files].map((file) => file.name)") == ["pasted.png"]


@pytest.mark.parametrize("width", [390, 1280])
def test_without_scripts_everything_works(chromium: Any, site: str, width: int) -> None:
    context = chromium.new_context(java_script_enabled=False, viewport={"width": width, "height": 844})
    page = context.new_page()
    page.goto(f"{site}/requests/new?subject=burning+printer")
    page.fill("[name=description]", "It burns")
    page.click("text=Check for answers first")
    page.click("[data-suggestion] summary")
    assert page.locator("text=Pull the plug.").is_visible()
    assert page.input_value("[name=description]") == "It burns"
    page.fill("[name=email]", "alice@example.com")
    page.click(".actions >> text=Send request")
    page.wait_for_selector("text=Your request was sent")
    context.close()
