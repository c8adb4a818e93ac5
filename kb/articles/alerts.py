"""`> [!NOTE]` blocks and `[x]` lists as GitHub knows them: words say what they are, not colour alone."""

import re

from markdown_it.rules_core import StateCore
from markdown_it.token import Token

NAMES = {"note": "Note", "tip": "Tip", "important": "Important", "warning": "Warning", "caution": "Caution"}
_MARK = re.compile(r"\[!(note|tip|important|warning|caution)\][ \t]*", re.IGNORECASE)
_BOX = re.compile(r"\[([ xX])\][ \t]+")


def alerts(state: StateCore) -> None:
    """Core rule, before inline parsing: a quote that begins with `[!NOTE]` becomes a note with its name as title."""
    tokens, result = state.tokens, list[Token]()
    for index, token in enumerate(tokens):
        result.append(token)
        found = _MARK.match(tokens[index + 2].content) if token.type == "blockquote_open" and index + 2 < len(tokens) else None
        if found and tokens[index + 1].type == "paragraph_open":
            kind = found[1].lower()
            _become_note(tokens, index, kind)
            tokens[index + 2].content = tokens[index + 2].content[found.end() :].lstrip("\n")
            result.append(Token("html_block", "", 0, content=f'<p class="alert-title">{NAMES[kind]}</p>\n'))
    state.tokens = result


def _become_note(tokens: list[Token], index: int, kind: str) -> None:
    opening = tokens[index]
    closing = next(token for token in tokens[index:] if token.type == "blockquote_close" and token.level == opening.level)
    opening.tag = closing.tag = "div"
    opening.attrSet("class", f"alert alert-{kind}")


def tasks(state: StateCore) -> None:
    """Core rule, before inline parsing: `- [x] text` shows a box instead of the brackets."""
    for index, token in enumerate(state.tokens):
        if token.type != "inline" or index < 2 or state.tokens[index - 2].type != "list_item_open":
            continue
        if found := _BOX.match(token.content):
            token.content = ("☐ " if found[1] == " " else "☑ ") + token.content[found.end() :]
            state.tokens[index - 2].attrJoin("class", "task")
