"""The search box by keyboard, mouse and finger."""

from typing import Any

import pytest

from tests.browser.conftest import ARTICLES, FIELD, OPTIONS, Watch, write
from tests.ports import free_port
from tests.services import LiveServer

pytestmark = pytest.mark.browser
PANEL = "[data-panel]"
MARKED = "[...(CSS.highlights.get('found') ?? [])].map((range) => range.toString().toLowerCase())"


def open_box(page: Any) -> None:
    """By its key, as soon as the field has the focus."""
    page.keyboard.press("/")
    page.locator(f"{FIELD}:focus").wait_for()


def active(page: Any) -> Any:
    """The option the field points at."""
    return page.locator(f"#{page.locator(FIELD).get_attribute('aria-activedescendant')}")


def test_a_slash_opens_it_and_arrows_and_enter_lead_to_the_article(home: Any, help_centre: LiveServer) -> None:
    open_box(home)
    home.keyboard.type("brakes that squeak")
    home.locator(OPTIONS).first.wait_for()
    field = home.locator(FIELD)
    assert field.get_attribute("role") == "combobox"
    assert field.get_attribute("aria-expanded") == "true"
    assert home.locator(f"#{field.get_attribute('aria-controls')}").get_attribute("role") == "listbox"
    home.keyboard.press("ArrowDown")
    assert active(home).get_attribute("aria-selected") == "true"
    assert "Adjust the brakes" in active(home).inner_text()
    assert home.evaluate("document.activeElement.id") == field.get_attribute("id")
    home.keyboard.press("Enter")
    home.wait_for_url("**/articles/adjust-the-brakes*")


def test_the_arrows_go_round_through_the_field(home: Any) -> None:
    open_box(home)
    home.keyboard.type("brakes")
    home.locator(OPTIONS).first.wait_for()
    home.keyboard.press("ArrowUp")
    assert active(home).inner_text() == home.locator(OPTIONS).last.inner_text()
    home.keyboard.press("ArrowDown")
    assert home.locator(FIELD).get_attribute("aria-activedescendant") is None


def test_a_row_chosen_while_the_next_list_is_under_way_stays_chosen(home: Any) -> None:
    open_box(home)
    home.keyboard.type("brake")
    home.locator(OPTIONS).first.wait_for()
    held: list[Any] = []
    home.route("**/search/instant?*", lambda route: held.append(route))
    with home.expect_request("**/search/instant?q=brakes"):
        home.keyboard.type("s")
    home.keyboard.press("ArrowDown")
    while "/articles/adjust-the-brakes" not in str(active(home).get_attribute("data-href")):
        home.keyboard.press("ArrowDown")
    held[0].continue_()
    home.locator(OPTIONS).first.wait_for()
    assert "/articles/adjust-the-brakes" in str(active(home).get_attribute("data-href"))
    assert active(home).get_attribute("aria-selected") == "true"
    assert home.locator("[aria-selected=true]").count() == 1


def test_enter_without_a_choice_leads_to_the_results_page(home: Any) -> None:
    open_box(home)
    home.keyboard.type("brakes")
    home.keyboard.press("Enter")
    home.wait_for_url("**/search?q=brakes")
    assert home.locator(FIELD).input_value() == "brakes"
    assert "Adjust the brakes" in home.locator("main").inner_text()


def test_escape_closes_then_clears_then_leaves(home: Any) -> None:
    open_box(home)
    home.keyboard.type("brakes")
    home.locator(OPTIONS).first.wait_for()
    home.keyboard.press("Escape")
    assert not home.locator(PANEL).is_visible()
    assert home.locator(FIELD).get_attribute("aria-expanded") == "false"
    assert home.locator(FIELD).input_value() == "brakes"
    home.keyboard.press("Escape")
    assert home.locator(FIELD).input_value() == ""


def test_the_clear_button_gives_the_focus_back(home: Any) -> None:
    home.locator(FIELD).fill("brakes")
    home.locator(OPTIONS).first.wait_for()
    home.get_by_role("button", name="Clear search").click()
    home.locator(f"{FIELD}:focus").wait_for()
    assert home.locator(FIELD).input_value() == ""
    assert not home.locator(PANEL).is_visible()


