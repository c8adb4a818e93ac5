"""What stands before every view: known hosts, same-origin posts, and the headers that bind the browser."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kb.config import Settings
from kb.web.keys_in_addresses import ADVICE, has_key

SAFE_METHODS = frozenset(("GET", "HEAD", "OPTIONS"))
HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{0,5})?")
SECRET_PATH = re.compile(r"/requests/[0-9]+-[0-9a-f]{32}/")


def security_headers(settings: Settings) -> list[tuple[bytes, bytes]]:
    """Headers of every answer that does not bring its own policy."""
    frames = " ".join(f"https://{host}" for host in settings.iframe_hosts) or "'none'"
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; media-src 'self' https:; "
        f"manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; frame-src {frames}"
    )
    headers = {
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "permissions-policy": "camera=(), microphone=(), geolocation=()",
    }
    if settings.base_url.startswith("https:"):
        headers["strict-transport-security"] = "max-age=31536000"
    return [(name.encode(), value.encode()) for name, value in headers.items()]


def kept_private(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers of an answer that sets a cookie, such that no cache gives it to anybody else."""
    for name, value in headers:
        if name == b"cache-control" and (b"no-store" in value or b"private" in value):
            return headers
    return [*(header for header in headers if header[0] != b"cache-control"), (b"cache-control", b"private, no-cache")]


class Hosts:
    """The host names this site answers to."""

    def __init__(self, settings: Settings) -> None:
        self._names = {"localhost", "127.0.0.1", "::1", "testserver", settings.host, urlsplit(settings.public_url).hostname or "", *settings.allowed_hosts}
        self._any = settings.host in ("0.0.0.0", "::") and not settings.base_url  # noqa: S104
        self._answers: dict[bytes, bool] = {}

    def are_known(self, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        """Whether the headers name one host, and it is this site."""
        hosts = [value for name, value in headers if name == b"host"]
        return len(hosts) == 1 and self._is_known(hosts[0])

    def _is_known(self, host: bytes) -> bool:
        known = self._answers.get(host)
        if known is None:
            name = _host_name(host)
            known = name is not None and (self._any or name in self._names)
            if len(self._answers) < 100:
                self._answers[host] = known
        return known


class Guard:
    """Refuses foreign hosts (400) and cross-site posts (403); adds the security headers."""

    def __init__(self, app: ASGIApp, settings: Settings, hosts: Hosts) -> None:
        self._app = app
        self._headers = security_headers(settings)
        self._hosts = hosts
        self._origin = settings.public_url
        self._is_secure = settings.base_url.startswith("https:")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message["headers"]
                own = {name for name, _ in headers}
                if b"set-cookie" in own:
                    headers = kept_private(headers)
                message["headers"] = [*headers, *(header for header in self._headers if header[0] not in own)]
            await send(message)

        refusal = self._refusal(scope)
        await (refusal or self._app)(scope, receive, sending)

    def _refusal(self, scope: Scope) -> Response | None:
        if not self._hosts.are_known(scope["headers"]):
            return _refused(scope, 400, "This site does not answer at this address. The operator can allow it with DESKBOOK_ALLOWED_HOSTS.")
        if has_key(scope["query_string"]) or has_key(scope["raw_path"]):
            return _refused(scope, 400, ADVICE)
        if scope["method"] not in SAFE_METHODS and not self._is_same_origin(scope):
            return _refused(scope, 403, "This form was sent from another site, so nothing was saved. Go back, reload the page and send it again.")
        return None

    def _is_same_origin(self, scope: Scope) -> bool:
        # A request with neither header does not come from a browser, and only a browser can be made to forge one
        # (the rule of Go's net/http.CrossOriginProtection).
        headers = Headers(scope=scope)
        if sites := headers.getlist("sec-fetch-site"):
            return set(sites) <= {"same-origin", "none"}
        origins = headers.getlist("origin")
        # Pages behind a secret link send no referrer, and so browsers that send no Sec-Fetch-Site (plain http) name no
        # origin there. Nobody can forge a post to an address they cannot know.
        if origins == ["null"] and SECRET_PATH.match(scope["path"]):
            return True
        return all(self._is_own(origin, headers.get("host", ""), scope["scheme"]) for origin in origins)

    def _is_own(self, origin: str, host: str, scheme: str) -> bool:
        if origin == self._origin:
            return True
        # Whoever is between the browser and an https site can write what they like into a page of http://host.
        schemes = ("https://",) if self._is_secure or scheme == "https" else ("https://", "http://")
        return any(origin.lower() == f"{allowed}{host}".lower() for allowed in schemes)


def _host_name(host: bytes) -> str | None:
    """The name in a Host header without its port; None for anything that is not a host."""
    found = HOST.fullmatch(host.decode("latin-1"))
    return found["name"].strip("[]").lower() if found else None


def _refused(scope: Scope, status: int, detail: str) -> Response:
    """Return the refusal as people read it, or as the programs that use the API do."""
    if scope["path"].startswith("/api/"):
        return JSONResponse({"error": {"status": status, "title": "Refused", "detail": detail}}, status)
    return PlainTextResponse(detail, status)
