"""Passwords: argon2id with 19 MiB, two passes, one lane (the floor of OWASP's password storage cheat sheet)."""

import re
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from kb.i18n import gettext as _

MIN_CHARS, MAX_CHARS = 8, 1000
RATED_CHARS = 72
WEAKEST_SCORE = 2
"""Of zxcvbn's 0 to 4: found with no fewer than a million guesses. It knows the 30,000 commonest passwords, words, names, rows of keys and dates."""
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def hash_password(password: str) -> str:
    """The password as it is stored; taken as it was typed, spaces and NULs included."""
    return HASHER.hash(_bytes(password))


def verify(password: str, stored: str | None) -> bool:
    """Whether the password is the stored one; without a stored one it takes as long to say no."""
    try:
        HASHER.verify(stored or _nobodys_hash(), _bytes(password))
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def problem(password: str, *, about: tuple[str, ...] = ()) -> str | None:
    """Why this cannot become a password, in words for its owner; None when it can. `about` names its owner and the site: such words count for little."""
    if len(password) < MIN_CHARS:
        return _("Use at least %(least)s characters.", least=MIN_CHARS)
    if len(password) > MAX_CHARS:
        return _("Use at most %(most)s characters.", most=MAX_CHARS)
    if _score(password, about) < WEAKEST_SCORE:
        return _("This is too easy to guess. Several unrelated words make a good password.")
    return None


def _score(password: str, about: tuple[str, ...]) -> int:
    from zxcvbn import zxcvbn  # its lists take 15 MB, which a site where nobody sets a password never needs

    words = [text.lower() for whole in about for text in (whole, whole.partition("@")[0], *re.findall(r"\w+", whole)) if text]
    return int(zxcvbn(password[:RATED_CHARS], user_inputs=words)["score"])


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    return hash_password("nobody's")


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")
