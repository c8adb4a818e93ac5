"""Front matter is read strictly; every slip names its line and what to do."""

from datetime import UTC, datetime

import pytest

from kb.articles.source.frontmatter import ARTICLE_KEYS, BadFrontMatter, read


def values(header: str) -> dict[str, object]:
    return read(f"---\n{header}\n---\nbody\n", ARTICLE_KEYS).values


def test_only_the_title_is_needed() -> None:
    front = read("---\ntitle: Hello\n---\nbody\n", ARTICLE_KEYS)
    assert front.values == {"title": "Hello"}
    assert (front.body, front.body_line) == ("body\n", 4)


def test_values_arrive_as_what_they_are() -> None:
    read_values = values(
        "title: 404\nid: 0042\norder: 3\ndraft: true\ntags: [a, b]\nkeywords: one\npublish_at: 2026-05-31T09:00:00+02:00\nreview_by: 2026-05-31"
    )
    assert read_values["title"] == "404"
    assert read_values["id"] == "0042"
    assert read_values["order"] == 3
    assert read_values["draft"] is True
    assert read_values["tags"] == ("a", "b")
    assert read_values["keywords"] == ("one",)
    assert [values(f"title: x\nsearch: {written}")["search"] for written in ("true", "false", "2", "0.5")] == [True, False, 2.0, 0.5]
    assert read_values["publish_at"] == datetime(2026, 5, 31, 7, tzinfo=UTC)


REFUSED = {
    "no front matter": ("Hello\n", 1, "begin the file with"),
    "not closed": ("---\ntitle: a\n", 1, "has no end"),
    "empty": ("---\n---\n", 1, "`title` is missing"),
    "code": ("---\ntitle: !!python/object/apply:os.system [x]\n---\n", 2, "tags"),
    "alias bomb": ("---\ntitle: x\ntags: &a [b]\nkeywords: *a\n---\n", 3, "aliases"),
    "cycle": ("---\ntitle: x\ntags: &a [*a]\n---\n", 3, "aliases"),
    "deep": ("---\ntitle: x\ntags: " + "[" * 500 + "\n---\n", 3, "nested too deep"),
    "impossible date": ("---\ntitle: x\nreview_by: 2024-99-99\n---\n", 3, "must be a date"),
    "huge number": ("---\ntitle: x\norder: " + "9" * 5000 + "\n---\n", 3, "whole number"),
    "surrogate": ('---\ntitle: "\\ud800"\n---\n', 2, "surrogate"),
    "list as title": ("---\ntitle: [a]\n---\n", 2, "must be text"),
    "empty title": ('---\ntitle: ""\n---\n', 2, "must be text"),
    "blank title": ('---\ntitle: "  "\n---\n', 2, "must not be empty"),
    "yes as key": ("---\ntitle: x\nyes: no\n---\n", 3, "unknown key"),
    "twice": ("---\ntitle: x\ntags: a\ntitle: y\n---\n", 4, "second time (first in line 2)"),
    "near": ("---\ntitle: x\nsumary: y\n---\n", 3, "did you mean `summary`?"),
    "colon": ("---\ntitle: a: b\n---\n", 2, "Put text with `:`"),
    "tab": ("---\ntitle: x\n\ttags: y\n---\n", 3, "not valid YAML"),
    "control": ("---\ntitle: x\x07\n---\n", 2, "does not allow"),
    "list": ("---\n- a\n---\n", 2, "must be lines of"),
    "text": ("---\nhello\n---\n", 2, "must be lines of"),
    "type": ("---\ntitle: x\ntype: faqs\n---\n", 3, "did you mean faq?"),
    "not a truth": ('---\ntitle: x\ndraft: "yes"\n---\n', 3, "true or false"),
    "counts far too much": ("---\ntitle: x\nsearch: 11\n---\n", 3, "a number from 0.1 to 10"),
    "counts nothing": ("---\ntitle: x\nsearch: 0\n---\n", 3, "a number from 0.1 to 10"),
    "counts some": ("---\ntitle: x\nsearch: twice\n---\n", 3, "not 'twice'"),
    "counts infinitely": ("---\ntitle: x\nsearch: .inf\n---\n", 3, "not '.inf'"),
    "mapping": ("---\ntitle: x\nowner:\n  name: y\n---\n", 3, "of its own"),
    "too large": ("---\ntitle: x\ntags: [" + "a, " * 20_000 + "]\n---\n", 1, "at most"),
    "many": ("---\ntitle: x\ntags: [" + "a, " * 200 + "]\n---\n", 3, "more than 100"),
    "list as key": ("---\ntitle: x\n? [a]\n: b\n---\n", 3, "unknown key: it cannot be a list; known are title"),
    "lines as key": ("---\ntitle: x\n? {a: b}\n: c\n---\n", 3, "unknown key: it cannot be lines of `key: value`; known are title"),
    "list as date": ("---\ntitle: x\npublish_at: [a]\n---\n", 3, "not a list"),
    "list as type": ("---\ntitle: x\ntype: [faq]\n---\n", 3, "not a list"),
    "list as locale": ("---\ntitle: x\nlocale: [en]\n---\n", 3, "not a list"),
    "list as boost": ("---\ntitle: x\nsearch: [2]\n---\n", 3, "not a list"),
    "nothing as date": ("---\ntitle: x\npublish_at:\n---\n", 3, "not nothing"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_slip_is_told_with_its_line(name: str) -> None:
    text, line, message = REFUSED[name]
    with pytest.raises(BadFrontMatter) as caught:
        read(text, ARTICLE_KEYS)
    assert message in str(caught.value)
    assert caught.value.line == line