def test_a_screen_reader_hears_the_count_and_each_title_with_its_place(home: Any) -> None:
    home.locator(FIELD).fill("tracking number")
    home.get_by_role("option", name="Track an order Orders › Delivery", exact=True).wait_for()
    assert home.locator("search [role=status]").inner_text() == "1 result"
    assert "The tracking number is in the mail" in home.locator(f"#{home.locator(OPTIONS).first.get_attribute('aria-describedby')}").inner_text()


def test_the_right_arrow_takes_the_rest_of_the_word(home: Any) -> None:
    open_box(home)
    home.keyboard.type("my squea")
    home.locator(".search-ghost", has_text="my squeak").wait_for()
    home.keyboard.press("ArrowRight")
    assert home.locator(FIELD).input_value() == "my squeak"
    home.keyboard.type(" now")
    assert home.locator(FIELD).input_value() == "my squeak now"


def test_a_row_of_an_older_question_cannot_be_entered(home: Any) -> None:
    open_box(home)
    home.keyboard.type("brakes")
    home.locator(OPTIONS).first.wait_for()
    home.keyboard.press("ArrowDown")
    home.route("**/search/instant*", lambda route: None)  # never answered
    home.keyboard.type(" battery")
    assert home.locator(FIELD).get_attribute("aria-activedescendant") is None
    home.keyboard.press("Enter")
    home.wait_for_url("**/search?q=brakes+battery")


def test_control_k_asks_for_the_selected_words(page: Any, help_centre: LiveServer) -> None:
    page.goto(f"{help_centre.url}/articles/charge-the-battery")
    page.evaluate("getSelection().selectAllChildren(document.querySelector('main h1'))")
    page.keyboard.press("Control+k")
    assert page.locator(FIELD).input_value() == "Charge the battery"
    page.locator(OPTIONS).first.wait_for()


def test_a_slash_is_a_slash_where_somebody_types(page: Any, help_centre: LiveServer) -> None:
    page.goto(f"{help_centre.url}/requests/new")
    page.locator("#field-description").click()
    page.keyboard.type("a/b")
    page.keyboard.press("Control+k")
    assert page.locator("#field-description").input_value() == "a/b"
    assert page.evaluate("document.activeElement.id") == "field-description"


def test_what_nothing_answers_leads_to_the_form_with_the_words(home: Any) -> None:
    home.locator(FIELD).fill("zqxwvut kjhgf")
    row = home.locator("#search-ask")
    row.wait_for()
    assert "No results for “zqxwvut kjhgf”" in home.locator("search [role=status]").inner_text()
    assert "Check the spelling" in home.locator(PANEL).inner_text()
    assert "Adjust the brakes" in home.locator("#search-popular-0").inner_text(), "a writer promoted it"
    row.click()
    home.wait_for_url("**/requests/new?subject=*")
    assert home.locator("#field-subject").input_value() == "zqxwvut kjhgf"


def test_a_weak_answer_leads_with_the_form_and_shows_what_may_be_related(home: Any) -> None:
    home.locator(FIELD).fill("can I rent a helicopter from the battery people in december")
    home.locator("#search-ask").wait_for()
    assert "The results may only be related" in home.locator("search [role=status]").inner_text()
    shown = home.locator(PANEL).inner_text()
    assert shown.index("Submit a request") < shown.index("These may be related") < shown.index("Charge the battery")


def test_the_found_words_are_marked_on_the_article(home: Any) -> None:
    home.locator(FIELD).fill("rotor alcohol")
    home.locator(OPTIONS).first.click()
    home.wait_for_url("**/articles/adjust-the-brakes*h=*")
    assert {"rotor", "alcohol"} <= set(home.evaluate(MARKED))
    home.keyboard.press("Escape")
    assert home.evaluate(MARKED) == []


def test_recent_searches_stay_in_the_browser_and_can_be_removed(home: Any, help_centre: LiveServer) -> None:
    for words in ("brakes", "battery"):
        home.goto(help_centre.url)
        home.locator(FIELD).fill(words)
        home.keyboard.press("Enter")
        home.wait_for_url(f"**/search?q={words}")
    home.goto(help_centre.url)
    open_box(home)
    recent = home.locator("[data-recent]")
    assert [text.strip() for text in recent.all_inner_texts()] == ["battery", "brakes"]
    home.keyboard.press("ArrowDown")
    home.keyboard.press("Delete")
    assert [text.strip() for text in recent.all_inner_texts()] == ["brakes"]
    home.locator("[data-recent] [data-forget]").click()
    assert not home.locator(PANEL).is_visible()
    assert all("search" not in cookie["name"] for cookie in home.context.cookies())


