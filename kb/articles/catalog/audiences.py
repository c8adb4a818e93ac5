"""The audiences that the sender of a request belongs to, and the notice on articles that are not public."""

from typing import cast

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from kb.accounts.sessions import cookie_name, current_user, may_use_desk
from kb.articles.article import PUBLIC, Article
from kb.articles.catalog.library import Library
from kb.i18n import gettext as _

SIGNED_IN, AGENTS = "signed-in", "agents"


def audiences(request: Request) -> tuple[str, ...]:
    """The audiences whose articles the sender of this request may read. Who may use the desk may read what is for anybody.

    The database is asked only where it makes a difference; while it is away, everybody reads what is public.
    """
    if not hasattr(request.state, "audiences"):
        request.state.audiences = _audiences(request) if needs_database(request) else PUBLIC
    return cast(tuple[str, ...], request.state.audiences)


async def load_audiences(request: Request) -> tuple[str, ...]:
    """The same for views on the event loop."""
    return await run_in_threadpool(audiences, request) if needs_database(request) else PUBLIC


def needs_database(request: Request) -> bool:
    """Whether it takes the database to tell what the sender of this request may read."""
    return bool(_restricted(request)) and cookie_name(request) in request.cookies


def is_staff(request: Request) -> bool:
    """Return whether somebody who may use the desk sent this request; False while the database is away."""
    if cookie_name(request) not in request.cookies:
        return False
    try:
        user = current_user(request)
    except SQLAlchemyError:
        return False
    return user is not None and may_use_desk(request, user)


def audience_notice(article: Article) -> str:
    """Return who may read the article, in words; empty when everybody may."""
    if article.audience == "public":
        return ""
    words = {SIGNED_IN: _("Only people who are signed in can read this."), AGENTS: _("Only agents can read this.")}
    return words.get(article.audience) or _("Only agents can read this. Its audience is “%(audience)s”.", audience=article.audience)


def _audiences(request: Request) -> tuple[str, ...]:
    try:
        user = current_user(request)
    except SQLAlchemyError:
        return PUBLIC
    if user is None:
        return PUBLIC
    is_desk_user = may_use_desk(request, user)
    return (*PUBLIC, *(name for name in _restricted(request) if is_desk_user or name == SIGNED_IN))


def _restricted(request: Request) -> tuple[str, ...]:
    return cast(Library, request.app.state.library).catalog.restricted
