"""Rendering: one Jinja environment, autoescaped, with the words and dates every page needs."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from jinja2 import DictLoader, Environment, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from kb.config import Settings, shipped
from kb.text.characters import isolated
from kb.web.locales import direction, name_of
from kb.web.plaintext import as_html
from kb.web.sizes import size
from kb.web.static import StaticFiles

MINUTE, HOUR, DAY = 60, 3600, 86400


def environment(settings: Settings, static: StaticFiles) -> Environment:
    """The Jinja environment of one app; an undefined name in a template is an error."""
    env = Environment(
        loader=DictLoader(_read(shipped("templates"))),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    env.globals |= {"site": settings, "static": static.url, "has_logo": settings.logo is not None}
    env.filters |= {
        "ago": ago,
        "day": day,
        "direction": direction,
        "iso": iso,
        "isolated": isolated,
        "language": name_of,
        "minute": minute,
        "plaintext": as_html,
        "size": size,
    }
    return env


def _read(folder: Path) -> dict[str, str]:
    """Every template by its name: an error page must not need a file when no more files can be opened."""
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file()}


def render(
    request: Request, name: str, context: Mapping[str, Any] | None = None, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> HTMLResponse:
    """A personal page, never cached by anybody."""
    html = render_text(request, name, {"user": getattr(request.state, "user", None)} | dict(context or {}))
    return HTMLResponse(html, status, {"Cache-Control": "no-store"} | dict(headers or {}))


def render_text(request: Request, name: str, context: Mapping[str, Any]) -> str:
    """The template as text; `path` holds the request's path."""
    env = cast(Environment, request.app.state.templates)
    return env.get_template(name).render({"user": None, "path": request.scope["path"]} | dict(context))


def ago(moment: datetime, now: datetime | None = None) -> str:
    """How long ago, in words: `just now`, `5 minutes ago`, `yesterday`, `3 days ago`, then the date."""
    seconds = ((now or datetime.now(UTC)) - moment).total_seconds()
    if seconds < MINUTE:
        return "just now"
    if seconds < HOUR:
        return _count(int(seconds // MINUTE), "minute")
    if seconds < DAY:
        return _count(int(seconds // HOUR), "hour")
    if seconds < 2 * DAY:
        return "yesterday"
    return _count(int(seconds // DAY), "day") if seconds < 30 * DAY else day(moment)


def day(moment: datetime) -> str:
    """`7 March 2026`."""
    return f"{moment.day} {moment:%B %Y}"


def minute(moment: datetime) -> str:
    """`7 Mar 2026, 09:05 UTC`."""
    return f"{moment.day} {moment.astimezone(UTC):%b %Y, %H:%M} UTC"


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC with seconds: `2026-03-07T09:05:00Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'} ago"
