"""Unicode classes that Python's `re` lacks, each written as the inside of a character set (`[...]`)."""

import unicodedata
from collections.abc import Iterable

_LAST = 0x1FFFF
"""Behind it are ideographs, which have no marks, then only tags and variation selectors."""
_SELECTORS = {0x34F, 0x17B4, 0x17B5, *range(0x180B, 0x1810), *range(0xFE00, 0xFE10)}
_FILLERS = {0x115F, 0x1160, 0x3164, 0xFFA0}


def _ranges(codes: Iterable[int]) -> str:
    runs: list[list[int]] = []
    for code in codes:
        if runs and code == runs[-1][1] + 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in runs)


_CATEGORIES = [(code, unicodedata.category(chr(code))) for code in range(0xA0, _LAST)]
MARKS = _ranges(code for code, category in _CATEGORIES if category[0] == "M" and code not in _SELECTORS)
"""Combining marks that are seen: vowel signs, tone marks, accents."""
INVISIBLE = _ranges(sorted({code for code, category in _CATEGORIES if category == "Cf"} | _SELECTORS | _FILLERS)) + "\U000e0000-\U000e0fff"
"""What leaves no trace of its own: soft hyphens, zero-width characters, directions, variation selectors."""
del _CATEGORIES
