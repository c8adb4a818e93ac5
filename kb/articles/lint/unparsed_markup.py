"""Markup that readers see as text, because it has a mistake or belongs to another Markdown dialect."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

from kb.articles.markdown.alerts import NAMES
from kb.articles.markdown.sanitise import KNOWN_TAGS

_OTHER_TAGS = frozenset(
    (
        *("applet", "audio", "base", "body", "canvas", "embed", "head", "html", "link", "map", "math", "meta", "noscript", "object", "option"),
        *("script", "select", "slot", "style", "svg", "template", "textarea", "title"),
    )
)
_NOT_SHOWN = re.compile(r'<(pre|code|kbd|samp|script)\b.*?</\1>|<sup class="footnote-ref">.*?</sup>|<p class="code-title">.*?</p>', re.DOTALL)
_TAG = rf"<(?:{'|'.join(sorted(KNOWN_TAGS | _OTHER_TAGS, key=len, reverse=True))})(?=[\s>/])[^>\n]{{0,500}}>"
# Bounded, for a text may be one long run of brackets.
_PATTERNS = tuple(
    (re.compile(pattern, re.MULTILINE), advice)
    for pattern, advice in (
        (r"\*\*[^*\n]{1,500}\*\*", "leave no blank inside the stars: **bold**"),
        (
            r"\[[^\]\n]{0,200}\] \((?:https?:|\.{0,2}/|#)[^)\s]*\)|\[[^\]\n]{0,200}\] \([^)\s]+\.(?:md|png|jpe?g|gif|webp|svg|pdf)\)",
            "leave no blank between the brackets: [text](address)",
        ),
        (r"!?\[[^\]\n]{0,200}\]\([^)\n]{0,200}\)?", "write [text](address), an address with blanks as <address>"),
        (r"(?<![\w\])])\[[^\]\n]{1,200}\]\[[^\]\n]{0,200}\]", "add a line [name]: address, or put what is code in `backticks`"),
        (r"\[\^[^\]\s]{1,200}\]", "add a line with the text of this footnote: [^name]: text"),
        (r"\[!\w+\]", f"no note has this name: use {', '.join(name.upper() for name in NAMES)}"),
        (r"^#{2,6}[^\s#].*|^#{1,6}\N{NO-BREAK SPACE}.*|^#[A-Z]\w* .*", "put a plain blank behind the # of a heading"),
        (r"\{[#.][\w-][^}\n]{0,200}\}", "put this right behind the heading, link or image it belongs to"),
        (r"^\|.*\|[ \t]*(?:\n\|.*\|[ \t]*)+", "this is no table: the second line must be as many |---| as the first has cells"),
        (r"```|~~~", "put the marks of a block of code on a line of their own"),
        (
            r"\{\{[<%].*|\{%.*|^:::.*|^!!! .*|^\?{3}\+? .*|!?\[\[[^\]\n]{1,200}\]\]",
            "this is not in the Markdown that Deskbook reads: write it another way, or put what is code in `backticks`",
        ),
        (_TAG, "this HTML is not allowed: remove it, or put it in `backticks` where it is to be read"),
    )
)


@dataclass(frozen=True, slots=True)
class UnparsedMarkup:
    """What the page shows, and what to do about it."""

    shown: str
    advice: str


def find_unparsed_markup(html: str) -> Iterator[UnparsedMarkup]:
    """The marks that readers of this rendered page see, outside code, each once."""
    text = unescape(re.sub(r"<[^>]*>", "", _NOT_SHOWN.sub("", html)))
    taken: set[str] = set()
    for pattern, advice in _PATTERNS:
        for found in pattern.finditer(text):
            shown = found[0].partition("\n")[0].strip()
            if not any(shown in other for other in taken):
                taken.add(shown)
                yield UnparsedMarkup(shown, advice)


def marks_in(plain: str) -> str:
    """The first mark of Markdown or HTML in text that is shown as it is, a title for instance; empty when there is none."""
    found = re.search(r"\*\*[^*]+\*\*|\[[^\]]+\]\([^)]+\)|</?(?:a|b|br|code|em|i|kbd|p|span|strong)(?: [^>]*)?/?>", plain)
    return found[0] if found else ""
