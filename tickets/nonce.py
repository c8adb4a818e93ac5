"""The number in every form: signed, so that only our forms have one, and with the time it was shown."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SHAPE = re.compile(r"([0-9a-f]{32})\.([0-9]{1,12})\.([0-9a-f]{32})")


@dataclass(frozen=True, slots=True)
class Nonce:
    """`value` is the same however often the form is sent."""

    value: str
    shown_at: datetime

    def age(self, now: datetime) -> timedelta:
        """How long the form has been open; a clock that was set back gives zero."""
        return max(now - self.shown_at, timedelta())


def new_nonce(key: str, now: datetime) -> str:
    """The text for the form's hidden field."""
    unsigned = f"{secrets.token_hex(16)}.{int(now.timestamp())}"
    return f"{unsigned}.{_mac(key, unsigned)}"


def read_nonce(key: str, text: str) -> Nonce | None:
    """What `new_nonce` made; None for anything else."""
    match = SHAPE.fullmatch(text)
    if match is None or not hmac.compare_digest(_mac(key, f"{match[1]}.{match[2]}"), match[3]):
        return None
    return Nonce(match[1], datetime.fromtimestamp(int(match[2]), UTC))


def content_key(form_nonce: str, *content: str) -> str:
    """Return what identifies a form together with what was sent in it: sent again unchanged it is the same, with other words another one."""
    digest = hashlib.sha256("\0".join(content).encode("utf-8", "replace")).hexdigest()
    return f"{form_nonce[:32]}.{digest[:31]}"


def _mac(key: str, unsigned: str) -> str:
    return hmac.digest(key.encode(), f"form:{unsigned}".encode(), "sha256").hex()[:32]
