"""The article that led to the request form, and the reader's language."""

import re
from urllib.parse import parse_qs, unquote, urlsplit

from starlette.requests import Request

from kb.articles.article import Catalog

_ARTICLE = re.compile(r"(?:/[^/]+)?/articles/([^/]+)")


def article_before(request: Request) -> str:
    """The slug of the article whose page led here; empty when none did."""
    found = _ARTICLE.fullmatch(_before(request)[0])
    return unquote(found[1]) if found else ""


def readers_locale(request: Request, whole: Catalog) -> str:
    """The language the reader chose, in the address or on the page before; empty on a site with one language."""
    path, query = _before(request)
    asked = (request.query_params.get("locale", ""), *parse_qs(query).get("locale", ()), path.split("/")[1] if "/" in path else "")
    return next((one for one in asked if one in whole.translated), whole.locale) if whole.translated else ""


def _before(request: Request) -> tuple[str, str]:
    """Path and query of the page of ours that led here."""
    try:
        before = urlsplit(request.headers.get("referer", "")[:2000])
    except ValueError:
        return "", ""
    return (before.path, before.query) if before.netloc == request.headers.get("host") else ("", "")
