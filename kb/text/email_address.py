"""Email addresses, in the one form they are stored and compared in."""

import re

import idna

LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
MAX_LOCAL_CHARS, MAX_ADDRESS_CHARS = 64, 254
# Mail programs read "=?" in a header as the start of encoded text, even inside an address.
ENCODED_WORD = "=?"


def canonical_email(text: str) -> str | None:
    """Return the address trimmed, in lower case, its domain in ASCII; None when `text` is not exactly one plain address.

    Quoted local parts, comments, bare domains and addresses in brackets are refused: mail systems read them differently.
    """
    address = in_ascii(text)
    return address.lower() if address else None


def in_ascii(text: str, *, is_bare_host_allowed: bool = False) -> str | None:
    """Return the address trimmed, as it goes to a mail server: the local part as written, the domain in ASCII and lower case; None as above.

    A host without a dot, such as localhost, is for mail that stays inside one network.
    """
    local, at, domain = text.strip().rpartition("@")
    if not at or len(local) > MAX_LOCAL_CHARS or not LOCAL.fullmatch(local) or ENCODED_WORD in local:
        return None
    ascii_domain = domain_in_ascii(domain, is_bare_host_allowed=is_bare_host_allowed)
    address = f"{local}@{ascii_domain}"
    return address if ascii_domain and len(address) <= MAX_ADDRESS_CHARS else None


def domain_in_ascii(domain: str, *, is_bare_host_allowed: bool = False) -> str | None:
    """Return the domain as the name system knows it (IDNA 2008, mapped by UTS 46); None when it has no such form."""
    if len(domain) > MAX_ADDRESS_CHARS:
        return None
    try:
        # Not Python's own codec: by IDNA 2003 it makes fass.de of faß.de, which belongs to somebody else.
        name = domain.lower() if domain.isascii() else idna.encode(domain, uts46=True, std3_rules=True).decode("ascii")
    except UnicodeError:
        return None
    labels = name.split(".")
    if not all(LABEL.fullmatch(label) and _is_readable(label) for label in labels) or labels[-1].isdigit():
        return None
    return name if len(labels) > 1 or is_bare_host_allowed else None


def _is_readable(label: str) -> bool:
    """Whether a label in Punycode stands for a label that could have been typed."""
    if not label.startswith("xn--"):
        return True
    try:
        decoded = label[4:].encode("ascii").decode("punycode")
        return not decoded.isascii() and idna.uts46_remap(decoded, std3_rules=True) == decoded
    except UnicodeError:
        return False
