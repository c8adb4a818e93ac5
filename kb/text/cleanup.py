"""Text that people typed, in the form in which it is stored, shown and sent."""

import re

from kb.text.characters import is_visible, settled, without_direction

LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# C0 and C1 controls but for tab and line end.
CONTROLS = re.compile("[\x01-\x08\x0e-\x1f\x7f-\x9f]")


def clean(value: str) -> str:
    """Return `value` as every store and every protocol takes it; empty when nothing of it can be seen.

    Line ends are \\n, other controls blanks; NUL, lone surrogates and what turns the words around it are gone; trimmed.
    """
    whole = value.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")
    text = settled(CONTROLS.sub(" ", LINE_ENDS.sub("\n", whole))).strip()
    return text if is_visible(text) else ""


def one_line(value: str) -> str:
    """Return the cleaned `value` on one line, each run of blanks as one."""
    return " ".join(without_direction(clean(value)).split())