def test_an_overtaken_question_is_taken_back(home: Any) -> None:
    held: list[Any] = []
    home.route("**/search/instant?q=battery", lambda route: held.append(route))  # never answered
    with home.expect_request("**/search/instant?q=battery"):
        home.locator(FIELD).fill("battery")
    with home.expect_event("requestfailed", lambda request: request.url.endswith("q=battery")):
        home.locator(FIELD).fill("tracking number")
    home.locator(OPTIONS).first.wait_for()
    assert len(held) == 1
    assert "Track an order" in home.locator(OPTIONS).first.inner_text()


def test_a_search_that_does_not_answer_says_so(home: Any, watch: Watch) -> None:
    home.route("**/search/instant*", lambda route: route.abort())
    home.locator(FIELD).fill("brakes")
    home.locator("#search-all").wait_for()
    assert "Search did not answer" in home.locator("[data-notice]").inner_text()
    assert all("ERR_FAILED" in complaint for complaint in watch.complaints)
    watch.complaints.clear()


def test_nothing_on_the_page_moves_when_results_open(home: Any) -> None:
    # The panel lies over the page and grows with its rows, its own footer along with it.
    sources = "list.getEntries().flatMap((one) => one.sources).filter(({node}) => !node?.parentElement?.closest('[data-panel]'))"
    moved = f"{sources}.map(({{node}}) => node?.outerHTML?.slice(0, 200) ?? '')"
    home.evaluate(f"window.moved = []; new PerformanceObserver((list) => window.moved.push(...{moved})).observe({{type: 'layout-shift', buffered: true}})")
    open_box(home)
    home.keyboard.type("brakes that rub", delay=15)
    home.locator(OPTIONS).first.wait_for()
    home.keyboard.press("Escape")
    home.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert home.evaluate("window.moved") == []


def test_the_field_and_the_top_of_the_list_stay_where_they_are_while_typing(home: Any) -> None:
    open_box(home)
    places = set()
    for typed in ("bra", "kes tha", "t rub", " zqxwvut"):
        with home.expect_response("**/search/instant*"):
            home.keyboard.type(typed)
        home.locator("[data-list]:not([aria-busy])").wait_for()
        field, panel = home.locator(FIELD).bounding_box(), home.locator(PANEL).bounding_box()
        places.add((field["x"], field["y"], field["width"], panel["x"], panel["y"], panel["width"]))
    assert len(places) == 1


