"""The Markdown that writers may use: CommonMark, tables, footnotes, alerts, task lists, attribute lists and a safe part of HTML."""

import re
from html import escape

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.html_block import html_block
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.html_inline import html_inline
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

from kb.articles.markdown.alerts import alerts, tasks
from kb.articles.markdown.attributes import attributes, heading_attributes
from kb.articles.markdown.code_info import read_info
from kb.articles.markdown.complexity import FREE_STEPS, MAX_NESTING, STEPS_PER_CHAR, TooComplex, refuse_too_long
from kb.articles.markdown.highlight import highlight
from kb.articles.markdown.sanitise import KNOWN_TAGS

_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9-]*)(?=[\s/>]|$)")


class _Parser(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: ARG002
        # Every address is judged after rendering, those of raw HTML alike.
        return True


def dialect() -> MarkdownIt:
    """A parser of the dialect. Its HTML is not safe yet: sanitise it."""
    md = _Parser("default", {"html": True, "linkify": True, "typographer": False, "maxNesting": MAX_NESTING})
    md.enable(["table", "strikethrough"])
    md.disable(["replacements", "smartquotes"])
    if md.linkify is not None:
        md.linkify.set({"fuzzy_link": False})
    footnote_plugin(md, inline=False)
    md.block.ruler.at("html_block", _known_html_block, {"alt": ["paragraph", "reference", "blockquote"]})
    md.inline.ruler.at("html_inline", _known_html_inline)
    md.block.ruler.before("table", "depth", _refuse_depth)
    md.inline.ruler.before("text", "budget", _count_step)
    md.core.ruler.at("inline", _inline)
    md.core.ruler.before("inline", "alerts", alerts)
    md.core.ruler.before("inline", "tasks", tasks)
    md.core.ruler.before("inline", "heading_attributes", heading_attributes)
    md.core.ruler.push("attributes", attributes)
    md.core.ruler.push("length", lambda state: refuse_too_long(state.tokens))
    md.add_render_rule("fence", _fence)
    md.add_render_rule("code_block", _code_block)
    return md


def _refuse_depth(state: StateBlock, start: int, _end: int, _silent: bool) -> bool:
    # The parser drops what is nested deeper, without a word.
    if state.level >= MAX_NESTING - 2:
        raise TooComplex(start + 1)
    return False


def _known_html_block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    line = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]]
    return _is_known(line) and html_block(state, start, end, silent)


def _known_html_inline(state: StateInline, silent: bool) -> bool:
    return state.src[state.pos] == "<" and _is_known(state.src[state.pos : state.pos + 40]) and html_inline(state, silent)


def _is_known(text: str) -> bool:
    # What merely looks like a tag (`<PID>`, `<your key>`) is text, and so are tags nobody may use: a reader sees what was written.
    found = _TAG.match(text)
    return found[1].lower() in KNOWN_TAGS if found else text.startswith("<!--")


def _inline(state: StateCore) -> None:
    for token in state.tokens:
        if token.type == "inline":
            state.env["line"] = token.map[0] + 1 if token.map else state.env.get("line", 1)
            token.children = token.children or []
            state.md.inline.parse(token.content, state.md, state.env, token.children)


def _count_step(state: StateInline, _silent: bool) -> bool:
    steps = state.env["steps"] = state.env.get("steps", FREE_STEPS) - 1
    if steps < -STEPS_PER_CHAR * state.env["chars"]:
        raise TooComplex(state.env["line"])
    return False


def _fence(_renderer: object, tokens: list[Token], index: int, _options: object, _env: object) -> str:
    token = tokens[index]
    info = read_info(token.info)
    name = f'<p class="code-title">{escape(info.title)}</p>\n' if info.title else ""
    coloured = highlight(token.content, info.language) if info.language else escape(token.content, quote=False)
    mark = f' class="language-{escape(info.language.lower())}"' if info.language else ""
    return f"{name}<pre><code{mark}>{coloured}</code></pre>\n"


def _code_block(_renderer: object, tokens: list[Token], index: int, _options: object, _env: object) -> str:
    return f"<pre><code>{escape(tokens[index].content, quote=False)}</code></pre>\n"
