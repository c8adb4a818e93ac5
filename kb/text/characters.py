"""Characters that nobody sees: controls, blank ones, those that turn the text around them, and those that XML forbids."""

import re
import unicodedata

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TURNS = re.compile("[\u202a-\u202e]")
_ISOLATES = re.compile("[\u2066-\u2069]")
_POP_ISOLATE = "\u2069"
# Letters and symbols without ink: fillers of Hangul, the empty Braille pattern, placeholders of objects, blanks of scripts and of music.
BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0\ufffc\U00013441\U00013442\U0001d159")
# Not assigned yet, but never to be seen (Default_Ignorable_Code_Point), and noncharacters.
_NEVER_SEEN = re.compile("[\u2065\ufff0-\ufff8\U000e0000-\U000e0fff\ufdd0-\ufdef]")

# Whatever a terminal or a reader of lines may take for the end of one, for an order, or for a turn.
_ESCAPES = {
    code: ascii(chr(code))[1:-1]
    for code in (*range(0x20), *range(0x7F, 0xA0), 0x061C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A), *range(0xD800, 0xE000))
}


def escaped(text: str) -> str:
    """Return the text on one line for a log or a terminal: what would end the line, command or turn it is written as an escape."""
    return text.translate(_ESCAPES)


def is_visible(text: str) -> bool:
    """Whether a reader would see anything of `text`: marks and modifiers without a letter to sit on are nothing."""
    return any(map(_has_ink, text))


def without_forbidden(text: str) -> str:
    """Return the text without the characters that no XML 1.0 document may hold (https://www.w3.org/TR/xml/#charsets)."""
    return _NOT_XML.sub("", text)


def settled(text: str) -> str:
    """Return the text without what would turn or reorder the words around it, and without what XML forbids.

    Embeddings and overrides of direction go (U+202A to U+202E), isolates stay where they are closed: right-to-left names need those.
    """
    text = without_forbidden(text)
    if _TURNS.search(text):
        text = _TURNS.sub("", text)
    return _paired(text) if _ISOLATES.search(text) else text


def hidden_turn(text: str) -> str:
    """Return the first character that `settled` would take out because it turns text, as `U+202E`; empty when there is none."""
    kept = _paired(text) if _ISOLATES.search(text) else text
    place = next((at for at, (one, other) in enumerate(zip(text, kept, strict=False)) if one != other), len(kept))
    found = _TURNS.search(text)
    turn = found[0] if found else text[place] if len(kept) < len(text) else ""
    return f"U+{ord(turn):04X}" if turn else ""


def without_direction(text: str) -> str:
    """Return the text settled and without any isolate: for what stands on one line among other words."""
    return _ISOLATES.sub("", settled(text))


def isolated(text: str) -> str:
    """Return `text` so that it may stand in a sentence of ours: in an isolate where anything of it runs from right to left."""
    runs_left = any(unicodedata.bidirectional(character) in ("R", "AL", "AN", "RLE", "RLO", "RLI") for character in text)
    return f"\u2068{text}{_POP_ISOLATE}" if runs_left else text


def _has_ink(character: str) -> bool:
    if character in BLANKS:
        return False
    category = unicodedata.category(character)
    if category == "Cn":
        # Unknown to this Python, such as the emoji of a later Unicode.
        return not _NEVER_SEEN.match(character) and ord(character) & 0xFFFE != 0xFFFE
    return category[0] not in "CZM"


def _paired(text: str) -> str:
    opened: list[int] = []
    alone: set[int] = set()
    for found in _ISOLATES.finditer(text):
        if found[0] != _POP_ISOLATE:
            opened.append(found.start())
        elif opened:
            opened.pop()
        else:
            alone.add(found.start())
    alone.update(opened)
    return "".join(character for at, character in enumerate(text) if at not in alone) if alone else text


def is_utf8(text: str) -> bool:
    """Return whether the text can be written as UTF-8: what the system handed over in other bytes cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
