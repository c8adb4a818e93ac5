"""Write text into email headers so that it is read back as the same text and nothing else."""

from email.header import Header

from kb.text.cleanup import one_line
from kb.text.email_address import ENCODED_WORD

MAX_LINE_CHARS = 76
MAX_TEXT_CHARS = 400
MAX_WORD_CHARS = 60


def text_header(name: str, text: str) -> Header:
    """Return the value of a header of free text, such as Subject."""
    line = one_line(text)[:MAX_TEXT_CHARS]
    return Header(line, "us-ascii" if _is_plain(line) else "utf-8", maxlinelen=MAX_LINE_CHARS, header_name=name)


def mailbox_header(name: str, display: str, address: str) -> Header:
    """Return the value of a header with one address, such as From; `display` is any text, `address` one in ASCII."""
    header = Header(maxlinelen=MAX_LINE_CHARS, header_name=name)
    line = one_line(display)[:MAX_TEXT_CHARS]
    if not line:
        header.append(address, "us-ascii")
    elif _is_plain(line):
        header.append(f"{_quoted(line)} <{address}>", "us-ascii")
    else:
        header.append(line, "utf-8")
        header.append(f"<{address}>", "us-ascii")
    return header


def _is_plain(line: str) -> bool:
    # What looks like an encoded word is encoded itself, or readers would decode it. Long words would leave nowhere to fold.
    return line.isascii() and line.isprintable() and ENCODED_WORD not in line and all(len(word) <= MAX_WORD_CHARS for word in line.split(" "))


def _quoted(line: str) -> str:
    return '"' + line.replace("\\", "\\\\").replace('"', '\\"') + '"'
