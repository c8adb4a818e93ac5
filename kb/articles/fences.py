"""Which lines of an article are code, for checks that look at the text as it was written."""

import re
from collections.abc import Iterator, Sequence

_FENCE = re.compile(r"[\s>]*(?:(?:[-*+]|\d{1,9}[.)])\s+)*(`{3,}|~{3,})(.*)")
_INLINE_CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")


def outside_code(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Each line that is no code with its number, code inside it emptied."""
    code = _code(lines)[0]
    for number, line in enumerate(lines, 1):
        if number not in code:
            yield number, _INLINE_CODE.sub("``", line)


def unclosed(lines: Sequence[str]) -> int | None:
    """The number of the line whose block of code is never closed; None when there is none."""
    return _code(lines)[1]


def _code(lines: Sequence[str]) -> tuple[set[int], int | None]:
    code: set[int] = set()
    opening, begun = "", 0
    for number, line in enumerate(lines, 1):
        found = _FENCE.match(line)
        mark, rest = (found[1], found[2]) if found else ("", "")
        if opening:
            code.add(number)
            if mark.startswith(opening) and not rest.strip():
                opening = ""
        elif mark and not (mark[0] == "`" and "`" in rest):
            code.add(number)
            opening, begun = mark, number
    return code, begun if opening else None
