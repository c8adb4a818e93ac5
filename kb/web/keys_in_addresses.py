"""API keys that were put into an address: logs, histories and Referer headers keep it, so it is refused, whatever page it names."""

import re
from urllib.parse import unquote_to_bytes

KEY = re.compile(rb"dk_[A-Za-z0-9_-]{40}")
ADVICE = "An API key in an address ends up in logs. Send it as `Authorization: Bearer <key>`, and replace the one you just sent."


def has_key(part: bytes) -> bool:
    """Return True if a path or query holds an API key, also one that is percent-encoded, once or twice."""
    if b"dk_" not in part and b"%" not in part:
        return False
    once = unquote_to_bytes(part)
    return any(KEY.search(text) for text in (part, once, unquote_to_bytes(once)))
