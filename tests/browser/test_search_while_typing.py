"""The search box while answers are late, missing or out of order, and under keyboards that compose words."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import FIELD, OPTIONS, Watch, write
from tests.services import LiveServer

pytestmark = pytest.mark.browser
ROWS = "[data-list] [role=option]"
HITS = "[data-list] .hit"
STATUS = "search [role=status]"


def held(page: Any, of: Callable[[str], bool]) -> dict[str, Any]:
    """The questions for which this holds wait, by their words, until they are let go."""
    waiting: dict[str, Any] = {}

    def hold(route: Any) -> None:
        query = route.request.url.partition("q=")[2]
        if of(query):
            waiting[query] = route
        else:
            route.continue_()

    page.route("**/search/instant*", hold)
    return waiting


def until(page: Any, condition: str) -> None:
    """Waits for a condition, looked at in every frame: the pages allow no `wait_for_function`."""
    page.evaluate(f"new Promise((done) => {{ const look = () => ({condition}) ? done() : requestAnimationFrame(look); look(); }})")


def compose(page: Any, text: str) -> None:
    """As a phone's keyboard does: the word stays open to be changed."""
    session = page.context.new_cdp_session(page)
    for end in range(1, len(text) + 1):
        session.send("Input.imeSetComposition", {"text": text[:end], "selectionStart": end, "selectionEnd": end})


def test_a_word_that_is_composed_is_searched_before_it_is_finished(home: Any) -> None:
    home.locator(FIELD).focus()
    compose(home, "squeak")
    home.locator(HITS).first.wait_for()
    assert home.locator(".search-ghost").is_hidden(), "it would lie under what is composed"
    assert home.locator("[data-clear]").is_visible()


def test_a_list_follows_the_typing_late_where_the_network_is_slow(home: Any) -> None:
    waiting = held(home, lambda query: True)
    home.locator(FIELD).focus()
    with home.expect_request("**/search/instant?q=br"):
        home.keyboard.type("br")
    with home.expect_request("**/search/instant?q=brakes"):
        home.keyboard.type("akes", delay=5)
    waiting["br"].continue_()
    home.locator(HITS).first.wait_for()
    assert home.locator("[data-list]").get_attribute("aria-busy") == "true"
    assert home.locator("#search-all").get_attribute("data-href") == "/search?q=brakes"
    waiting["brakes"].continue_()
    home.locator(OPTIONS).first.wait_for()


def test_a_late_answer_never_takes_the_place_of_a_newer_one(home: Any) -> None:
    waiting = held(home, lambda query: query == "order")
    home.locator(FIELD).focus()
    with home.expect_request("**/search/instant?q=order"):
        home.keyboard.insert_text("order")
    home.keyboard.insert_text(" battery")
    home.locator(OPTIONS).first.wait_for()
    shown = home.locator("[data-list]").inner_text()
    with home.expect_response("**/search/instant?q=order"):
        waiting["order"].continue_()
    home.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert home.locator("[data-list]").inner_text() == shown


def test_a_search_that_takes_long_says_so(home: Any) -> None:
    held(home, lambda query: True)
    home.locator(FIELD).fill("brakes")
    home.get_by_text("Searching…").first.wait_for()
    assert home.locator(STATUS).inner_text() == "Searching…"
    home.keyboard.press("Escape")
    assert home.locator("[data-panel]").is_hidden()


def test_rows_on_the_words_follow_them_while_the_answer_is_under_way(home: Any) -> None:
    home.locator(FIELD).fill("zqxwvut")
    home.locator("#search-ask").wait_for()
    held(home, lambda query: True)
    home.locator(FIELD).fill("my bell")
    home.locator("#search-ask").click()
    home.wait_for_url("**/requests/new?subject=my+bell")


def test_a_question_mark_alone_asks_nothing(home: Any, watch: Watch) -> None:
    home.locator(FIELD).focus()
    before = len(watch.addresses)
    home.keyboard.type("??")
    home.evaluate("new Promise((done) => setTimeout(done))")
    assert home.locator("[data-panel]").is_hidden()
    assert not [address for address in watch.addresses[before:] if "/search/" in address]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"status": 429, "headers": {"Retry-After": "12"}}, "Too many searches came from your network. Try again in 12 seconds"),
        ({"status": 500}, "Search did not answer"),
    ],
)
def test_a_refusal_is_told_with_what_to_do(home: Any, watch: Watch, answer: dict[str, Any], said: str) -> None:
    home.route("**/search/instant*", lambda route: route.fulfill(**answer))
    home.locator(FIELD).fill("brakes")
    home.locator("#search-browse").wait_for()
    assert home.locator("[data-notice]").inner_text().startswith(said)
    watch.complaints.clear()


def test_offline_is_told_as_that(home: Any, watch: Watch) -> None:
    home.context.set_offline(True)
    home.locator(FIELD).fill("brakes")
    home.locator("#search-browse").wait_for()
    assert home.locator("[data-notice]").inner_text().startswith("You seem to be offline")
    watch.complaints.clear()
    home.context.set_offline(False)


