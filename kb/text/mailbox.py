"""A name with its address, as the sender of mails is written in the settings."""

import re
from dataclasses import dataclass

from kb.text.cleanup import one_line
from kb.text.email_address import in_ascii

MAX_NAME_CHARS = 120


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Who a mail is from: a name in any words, possibly none, and an address in ASCII."""

    name: str
    address: str


def read_mailbox(text: str) -> Mailbox | None:
    """Return the mailbox written as `address`, `Name <address>` or `"Name" <address>`; None when it is none, or more than one.

    The name may hold any character: it is quoted or encoded when it is put into a header.
    """
    written = text.strip()
    if not written.endswith(">"):
        address = in_ascii(written, is_bare_host_allowed=True)
        return Mailbox("", address) if address else None
    name, opening, inside = written[:-1].rpartition("<")
    name, is_quoted = _unquoted(name.strip())
    address = in_ascii(inside, is_bare_host_allowed=True)
    if not opening or address is None or len(name) > MAX_NAME_CHARS or (not is_quoted and re.search("[<>]", name)):
        return None
    return Mailbox(one_line(name), address)


def _unquoted(name: str) -> tuple[str, bool]:
    quoted = re.fullmatch(r'"((?:[^"\\]|\\.)*)"', name)
    return (re.sub(r"\\(.)", r"\1", quoted[1]), True) if quoted else (name, False)
