"""`/.well-known/security.txt`: whom to tell of a security hole (RFC 9116)."""

from datetime import UTC, datetime, timedelta
from typing import cast

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from kb.config import Settings
from kb.db import now

PATH = "/.well-known/security.txt"
VALID_FOR = timedelta(days=180)
"""The RFC recommends less than a year."""


def security_txt(request: Request) -> Response:
    """The contacts of the settings, valid for half a year from today; 404 where none is set."""
    settings = cast(Settings, request.app.state.settings)
    if not settings.security_contact:
        raise HTTPException(404)
    today = datetime.combine(now().date(), datetime.min.time(), UTC)
    lines = [f"Contact: {contact}" for contact in settings.security_contact]
    lines += [
        f"Expires: {today + VALID_FOR:%Y-%m-%dT%H:%M:%SZ}",
        f"Preferred-Languages: {settings.locale}",
        f"Canonical: {settings.public_url}{PATH}",
    ]
    return PlainTextResponse("\n".join(lines) + "\n", headers={"Cache-Control": "max-age=86400"})


routes = [Route(PATH, security_txt, methods=["GET"])]
