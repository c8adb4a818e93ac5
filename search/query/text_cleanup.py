"""Clean up pasted text: no control characters, greetings or addresses, and both ends of a long one."""

import re

from kb.text.characters import is_visible
from search.engine import MAX_QUERY_CHARS
from search.text.normalizer import visible
from search.text.tokenizer import words

MOST_READ_CHARS = 64_000
_NOISE_LINES = re.compile(
    r"^\s*(?:>.*|(?:from|to|cc|sent|date|von|an|de|para|datum|envoyé)\s*:.*|on .{5,80} wrote:|-{2,}\s*|sent from my .*|get outlook for .*|"
    r"(?:hi|hello|hey|dear|hallo|bonjour|hola|ciao|beste)\b[^.?!]{0,30},?|(?:best|kind|warm)?\s*(?:regards|wishes)\b.{0,40}|"
    r"(?:thanks|thank you|cheers|sincerely)\b.{0,30})\s*$",
    re.IGNORECASE | re.MULTILINE,
)
_ADDRESSES = re.compile(r"https?://\S+|www\.\S+|\S+@\S+\.\w+")
_NUMBERS = re.compile(r"(?<!\w)[#№]?(?=\w*\d{4})[A-Z0-9-]{7,}(?!\w)|\b\d{5,}\b", re.IGNORECASE)
"""What may be the number of an order, a parcel or a device."""


def clean_query(text: str) -> str:
    """`text` without control characters, lone surrogates and surplus space, at most MAX_QUERY_CHARS long.

    Of a longer one each line is taken once, and then the beginning, where a letter says what it is about, and the end, where a log says
    what went wrong.
    """
    if not text.isprintable():  # as nearly all are
        text = visible(text[:MOST_READ_CHARS].encode("utf-8", "ignore").decode())
        text = "".join([char if char.isprintable() or char == "\n" else " " for char in text])
    text = text.strip()
    if not is_visible(text):
        return ""
    if len(text) <= MAX_QUERY_CHARS:
        return text
    text = "\n".join(dict.fromkeys(text.split("\n"))).strip()
    if len(text) <= MAX_QUERY_CHARS:
        return text
    begin, end = text[: MAX_QUERY_CHARS // 2], text[1 - MAX_QUERY_CHARS // 2 :]
    return f"{begin.rsplit(None, 1)[0]}\n{end.split(None, 1)[-1]}"  # no half words


def drop_noise(text: str) -> tuple[str, tuple[str, ...]]:
    """Return `text` without greetings, signatures, quoted mail and addresses, and what was set aside."""
    set_aside: list[str] = []

    def removed(found: re.Match[str]) -> str:
        set_aside.extend(found[0].split("\n"))
        return " "

    if "\n" in text:
        text = _NOISE_LINES.sub(removed, text)
    text = _ADDRESSES.sub(removed, text)
    return text, tuple(dict.fromkeys(line.strip() for line in set_aside if line.strip()))


def numbers_of(text: str) -> set[str]:
    """The folded words of what may be the number of an order or a device."""
    return {word for number in _NUMBERS.findall(text) for word in words(number)}
