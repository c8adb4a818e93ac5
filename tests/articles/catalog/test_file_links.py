"""A link to a file beside the articles leads to the place in it that the writer named."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kb.articles.catalog.library import Library

Write = Callable[..., Path]
Open = Callable[..., Library]
FILES = {
    "guide.pdf": b"%PDF-1.4",
    "clip.mp4": b"x",
    "leaf.svg": b"<svg/>",
    "dot.png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x03\0\0\0\x02",
    "a b#c.pdf": b"%PDF",
}


@pytest.fixture
def html(write: Write, library: Open, root: Path) -> Callable[[str], str]:
    (root / "a/b").mkdir(parents=True)
    for name, data in FILES.items():
        (root / "a/b" / name).write_bytes(data)

    def _html(body: str) -> str:
        write("a/b/one.md", body)
        return library().catalog.articles["one"].html

    return _html


@pytest.mark.parametrize(
    "behind",
    [
        "",
        "#page=2",
        "#page=2&zoom=100",
        "#nameddest=Kapitel-2",
        "?v=3",
        "?v=3#page=2",
        "#t=30",
        "#t=10,20",
        "#view(a)",
        "?",
        "#",
        "#a b".replace(" ", "%20"),
        "#%C3%A4",
    ],
)
@pytest.mark.parametrize("name", ["guide.pdf", "clip.mp4", "leaf.svg", "a%20b%23c.pdf"])
def test_a_link_to_a_file_keeps_what_stands_behind_its_name(html: Callable[[str], str], name: str, behind: str) -> None:
    page = html(f"[x](<{name}{behind}>)")
    assert f'/a/b/{name}{behind.replace("&", "&amp;")}"' in page
    assert 'href="/assets/' in page


@pytest.mark.parametrize("behind", ["#dark", "#gh-dark-mode-only", "?raw=true", "?raw=true#dark", "#svgView(viewBox(0,0,1,1))"])
@pytest.mark.parametrize("name", ["leaf.svg", "dot.png"])
def test_a_picture_keeps_it_too_and_its_size(html: Callable[[str], str], name: str, behind: str) -> None:
    page = html(f"![x](<{name}{behind}>)")
    assert f'/a/b/{name}{behind}" alt="x"' in page
    assert (' width="3" height="2"' in page) == (name == "dot.png")


def test_a_film_begins_where_the_writer_says(html: Callable[[str], str]) -> None:
    assert '/a/b/clip.mp4#t=30"></video>' in html('<video src="clip.mp4#t=30"></video>')


def test_nothing_is_rendered_again_for_a_place_in_a_file(html: Callable[[str], str], library: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    html("[x](guide.pdf#page=2) ![y](leaf.svg#dark)")
    monkeypatch.setattr("kb.articles.catalog.renderer.render", lambda *_: pytest.fail("rendered again"))
    assert "#page=2" in library().catalog.articles["one"].html
