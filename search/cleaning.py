"""What of a pasted text is looked at: no control characters, no greetings or addresses, and of a long one both ends."""

import re

from kb.web.characters import is_visible
from search.engine import MAX_QUERY_CHARS

MOST_READ_CHARS = 64_000
_NOISE_LINES = re.compile(
    r"^\s*(?:>.*|(?:from|to|cc|sent|date|von|an|de|para|datum|envoyé)\s*:.*|on .{5,80} wrote:|-{2,}\s*|sent from my .*|get outlook for .*|"
    r"(?:hi|hello|hey|dear|hallo|bonjour|hola|ciao|beste)\b[^.?!]{0,30},?|(?:best|kind|warm)?\s*(?:regards|wishes)\b.{0,40}|"
    r"(?:thanks|thank you|cheers|sincerely)\b.{0,30})\s*$",
    re.IGNORECASE | re.MULTILINE,
)
_ADDRESSES = re.compile(r"https?://\S+|www\.\S+|\S+@\S+\.\w+")
_LONG_NUMBERS = re.compile(r"(?<!\w)[#№]?(?=\w*\d{4})[A-Z0-9-]{7,}(?!\w)|\b\d{5,}\b", re.IGNORECASE)


def clean(text: str) -> str:
    """`text` without control characters, lone surrogates and surplus space, at most MAX_QUERY_CHARS long.

    Of a longer one each line is taken once, and then the beginning, where a letter says what it is about, and the end, where a log says
    what went wrong.
    """
    if not text.isprintable():  # as nearly all are
        text = text[:MOST_READ_CHARS].encode("utf-8", "ignore").decode()
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


def what_matters(text: str) -> str:
    """`text` without greetings, signatures, quoted mail, addresses and order numbers."""
    if "\n" in text:
        text = _NOISE_LINES.sub("", text)
    return _LONG_NUMBERS.sub(" ", _ADDRESSES.sub(" ", text))
