"""The guard: hosts, origins and headers."""

from starlette.testclient import TestClient


def test_an_unknown_page_says_so_in_plain_words(client: TestClient) -> None:
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert "Page not found" in answer.text


def test_a_foreign_host_is_refused(client: TestClient) -> None:
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400


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
