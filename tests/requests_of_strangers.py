"""Requests as hypothesis makes them up: every address of the site, with values, headers and bodies that nobody would send in good faith."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, quote_from_bytes, urlencode

from hypothesis import strategies as st
from starlette.routing import BaseRoute, Route

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
NAMES = (
    "q", "page", "category", "type", "tag", "locale", "audience", "limit", "offset", "sort", "order", "before", "after", "from", "to", "include", "read",
    "email", "name", "subject", "description", "body", "nonce", "kept", "solved", "article", "website", "check", "value", "reason", "password", "username",
    "next", "version", "status", "priority", "tags", "assignee", "assignee_id", "role", "kind", "person", "scope", "choice", "files", "hits", "slug", "rank",
    "query", "digest", "visits", "outcome", "period", "keep", "goes_on", "find_articles", "insert", "sent", "ticket", "comment", "requester",
)  # fmt: skip
HEADERS = (
    "accept", "accept-encoding", "accept-language", "authorization", "cache-control", "content-encoding", "cookie", "expect", "forwarded", "from",
    "idempotency-key", "if-match", "if-modified-since", "if-none-match", "origin", "purpose", "range", "referer", "sec-fetch-dest", "sec-fetch-mode",
    "sec-fetch-site", "sec-fetch-user", "sec-purpose", "te", "user-agent", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-http-method-override",
)  # fmt: skip
COOKIES = ("deskbook_session", "deskbook_staff", "deskbook_visitor", "deskbook_visit", "deskbook_requests", "deskbook_signed_in", "x")
NASTY = (
    "", " ", "0", "-1", "1", "9" * 40, "1e9", "NaN", "%", "%00", "%ff", "..", "../../etc/passwd", "//evil.example", "\\\\evil", "<script>alert(1)</script>",
    "' OR 1=1 --", '"', "{{7*7}}", "${7*7}",
    "\r\nSet-Cookie: a=b", "\x00", "\u202e", "\u2800", "\u3164", "𝕳𝖊𝖑𝖑𝖔", "🏳️‍🌈" * 50, "é" * 3000, "a" * 5000,
    "a\u0301" * 500, "=?utf-8?q?x=0D=0ABcc:_a@b?=", "alice@example.com", "a@b\nBcc: c@d", "2026-02-30", "0001-01-01", "9999-12-31",
    "reset", "ada@example.com", "new", "open", "tru", "null", "[]", "*", "(",
    '"' * 200, "a OR b NEAR/3 c*", "-" * 400, "١٢٣", "²", "¼", "İ" * 100,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, as the server hands it to the app."""

    method: str
    target: str
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    def __str__(self) -> str:
        return f"{self.method} {self.target} {dict(self.headers)} {self.body[:2000]!r}"


def text() -> st.SearchStrategy[str]:
    """Nasty words, and any others."""
    return st.one_of(st.sampled_from(NASTY), st.text(st.characters(codec="utf-8"), max_size=30))


def requests(routes: Sequence[BaseRoute], known: Sequence[str]) -> st.SearchStrategy[Asked]:
    """Requests to every route; `known` are values that lead somewhere: numbers, slugs, tokens."""
    own = sorted({(method, route.path) for route in routes if isinstance(route, Route) for method in route.methods or METHODS})
    value = st.one_of(st.sampled_from([*known, "1"]), text())
    meant = st.sampled_from(own)
    addressed = st.one_of(meant, meant, meant, st.tuples(st.sampled_from(METHODS), meant.map(lambda pair: pair[1])))
    return st.builds(_asked, addressed, st.lists(value, min_size=4, max_size=4), _query(value), _headers(), _body(value))


def _asked(addressed: tuple[str, str], values: list[str], query: str, headers: list[tuple[bytes, bytes]], body: tuple[str, bytes]) -> Asked:
    method, path = addressed
    left = iter(values)

    def fill(part: re.Match[str]) -> str:
        filled = next(left, "x")
        if part[0].endswith(":int}"):
            return filled if filled.isascii() and filled.isdigit() else "1"
        return quote(filled, safe="/" if part[0].endswith(":path}") else "") or "x"

    kind, content = body
    sent = headers + ([(b"content-type", kind.encode("latin-1", "replace"))] if kind else [])
    return Asked(method, re.sub(r"{[^}]*}", fill, path) + (f"?{query}" if query else ""), tuple(sent), b"" if method in ("GET", "HEAD") else content)


def _query(value: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.lists(st.tuples(st.sampled_from(NAMES), value), max_size=4).map(urlencode)
    return st.one_of(st.just(""), pairs, st.binary(max_size=40).map(quote_from_bytes), st.text("&=%;+[]abq", max_size=20))


def _headers() -> st.SearchStrategy[list[tuple[bytes, bytes]]]:
    printable = st.one_of(
        st.sampled_from([one for one in NASTY if one.isprintable()]), st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60)
    )
    chosen = st.sampled_from(("same-origin", "cross-site", "gzip;q=0", "bytes=0-1,5-", "bytes=9-1", "application/json", "Bearer x", 'W/"a"', "*", "de, en;q=x"))
    plain = st.tuples(st.sampled_from(HEADERS), st.one_of(chosen, printable)).map(lambda pair: (pair[0].encode(), pair[1].encode("utf-8")))
    cookie = st.lists(st.tuples(st.sampled_from(COOKIES), printable), max_size=4).map(
        lambda pairs: (b"cookie", "; ".join(f"{n}={v}" for n, v in pairs).encode())
    )
    return st.lists(st.one_of(plain, cookie), max_size=5)


def _body(value: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, bytes]]:
    fields = st.lists(st.tuples(st.sampled_from(NAMES), value), max_size=8)
    posted = fields.map(lambda pairs: ("application/x-www-form-urlencoded", urlencode(pairs).encode()))
    return st.one_of(st.just(("", b"")), posted, fields.flatmap(_multipart), _json(value), st.tuples(st.sampled_from(KINDS), st.binary(max_size=200)))


KINDS = (
    "",
    "text/plain",
    "application/json",
    "multipart/form-data",
    "multipart/form-data; boundary=b",
    "application/x-www-form-urlencoded; charset=nope",
    "\xff",
)


def _multipart(pairs: list[tuple[str, str]]) -> st.SearchStrategy[tuple[str, bytes]]:
    def build(names: list[str], contents: list[bytes], cut: int) -> tuple[str, bytes]:
        parts = [f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode() for name, value in pairs]
        for name, content in zip(names, contents, strict=False):
            safe = name.replace("\r", "").replace("\n", "").replace('"', "%22")
            parts.append(f'--b\r\nContent-Disposition: form-data; name="files"; filename="{safe}"\r\n\r\n'.encode() + content + b"\r\n")
        whole = b"".join(parts) + b"--b--\r\n"
        return "multipart/form-data; boundary=b", whole[: len(whole) - cut]

    return st.builds(build, st.lists(text(), max_size=3), st.lists(st.binary(max_size=60), max_size=3), st.sampled_from((0, 0, 0, 1, 5, 30)))


def _json(value: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, bytes]]:
    leaf: st.SearchStrategy[Any] = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), value)
    tree = st.recursive(leaf, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)), max_leaves=12)
    return st.dictionaries(st.sampled_from(NAMES), tree, max_size=5).map(lambda tree: ("application/json", json.dumps(tree).encode()))
