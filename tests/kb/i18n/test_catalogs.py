"""The catalogs hold what the code says: every message, translated, with the same placeholders, compiled as they are."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Message

from tests.pseudo_locale import source, tool

CHECKOUT = Path(__file__).parents[3]
PLACEHOLDER = re.compile(r"%\(\w+\)s|%%|%[a-z]")
TAG = re.compile(r"</?\w+[^>]*>")


@pytest.mark.slow
@pytest.mark.parametrize("code", ["de"])
def test_every_message_of_the_code_is_translated(code: str) -> None:
    catalog = tool().read(code)
    wanted = {(message.context, _singular(message)) for message in source() if message.id}
    done = {(message.context, _singular(message)) for message in catalog if message.id and all(_forms(message))}
    assert wanted - done == set(), "run `make translations` and translate what is missing"
    assert done - wanted == set(), "run `make translations`"
    assert [message.id for message in catalog if message.fuzzy and message.id] == []


@pytest.mark.parametrize("code", ["de"])
def test_a_translation_has_the_placeholders_and_the_markup_of_its_message(code: str) -> None:
    for message in _translated(code):
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        for pattern in (PLACEHOLDER, TAG):
            allowed = [sorted(pattern.findall(text)) for text in ids]
            assert all(sorted(pattern.findall(form)) in allowed for form in _forms(message)), message.id


@pytest.mark.parametrize("code", ["de"])
def test_no_message_can_end_the_attribute_that_it_stands_in(code: str) -> None:
    """Translated text is trusted as markup in templates: a straight quote outside of a tag would end an attribute."""
    for message in _translated(code):
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        assert not any('"' in TAG.sub("", text) for text in (*ids, *_forms(message))), message.id


@pytest.mark.parametrize("code", ["de"])
def test_the_compiled_catalogs_are_those_of_the_text(code: str) -> None:
    catalog = tool().read(code)
    folder = CHECKOUT / "kb" / "locale" / code / "LC_MESSAGES"
    assert (folder / "deskbook.mo").read_bytes() == tool().compiled(catalog), "run `make translations`"
    assert (CHECKOUT / "kb" / "static" / "js" / "texts" / f"{code}.js").read_text(encoding="utf-8") == tool().script(catalog)


def test_no_message_hides_in_an_f_string() -> None:
    """Messages inside f-strings are not extracted."""
    hidden = [
        f"{path.relative_to(CHECKOUT)}:{node.lineno}"
        for room in ("kb", "search", "tickets")
        for path in (CHECKOUT / room).rglob("*.py")
        for string in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(string, ast.JoinedStr)
        for node in ast.walk(string)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("_", "N_", "gettext", "ngettext", "pgettext")
    ]
    assert hidden == []


def test_templates_mark_only_their_own_words_as_markup() -> None:
    """`_(variable)` would make markup of what the variable holds: the filter `translated` returns plain text."""
    marked = [
        f"{path.relative_to(CHECKOUT)}: {found[0]}"
        for path in (CHECKOUT / "templates").rglob("*.*")
        for found in re.finditer(r"""(?:\b_|gettext)\((?!["'])[^)]*\)""", path.read_text(encoding="utf-8"))
    ]
    assert marked == []


def _translated(code: str) -> Iterator[Message]:
    return (message for message in tool().read(code) if message.id and any(_forms(message)))


def _singular(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _forms(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)
