"""Content negotiation: whether an answer may be compressed, and the weights of a header."""

from collections.abc import Iterable
from functools import lru_cache

MOST_BYTES = 300
"""Browsers send 30. What is longer is not read, so that nobody fills the cache."""


def asked_encoding(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The value of Accept-Encoding, of several headers together."""
    return b",".join(value for name, value in headers if name == b"accept-encoding")


def takes_gzip(accept_encoding: bytes) -> bool:
    """Return True if the header Accept-Encoding asks for gzip at least as much as for no compression (RFC 9110, 12.5.3)."""
    return len(accept_encoding) <= MOST_BYTES and _takes_gzip(accept_encoding)


@lru_cache(1000)
def _takes_gzip(accept_encoding: bytes) -> bool:
    weights: dict[str, float] = {}
    for item in accept_encoding.decode("latin-1").lower().split(","):
        coding, *parameters = (part.strip() for part in item.split(";"))
        weights[coding] = weight(parameters)
    gzip = max((weights[name] for name in ("gzip", "x-gzip") if name in weights), default=weights.get("*", 0.0))
    return gzip > 0 and gzip >= weights.get("identity", 0.0)


def weight(parameters: list[str]) -> float:
    """Return the weight `q` named in `parameters`, 1 where there is none, 0 where it cannot be read."""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                weight = float(value)
            except ValueError:
                return 0.0
            return weight if 0 <= weight <= 1 else 0.0
    return 1.0
