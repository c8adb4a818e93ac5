"""E-mail addresses, in the one form they are stored and compared in."""

import re

LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
MAX_LOCAL_CHARS, MAX_ADDRESS_CHARS = 64, 254


def canonical(text: str) -> str | None:
    """The address trimmed, in lower case, its domain in ASCII; None when `text` is not exactly one plain address.

    Quoted local parts, comments, bare domains and addresses in brackets are refused: mail systems read them differently.
    """
    local, at, domain = text.strip().lower().rpartition("@")
    if not at or len(local) > MAX_LOCAL_CHARS or not LOCAL.fullmatch(local):
        return None
    ascii_domain = _ascii(domain)
    labels = ascii_domain.split(".")
    if len(labels) < 2 or not all(LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
        return None
    address = f"{local}@{ascii_domain}"
    return address if len(address) <= MAX_ADDRESS_CHARS else None


def _ascii(domain: str) -> str:
    try:
        return domain if domain.isascii() else domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return ""
