"""The library follows its folder: what changes is published, what is broken stays as it was."""

import os
import subprocess
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kb.articles.catalog.library import Library

Write = Callable[..., Path]
Open = Callable[..., Library]


def problems(library: Library) -> list[str]:
    return [str(problem) for problem in library.catalog.problems]


def test_folders_become_shelves_with_their_names(write: Write, library: Open) -> None:
    write("Yún & Co/Größe 1/What-is-it.md", title="What is it?")
    write("getting-started/First.md")
    catalog = library().catalog
    assert [(category.slug, category.name) for category in catalog.categories] == [("getting-started", "Getting started"), ("yun-co", "Yún & Co")]
    section = catalog.categories[1].sections[0]
    assert (section.slug, section.name, section.url) == ("grosse-1", "Größe 1", "/categories/yun-co/grosse-1")
    assert section.articles[0].url == "/articles/what-is-it"
    assert catalog.categories[0].articles[0].section == ""


def test_an_index_file_names_describes_and_orders_its_folder(write: Write, library: Open, root: Path) -> None:
    write("b/x.md")
    write("a/y.md")
    (root / "b" / "_index.md").write_text("---\ntitle: Billing\ndescription: Invoices and refunds\norder: 1\n---\n")
    first, second = library().catalog.categories
    assert (first.name, first.description) == ("Billing", "Invoices and refunds")
    assert second.slug == "a"


def test_a_changed_added_or_deleted_file_shows_after_a_refresh(write: Write, library: Open) -> None:
    file = write("a/b/one.md", "old words")
    opened = library()
    assert opened.refresh() is False
    write("a/b/one.md", "new words, and more of them")
    write("a/b/two.md")
    assert opened.refresh() is True
    assert "new words" in opened.catalog.articles["one"].html
    assert "two" in opened.catalog.articles
    file.unlink()
    assert opened.refresh() is True
    assert list(opened.catalog.articles) == ["two"]
    assert opened.catalog.generation == 3


def test_a_file_that_turns_bad_keeps_its_last_good_version(write: Write, library: Open) -> None:
    write("a/b/one.md", "good words")
    write("a/b/other.md")
    opened = library()
    write("a/b/one.md", "bad words", sumary="x")
    write("a/b/other.md", "changed")
    opened.refresh()
    assert "good words" in opened.catalog.articles["one"].html
    assert "changed" in opened.catalog.articles["other"].html
    assert problems(opened) == ["a/b/one.md:3: unknown key `sumary`: did you mean `summary`?"]
    write("a/b/one.md", "mended words")
    opened.refresh()
    assert "mended words" in opened.catalog.articles["one"].html
    assert problems(opened) == []


def test_a_bomb_is_refused_and_the_rest_published(write: Write, library: Open) -> None:
    write("a/b/bomb.md", "one\n\n" + "[" * 50_000)
    write("a/b/good.md")
    opened = library()
    assert list(opened.catalog.articles) == ["good"]
    assert problems(opened)[0].startswith("a/b/bomb.md:7: article too complex")


def test_a_file_that_turns_into_a_bomb_keeps_its_last_good_version_and_its_problem(write: Write, library: Open) -> None:
    write("a/b/one.md", "good words", title="Good")
    opened = library()
    write("a/b/one.md", "[" * 50_000, title="Bad")
    opened.refresh()
    write("a/b/other.md")
    opened.refresh()
    article = opened.catalog.articles["one"]
    assert (article.title, "good words" in article.html) == ("Good", True)
    assert len(problems(opened)) == 1


def test_while_the_content_folder_is_away_everything_stays_as_it_was(write: Write, library: Open, root: Path) -> None:
    write("a/b/one.md", "![A dot](dot.png)")
    (root / "a/b/dot.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x03\0\0\0\x02")
    (root / "a/_index.md").write_text("---\ntitle: Named\n---\n")
    opened = library()
    page = opened.catalog.articles["one"].html
    root.rename(root.parent / "away")
    assert opened.refresh() is True
    assert problems(opened)[0] == ".:1: the folder cannot be read: No such file or directory"
    assert (opened.catalog.articles["one"].html, opened.catalog.categories[0].name) == (page, "Named")
    (root.parent / "away").rename(root)
    (root / "a/b/one.md").unlink()
    opened.refresh()
    assert (problems(opened), list(opened.catalog.articles)) == ([], [])