def test_the_list_ends_above_a_phones_keyboard(chromium: Any, help_centre: LiveServer) -> None:
    # 844 px less the keyboard's 400.
    context = chromium.new_context(viewport={"width": 390, "height": 444}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(help_centre.url)
    page.locator(FIELD).tap()
    page.keyboard.type("brakes")
    page.locator(OPTIONS).first.wait_for()
    box = page.locator(PANEL).bounding_box()
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= 444
    assert box["height"] > 200
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator(OPTIONS).first.tap()
    page.wait_for_url("**/articles/*")
    context.close()


def test_the_list_follows_a_keyboard_that_covers_the_page(chromium: Any, help_centre: LiveServer) -> None:
    # iOS lays its keyboard over the page: only the visual viewport shrinks, and only it tells.
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    context.add_init_script("""
        const view = Object.assign(new EventTarget(), {offsetTop: 0, height: 844});
        Object.defineProperty(window, "visualViewport", {value: view});
    """)
    page = context.new_page()
    page.goto(help_centre.url)
    page.locator(FIELD).tap()
    page.keyboard.type("brakes")
    page.locator(OPTIONS).first.wait_for()
    page.evaluate("visualViewport.height = 400; visualViewport.dispatchEvent(new Event('resize'))")
    field, panel = page.locator(FIELD).bounding_box(), page.locator(PANEL).bounding_box()
    assert 0 <= field["y"] < panel["y"]
    assert panel["y"] + panel["height"] <= 400
    page.locator(OPTIONS).last.scroll_into_view_if_needed()
    assert page.locator(FIELD).bounding_box() == field
    context.close()


def test_without_scripts_it_is_a_form(chromium: Any, help_centre: LiveServer) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(help_centre.url)
    page.locator(FIELD).fill("track an order")
    page.locator(FIELD).press("Enter")
    page.get_by_role("link", name="Track an order").click()
    assert page.url.startswith(f"{help_centre.url}/articles/track-an-order")
    context.close()


def test_a_correction_is_shown_and_can_be_undone(home: Any) -> None:
    home.locator(FIELD).fill("tracking numbr")
    undo = home.locator("#search-verbatim")
    undo.wait_for()
    assert "Showing results for “tracking number”" in home.locator(PANEL).inner_text()
    undo.click()
    home.wait_for_url("**/search?q=tracking+numbr&verbatim=1")


def test_the_links_of_the_results_page_carry_the_found_words(page: Any, help_centre: LiveServer) -> None:
    page.goto(f"{help_centre.url}/search?q=rotor")
    page.get_by_role("link", name="Adjust the brakes").click()
    page.wait_for_url("**/articles/adjust-the-brakes*h=rotor*")
    assert "rotor" in page.evaluate(MARKED)


def test_a_category_offers_to_search_only_there(page: Any, help_centre: LiveServer) -> None:
    page.goto(f"{help_centre.url}/categories/riding")
    page.locator(FIELD).fill("brakes")
    page.locator("#search-scope").click()
    page.wait_for_url("**/search?q=brakes&category=riding")
    assert page.locator(".search-filters [aria-current]").inner_text().startswith("Riding")


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("has_scripts", [True, False])
def test_results_are_narrowed_by_category_kind_and_tag_and_widened_again(chromium: Any, help_centre: LiveServer, width: int, has_scripts: bool) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 844}, java_script_enabled=has_scripts)
    page = context.new_page()
    page.goto(f"{help_centre.url}/search?q=brakes+order+pay+later")
    for name, address in (("Riding", "category=riding"), ("brakes", "tag=brakes")):
        if width == 390:
            assert not page.locator(".search-filters a").first.is_visible()
            page.get_by_text("Filter results").click()
        page.locator(".search-filters").get_by_role("link", name=name).click()
        page.wait_for_url(f"**{address}")
    assert [text.split()[0] for text in page.locator(".search-filters [aria-current]").all_text_contents()] == ["Riding", "brakes"]
    page.get_by_role("link", name="remove this filter").first.click()
    page.wait_for_url("**/search?q=brakes+order+pay+later&tag=brakes")
    assert page.locator(".search-result").count() == 1
    context.close()


def test_a_search_without_its_engine_answers_and_says_so(page: Any, settings: Any, serve: Any) -> None:
    for path, text in ARTICLES.items():
        write(settings.content / path, text)
    site = serve(settings.model_copy(update={"meilisearch_url": f"http://127.0.0.1:{free_port()}"}))
    page.goto(site.url)
    page.locator(FIELD).fill("brak")
    page.locator(OPTIONS).first.wait_for()
    assert "Search is limited" in page.locator("[data-notice]").inner_text()
    page.goto(f"{site.url}/search?q=brakes")
    assert "Search is limited" in page.locator(".notice").inner_text()
    assert "Adjust the brakes" in page.locator("main").inner_text()


def test_a_search_whose_file_is_away_says_so_while_typing(page: Any, help_centre: Any) -> None:
    def away(route: Any) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace('data-degraded="false"', 'data-degraded="true"'))

    page.route("**/search/instant*", away)
    page.goto(help_centre.url)
    page.locator(FIELD).fill("brakes")
    page.locator(OPTIONS).first.wait_for()
    assert "Search is limited" in page.locator("[data-notice]").inner_text()
    assert "Adjust the brakes" in page.locator(PANEL).inner_text()


@pytest.mark.parametrize("has_scripts", [True, False])
def test_a_word_without_an_end_does_not_push_the_results_off_a_phone(chromium: Any, settings: Any, serve: Any, has_scripts: bool) -> None:
    endless = "DESKBOOK_SECRET_KEY_FILE=/run/secrets/deskbook/" + "x" * 60
    write(settings.content / "riding/brakes/endless.md", f"---\ntitle: Where squeals are kept\n---\nA squeal is kept in {endless} and nowhere else.\n")
    context = chromium.new_context(viewport={"width": 390, "height": 780}, java_script_enabled=has_scripts)
    page = context.new_page()
    page.goto(f"{serve(settings).url}/search?q=where+is+a+squeal+kept%3F")
    page.get_by_text(endless[:24]).wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    context.close()
