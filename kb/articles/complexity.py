"""Bounds on what is rendered. Parsers of Markdown have worse than linear paths: a text is counted before it is parsed."""

import re

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
        (r"^[ \t>]*(?:[-*+]|\d{1,9}[.)]|#{1,6})[ \t]", 8_000),
        (r"\{[.#:]", 5_000),
        (r"\n", 40_000),
    )
)


class TooComplex(ValueError):
    """The text would take too long to render; `line` says where that was noticed."""

    def __init__(self, line: int) -> None:
        super().__init__("article too complex: split it, or take out the long run of brackets or marks")
        self.line = line


def refuse_too_complex(text: str) -> None:
    """Raises TooComplex, with the line, when the text is too large or holds too many marks of one kind."""
    if len(text) * 4 > MAX_BYTES and len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise TooComplex(text.count("\n", 0, MAX_BYTES) + 1)
    for pattern, most in _MOST:
        if len(text) > most:
            _refuse_more(text, pattern, most)


def _refuse_more(text: str, pattern: re.Pattern[str], most: int) -> None:
    for count, found in enumerate(pattern.finditer(text)):
        if count >= most:
            raise TooComplex(text.count("\n", 0, found.start()) + 1)
