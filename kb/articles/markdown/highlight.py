"""Highlight code: spans with classes, coloured by `code.css`."""

from html import escape

from pygments import highlight as _highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

MAX_CHARS = 50_000
CLASS_PREFIX = "hl-"
_PLAIN = frozenset(("", "text", "txt", "plain", "none", "output"))
_formatter: HtmlFormatter[str] = HtmlFormatter(nowrap=True, classprefix=CLASS_PREFIX)


def highlight(code: str, language: str) -> str:
    """The code as escaped HTML, with spans when the language is known and the code is not huge."""
    lexer = None if len(code) > MAX_CHARS else _lexer(language)
    return _highlight(code, lexer, _formatter) if lexer else escape(code, quote=False)


def _lexer(language: str) -> Lexer | None:
    if language.lower() in _PLAIN:
        return None
    try:
        return get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except (ClassNotFound, ImportError):
        return None
