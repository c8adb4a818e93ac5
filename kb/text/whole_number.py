"""Whole numbers that people type or put into addresses."""

import re

LARGEST = 2**63 - 1
"""What both databases can hold."""
_WRITTEN = re.compile(r"0|[1-9][0-9]{0,18}")


def parse_whole_number(text: str, *, most: int = LARGEST) -> int | None:
    """Return the number that `text` writes in the usual way, with the digits 0 to 9 alone; None for other texts and for a number above `most`."""
    number = int(text) if _WRITTEN.fullmatch(text) else None
    return number if number is not None and number <= most else None
