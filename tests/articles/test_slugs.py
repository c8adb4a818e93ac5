"""Addresses of articles and headings keep the vowel signs and tone marks of their words."""

import unicodedata
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from kb.articles.catalog.library import Library
from kb.articles.lint.linter import check
from kb.articles.slug import heading_id, slugify
from kb.site.content_watcher import refresh


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("पता बदलें", "पता-बदलें"),
        ("ঠিকানা_পরিবর্তন", "ঠিকানা-পরিবর্তন"),
        ("முகவரியை மாற்று", "முகவரியை-மாற்று"),
        ("เปลี่ยนที่อยู่", "เปลี่ยนที่อยู่"),
        ("កែអាសយដ្ឋាន", "កែអាសយដ្ឋាន"),
        ("تغيير العنوان", "تغيير-العنوان"),
        ("Crème brûlée & Łódź_2", "creme-brulee-lodz-2"),
        ("e\u0301te\u0301 x\u0302", "ete-x"),
        ("Größe (neu)", "grosse-neu"),
        ("Йод, ещё", "йод-ещё"),
    ],
)
def test_a_slug_keeps_signs_and_drops_accents(name: str, slug: str) -> None:
    assert slugify(name) == slug


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("पता बदलें!", "पता-बदलें"),
        ("ঠিকানা: পরিবর্তন", "ঠিকানা-পরিবর্তন"),
        ("முகவரியை மாற்று", "முகவரியை-மாற்று"),
        ("เปลี่ยน ที่อยู่", "เปลี่ยน-ที่อยู่"),
        ("Crème brûlée, s'il vous plaît", "crème-brûlée-sil-vous-plaît"),
        ("snake_case & more", "snake_case--more"),
    ],
)
def test_a_heading_is_called_as_github_calls_it(heading: str, anchor: str) -> None:
    assert heading_id(heading) == anchor


def test_names_that_differ_by_a_sign_have_two_addresses(client: TestClient) -> None:
    folder: Path = client.app.state.settings.content / "मदद"
    folder.mkdir(parents=True)
    for name, title in (("पता", "Address"), ("पिता", "Father")):
        (folder / f"{name}.md").write_text(f"---\ntitle: {title}\n---\n\nText.\n", encoding="utf-8")
    refresh(client.app.state.library, client.app.state.searcher)
    assert "<h1>Address" in client.get("/articles/पता").text.replace(' dir="auto"', "")
    assert "<h1>Father" in client.get("/articles/पिता").text.replace(' dir="auto"', "")


@pytest.mark.parametrize("heading", ["पासवर्ड बदलें", "ক্ষমা করুন", "นโยบาย การคืน", "Crème brûlée", "सड़क क़लम"])
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_link_to_a_heading_in_any_script_is_right(tmp_path: Path, heading: str, form: str) -> None:
    (tmp_path / "help").mkdir()
    link = unicodedata.normalize(form, heading.lower().replace(" ", "-"))  # type: ignore[arg-type]
    (tmp_path / "help" / "one.md").write_text(f"---\ntitle: One\n---\n\n## {heading}\n\nText.\n\n[up](#{link})\n", encoding="utf-8")
    assert check(Library(tmp_path)) == []
