"""The pages of the help centre. Public pages are rendered once per state of the content, restricted ones for each reader."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import quote

from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from kb.articles.article import PUBLIC, Article, ArticleType, Catalog, Category
from kb.articles.catalog.audiences import audience_notice, load_audiences
from kb.articles.catalog.visible_categories import find_category, find_section, is_faq, locate, visible_categories
from kb.articles.pages.assets import asset
from kb.articles.pages.faq import answer, structured_data
from kb.articles.pages.feeds import feed, robots, sitemap
from kb.articles.pages.languages import article_languages, catalog_of, category_languages, localised, unwritten_language
from kb.articles.pages.redirects import old_article, old_help_centre
from kb.articles.pages.related import Related
from kb.articles.pages.votes import thanks, vote
from kb.articles.slug import slugify
from kb.config import Settings
from kb.events.models import Kind
from kb.events.recorder import recorder
from kb.i18n.catalogs import Language
from kb.i18n.translate import speak
from kb.web.forms import with_form
from kb.web.pages import finish, finished_pages, respond
from kb.web.templates import render_text

MOST_PROMOTED, MOST_LISTED = 8, 6


@dataclass(frozen=True, slots=True)
class VisibleContent:
    """One state of the content as its readers may see it, with what pages of it share."""

    catalog: Catalog
    audiences: tuple[str, ...]
    categories: tuple[Category, ...]
    related: Related

    @property
    def articles(self) -> list[Article]:
        """Every article they may read, in reading order."""
        return [article for category in self.categories for article in category.all_articles]


async def visible_content(request: Request) -> VisibleContent:
    """The present state for this reader in the language of the address; made once per generation. 404 for a language that the site does not have."""
    state, catalog, audiences = request.app.state, catalog_of(request), await load_audiences(request)
    kept = cast("dict[tuple[str, tuple[str, ...]], VisibleContent]", getattr(state, "visible_content", None) or {})
    found = kept.get((catalog.locale, audiences))
    if found is None or found.catalog is not catalog:
        categories = visible_categories(catalog, audiences, datetime.now(UTC))
        found = VisibleContent(catalog, audiences, categories, Related([article for category in categories for article in category.all_articles]))
        present = {key: one for key, one in kept.items() if one.catalog.generation == catalog.generation}
        state.visible_content = present | {(catalog.locale, audiences): found}
    return found


async def home(request: Request) -> Response:
    """The search, what is promoted, and every category."""
    content = await visible_content(request)
    promoted = [article for article in content.articles if article.promoted][:MOST_PROMOTED]
    context = {"categories": content.categories, "promoted": promoted, "most_listed": MOST_LISTED, "content_lang": ""}
    context = category_languages(request, content.catalog, "/") | context
    if (chosen := unwritten_language(request, content.catalog)) is not None:
        return await run_in_threadpool(_home_in, request, content, chosen, context)
    return await _page(request, content, lambda: _html(request, "articles/home.html", context))


def _home_in(request: Request, content: VisibleContent, chosen: Language, context: dict[str, Any]) -> Response:
    """Return the home page in a language that no article has; its titles stay in theirs."""
    speak(chosen)
    text = _html(request, "articles/home.html", context | {"lang": chosen.tag, "content_lang": content.catalog.locale})
    cache = "private, no-cache" if content.audiences == PUBLIC else "private, no-store"
    return respond(request, finish(text, cache=cache, language=chosen.tag))


async def category(request: Request) -> Response:
    """One category with its sections."""
    content = await visible_content(request)
    found = _category(content, request)
    return await _page(
        request,
        content,
        lambda: _html(
            request, "articles/category.html", category_languages(request, content.catalog, found.url) | {"category": found, "most_listed": MOST_LISTED}
        ),
    )


async def section(request: Request) -> Response:
    """One section: a list of articles, or questions that open when it holds only FAQs."""
    content = await visible_content(request)
    parent = _category(content, request)
    found = find_section(parent, request.path_params["section"])
    if found is None:
        raise HTTPException(404)
    context: dict[str, Any] = category_languages(request, content.catalog, found.url) | {"category": parent, "section": found}
    if not is_faq(found):
        return await _page(request, content, lambda: _html(request, "articles/section.html", context))
    return await _page(request, content, lambda: _html(request, "articles/faq.html", context | _questions(request, found.articles)))


async def article(request: Request) -> Response:
    """One article; reading it is recorded."""
    content, slug = await visible_content(request), request.path_params["slug"]
    found = content.catalog.articles.get(slug)
    if found is None or not found.is_open_to(content.audiences, datetime.now(UTC)):
        return _moved(content, slug)
    response = await _page(request, content, lambda: _article_text(request, content, found), viewed=_viewed(found))
    visit = recorder(request).visit(request)
    if visit is not None:
        recorder(request).add(visit, Kind.ARTICLE_VIEW, **_viewed(found))
        visit.stamp(response)
    return response


def _moved(content: VisibleContent, slug: str) -> Response:
    """301 to where the article now is; 404 when there is none that this reader may know of."""
    catalog, prefix = content.catalog, content.catalog.prefix
    new_url = catalog.aliases.get(f"{prefix}/articles/{slug}") or catalog.aliases.get(f"/articles/{slug}")
    if new_url is None and slugify(slug) != slug:
        new_url = f"{prefix}/articles/{slugify(slug)}"
    found = catalog.articles.get(new_url.rpartition("/articles/")[2]) if new_url else None
    if new_url is None or found is None or not found.is_open_to(content.audiences, datetime.now(UTC)):
        raise HTTPException(404)
    return RedirectResponse(quote(new_url), 301)


def _article_text(request: Request, content: VisibleContent, found: Article) -> str:
    place = locate(content.categories, found)
    if place is None:
        raise HTTPException(404)
    steps = [heading for heading in found.headings if heading.level == 2] if found.type == ArticleType.TUTORIAL else []
    context = {
        "article": found,
        "body": _safe(found),
        "place": place,
        "toc": [heading for heading in found.headings if heading.level <= 3 and heading.text],
        "steps": steps,
        "are_steps_numbered": bool(steps) and not any(re.match(r"\d|step\b", step.text, re.IGNORECASE) for step in steps),
        "related": content.related.to(found),
        "description": found.summary or _opening(found),
        "told_readers": audience_notice(found),
    } | article_languages(request, content.catalog, found)
    return _html(request, "articles/article.html", context)


def _viewed(found: Article) -> dict[str, str | None]:
    return {"slug": found.slug, "digest": found.digest, "commit": found.commit, "locale": found.locale}


def _questions(request: Request, articles: tuple[Article, ...]) -> dict[str, Any]:
    settings: Settings = request.app.state.settings
    return {"answers": [(found, Markup(answer(found))) for found in articles], "data": structured_data(articles, settings.public_url)}  # noqa: S704  # sanitised


def _safe(found: Article) -> Markup:
    return Markup(found.html)  # noqa: S704  # sanitised when it was rendered


def _opening(found: Article) -> str:
    text = next((passage.text for passage in found.passages if passage.text), "")
    return text if len(text) <= 160 else text[:160].rpartition(" ")[0] + "…"


def _category(content: VisibleContent, request: Request) -> Category:
    found = find_category(content.categories, request.path_params["category"])
    if found is None:
        raise HTTPException(404)
    return found


async def _page(request: Request, content: VisibleContent, make: Callable[[], str], *, viewed: dict[str, str | None] | None = None) -> Response:
    """The finished page, the same for everybody; for those who may read more, a page of their own that nobody keeps."""
    if content.audiences != PUBLIC:
        return HTMLResponse(await run_in_threadpool(make), headers={"Cache-Control": "private, no-store"})
    return respond(
        request,
        finished_pages(request).get(request.url.path, content.catalog.generation, lambda: finish(make(), viewed=viewed, language=content.catalog.locale)),
    )


def _html(request: Request, name: str, context: dict[str, Any]) -> str:
    settings: Settings = request.app.state.settings
    return render_text(request, name, {"canonical": settings.public_url + quote(request.url.path)} | context)


routes = [
    *localised("/", home),
    *localised("/categories/{category}", category),
    *localised("/categories/{category}/{section}", section),
    *localised("/articles/{slug}", article),
    *localised("/articles/{slug}/votes", with_form(vote), methods=["POST"]),
    *localised("/articles/{slug}/votes/{value}", thanks),
    Route("/assets/{digest}/{path:path}", asset),
    Route("/sitemap.xml", sitemap),
    Route("/robots.txt", robots),
    Route("/feed.xml", feed),
    Route("/hc/{locale}/articles/{number:path}", old_article),
    Route("/hc/articles/{number:path}", old_article),
    Route("/hc/{rest:path}", old_help_centre),
]
