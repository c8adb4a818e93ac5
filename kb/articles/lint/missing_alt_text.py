"""Find the lines that show a picture without alternative text."""

import re
from collections.abc import Sequence
from html import unescape
from urllib.parse import unquote

from kb.articles.markdown.fences import outside_code

_MARKDOWN = re.compile(r"!\[((?:[^\[\]\\]|\\.){0,500})\](?:\(\s*(?:<([^<>]*)>|([^\s()]*(?:\([^\s()]*\)[^\s()]*)*))|\[([^\[\]]*)\]|(?!\())")
_DEFINITION = re.compile(r"[ >]*\[([^\[\]]+)\]:\s*(?:<([^<>]*)>|(\S+))")
_IMG = re.compile(r"<img\b[^>]{0,2000}", re.IGNORECASE)
_SRC = re.compile(r"""\bsrc\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_ALT = re.compile(r"\balt\s*=", re.IGNORECASE)


def lines_without_alt_text(lines: Sequence[str], src: str) -> list[int]:
    """Return the lines that show the picture `src` without saying what it shows; the first line when the place cannot be found.

    Raw HTML with `alt=""` says that the picture is an ornament: that is a choice, an empty `![]()` is not.
    """
    written = [""] * len(lines)
    for number, line in outside_code(lines):
        written[number - 1] = line
    text = "\n".join(written)
    named = {_label(found[1]): found[2] or found[3] for line in written if (found := _DEFINITION.match(line))}
    places = [found.start() for found in _MARKDOWN.finditer(text) if not found[1].strip() and _same(_address(found, named), src)]
    is_ornament = False
    for tag in _IMG.finditer(text):
        at = _SRC.search(tag[0])
        if at and _same(at[1] or at[2] or at[3] or "", src):
            is_ornament |= _ALT.search(tag[0]) is not None
            places += [] if _ALT.search(tag[0]) else [tag.start()]
    return sorted({text.count("\n", 0, place) + 1 for place in places}) or ([] if is_ornament else [1])


def _address(found: re.Match[str], named: dict[str, str]) -> str:
    return found[2] or found[3] or named.get(_label(found[4] or found[1]), "")


def _label(text: str) -> str:
    return " ".join(text.split()).casefold()


def _same(written: str, src: str) -> bool:
    return src in (written, unescape(written)) or unquote(unescape(written)) == unquote(src)
