"""The one stylesheet, the operator's logo and colour."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from kb.config import Settings
from kb.site.app import create_app

LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4"><path d="M0 0h4v4H0z"/></svg>'


@pytest.fixture
def branded(settings: Settings, tmp_path: Path) -> Iterator[TestClient]:
    (tmp_path / "ours.SVG").write_text(LOGO)
    with TestClient(create_app(settings.model_copy(update={"logo": tmp_path / "ours.SVG", "accent": "#aa2255", "site_name": "Ann & Co"}))) as client:
        yield client


def test_every_component_is_in_the_one_stylesheet(client: TestClient) -> None:
    css = client.get(client.app.state.static.url("site.css"))  # type: ignore[attr-defined]
    assert css.headers["cache-control"].endswith("immutable")
    assert css.headers["content-encoding"] == "gzip"
    for path in (Path(__file__).parents[3] / "kb" / "static" / "css").glob("*.css"):
        assert path.read_text().strip() in css.text
    assert css.text.index("@layer reset, base, components") < css.text.index("@layer components {")
    assert len(gzip.compress(css.content)) < 20_000


def test_the_stylesheet_is_plain_for_those_who_take_no_gzip(client: TestClient) -> None:
    css = client.get(client.app.state.static.url("site.css"), headers={"accept-encoding": "identity"})  # type: ignore[attr-defined]
    assert "content-encoding" not in css.headers
    assert css.text.startswith(":root")


def test_a_static_file_that_is_not_there_is_not_found(client: TestClient) -> None:
    assert client.get("/static/000000000000/css/../../../pyproject.toml").status_code == 404


def test_the_logo_stands_in_the_header_under_the_name_of_the_site(branded: TestClient) -> None:
    page = branded.get("/sign-in").text
    source = page.partition('<img src="')[2].partition('"')[0]
    assert 'alt="Ann &amp; Co"' in page
    assert branded.get(source).text == LOGO
    assert branded.get(source).headers["content-type"].startswith("image/svg+xml")


def test_the_accent_colours_the_icon_of_the_tab(branded: TestClient) -> None:
    page = branded.get("/sign-in").text
    icon = page.partition('<link rel="icon" href="')[2].partition('"')[0]
    assert "#aa2255" in branded.get(icon).text
