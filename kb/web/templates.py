"""Rendering: one Jinja environment, autoescaped, with the words and dates every page needs."""

import textwrap
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from jinja2 import DictLoader, Environment, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from kb.config import Settings, shipped
from kb.i18n import gettext, pgettext
from kb.i18n.formats import ago, day, enumerated, medium_day, minute, number, percent, size, time_of_day
from kb.i18n.translate import current, plural_form, plural_form_in
from kb.text.characters import isolated
from kb.web.language import language_links
from kb.web.locales import direction, name_of
from kb.web.plaintext import as_html, with_code
from kb.web.static import StaticFiles

NOT_KEPT = {"Cache-Control": "no-store", "Vary": "Cookie, Accept-Language"}
FOR_BACK = {"Cache-Control": "private, no-cache", "Vary": "Accept-Language"}
"""Of an answer to a form: Back shows it from the browser's cache, and nobody else gets it. Chromium answers ERR_CACHE_MISS to no-store, and to
Vary: Cookie once a cookie was set."""


def environment(settings: Settings, static: StaticFiles) -> Environment:
    """The Jinja environment of one app; an undefined name in a template is an error."""
    env = Environment(
        loader=DictLoader(_read(shipped("templates"))),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    env.policies["ext.i18n.trimmed"] = True
    # Added by the extension, of which Jinja's types know nothing.
    env.install_gettext_callables(gettext, plural_form, newstyle=True, pgettext=pgettext, npgettext=plural_form_in)  # type: ignore[attr-defined]
    env.globals |= {"site": settings, "static": static.url, "has_logo": settings.logo is not None, "page_language": current}
    env.filters |= {
        "ago": ago,
        "day": day,
        "direction": direction,
        "enumerated": enumerated,
        "iso": iso,
        "isolated": isolated,
        "language": name_of,
        "medium_day": medium_day,
        "minute": minute,
        "number": number,
        "paragraph": paragraph,
        "percent": percent,
        "plaintext": as_html,
        "size": size,
        "time_of_day": time_of_day,
        "translated": gettext,
        "with_code": with_code,
    }
    return env


def _read(folder: Path) -> dict[str, str]:
    """Every template by its name: an error page must not need a file when no more files can be opened."""
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file()}


def render(
    request: Request, name: str, context: Mapping[str, Any] | None = None, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> HTMLResponse:
    """A personal page, cached by nobody; but a refused form stays in its browser for Back, which could not show it otherwise."""
    own = {"user": getattr(request.state, "user", None), "reader_languages": language_links(request)}
    html = render_text(request, name, own | dict(context or {}))
    kept = FOR_BACK if request.method == "POST" and status >= 400 else NOT_KEPT
    return HTMLResponse(html, status, kept | {"Content-Language": current().tag} | dict(headers or {}))


def render_text(request: Request, name: str, context: Mapping[str, Any]) -> str:
    """The template as text; `path` holds the request's path."""
    env = cast(Environment, request.app.state.templates)
    return env.get_template(name).render({"user": None, "path": request.scope["path"]} | dict(context))


def paragraph(text: str) -> str:
    """Return the text of an email in lines of at most 76 characters."""
    return textwrap.fill(text, 76, break_long_words=False, break_on_hyphens=False)


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC with seconds: `2026-03-07T09:05:00Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