def test_an_index_file_that_turns_bad_keeps_the_name_it_gave(write: Write, library: Open, root: Path) -> None:
    write("a/b/one.md")
    (root / "a/_index.md").write_text("---\ntitle: Named\n---\n")
    opened = library()
    (root / "a/_index.md").write_text("---\ntitel: Renamed\n---\n")
    opened.refresh()
    assert opened.catalog.categories[0].name == "Named"
    assert problems(opened) == ["a/_index.md:2: unknown key `titel`: did you mean `title`?"]
    (root / "a/_index.md").unlink()
    opened.refresh()
    assert opened.catalog.categories[0].name == "A"


BAD_FILES = {
    "utf-16": (b"\xff\xfe" + "---\ntitle: x\n---\n".encode("utf-16-le"), ":1: the file is UTF-16"),
    "latin-1": ("---\ntitle: x\n---\n\nGröße\n".encode("latin-1"), ":5: this line is not UTF-8"),
    "nul": (b"---\ntitle: x\n---\na\0b\n", ":4: this line holds a NUL"),
    "conflict": (b"---\ntitle: x\n---\n<<<<<<< HEAD\na\n=======\nb\n>>>>>>> other\n", ":4: an unresolved merge conflict"),
    "empty": (b"", ":1: there is no front matter"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_file_that_cannot_be_read_is_named_with_its_line(name: str, write: Write, library: Open, root: Path) -> None:
    data, message = BAD_FILES[name]
    write("a/b/good.md")
    (root / "a/b/bad.md").write_bytes(data)
    opened = library()
    assert list(opened.catalog.articles) == ["good"]
    assert message in problems(opened)[0]


def test_names_that_are_not_utf8_are_shown_with_their_bytes(library: Open, root: Path, write: Write) -> None:
    write("a/b/good.md")
    for name in (b"caf\xe9.md", b"bild\xff.png"):
        Path(os.fsdecode(os.fsencode(root / "a/b") + b"/" + name)).write_bytes(b"x")
    Path(os.fsdecode(os.fsencode(root) + b"/ord\xe9")).mkdir()
    told = "the name is not UTF-8: rename the file"
    assert problems(library()) == [rf"a/b/bild\xff.png:1: {told}", rf"a/b/caf\xe9.md:1: {told}", rf"ord\xe9:1: {told}"]


def test_windows_line_ends_a_byte_order_mark_and_no_last_newline_are_fine(write: Write, library: Open, root: Path) -> None:
    write("a/b/good.md")
    (root / "a/b/windows.md").write_bytes(b"\xef\xbb\xbf---\r\ntitle: Hello\r\n---\r\n\r\n# One\r\n\r\ntext")
    article = library().catalog.articles["windows"]
    assert article.title == "Hello"
    assert article.headings[0].text == "One"


def test_two_files_with_one_address_are_both_named_and_the_live_one_stays(write: Write, library: Open) -> None:
    write("b/b/same.md", "first")
    opened = library()
    write("a/a/Same.md", "second")
    opened.refresh()
    assert "first" in opened.catalog.articles["same"].html
    assert problems(opened) == ["a/a/Same.md:1: has the same address /articles/same as b/b/same.md: rename one of the two"]


def test_addresses_that_differ_by_accents_form_only_are_the_same(write: Write, library: Open) -> None:
    write("a/a/" + unicodedata.normalize("NFC", "größe") + ".md")
    write("b/b/" + unicodedata.normalize("NFD", "größe") + ".md")
    assert "same address" in problems(library())[0]


def test_two_articles_with_one_id_are_an_error(write: Write, library: Open) -> None:
    write("a/a/one.md", id=5)
    write("a/a/two.md", id='"5"')
    assert problems(library()) == ["a/a/two.md:3: has the same id 5 as a/a/one.md: change one of the two"]


def test_links_and_devices_are_refused_by_name_and_hidden_files_passed_over(write: Write, library: Open, root: Path) -> None:
    write("a/b/good.md")
    (root / "a/passwd.md").symlink_to("/etc/passwd")
    (root / "a/up").symlink_to("..")
    os.mkfifo(root / "a/pipe.md")
    for hidden in (".git/x.md", "node_modules/p/x.md", "a/_draft.md", "a/.env"):
        (root / hidden).parent.mkdir(parents=True, exist_ok=True)
        (root / hidden).write_text("---\ntitle: hidden\n---\n")
    opened = library()
    assert list(opened.catalog.articles) == ["good"]
    named = "\n".join(problems(opened))
    assert "a/passwd.md:1: is a symbolic link" in named
    assert "a/up:1: is a symbolic link" in named
    assert "a/pipe.md:1: is neither a file nor a folder" in named
    assert len(problems(opened)) == 3


def test_an_article_whose_time_comes_appears_by_itself(write: Write, library: Open) -> None:
    clock = [datetime(2026, 5, 1, tzinfo=UTC)]
    write("a/b/later.md", publish_at="2026-05-02")
    opened = library(now=lambda: clock[0])
    assert opened.get("later") is None
    generation = opened.catalog.generation
    assert opened.refresh() is False
    clock[0] += timedelta(days=2)
    assert opened.refresh() is True
    assert opened.catalog.generation == generation + 1
    assert opened.get("later") is not None


def test_drafts_and_restricted_articles_are_not_for_the_public(write: Write, library: Open) -> None:
    write("a/b/draft.md", draft="true")
    write("a/b/internal.md", audience="agents")
    write("a/b/open.md")
    opened = library()
    assert [article.slug for article in opened.public_articles()] == ["open"]
    assert opened.get("draft") is None
    assert "draft" in opened.catalog.articles


def test_links_by_path_id_and_old_address_lead_to_the_local_article(write: Write, library: Open) -> None:
    write("a/b/target.md", "## Deep {#deep}", id=123)
    write("a/b/from.md", "[1](target.md#deep) [2](../b/target.md) [3](https://x.example/hc/en-us/articles/123-Old-name#deep) [4](/hc/de/articles/123)")
    html = library().catalog.articles["from"].html
    assert html.count('href="/articles/target#deep"') == 2
    assert html.count('href="/articles/target"') == 2


def test_a_link_that_leads_nowhere_is_plain_text_until_its_target_appears(write: Write, library: Open) -> None:
    write("a/b/from.md", "see [the other](other.md) and [out](../../../../etc/passwd) and [admin](/admin/logout)")
    opened = library()
    assert "<a " not in opened.catalog.articles["from"].html
    write("a/b/other.md")
    opened.refresh()
    assert 'href="/articles/other"' in opened.catalog.articles["from"].html


def test_a_second_start_renders_nothing_again_and_still_follows_its_links(write: Write, library: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    write("a/b/from.md", "[x](other.md)")
    other = write("a/b/other.md")
    library()
    monkeypatch.setattr("kb.articles.catalog.renderer.render", lambda *_: pytest.fail("rendered again"))
    assert 'href="/articles/other"' in library().catalog.articles["from"].html
    monkeypatch.undo()
    other.unlink()
    assert "<a " not in library().catalog.articles["from"].html


def test_a_broken_cache_is_as_good_as_none(write: Write, library: Open, tmp_path: Path) -> None:
    write("a/b/one.md")
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "articles.sqlite").write_bytes(b"not a database" * 1000)
    assert "one" in library().catalog.articles
    assert "one" in library().catalog.articles


def git(root: Path, *arguments: str) -> None:
    names = {
        f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in (("NAME", "x"), ("EMAIL", "x@x"), ("DATE", "2024-02-03T04:05:06Z"))
    }
    subprocess.run(["git", "-C", str(root), *arguments], check=True, capture_output=True, env={**os.environ, **names})


def test_dates_and_ids_come_from_git_where_there_is_a_repository(write: Write, library: Open, root: Path) -> None:
    write("ä b/c/One.md")
    write("ä b/c/Two.md")
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "first")
    write("ä b/c/Two.md", "changed since")
    opened = library()
    one, two = opened.catalog.articles["one"], opened.catalog.articles["two"]
    assert one.updated_at == datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert one.commit
    assert two.commit is None
    git(root, "commit", "-q", "-a", "-m", "second")
    assert opened.refresh() is True
    assert opened.catalog.articles["two"].commit
    write("ä b/c/One.md", "edited, not committed")
    opened.refresh()
    assert opened.catalog.articles["one"].commit is None


def test_a_pull_is_seen_whole_and_a_lock_left_behind_holds_nothing_up(write: Write, library: Open, root: Path) -> None:
    write("a/b/one.md", "old words")
    git(root, "init", "-q")
    opened = library()
    lock = root / ".git/index.lock"
    lock.touch()
    write("a/b/one.md", "half of a pull")
    assert opened.refresh() is False
    write("a/b/two.md", "the other half")
    lock.unlink()
    assert opened.refresh() is True
    assert "half of a pull" in opened.catalog.articles["one"].html
    lock.touch()
    os.utime(lock, (0, 0))
    (root / "a/b/two.md").unlink()
    assert opened.refresh() is True
    assert list(opened.catalog.articles) == ["one"]


def test_images_carry_their_size_and_an_address_that_changes_with_them(write: Write, library: Open, root: Path) -> None:
    write("a/b/one.md", "![A dot](img/my%20dot.png) ![none](img/none.png)")
    (root / "a/b/img").mkdir()
    (root / "a/b/img/my dot.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x03\0\0\0\x02")
    html = library().catalog.articles["one"].html
    assert 'width="3" height="2"' in html
    assert "/a/b/img/my%20dot.png" in html
    assert '<span class="image-missing">none</span>' in html
    (root / "a/b/img/my dot.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x04\0\0\0\x02 ")
    assert 'width="4" height="2"' in library().catalog.articles["one"].html


def test_an_alias_that_clashes_is_told_and_left_out(write: Write, library: Open) -> None:
    write("a/b/one.md", aliases="[/old/one, /articles/two, /articles/one, /old/shared]")
    write("a/b/two.md", aliases="[/old/shared]")
    opened = library()
    assert opened.catalog.aliases == {"/old/one": "/articles/one", "/old/shared": "/articles/one"}
    assert len(problems(opened)) == 3


def test_an_alias_cannot_take_the_place_of_a_page_of_the_site(write: Write, library: Open) -> None:
    write("a/b/one.md", aliases="[/search, /categories/a/b, /requests/new, /categories/old, /searching]")
    opened = library()
    assert opened.catalog.aliases == {"/categories/old": "/articles/one", "/searching": "/articles/one"}
    assert [problem.split("the alias ")[1] for problem in problems(opened)] == [
        f"{path} is the address of a page of this site: remove it" for path in ("/search", "/categories/a/b", "/requests/new")
    ]


def test_two_folders_with_one_address_are_told_even_when_they_differ_by_accents_form_only(write: Write, library: Open) -> None:
    for form in ("NFC", "NFD"):
        write(unicodedata.normalize(form, "café") + f"/{form}.md")
    assert [problem for problem in problems(library()) if "has the same address /categories/cafe as the folder" in problem]


def test_markdown_under_another_name_is_told(write: Write, library: Open) -> None:
    write("a/b/one.md")
    write("a/b/two.markdown")
    assert problems(library()) == ["a/b/two.markdown:1: is not shown, for its name ends in .markdown: rename it to end in .md"]
