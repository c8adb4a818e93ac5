"""The header knows who is signed in, and public pages stay the same bytes for everybody."""

from pathlib import Path
from typing import Any

import pytest
import time_machine
from starlette.testclient import TestClient

from kb.accounts.authentication import links
from kb.config import Settings
from kb.db import now
from kb.site.app import create_app
from tests.cast import add_person, sign_in, signed_in
from tests.services import LiveServer

ARTICLE = "/articles/brakes"


@pytest.fixture(autouse=True)
def article(settings: Settings) -> None:
    folder = Path(settings.content) / "riding" / "care"
    folder.mkdir(parents=True)
    (folder / "brakes.md").write_text("---\ntitle: Brakes\n---\nClean the rotor.\n")


def test_a_public_page_is_the_same_bytes_for_everybody(client: TestClient) -> None:
    agent = signed_in(client, "ada@example.com", "agent", "Ada Lovelace")
    for path in ("/", ARTICLE, "/categories/riding"):
        theirs, anybodys = agent.get(path), client.get(path)
        assert theirs.content == anybodys.content
        assert theirs.headers["etag"] == anybodys.headers["etag"]
        assert "Ada" not in theirs.text


@pytest.mark.parametrize(("role", "sees_desk"), [("customer", False), ("agent", True), ("admin", True)])
def test_the_menu_names_its_owner_and_where_they_may_go(client: TestClient, role: str, sees_desk: bool) -> None:
    answer = signed_in(client, "ada@example.com", role, "Ada <b>").get("/account/menu")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert "Ada &lt;b&gt;" in answer.text
    assert ('href="/desk"' in answer.text) == sees_desk
    assert 'action="/sign-out"' in answer.text


def test_nobody_gets_no_menu_and_is_not_asked_again(client: TestClient) -> None:
    answer = client.get("/account/menu")
    assert (answer.status_code, answer.content, answer.headers["cache-control"]) == (204, b"", "no-store")
    user = add_person(client, "ada@example.com")
    with time_machine.travel("2026-05-01T08:00:00Z", tick=False) as clock:
        sign_in(client, user)
        assert client.cookies["deskbook_signed_in"] == "1"
        clock.shift(9 * 3600)
        assert client.get("/account/menu").status_code == 204
    assert "deskbook_signed_in" not in client.cookies


def test_signing_out_takes_the_hint_from_the_browser(client: TestClient) -> None:
    sign_in(client, add_person(client, "ada@example.com"))
    client.post("/sign-out")
    assert "deskbook_signed_in" not in client.cookies


def test_the_hint_says_nothing_and_opens_nothing(client: TestClient) -> None:
    client.cookies.set("deskbook_signed_in", "1")
    assert client.get("/account/menu").status_code == 204
    assert client.get("/account").status_code == 303


def test_cookies_are_secure_where_the_site_is(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"base_url": "https://testserver"}))
    with TestClient(app, base_url="https://testserver", follow_redirects=False) as client:
        user = add_person(client, "ada@example.com")
        with app.state.database.write() as session:
            link = links.path(links.make_link(session, user, now()))
        cookies = client.post(link).headers.get_list("set-cookie")
    assert len(cookies) == 4
    assert all("Secure" in cookie for cookie in cookies)
    assert [cookie.split("=")[0] for cookie in cookies if "HttpOnly" not in cookie] == ["deskbook_signed_in"]


def test_signing_in_leads_back_to_the_page_it_was_opened_from(client: TestClient) -> None:
    def target(referer: str) -> str:
        return client.get("/sign-in", headers={"referer": referer}).text.partition('name="next" value="')[2].partition('"')[0]

    assert target(f"http://testserver{ARTICLE}?from=mail#top") == f"{ARTICLE}?from=mail"
    for other in (
        "http://evil.example/articles/brakes",
        "http://testserver//evil.example",
        "http://testserver/sign-in?next=/desk",
        "http://testserver/\\evil",
        "x",
    ):
        assert target(other) == "", other


def _sign_in_by_link(page: Any, site: LiveServer, user: Any) -> None:
    with site.database.write() as session:
        link = links.path(links.make_link(session, user, now()))
    page.goto(site.url + link)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/account")


def _agent(site: LiveServer) -> Any:
    from kb.accounts import people

    with site.database.write() as session:
        return people.add_user(session, "ada@example.com", "Ada Lovelace", "agent", now())


@pytest.mark.browser
@pytest.mark.slow
def test_an_agent_who_reads_finds_the_way_back_to_the_desk_and_out(page: Any, live_server: LiveServer) -> None:
    page.goto(live_server.url + ARTICLE)
    header = page.locator(".site-header")
    assert header.get_by_role("link", name="Sign in").is_visible()
    assert not header.get_by_role("link", name="My account").is_visible()
    _sign_in_by_link(page, live_server, _agent(live_server))
    page.goto(live_server.url + ARTICLE)
    header.get_by_role("link", name="Desk", exact=True).wait_for()
    assert not header.get_by_role("link", name="Sign in").is_visible()
    summary = header.locator("summary")
    summary.focus()
    page.keyboard.press("Enter")
    assert header.get_by_role("link", name="Your account").is_visible()
    page.keyboard.press("Escape")
    assert not header.get_by_role("link", name="Your account").is_visible()
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    page.keyboard.press("Enter")
    header.get_by_role("button", name="Sign out").click()
    page.wait_for_url(live_server.url + "/")
    header.get_by_role("link", name="Sign in").wait_for()


@pytest.mark.browser
@pytest.mark.slow
def test_a_phone_has_the_same_in_its_menu(chromium: Any, live_server: LiveServer) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    _sign_in_by_link(page, live_server, _agent(live_server))
    page.goto(live_server.url + ARTICLE)
    page.locator(".account-list").wait_for(state="attached")
    header = page.locator(".site-header")
    header.get_by_role("button", name="Menu").click()
    for name in ("Desk", "Your account"):
        assert header.get_by_role("link", name=name, exact=True).is_visible()
    assert header.get_by_role("button", name="Sign out").is_visible()
    context.close()


@pytest.mark.browser
@pytest.mark.slow
def test_without_scripts_one_link_leads_to_the_account_or_to_signing_in(chromium: Any, live_server: LiveServer) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(live_server.url + ARTICLE)
    header = page.locator(".site-header")
    assert not header.get_by_role("link", name="Sign in").is_visible()
    header.get_by_role("link", name="My account").click()
    page.wait_for_url("**/sign-in?next=/account")
    _sign_in_by_link(page, live_server, _agent(live_server))
    page.goto(live_server.url + ARTICLE)
    header.get_by_role("link", name="My account").click()
    page.wait_for_url("**/account")
    assert page.get_by_role("heading", name="Your account").is_visible()
    context.close()


@pytest.mark.browser
@pytest.mark.slow
def test_readers_who_are_not_signed_in_fetch_nothing_more(page: Any, live_server: LiveServer) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(live_server.url + ARTICLE)
    page.wait_for_load_state("networkidle")
    assert not [url for url in asked if url.startswith(live_server.url + "/account")]
