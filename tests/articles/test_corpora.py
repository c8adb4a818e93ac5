"""Two real help centres, unchanged: everything renders, every old link leads home, no raw mark shows."""

import re
from pathlib import Path

import pytest

from kb.articles.catalog.library import Library, Options
from kb.articles.lint.linter import check

pytestmark = pytest.mark.slow
HOSTS = ("www.youtube.com", "www.youtube-nocookie.com", "player.vimeo.com")
RAW = re.compile(r"\*\*[^*\n]+\*\*|\w\]\(|\{[.#:]|\[![A-Za-z]+\]|^#{1,6} |```|\[\^\w|\|---|^> |</?(?:div|span|p|a|br|img|kbd|td)\b", re.MULTILINE)


@pytest.fixture(scope="module")
def library(arduino: Path) -> Library:
    return Library(arduino, options=Options(HOSTS))


def shown_text(html: str) -> str:
    without_code = re.sub(r"<(pre|code)[ >].*?</\1>", "", html, flags=re.DOTALL)
    return re.sub(r"<[^>]*>", "", without_code).replace("&lt;", "<").replace("&gt;", ">")


def test_every_article_is_published(library: Library) -> None:
    files = [path for path in library.root.rglob("*.md") if not path.name.startswith("_")]
    assert len(library.catalog.articles) == len(files)
    assert [str(problem) for problem in library.catalog.problems] == []
    drafts = [path for path in files if "\ndraft: true" in path.read_text(encoding="utf-8")]
    assert len(library.public_articles()) == len(files) - len(drafts)


def test_no_page_shows_raw_marks(library: Library) -> None:
    shown = [(article.path, found[0]) for article in library.public_articles() for found in RAW.finditer(shown_text(article.html))]
    assert shown == []


def test_every_old_link_with_a_known_id_leads_to_the_local_article(library: Library) -> None:
    left = [
        (article.path, found[0])
        for article in library.catalog.articles.values()
        for found in re.finditer(r'href="[^"]*/hc/[A-Za-z-]+/articles/(\d+)[^"]*"', article.html)
        if found[1] in library.names.ids
    ]
    assert left == []
    local = [url for article in library.catalog.articles.values() for url in re.findall(r'href="/articles/([^"#]+)', article.html)]
    assert len(local) > 440
    assert set(local) <= set(library.catalog.articles)


def test_every_image_that_exists_is_shown_with_its_size(library: Library) -> None:
    images = [tag for article in library.catalog.articles.values() for tag in re.findall(r"<img [^>]*>", article.html)]
    assert len(images) > 380
    assert [tag for tag in images if 'src="/assets/' not in tag or ' width="' not in tag or ' height="' not in tag] == []


def test_nothing_is_loaded_from_elsewhere(library: Library) -> None:
    for article in library.catalog.articles.values():
        assert not re.search(r"<(iframe|script|style|object|embed|link)\b", article.html), article.path
        assert not re.search(r'\s(src|poster|srcset)="(?!/assets/)', article.html), article.path


def test_the_check_names_real_faults(library: Library) -> None:
    lines = {path: (library.root / path).read_text(encoding="utf-8").splitlines() for path in library.names.paths}
    found = check(library)
    assert {problem.path for problem in found} <= set(lines)
    for problem in found:
        missing = re.search(r"there is no image (\S+):", problem.message)
        if missing:
            assert missing[1] in lines[problem.path][problem.line - 1]
            assert not (library.root / problem.path).parent.joinpath(missing[1]).exists()


def test_a_help_centre_of_questions_loads_whole(dtc_faq: Path) -> None:
    library = Library(dtc_faq / "content", options=Options(HOSTS))
    assert len(library.catalog.articles) == 944
    assert library.catalog.problems == ()
    assert {article.type for article in library.catalog.articles.values()} == {"faq"}
