"""`> [!NOTE]` blocks and `[x]` lists as GitHub knows them: words say what they are, not colour alone."""

import re

from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from kb.i18n import N_
from kb.i18n import gettext as _

NAMES = {"note": N_("Note"), "tip": N_("Tip"), "important": N_("Important"), "warning": N_("Warning"), "caution": N_("Caution")}
_MARK = re.compile(r"\[!(note|tip|important|warning|caution)\][+-]?[ \t]*", re.IGNORECASE)
_BOX = re.compile(r"\[([ xX])\][ \t]+")
MOST_TITLE_CHARS = 120


def alerts(state: StateCore) -> None:
    """Core rule, before inline parsing: a quote that begins with `[!NOTE]` becomes a note, with its name or the words behind it as title."""
    tokens, result = state.tokens, list[Token]()
    ends = _ends(tokens)
    for index, token in enumerate(tokens):
        result.append(token)
        if token.type != "blockquote_open" or index + 2 >= len(tokens) or tokens[index + 1].type != "paragraph_open":
            continue
        text = tokens[index + 2]
        if found := _MARK.match(text.content):
            kind = found[1].lower()
            token.tag = tokens[ends[index]].tag = "div"
            token.attrSet("class", f"alert alert-{kind}")
            first, _end, rest = text.content[found.end() :].partition("\n")
            if _is_title(first, rest, has_more=ends[index] > index + 4):
                result += _own_title(_(NAMES[kind]), first.strip(), text)
                text.content = rest
            else:
                title = _(NAMES[kind])
                result.append(Token("html_block", "", 0, content=f'<p class="alert-title">{title}</p>\n'))
                text.content = f"{first}\n{rest}".strip("\n")
            tokens[index + 1].hidden = tokens[index + 3].hidden = not text.content.strip()
    state.tokens = result


def _ends(tokens: list[Token]) -> dict[int, int]:
    """Where each quote ends, by where it begins."""
    opened: list[int] = []
    found: dict[int, int] = {}
    for index, token in enumerate(tokens):
        if token.type == "blockquote_open":
            opened.append(index)
        elif token.type == "blockquote_close":
            found[opened.pop()] = index
    return found


def _is_title(first: str, rest: str, *, has_more: bool) -> bool:
    """Whether the words behind the mark are a title: more follows, and they are not the beginning of a sentence that goes on there."""
    first, rest = first.strip(), rest.lstrip()
    return bool(first and (rest or has_more)) and len(first) <= MOST_TITLE_CHARS and first[-1] not in ".,;" and not rest[:1].islower()


def _own_title(name: str, title: str, text: Token) -> list[Token]:
    """The title as a paragraph of its own; who does not see the colour hears the kind of note before it."""
    opening = Token("paragraph_open", "p", 1, attrs={"class": "alert-title own-title"}, block=True, map=text.map)
    kind = Token("html_inline", "", 0, content=f'<span class="alert-kind visually-hidden">{name}: </span>')
    inline = Token("inline", "", 0, content=title, children=[kind], map=text.map, level=text.level, block=True)
    return [opening, inline, Token("paragraph_close", "p", -1, block=True)]


def tasks(state: StateCore) -> None:
    """Core rule, before inline parsing: `- [x] text` shows a box instead of the brackets."""
    for index, token in enumerate(state.tokens):
        if token.type != "inline" or index < 2 or state.tokens[index - 2].type != "list_item_open":
            continue
        if found := _BOX.match(token.content):
            token.content = ("☐ " if found[1] == " " else "☑ ") + token.content[found.end() :]
            state.tokens[index - 2].attrJoin("class", "task")
