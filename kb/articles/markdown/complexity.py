"""Limits on what is rendered. Markdown parsers can take worse than linear time, so a text is measured before it is parsed."""

import re
from collections.abc import Sequence

from markdown_it.token import Token

MAX_BYTES = 256 * 1024
MAX_NESTING = 20
STEPS_PER_CHAR, FREE_STEPS = 6, 20_000

# Measured at these counts: each takes less than one second. The busiest of 1,358 real articles holds a fiftieth.
_MOST = tuple(
    (re.compile(pattern, re.MULTILINE), most)
    for pattern, most in (
        (r"[\[\]]", 15_000),
        (r"<", 10_000),
        (r"\|", 12_000),
        (r"[*_~]", 60_000),
        (r"`", 60_000),
        (r"&", 25_000),
        (r":/|@", 10_000),
        (r"^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)]|#{1,6})[ \t]|(?:=+|-+)[ \t]*$)", 8_000),
        (r">", 30_000),
        (r"\{[.#:]", 5_000),
        (r"\n", 40_000),
    )
)


MOST_CELLS = 12_000
"""Of all tables of a text, with those that the parser adds to rows that are too short."""
MOST_CHARS_OUT = 8 * MAX_BYTES
"""Of a rendered text: a link or picture by reference repeats its address and title each time it is used."""
_BEFORE_TABLE = re.compile(r"[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*[ \t>]*")
_OF_DELIMITERS = frozenset("|-: \t")
_MARKS = "split it, or take out the long run of brackets or marks"


class TooComplex(ValueError):
    """The text would take too long to render; `line` says where that was noticed."""

    def __init__(self, line: int, advice: str = _MARKS) -> None:
        super().__init__(f"article too complex: {advice}")
        self.line, self.advice = line, advice

    def below(self, lines: int) -> "TooComplex":
        """Return the same, of a text that begins so many lines further down."""
        return TooComplex(self.line + lines, self.advice)


def refuse_too_complex(text: str) -> None:
    """Raise TooComplex, with the line, when the text is too large, or holds too many marks of one kind or too large tables."""
    if len(text) * 4 > MAX_BYTES and len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise TooComplex(text.count("\n", 0, MAX_BYTES) + 1)
    for pattern, most in _MOST:
        if len(text) > most:
            _refuse_more(text, pattern, most)
    _refuse_large_tables(text)


def refuse_too_long(tokens: Sequence[Token]) -> None:
    """Raise TooComplex, with the line, when what was parsed would make a far larger page than its text."""
    chars, line = 0, 1
    for token in tokens:
        line = token.map[0] + 1 if token.map else line
        for part in (token, *(token.children or ())):
            chars += len(part.content) + sum(len(value) for value in part.attrs.values() if isinstance(value, str))
        if chars > MOST_CHARS_OUT:
            raise TooComplex(line, "its links and pictures repeat long addresses or titles; shorten those, or split it")


def _refuse_large_tables(text: str) -> None:
    cells = columns = 0
    for number, line in enumerate(text.splitlines() if "|" in text and "-" in text else (), 1):
        row = line[_BEFORE_TABLE.match(line).end() :]  # type: ignore[union-attr]
        if not row.strip():
            columns = 0
        elif "|" in row and "-" in row and _OF_DELIMITERS.issuperset(row):
            columns = row.strip().strip("|").count("|") + 1
            cells += columns
        else:
            cells += columns
        if cells > MOST_CELLS:
            raise TooComplex(number, f"its tables have more than {MOST_CELLS:,} cells, the empty ones of short rows included; split them")


def _refuse_more(text: str, pattern: re.Pattern[str], most: int) -> None:
    for count, found in enumerate(pattern.finditer(text)):
        if count >= most:
            raise TooComplex(text.count("\n", 0, found.start()) + 1)
