"""The language of each page: that of its address, else the reader's choice, their browser's, the site's."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kb.config import Settings
from kb.i18n.catalogs import SOURCE, Language, codes, known_code, language
from kb.i18n.translate import current, speak
from kb.web.guard import kept_private
from kb.web.http.encoding import weight
from kb.web.locales import PATTERN, name_of

COOKIE = "deskbook_language"
COOKIE_DAYS = 400
PARAMETER = "locale"
MOST_HEADER_CHARS = 500
SITE_PATHS = frozenset(("", "articles", "categories", "feed.xml", "sitemap.xml"))
"""First parts of the paths of pages in the site's own language."""
SEARCH, API = "search", "api"
_TAG = re.compile(PATTERN)


@dataclass(frozen=True, slots=True)
class LanguageLink:
    """A language that the reader may switch to."""

    code: str
    name: str
    url: str
    is_current: bool


class PageLanguage:
    """Sets the language of each request, and remembers the one that a reader chose with `?locale=`."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._site = settings.locale
        self._is_secure = settings.base_url.startswith("https:")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        by_address = of_address(scope["path"], scope["query_string"], self._site)
        if by_address is not None:
            speak(by_address)
            return await self._app(scope, receive, send)
        headers = Headers(scope=scope)
        chosen, kept = _asked(scope["query_string"]), _kept(headers)
        speak(_offered(chosen or kept or _of_browser(headers.get("accept-language", ""), self._site) or self._site, self._site))
        if not chosen or chosen == kept or scope["method"] != "GET":
            return await self._app(scope, receive, send)

        async def remembering(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).append("set-cookie", self._cookie(chosen))
                message["headers"] = kept_private(message["headers"])
            await send(message)

        return await self._app(scope, receive, remembering)

    def _cookie(self, code: str) -> str:
        secure = "; Secure" if self._is_secure else ""
        return f"{COOKIE}={code}; Path=/; Max-Age={COOKIE_DAYS * 86400}; HttpOnly; SameSite=Lax{secure}"


def of_address(path: str, query: bytes, site: str) -> Language | None:
    """Return the language that the address settles: of help-centre pages and the search; None where the reader decides."""
    first = path.split("/", 2)[1] if path.startswith("/") else ""
    if first == SEARCH:
        first = parse_qs(query.decode("latin-1")).get(PARAMETER, [""])[0].lower()
        return _offered(first, site) if _TAG.fullmatch(first) else language(site)
    if first in SITE_PATHS:
        return language(site)
    if first == API:
        return language(SOURCE)
    return _offered(first, site) if _TAG.fullmatch(first) else None


def chosen_language(request: Request) -> Language | None:
    """Return the language that this reader chose on a page before; None where they chose none."""
    settings: Settings = request.app.state.settings
    code = _kept(request.headers)
    return _offered(code, settings.locale) if code else None


def language_links(request: Request) -> list[LanguageLink]:
    """Return the languages that this page can be read in; empty where its address settles that, and for a page that answers a form.

    Following a link loads the page again: what was typed into a form that came back with errors would be lost.
    """
    settings: Settings = request.app.state.settings
    if request.method != "GET" or of_address(request.scope["path"], request.scope["query_string"], settings.locale) is not None:
        return []
    others = [(name, value) for name, value in request.query_params.multi_items() if name != PARAMETER]
    here = current().code
    return [LanguageLink(code, name_of(code), f"?{urlencode([*others, (PARAMETER, code)])}", code == here) for code in codes()]


def _offered(tag: str, site: str) -> Language:
    """Return the language for readers of `tag`, English where there is none; in the site's own variant of it, such as `en-us`."""
    code = known_code(tag) or SOURCE
    return language(site if site.partition("-")[0] == code else code)


def _asked(query: bytes) -> str:
    return known_code(parse_qs(query.decode("latin-1")).get(PARAMETER, [""])[0]) if PARAMETER.encode() in query else ""


def _kept(headers: Headers) -> str:
    cookie = headers.get("cookie", "")
    if COOKIE not in cookie:
        return ""
    found = re.search(rf"(?:^|; ?){COOKIE}=([a-z-]{{2,12}})(?:;|$)", cookie)
    return known_code(found[1]) if found else ""


def _of_browser(accepted: str, site: str) -> str:
    """Return the language that the header Accept-Language likes best among those offered; empty where it names none (RFC 9110, 12.5.4)."""
    best, found = 0.0, ""
    for item in accepted[:MOST_HEADER_CHARS].lower().split(","):
        tag, *parameters = (part.strip() for part in item.split(";"))
        code = site.partition("-")[0] if tag == "*" else known_code(tag)
        if code and (liked := weight(parameters)) > best:
            best, found = liked, code
    return found
