"""The guard: hosts, origins and headers."""

import pytest
from starlette.testclient import TestClient

from kb.config import Settings
from kb.site.app import create_app

PROXY = "192.0.2.7"


def test_an_unknown_page_says_so_in_plain_words(client: TestClient) -> None:
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert "Page not found" in answer.text


def test_a_foreign_host_is_refused(client: TestClient) -> None:
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400


@pytest.mark.parametrize(
    "hosts",
    [
        ["testserver", "evil.example"],
        ["evil.example", "testserver"],
        ["testserver", "testserver"],
        ["user@testserver"],
        ["testserver:x"],
        ["testserver/"],
        ["testserver, evil.example"],
        ["evil.example#@testserver"],
        ["[::1"],
        ["test server"],
        [""],
    ],
)
@pytest.mark.parametrize("path", ["/", "/nowhere"])
def test_a_request_names_one_host_and_nothing_else(client: TestClient, path: str, hosts: list[str]) -> None:
    client.get("/")  # finished, and answered from memory the next time
    assert client.get(path, headers=[("host", host) for host in hosts]).status_code == 400


def test_a_host_may_have_a_port_and_capitals(client: TestClient) -> None:
    assert client.get("/", headers={"host": "TestServer:8000"}).status_code == 200


@pytest.mark.parametrize("base_url", ["https://help.example.com", "HTTPS://HELP.example.com:443", "https://münchen.example"])
@pytest.mark.parametrize("allowed_hosts", [(), ("support.example.com",)])
def test_a_page_read_in_the_clear_cannot_post_to_an_https_site(settings: Settings, base_url: str, allowed_hosts: tuple[str, ...]) -> None:
    secure = Settings.model_validate(settings.model_dump() | {"base_url": base_url, "allowed_hosts": allowed_hosts})
    host = (allowed_hosts or (secure.base_url.removeprefix("https://"),))[0]
    with TestClient(create_app(secure), headers={"host": host}) as client:
        for origin, status in ((f"https://{host}", 404), (f"http://{host}", 403), (f"HTTP://{host}", 403), (f"ftp://{host}", 403)):
            assert client.post("/nowhere", headers={"origin": origin}).status_code == status, origin
        assert client.post("/nowhere", headers=[("origin", f"https://{host}"), ("origin", "https://evil.example")]).status_code == 403


def test_where_a_trusted_proxy_speaks_https_so_must_the_page_that_posts(settings: Settings) -> None:
    behind = settings.model_copy(update={"trusted_proxies": (PROXY,)})
    with TestClient(create_app(behind), headers={"x-forwarded-proto": "https"}, client=(PROXY, 1)) as client:
        assert client.post("/nowhere", headers={"origin": "https://testserver"}).status_code == 404
        assert client.post("/nowhere", headers={"origin": "http://testserver"}).status_code == 403


@pytest.mark.parametrize("origin", ["http://[", "http://testserver@evil.example", "testserver", "//testserver", "http://testserver/", "", "null", "\x7f"])
def test_an_origin_that_is_none_is_refused(client: TestClient, origin: str) -> None:
    assert client.post("/nowhere", headers={"origin": origin}).status_code == 403


def test_an_internationalised_address_answers_the_host_that_browsers_send(settings: Settings) -> None:
    site = Settings.model_validate(settings.model_dump() | {"base_url": "http://münchen.example"})
    with TestClient(create_app(site)) as client:
        assert client.get("/", headers={"host": "xn--mnchen-3ya.example"}).status_code == 200


def test_cookies_of_an_https_address_in_capitals_are_secure(settings: Settings) -> None:
    site = Settings.model_validate(settings.model_dump() | {"base_url": "HTTPS://help.example.com"})
    with TestClient(create_app(site), headers={"host": "help.example.com", "user-agent": "Mozilla/5.0 (test)"}) as client:
        cookies = client.get("/requests/new").headers.get_list("set-cookie")
        assert cookies
        assert [cookie for cookie in cookies if "; Secure" not in cookie] == []


def test_a_post_from_another_site_is_refused(client: TestClient) -> None:
    assert client.post("/nowhere", headers={"origin": "https://evil.example"}).status_code == 403
    assert client.post("/nowhere", headers={"sec-fetch-site": "cross-site"}).status_code == 403


def test_a_post_from_our_own_pages_passes_the_guard(client: TestClient) -> None:
    assert client.post("/nowhere", headers={"sec-fetch-site": "same-origin"}).status_code == 404
    assert client.post("/nowhere", headers={"origin": "http://testserver"}).status_code == 404


def test_every_answer_binds_the_browser(client: TestClient) -> None:
    headers = client.get("/nowhere").headers
    assert "script-src 'self'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


def test_static_files_are_kept_for_a_year_by_their_digest(client: TestClient) -> None:
    url = client.app.state.static.url("css/base.css")
    assert "immutable" in client.get(url).headers["cache-control"]
    assert client.get("/static/old/css/base.css").headers["cache-control"] == "no-cache"
    assert client.get("/static/old/nothing.css").status_code == 404
