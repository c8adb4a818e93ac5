"""What stands before every view: known hosts, same-origin posts, and the headers that bind the browser."""

import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kb.config import Settings

SAFE_METHODS = frozenset(("GET", "HEAD", "OPTIONS"))
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


class Hosts:
    """The host names this site answers to."""

    def __init__(self, settings: Settings) -> None:
        self._names = {"localhost", "127.0.0.1", "::1", "testserver", settings.host, urlsplit(settings.public_url).hostname or "", *settings.allowed_hosts}
        self._any = settings.host in ("0.0.0.0", "::") and not settings.base_url  # noqa: S104
        self._answers: dict[bytes, bool] = {}

    def is_known(self, host: bytes) -> bool:
        """Whether the Host header names this site."""
        known = self._answers.get(host)
        if known is None:
            known = self._any or _host_name(host) in self._names
            if len(self._answers) < 100:
                self._answers[host] = known
        return known


class Guard:
    """Refuses foreign hosts (400) and cross-site posts (403); adds the security headers."""

    def __init__(self, app: ASGIApp, settings: Settings, hosts: Hosts) -> None:
        self._app = app
        self._headers = security_headers(settings)
        self._hosts = hosts
        base = urlsplit(settings.public_url)
        self._origin = f"{base.scheme}://{base.netloc}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message["headers"]
                own = {name for name, _ in headers}
                message["headers"] = [*headers, *(header for header in self._headers if header[0] not in own)]
            await send(message)

        refusal = self._refusal(scope)
        await (refusal or self._app)(scope, receive, sending)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        host = next((value for name, value in scope["headers"] if name == b"host"), b"")
        if not self._hosts.is_known(host):
            return PlainTextResponse("This address is not one of this site's. The operator can allow it with DESKBOOK_ALLOWED_HOSTS.", 400)
        if scope["method"] not in SAFE_METHODS and not self._is_same_origin(Headers(scope=scope), scope["path"]):
            return PlainTextResponse("This form was sent from another site, so nothing was done. Go back, reload the page and send it again.", 403)
        return None

    def _is_same_origin(self, headers: Headers, path: str) -> bool:
        # A request with neither header does not come from a browser, and only a browser can be made to forge one
        # (the rule of Go's net/http.CrossOriginProtection).
        if site := headers.get("sec-fetch-site"):
            return site in ("same-origin", "none")
        origin = headers.get("origin")
        # Pages behind a secret link send no referrer, and so browsers that send no Sec-Fetch-Site (plain http) name no
        # origin there. Nobody can forge a post to an address they cannot know.
        if origin == "null" and SECRET_PATH.match(path):
            return True
        return origin is None or origin == self._origin or urlsplit(origin).netloc == headers.get("host")


def _host_name(host: bytes) -> str | None:
    try:
        return urlsplit(f"//{host.decode('latin-1')}").hostname
    except ValueError:
        return None
