"""Find the conflict markers that a merge left in a text."""

import re
from collections.abc import Sequence

from kb.articles.markdown.fences import outside_code

_BEGINS = re.compile(r"<{7,}(?: \S.*)?")
_PARTS = re.compile(r"(?:={7,}|\|{7,}(?: .*)?|%{7,}(?: .*)?|\+{7,}(?: .*)?)")
_ENDS = re.compile(r">{7,}(?: \S.*)?")
_LONE = re.compile(r"(?:<{7}|>{7}|\|{7}|%{7})(?: \S|$)")
_PRE_BEGINS, _PRE_ENDS = re.compile(r"<(pre|code|samp|kbd)\b", re.IGNORECASE), re.compile(r"</(pre|code|samp|kbd)\s*>", re.IGNORECASE)


def conflict(text: str) -> int:
    """Return the line that an unresolved conflict begins on; 0 when there is none. Marks that are shown as code are not meant."""
    if "<<<<<<<" not in text:
        return 0
    lines = text.split("\n")
    for number, line in _outside_code(lines):
        if _BEGINS.fullmatch(line.rstrip()) and _is_whole(lines, number, len(line) - len(line.lstrip("<"))):
            return number
    return 0


def lone_marks(lines: Sequence[str]) -> list[int]:
    """Return the numbers of the lines that are nothing but a mark of a merge, outside code: the rest of a conflict that was resolved in haste."""
    return [number for number, line in _outside_code(lines) if _LONE.match(line)]


def _outside_code(lines: Sequence[str]) -> list[tuple[int, str]]:
    """The numbered lines that are in no block of code, those between `<pre>` and `</pre>` left out too."""
    found, is_inside = [], False
    for number, line in outside_code(lines):
        if not is_inside:
            found.append((number, lines[number - 1]))
        begins, ends = (list(pattern.finditer(line)) for pattern in (_PRE_BEGINS, _PRE_ENDS))
        if begins or ends:
            is_inside = bool(begins) and (not ends or begins[-1].start() > ends[-1].start())
    return found


def _is_whole(lines: list[str], begins: int, length: int) -> bool:
    """Whether the conflict has its other marks, of the same length: what parts the sides, and its end."""
    has_parts = False
    for line in (line.rstrip() for line in lines[begins:]):
        if _marks(line) == length:
            if _ENDS.fullmatch(line):
                return has_parts
            has_parts |= _PARTS.fullmatch(line) is not None
    return False


def _marks(line: str) -> int:
    return len(line) - len(line.lstrip(line[0])) if line and line[0] in "=|%+>" else 0
