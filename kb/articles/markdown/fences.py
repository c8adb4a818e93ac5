"""Find the lines of an article that are code, for checks of the source text."""

import re
from collections.abc import Iterator, Sequence

_FENCE = re.compile(r"[\s>]*(?:(?:[-*+]|\d{1,9}[.)])\s+)*(`{3,}|~{3,})(.*)")


def outside_code(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Each line that is no code with its number, code inside it emptied."""
    code = _code(lines)[0]
    for number, line in enumerate(lines, 1):
        if number not in code:
            yield number, _emptied(line)


def openings(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Each block of code: the number of its first line, and what stands behind the marks there."""
    code = _code(lines)[0]
    for number in sorted(code):
        found = _FENCE.match(lines[number - 1])
        if found and code[number]:
            yield number, found[2]


def unclosed(lines: Sequence[str]) -> int | None:
    """The number of the line whose block of code is never closed; None when there is none."""
    return _code(lines)[1]


def _emptied(line: str) -> str:
    """The line with `code` as ``: each run of backticks closes with the next of its length. One pass, for a line may be one long run."""
    runs = list(re.finditer("`+", line))
    later: dict[int, list[int]] = {}
    for place in reversed(range(len(runs))):
        later.setdefault(len(runs[place][0]), []).append(place)
    kept, at, first = [], 0, 0
    for place, run in enumerate(runs):
        same = later[len(run[0])]
        same.pop()
        if place >= first and same:
            kept += [line[at : run.start()], "``"]
            at, first = runs[same[-1]].end(), same[-1] + 1
    return "".join([*kept, line[at:]])


def _code(lines: Sequence[str]) -> tuple[dict[int, bool], int | None]:
    """The lines that are code, True for the first of a block; and the first line of a block that never ends."""
    code: dict[int, bool] = {}
    opening, begun = "", 0
    for number, line in enumerate(lines, 1):
        found = _FENCE.match(line)
        mark, rest = (found[1], found[2]) if found else ("", "")
        if opening:
            code[number] = False
            if mark.startswith(opening) and not rest.strip():
                opening = ""
        elif mark and not (mark[0] == "`" and "`" in rest):
            code[number] = True
            opening, begun = mark, number
    return code, begun if opening else None