def test_a_search_that_is_down_says_so_and_is_asked_again(home: Any) -> None:
    answers = iter(["down", "degraded"])

    def broken(route: Any) -> None:
        state = next(answers, "")
        real = route.fetch()
        body = real.text().replace('data-degraded="false"', f'data-degraded="{"true" if state else "false"}"')
        route.fulfill(response=real, body=body.replace('data-down="false"', f'data-down="{"true" if state == "down" else "false"}"'))

    home.route("**/search/instant*", broken)
    for said in ("Search is not working right now", "Search is limited", ""):
        with home.expect_response("**/search/instant?q=brakes"):
            home.locator(FIELD).fill("brakes")
        home.locator(OPTIONS).first.wait_for()
        notice = home.locator("[data-notice]").text_content()
        assert said in notice
        assert bool(said) == bool(notice)
        home.locator(FIELD).fill("")


def test_the_tab_key_leaves_the_box_and_the_caret_keys_leave_the_list(home: Any) -> None:
    home.locator(FIELD).fill("brakes")
    home.locator(OPTIONS).first.wait_for()
    for key in ("Home", "End", "ArrowLeft"):
        home.keyboard.press("ArrowDown")
        assert home.locator(FIELD).get_attribute("aria-activedescendant")
        home.keyboard.press(key)
        assert home.locator(FIELD).get_attribute("aria-activedescendant") is None
    home.keyboard.press("Tab")
    home.keyboard.press("Tab")
    assert home.evaluate("document.activeElement.closest('search')") is None
    assert home.locator("[data-panel]").is_hidden()


def test_what_a_word_was_read_as_can_be_undone_on_top_and_the_arrow_leads_to_the_first_hit(home: Any) -> None:
    home.locator(FIELD).fill("tracking numbr")
    home.locator("#search-verbatim").wait_for()
    assert home.locator(ROWS).first.get_attribute("id") == "search-verbatim"
    home.keyboard.press("ArrowDown")
    assert home.locator(FIELD).get_attribute("aria-activedescendant") == home.locator(HITS).first.get_attribute("id")
    home.keyboard.press("ArrowUp")
    assert home.locator(FIELD).get_attribute("aria-activedescendant") == "search-verbatim"


def test_the_list_fits_the_window_wherever_the_page_was_scrolled_to_and_leaving_leads_back(page: Any, settings: Any, help_centre: LiveServer) -> None:
    write(settings.content / "riding/brakes/long.md", "---\ntitle: A long brake\n---\n" + "Brakes.\n\n" * 200)
    page.set_viewport_size({"width": 1000, "height": 500})
    page.goto(help_centre.url)
    while not page.goto(f"{help_centre.url}/articles/long").ok:
        pass
    page.evaluate("scrollTo({ top: 1500, behavior: 'instant' })")
    page.keyboard.press("/")
    page.locator(f"{FIELD}:focus").wait_for()
    page.keyboard.type("brakes")
    page.locator(OPTIONS).first.wait_for()
    until(page, "document.querySelector('[data-panel]').getBoundingClientRect().bottom <= innerHeight")
    until(page, "scrollY === 0")  # it glides there
    for _ in range(3):
        page.keyboard.press("Escape")
    until(page, "scrollY === 1500")


def test_stop_words_are_not_marked_on_the_page(home: Any) -> None:
    home.locator(FIELD).fill("adjust the brakes")
    home.locator(HITS).first.click()
    home.wait_for_url("**/articles/adjust-the-brakes*h=*")
    marked = set(home.evaluate("[...CSS.highlights.get('found')].map((range) => range.toString().toLowerCase())"))
    assert "brakes" in marked
    assert not marked & {"the", "then", "them"}


@pytest.mark.parametrize("has_scripts", [True, False])
def test_a_title_without_an_end_does_not_push_the_results_off_a_phone(chromium: Any, settings: Any, serve: Any, has_scripts: bool) -> None:
    write(settings.content / "riding/brakes/endless.md", f"---\ntitle: Squeal{'x' * 90}\n---\nA squeal is kept here.\n")
    context = chromium.new_context(viewport={"width": 390, "height": 780}, java_script_enabled=has_scripts, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(f"{serve(settings).url}/search?q=squeal")
    page.locator(".search-result").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    context.close()


def test_without_scripts_a_category_is_searched_alone_when_it_is_asked_for(chromium: Any, help_centre: LiveServer) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{help_centre.url}/categories/riding")
    page.get_by_label("Search only in Riding").check()
    page.locator(FIELD).fill("brakes")
    page.locator(FIELD).press("Enter")
    page.wait_for_url("**/search?q=brakes&category=riding")
    assert page.get_by_label("Search only in Riding").is_checked()
    context.close()


def test_on_a_phone_the_request_form_tells_of_articles_below_where_one_types(chromium: Any, help_centre: LiveServer) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(f"{help_centre.url}/requests/new")
    before = page.locator("#field-description").bounding_box()
    page.locator("#field-subject").fill("my brakes squeak")
    jump = page.get_by_role("link", name="may answer this")
    jump.wait_for()
    assert page.locator("#field-description").bounding_box() == before
    jump.click()
    page.locator("#suggestions:focus-within, #suggestions:target").wait_for()
    page.set_viewport_size({"width": 1280, "height": 844})
    assert not jump.is_visible()
    context.close()


def test_articles_are_suggested_by_the_end_of_a_long_paste_too(page: Any, help_centre: LiveServer) -> None:
    page.goto(f"{help_centre.url}/requests/new")
    noise = "\n".join(f"step {at}: fine, it went on as before" for at in range(120))
    page.locator("#field-description").fill(f"{noise}\nthe battery is too hot, its light blinks red")
    page.locator("[data-suggestion=charge-the-battery]").wait_for(state="attached")
