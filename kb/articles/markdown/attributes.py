"""`{#id .class}` after a heading, link or image, or on a line of its own. Ids, classes and the mark that keeps a section out of search are used."""

import re
from itertools import pairwise

from markdown_it.rules_core import StateCore
from markdown_it.token import Token

UNSEARCHED = "data-search-exclude"
"""On a heading: its section is left out of search. The name is that of Material for MkDocs."""
_LIST = rf"\{{:?[ \t]*((?:[#.][^\s{{}}#.]+[ \t]*|[A-Za-z-]+=(?:\"[^\"{{}}]*\"|[^\s{{}}\"]+)[ \t]*|{UNSEARCHED}\b[ \t]*)+)\}}"
_AT_START = re.compile(r"[ \t]?" + _LIST)
_AT_END = re.compile(r"[ \t]*" + _LIST + r"[ \t]*$")
_ENDS_ELEMENT = frozenset(("link_close", "image", "em_close", "strong_close", "code_inline", "html_inline"))


def heading_attributes(state: StateCore) -> None:
    """Core rule, before inline parsing: takes the list behind a heading out of its text."""
    for opening, token in pairwise(state.tokens):
        if opening.type == "heading_open" and (found := _AT_END.search(token.content)):
            token.content = token.content[: found.start()]
            _give(opening, found[1])


def attributes(state: StateCore) -> None:
    """Core rule, after inline parsing: takes the other lists out of the text and gives ids and classes to what they follow."""
    for index, token in enumerate(state.tokens):
        if token.type == "inline" and token.children and "****" in token.content:
            _drop_doubled_marks(token.children)
        if token.type == "inline" and token.children and "{" in token.content:
            _inside(token.children)
            _behind(state.tokens, index, token.children)


def _inside(children: list[Token]) -> None:
    for before, token in pairwise(children):
        if token.type == "text" and before.type in _ENDS_ELEMENT and (found := _AT_START.match(token.content)):
            token.content = token.content[found.end() :]
            _give(_opening(children, before), found[1])


def _drop_doubled_marks(children: list[Token]) -> None:
    # `**bold****` closes once too often: a slip readers should not see.
    for before, token in pairwise(children):
        if before.type == "strong_close" and token.type == "text":
            token.content = token.content.removeprefix("**")


def _opening(children: list[Token], closing: Token) -> Token:
    if not closing.type.endswith("_close"):
        return closing
    opens = closing.type.replace("_close", "_open")
    before = children[: children.index(closing)]
    return next((token for token in reversed(before) if token.type == opens and token.level == closing.level), closing)


def _behind(tokens: list[Token], index: int, children: list[Token]) -> None:
    last = next((child for child in reversed(children) if child.content or child.type != "text"), None)
    if last is None or last.type != "text":
        return
    block = tokens[index - 1]
    is_own_line = last is children[0] or children[children.index(last) - 1].type in ("softbreak", "hardbreak")
    if block.type != "heading_open" and is_own_line and (found := _AT_START.fullmatch(last.content.strip())):
        last.content = ""
        _give(_owner(tokens, index), found[1])


def _owner(tokens: list[Token], index: int) -> Token:
    """The block a line of attributes belongs to: the list it ends, or the table or list right above it."""
    block = tokens[index - 1]
    if len(tokens[index].children or ()) == 1 and index >= 2 and tokens[index - 2].type.endswith("_close"):
        closing = tokens[index - 2]
        opens = closing.type.replace("_close", "_open")
        block.hidden = tokens[index + 1].hidden = True
        return next((token for token in reversed(tokens[: index - 2]) if token.type == opens and token.level == closing.level), block)
    enclosing = [token for token in tokens[:index] if token.type in ("bullet_list_open", "ordered_list_open") and token.level < block.level]
    return enclosing[-1] if enclosing and block.level else block


def _give(token: Token, written: str) -> None:
    for part in written.split():
        if part.startswith("#"):
            token.attrSet("id", part[1:])
        elif part.startswith("."):
            token.attrJoin("class", part[1:])
        elif part == UNSEARCHED:
            token.attrSet(part, "")
