"""A language made for tests: every message of the code with each of its letters changed, so that what was not translated stands out."""

import importlib.util
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

from babel.messages.catalog import Catalog
from justhtml import JustHTML

CHECKOUT = Path(__file__).parents[1]
CODE = "el"
"""Greek: its dates hold no Latin letter either, and no catalog of it is shipped."""
LETTERS = str.maketrans("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "áḃćďéḟǵĥíĵķĺḿńóṕɋŕśťúṽẃẋýźÁḂĆĎÉḞǴĤÍĴĶĹḾŃÓṔɊŔŚŤÚṼẂẊÝŹ")
KEPT = re.compile(r"(%\(\w+\)s|%%|<[^>]+>)")
SHOWN_ATTRIBUTES = ("title", "alt", "aria-label", "placeholder", "data-label")
SILENT = ("script", "style", "svg", "code", "kbd", "template")
NOT_WORDS = re.compile(r"[\w.+%-]+@[\w.-]+|https?://\S+|/\S*/\S*|\b(?:UTC|KB|MB|Deskbook)\b|#\w+|\w*\d\w*")
LATIN_WORD = re.compile(r"[A-Za-z]{2,}")


@cache
def tool() -> ModuleType:
    """Return `.ci/translations.py`."""
    spec = importlib.util.spec_from_file_location("translations", CHECKOUT / ".ci" / "translations.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def source() -> Catalog:
    """Return every message of the code."""
    catalog: Catalog = tool().extracted()
    return catalog


def changed(message: str) -> str:
    """Return the message with its letters changed; placeholders and tags stay."""
    return "".join(part if KEPT.fullmatch(part) else part.translate(LETTERS) for part in KEPT.split(message))


def compile_into(folder: Path) -> None:
    """Write the catalog of the language below `folder`."""
    catalog = Catalog(locale=CODE, charset="utf-8")
    for message in source():
        if message.id:
            string = changed(message.id) if isinstance(message.id, str) else tuple(map(changed, message.id))
            catalog.add(message.id, string, context=message.context)
    path = folder / CODE / "LC_MESSAGES" / "deskbook.mo"
    path.parent.mkdir(parents=True)
    path.write_bytes(tool().compiled(catalog))


def untranslated(html: str) -> list[str]:
    """Return the texts of a page that hold a word in Latin letters and are neither addresses, code nor names of languages."""
    found: list[str] = []
    for node in _shown(JustHTML(html, fragment="<html" not in html, sanitize=False, scripting_enabled=False).root):
        found += [text for text in _texts(node) if _has_latin_word(text)]
    return found


def untranslated_lines(text: str) -> list[str]:
    """Return the lines of an email that hold a word in Latin letters."""
    return [line for line in text.splitlines() if _has_latin_word(line)]


def _has_latin_word(text: str) -> bool:
    # Looked for in the whole text first: leaving out what are no words takes the square of a long word's length.
    return bool(LATIN_WORD.search(text) and LATIN_WORD.search(NOT_WORDS.sub("", text)))


def _shown(node: object) -> Iterator[object]:
    name = getattr(node, "name", "")
    attributes = getattr(node, "attrs", None) or {}
    if name in SILENT or "hreflang" in attributes or attributes.get("aria-hidden") == "true":
        return
    yield node
    for child in getattr(node, "children", None) or ():
        yield from _shown(child)


def _texts(node: object) -> Iterator[str]:
    if getattr(node, "name", "") == "#text":
        yield str(getattr(node, "data", "")).strip()
    attributes = getattr(node, "attrs", None) or {}
    yield from (value for name in SHOWN_ATTRIBUTES if (value := attributes.get(name)))
    if getattr(node, "name", "") == "input" and attributes.get("type") in ("submit", "button"):
        yield attributes.get("value") or ""
