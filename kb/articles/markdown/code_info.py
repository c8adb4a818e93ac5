"""Parse the info string of a code block: its language, its title, and attributes of other Markdown programs."""

import re
from dataclasses import dataclass

_LANGUAGE = re.compile(r"[A-Za-z0-9+#._-]{1,30}")
_PIECES = re.compile(
    r"""(?P<braces>\{[^{}]*\})|:?(?P<key>[A-Za-z_][\w.:-]*)=(?P<value>"[^"]*"|'[^']*'|\{[^{}]*\}|\[[^\]]*\]|[^\s"']*)|(?P<quoted>"[^"]*"|'[^']*')|(?P<word>\S+)"""
)
_AS_IN_JSON = re.compile(r"""["']?([A-Za-z_][\w-]{0,40})["']?:[ \t]*(?=[\w"'\[{])""")
MOST_CHARS = 500
_TITLES = frozenset(("title", "filename", "file", "name", "caption", "label", "header", "data-title"))
_FLAGS = frozenset(
    (
        *("copy", "nocopy", "no-copy", "wrap", "nowrap", "no-wrap", "live", "editable", "expandable", "showlinenumbers", "nolinenumbers", "linenums"),
        *("linenos", "numberlines", "number-lines", ":line-numbers", ":no-line-numbers", "line-numbers", "nohighlight", "norun", "noplayground", "noexec"),
        *("ignore", "should_panic", "no_run", "compile_fail", "lines", "numbers", "twoslash", "collapse"),
    )
)
_AFTER_COMMAS = re.compile(r"(?:,[\w-]+(?![\w=-]))+(?=[,\s]|$)")
_DIRECTIVES = frozenset(("code-block", "code", "sourcecode", "code-cell"))


@dataclass(frozen=True, slots=True)
class CodeInfo:
    """The language is empty when none is named; `ignored` is what other programs would read and this one leaves out."""

    language: str
    title: str
    ignored: str = ""


def read_info(info: str) -> CodeInfo:
    """Return what the words behind the marks say."""
    info = info.strip()[:MOST_CHARS]
    first = _LANGUAGE.match(info)
    language, rest = (first[0], info[first.end() :]) if first else ("", info)
    if rest[:1] not in ("", " ", "\t", "{", ":", ","):
        return CodeInfo("", "")
    if "=" in rest.partition(" ")[0] and rest.startswith(":"):
        rest = rest[1:]
    title, words, ignored = "", list[str](), list[str]()
    if rest.startswith(",") and (of_rust := _AFTER_COMMAS.match(rest)):
        ignored.append(of_rust[0].strip(","))
        rest = rest[of_rust.end() :]
    for piece in _PIECES.finditer(rest.removeprefix(",")):
        if piece["key"]:
            title = title or (_bare(piece["value"]) if piece["key"].lower() in _TITLES else "")
            ignored += [] if piece["key"].lower() in _TITLES else [piece[0]]
        elif piece["braces"]:
            inner = _of_braces(piece["braces"])
            language, title = language or inner.language, title or inner.title
            ignored += [inner.ignored] if inner.ignored else []
        elif piece["word"] and (piece["word"].lower().strip(",") in _FLAGS or re.fullmatch(r"[,:]?[\d,:-]*|/.+/\w*", piece["word"])):
            ignored.append(piece["word"])
        else:
            words.append(_bare(piece["word"] or piece["quoted"]))
    if language in _DIRECTIVES and not first and words:
        language = words.pop(0)
    return CodeInfo(language, title or " ".join(words).removeprefix(":"), " ".join(ignored))


def _of_braces(written: str) -> CodeInfo:
    """`{.python title="x" hl_lines="1"}` as pandoc and others write it, `{python}` as notebooks do, `{1,3-4}` for lines."""
    language, title, ignored = "", "", list[str]()
    for piece in _PIECES.finditer(_AS_IN_JSON.sub(r"\1=", written[1:-1])):
        word = (piece["word"] or "").strip(",")
        if piece["key"] and piece["key"].lower() in _TITLES:
            title = title or _bare(piece["value"].strip(","))
        elif not language and (named := re.fullmatch(rf"\.?({_LANGUAGE.pattern})", word)) and not re.match(r"[\d-]", word):
            language = named[1]
        else:
            ignored.append(piece[0])
    return CodeInfo(language, title, "{" + " ".join(ignored) + "}" if ignored else "")


def _bare(value: str) -> str:
    return value[1:-1] if value[:1] in "\"'{[" and len(value) > 1 else value
