"""`deskbook check`: every finding at its line, nothing that is no fault."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from kb.articles.catalog.library import Library
from kb.articles.lint.linter import check
from kb.site.cli import main

Write = Callable[..., Path]
Open = Callable[..., Library]


def findings(library: Library) -> list[str]:
    return [str(problem) for problem in check(library, datetime(2026, 5, 1, tzinfo=UTC))]


CASES = {
    "a link to no file": ("see [x](none.md)", "5: the link none.md leads nowhere"),
    "a link in other letters": ("[x](Other.md)", "5: the link Other.md leads nowhere: there is no such article or file: did you mean other.md?"),
    "a link to another folder": (
        "[x](far%20away.md#x)",
        "5: the link far away.md#x leads nowhere: there is no such article or file: did you mean ../c/far away.md?",
    ),
    "a misspelt link": ("[x](othre)", "5: the link othre leads nowhere: there is no such article or file: did you mean other.md?"),
    "a link with backslashes": (r"[x](..\b\other.md)", "5: the address ..\\b\\other.md is not an address: did you mean other.md?"),
    "a site without https": (
        "[x](www.x.example/a)",
        "5: the link www.x.example/a leads nowhere: there is no such article or file: write https://www.x.example/a",
    ),
    "a mail address without mailto": (
        "[x](me@x.example)",
        "5: the link me@x.example leads nowhere: there is no such article or file: write mailto:me@x.example",
    ),
    "an image in other letters": ("![a](Dot.PNG)", "5: there is no image Dot.PNG: did you mean dot.png?"),
    "a file that is too large": ("[x](film.mp4)", "5: the file a/b/film.mp4 is larger than 50 MB, or cannot be read: correct or remove it"),
    "a link out of the folder": ("[x](../../../etc/passwd)", "5: the link ../../../etc/passwd leads out of the content folder"),
    "a link to no page of the site": ("one\n\n[x](/admin/logout)", "7: the link /admin/logout leads nowhere"),
    "a script as a link": ("[x](javascript:1)", "5: the address javascript:1 begins with something other than http, https, mailto, tel or sms"),
    "a film at a mail address": (
        'See <video src="mailto:me@x.example"></video>',
        "5: nothing can be shown from the address mailto:me@x.example: make it a link",
    ),
    "another site without a scheme": ("[x](//evil.example)", "5: the address //evil.example is not an address: write https://evil.example"),
    "an old id that is not here": ("[x](https://h.example/hc/en-us/articles/999-Gone)", "5: the link leads to the article with the id 999"),
    "no such heading here": ("## Setup\n\n[x](#setpu)", "7: there is no #setpu on this page: did you mean #setup?"),
    "no such heading, and one whose id begins alike": (
        "## One {#r1.2.3}\n\n[x](#r1.2.3)\n\n[y](#r1.2)",
        "9: there is no #r1.2 on this page: did you mean #r1.2.3?",
    ),
    "an address that is in other words too": ("a fox, [x](#kb-x)\n\n## X {#kb-x}\n\nbox ![p](x)", "9: there is no image x"),
    "no such heading there": ("[x](other.md#nothing)", "5: there is no #nothing in a/b/other.md"),
    "a missing image": ("![alt](img/none.png)", "5: there is no image img/none.png"),
    "an image elsewhere": ("![alt](https://x.example/a.png)", "5: the image https://x.example/a.png is on another site"),
    "a mark left from a merge": ("one\n\n>>>>>>> main\n\ntwo", "7: “>>>>>>> main” looks like a mark left from a merge: remove it"),
    "attributes of another program": ("```js {1,3-4}\na\n```", "5: “{1,3-4}” behind the marks of the code does nothing here: remove it"),
    "a second id with dots": ("## A {#v1.8.1}\n\n## B {#v1.8.1}", "7: the id #v1.8.1 is that of line 5 already"),
    "a picture named once of two times": ("![](dot.png)\n\n![A dot](dot.png)", "5: the image has no alternative text"),
    "a picture named at first only": ("![A dot](dot.png)\n\n![](<dot.png>)", "7: the image has no alternative text"),
    "a picture by reference": ("![A dot][d] and\n![][d]\n\n[d]: dot.png", "6: the image has no alternative text"),
    "a picture in HTML over two lines": ('<img alt="A dot" src="dot.png">\n<img\nsrc="dot.png">', "6: the image has no alternative text"),
    "no alternative text": ("![](dot.png)", "5: the image has no alternative text"),
    "a heading jump": ("## One\n\ntext\n\n#### Deep", "9: the heading “Deep” jumps from level 2 to level 4: use level 3"),
    "a deep first heading": ("### Deep", "5: the heading “Deep” is the first on the page and has level 3"),
    "doubled stars": ("**bold****", "5: `****` closes bold twice"),
    "bold that is none": ("one ** two ** three", "5: readers see “** two **”: leave no blank inside the stars"),
    "a link cut in two": ("[x] (other.md)", "5: readers see “[x] (other.md)”: leave no blank between the brackets"),
    "an address with a blank": ("[x](an other.md)", "5: readers see “[x](an other.md)”: write [text](address), an address with blanks as <address>"),
    "a reference to nothing": ("see [this][nope]", "5: readers see “[this][nope]”: add a line [name]: address"),
    "a footnote without text": ("x[^1]", "5: readers see “[^1]”: add a line with the text of this footnote"),
    "a note with another name": ("> [!INFO]\n> x", "5: readers see “[!INFO]”: no note has this name: use NOTE, TIP, IMPORTANT, WARNING, CAUTION"),
    "a heading without its blank": ("text\n\n##Setup", "7: readers see “##Setup”: put a plain blank behind the # of a heading"),
    "a list of attributes on its own": ("see {#x} here", "5: readers see “{#x}”: put this right behind the heading"),
    "a table that is none": ("| a | b |\n|---|\n| 1 | 2 |", "5: readers see “| a | b |”: this is no table"),
    "marks of another program": ("text\n\n:::note\nx\n:::", "7: readers see “:::note”: this is not in the Markdown that Deskbook reads"),
    "HTML that is not allowed": ("<audio src=x>", "5: readers see “<audio src=x>”: this HTML is not allowed"),
    "code that never ends": ("text\n\n```\nx", "7: the block of code that begins here is never closed"),
    "a link to a draft": ("[x](draft.md)", "5: the link leads to a/b/draft.md, which is a draft"),
    "a link to a later article": ("[x](later.md)", "5: the link leads to a/b/later.md, which appears on 2026-06-01: until then readers will not find it"),
    "a link without an address": ("[x]()", "5: the link has no address"),
    "a link without text": ("see [](other.md)", "5: the link has no text, so readers do not see it"),
    "a page that is not embedded": ('<iframe src="https://x.example/a"></iframe>', "5: the embedded page https://x.example/a is shown as a link"),
    "an iframe without an address": ("text\n\n<iframe></iframe>", "7: the iframe has no address"),
    "one id for two headings": ("## A {#x}\n\n## B {#x}", "7: the id #x is that of line 5 already"),
    "an empty heading": ("## One\n\ntext\n\n##\n\ntext", "9: a heading is empty"),
    "a picture that is none": ("![a](pointer.png)", "5: the file pointer.png is no picture"),
    "no text at all": ("<!-- later -->", "1: the article has no text"),
    "a link to an article for fewer": ("[x](inner.md)", "5: the link leads to a/b/inner.md, which only agents may read"),
}


@pytest.fixture
def neighbours(write: Write, root: Path) -> None:
    write("a/b/other.md", "## Real", id=7)
    write("a/c/far away.md")
    write("a/b/draft.md", draft="true")
    write("a/b/later.md", publish_at="2026-06-01")
    (root / "a/b/pointer.png").write_text("version https://git-lfs.github.com/spec/v1\n")
    with (root / "a/b/film.mp4").open("wb") as film:
        film.truncate(50_000_001)
    write("a/b/inner.md", audience="agents")
    (root / "a/b/dot.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x03\0\0\0\x02")


@pytest.mark.usefixtures("neighbours")
@pytest.mark.parametrize("name", CASES)
def test_what_is_wrong_is_told_at_its_line(name: str, write: Write, library: Open) -> None:
    body, message = CASES[name]
    write("a/b/one.md", body)
    found = findings(library())
    assert len(found) == 1
    assert found[0].startswith(f"a/b/one.md:{message}")


def test_each_address_of_another_scheme_is_told(write: Write, library: Open) -> None:
    write("a/b/one.md", "[x](callto:1) [y](facetime:2)")
    assert [found.partition(" begins")[0] for found in findings(library())] == ["a/b/one.md:5: the address callto:1", "a/b/one.md:5: the address facetime:2"]


def test_what_keeps_an_article_from_being_published_is_an_error(write: Write, library: Open) -> None:
    write("a/b/one.md", "[x](none.md)")
    for name, text in (("two", "no front matter"), ("three", "---\ntitle: [\n---\n"), ("four", "---\ntitle: Four\n---\n<<<<<<< HEAD\n=======\n>>>>>>> b\n")):
        (library().root / f"a/b/{name}.md").write_text(text)
    found = {problem.path: problem.is_error for problem in check(library(), datetime(2026, 5, 1, tzinfo=UTC))}
    assert found == {f"a/b/{name}.md": True for name in ("one", "two", "three", "four")}


@pytest.mark.usefixtures("neighbours")
def test_what_is_right_is_not_told(write: Write, library: Open) -> None:
    write(
        "a/b/one.md",
        "[a](#top) [b](other.md#real) [c](https://x.example/#any) [d](/requests/new) [e](mailto:a@b.c) [f](/hc/de/articles/7) [g](../b/other.md) [h](../)\n\n"
        '<img src="dot.png" alt=""> ![A dot](dot.png)\n\n# Top\n\n## One\n\n### Two\n\n## Three\n\n`****` and `[x](none.md)`\n\n<a id="here"></a> [i](#here)',
    )
    assert findings(library()) == []


def test_marks_in_code_and_stars_of_footnotes_are_no_slips(write: Write, library: Open) -> None:
    code = "`[x](none.md)` ``[a][b] ` ** c **``\n\n````markdown\n```\n[x](none.md)\n##No\n```\n[x](javascript:1)\n````\n\n- one\n\n  ~~~\n  :::note\n  ~~~\n"
    write("a/b/one.md", code + "\nMKR boards**\n\n**These have more pins.\n\n<kbd>[[x]]</kbd> a[0][1] #1 {x} <your name> [1] (see below)")
    assert findings(library()) == []


def test_the_title_and_the_summary_are_plain_text(write: Write, library: Open) -> None:
    write("a/b/one.md", title='"Say **no**"', summary='"[more](x.md)"')
    assert findings(library()) == [
        "a/b/one.md:2: `title` is plain text and shows “**no**”: take the marks out",
        "a/b/one.md:3: `summary` is plain text and shows “[more](x.md)”: take the marks out",
    ]


def test_front_matter_that_went_stale_is_told(write: Write, library: Open) -> None:
    write("a/b/one.md", review_by="2026-01-01", owner="Ann", related="[one, oen, two]")
    write("a/b/two.md")
    assert findings(library()) == [
        "a/b/one.md:3: was to be reviewed by Ann before 2026-01-01: review it and set a new date",
        "a/b/one.md:5: is related to itself: remove it",
        "a/b/one.md:5: there is no article “oen” to be related to: did you mean one?",
    ]


def test_front_matter_that_is_hardly_meant_is_told(write: Write, library: Open) -> None:
    write("a/b/one.md", tags="a, b", audience="agent")
    write("a/b/two.md", tags="[one]", audience="Acme", keywords="one", minutes=0)
    assert findings(library()) == [
        "a/b/one.md:3: `tags` holds one text with commas: write a list, [a, b]",
        "a/b/one.md:4: `audience: agent` is kept for agents, as any name of an organization: did you mean agents?",
        "a/b/two.md:6: `minutes` must be a whole number from 1 on, not 0",
    ]


def test_a_later_article_may_link_to_one_that_appears_with_it(write: Write, library: Open) -> None:
    write("a/b/one.md", "[x](two.md) [y](three.md)", publish_at="2026-06-01")
    write("a/b/two.md", publish_at="2026-06-01")
    write("a/b/three.md", "[`code`](two.md)", draft="true")
    assert findings(library()) == ["a/b/one.md:6: the link leads to a/b/three.md, which is a draft: readers will not find it"]


def test_related_articles_that_name_each_other_do_no_harm(write: Write, library: Open) -> None:
    write("a/b/one.md", related="[two]")
    write("a/b/two.md", related="[one]")
    opened = library()
    assert findings(opened) == []
    assert opened.catalog.articles["one"].related == ("two",)


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["check", *arguments])
    return result.exit_code, result.stdout


def test_the_command_prints_findings_and_tells_by_its_exit_code(write: Write, root: Path) -> None:
    write("a/b/one.md", "fine")
    assert run(str(root)) == (0, "")
    write("a/b/two.md", "![](https://x.example/a.png)")
    code, out = run(str(root))
    assert code == 0
    assert "(warning)" in out
    write("a/b/three.md", "[x](none.md)")
    code, out = run(str(root))
    assert code == 1
    assert "a/b/three.md:5: the link none.md leads nowhere" in out


def test_the_command_speaks_json_and_github(write: Write, root: Path) -> None:
    write("a/b/one.md", "[x](none.md)")
    code, out = run(str(root), "--json")
    assert code == 1
    assert json.loads(out)[0]["path"] == "a/b/one.md"
    assert json.loads(out)[0]["line"] == 5
    assert json.loads(out)[0]["level"] == "error"
    code, out = run(str(root), "--format", "github")
    assert out.startswith("::error file=a/b/one.md,line=5::the link none.md leads nowhere")


def test_a_folder_that_is_not_there_is_a_usage_error() -> None:
    assert run("/nowhere/at/all")[0] == 2


FINE = {
    "ids that differ behind a dot": "## A {#v1.8.1}\n\n## B {#v1.8.2}\n\n## C {#v1}",
    "ids that differ behind another mark": "## A {#a:b}\n\n## B {#a:c}\n\n## C {#a#d}",
    "a drawing with a fragment": "![A leaf](leaf.svg#dark)",
    "a picture with a fragment": "![A dot](dot.png#gh-dark-mode-only)",
    "a picture with a query": "![A dot](dot.png?raw=true)",
    "a drawing with both": "![A leaf](leaf.svg?raw=true#dark)",
    "a page of a document": "[x](guide.pdf#page=2)",
    "a telephone number": "[x](tel:+49-30-1234)",
    "a text message": "[x](sms:+4930123)",
    "an ornament and a picture": '<img src="dot.png" alt="">\n\n![A dot](dot.png)',
    "titles of code": '```js title="a.js"\na\n```\n\n```sh Install it\na\n```\n\n```{.python title="b.py"}\na\n```',
}


@pytest.mark.usefixtures("neighbours")
@pytest.mark.parametrize("name", FINE)
def test_what_is_fine_is_not_told(name: str, write: Write, library: Open, root: Path) -> None:
    (root / "a/b/leaf.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    (root / "a/b/guide.pdf").write_bytes(b"%PDF-1.4")
    write("a/b/one.md", FINE[name])
    assert findings(library()) == []
