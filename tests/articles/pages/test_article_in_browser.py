"""What an article gains from scripts, in a real browser; and that axe finds nothing."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from kb.config import Settings

pytestmark = pytest.mark.browser
BODY = """Words with `code`.

> [!WARNING]
> Careful.

## First part

```python
print("hello")
```

## Second part {#second}

| a | b |
|---|---|
| 1 | 2 |

[How it works](https://www.youtube.com/watch?v=abcdefghijk)

### Third part

- [x] done
"""


@pytest.fixture
def site(settings: Settings, serve: Any) -> str:
    files = {
        "Start/Basics/One.md": "title: One",
        "Start/Questions/Q.md": "title: Why pipenv.exceptions.ResolutionFailureOrAnotherLongName?\ntype: faq",
        "Start/Questions/R.md": "title: How?\ntype: faq",
    }
    for path, front in files.items():
        file = settings.content / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"---\n{front}\n---\n\n{BODY}", encoding="utf-8")
    return str(serve(settings).url)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_and_nothing_overflows(site: str, page: Any, scheme: str, width: int) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    for path in (
        "/",
        "/categories/start",
        "/categories/start/basics",
        "/categories/start/questions#q-q",
        "/articles/one",
        "/articles/one/votes/no",
        "/nothing",
    ):
        page.goto(site + path)
        assert [violation["id"] for violation in Axe().run(page).response["violations"]] == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_code_and_headings_can_be_copied(site: str, page: Any) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(site + "/articles/one")
    page.get_by_role("button", name="Copy this code").click()
    page.get_by_text("Copied", exact=True).wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == 'print("hello")'
    page.get_by_role("link", name="Link to “Second part”").press("Enter")
    page.locator("[data-copied]").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == f"{site}/articles/one#second"


def test_a_video_loads_only_when_it_is_clicked(site: str, page: Any) -> None:
    asked: list[str] = []
    page.route(lambda url: not url.startswith(site), lambda route: (asked.append(route.request.url), route.abort()))
    page.goto(site + "/articles/one")
    link = page.get_by_role("link", name="How it works")
    link.scroll_into_view_if_needed()
    assert link.get_attribute("href") == "https://www.youtube.com/watch?v=abcdefghijk"
    assert asked == []
    link.click()
    page.locator("iframe[title='How it works']").wait_for()
    page.wait_for_function("() => document.querySelector('iframe')")
    assert page.locator("iframe").get_attribute("src").startswith("https://www.youtube-nocookie.com/embed/abcdefghijk")


def test_a_vote_and_its_reason_are_given_without_leaving_the_page(site: str, page: Any) -> None:
    page.goto(site + "/articles/one")
    page.get_by_role("button", name="No", exact=True).click()
    page.get_by_label("Tell us more").fill("Too short")
    page.get_by_role("button", name="Send").click()
    page.get_by_text("We read every comment").wait_for()
    assert page.url == f"{site}/articles/one"


def test_a_vote_works_without_scripts(site: str, chromium: Any) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site + "/articles/one")
    page.get_by_role("button", name="No", exact=True).click()
    page.get_by_label("Tell us more").fill("Too short")
    page.get_by_role("button", name="Send").click()
    assert "We read every comment" in page.content()
    context.close()


def test_a_link_to_a_question_opens_it(site: str, page: Any) -> None:
    page.goto(site + "/categories/start/questions#q-r")
    page.locator("#q-r[open]").wait_for()
    assert page.locator("details[open]").count() == 1
