"""What the requester tried before writing, as short sentences for agents."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import quote_plus

from kb.articles.article import Article, Catalog
from kb.events.models import Event, Kind
from kb.i18n import gettext as _
from kb.i18n import ngettext, pgettext


@dataclass(frozen=True, slots=True)
class JourneyStep:
    """One thing the requester did; `version` is the article's commit or digest, shortened."""

    at: datetime
    act: str
    text: str
    url: str = ""
    note: str = ""
    version: str = ""
    is_outdated: bool = False
    """Whether the article has changed since."""


def customer_journey(events: Sequence[Event], catalog: Catalog) -> list[JourneyStep]:
    """The events as steps, in their order; an article opened from a search is one step with it."""
    told: list[JourneyStep] = []
    before: Event | None = None
    for event in events:
        if event.kind == Kind.SEARCH_CLICK and not event.rank:
            continue
        if before is not None and _is_one_opening(before, event):
            told[-1] = _joined(told[-1], _step(event, catalog), before.rank or event.rank)
        else:
            told.append(_step(event, catalog))
        before = event
    return told


def short_version(digest: str | None, commit: str | None) -> str:
    """The commit, else the digest, as far as people read them."""
    return (commit or digest or "")[:8]


def _is_one_opening(one: Event, other: Event) -> bool:
    """Whether a click and the page it led to; the page often reports the click after it was itself served."""
    return one.slug == other.slug and {one.kind, other.kind} == {Kind.SEARCH_CLICK, Kind.ARTICLE_VIEW}


def _joined(first: JourneyStep, second: JourneyStep, rank: int | None) -> JourneyStep:
    return replace(
        first, act=_("Read result %(rank)s", rank=rank), version=first.version or second.version, is_outdated=first.is_outdated or second.is_outdated
    )


def _step(event: Event, catalog: Catalog) -> JourneyStep:
    article = catalog.articles.get(event.slug or "")
    if event.kind == Kind.SEARCH:
        return JourneyStep(event.at, _("Searched"), event.query or "", f"/search?q={quote_plus(event.query or '')}", _hits(event))
    if event.kind == Kind.FORM_OPEN:
        return JourneyStep(event.at, _("Opened the request form"), "", note="")
    return JourneyStep(
        event.at,
        _act(event),
        article.title if article else (event.slug or _("an article")),
        article.url if article else "",
        (event.value or "") if event.kind == Kind.VOTE_REASON else "",
        short_version(event.digest, event.commit),
        _is_outdated(event, article),
    )


def _act(event: Event) -> str:
    if event.kind == Kind.SEARCH_CLICK:
        return _("Selected result %(rank)s", rank=event.rank)
    if event.kind == Kind.VOTE:
        return _("Found helpful") if event.value == "yes" else _("Found not helpful")
    words = {
        Kind.ARTICLE_VIEW: pgettext("past", "Read"),
        Kind.VOTE_REASON: _("Said why not"),
        Kind.SUGGEST_CLICK: _("Opened a suggestion"),
        Kind.DEFLECT_CONFIRMED: _("Said it solved their problem"),
        Kind.DEFLECT_WITHDRAWN: _("Said it didn’t help after all"),
    }
    return words.get(Kind(event.kind), event.kind)


def _hits(event: Event) -> str:
    if not event.hit_count:
        return _("no results")
    count = event.hit_count
    if event.answered:
        return ngettext("%(num)s result", "%(num)s results", count)
    return ngettext("%(num)s result, probably no answer", "%(num)s results, probably no answer", count)


def _is_outdated(event: Event, article: Article | None) -> bool:
    return bool(article and event.digest and article.digest != event.digest)
