"""Pages in several languages: their addresses, and the links between translations."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import Route

from kb.articles.article import Article, Catalog
from kb.articles.catalog.library import Library
from kb.config import Settings
from kb.i18n import catalogs
from kb.i18n.translate import current
from kb.web.language import chosen_language
from kb.web.locales import PATTERN, direction, name_of


class _Locale(Convertor[str]):
    regex = PATTERN

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("locale", _Locale())


@dataclass(frozen=True, slots=True)
class Language:
    """A language of the site as a page offers it."""

    locale: str
    name: str
    url: str
    is_current: bool
    is_own: bool
    """Whether the page exists in it; else it shows the text of another language."""


def localised(path: str, view: Callable[..., Any], methods: list[str] | None = None) -> list[Route]:
    """The route of a page in the site's own language and in every other: `/articles/x`, `/es/articles/x`."""
    return [Route(path, view, methods=methods), Route(f"/{{locale:locale}}{path}", view, methods=methods)]


def catalog_of(request: Request) -> Catalog:
    """The content in the language of the address; 404 when the site has nothing in it."""
    catalog = cast(Library, request.app.state.library).catalog
    locale = request.path_params.get("locale")
    if locale is None:
        return catalog
    if locale not in catalog.translated:
        raise HTTPException(404)
    return catalog.translated[locale]


def category_languages(request: Request, catalog: Catalog, url: str) -> dict[str, Any]:
    """What a page of shelves tells of languages; `url` is its own address."""
    whole = cast(Library, request.app.state.library).catalog
    bare = url.removeprefix(catalog.prefix) or "/"
    return _languages(request, catalog, bare, (whole.locale, *whole.translated), catalog.locale)


def article_languages(request: Request, catalog: Catalog, article: Article) -> dict[str, Any]:
    """What an article's page tells of languages. In a language it lacks, its canonical page is the one that has the text."""
    whole = cast(Library, request.app.state.library).catalog
    told = _languages(request, catalog, f"/articles/{article.slug}", whole.locales_of(article.slug, datetime.now(UTC)), article.locale)
    if article.locale == catalog.locale:
        return told
    settings: Settings = request.app.state.settings
    own = next((language.url for language in told["languages"] if language.locale == article.locale), article.url)
    return told | {"canonical": settings.public_url + own, "only_in": name_of(article.locale), "wanted": name_of(catalog.locale)}


def unwritten_language(request: Request, catalog: Catalog) -> catalogs.Language | None:
    """Return the language that the reader chose where no article is written in it; None on pages in a language of their own, and for everybody else."""
    chosen = chosen_language(request)
    whole = cast(Library, request.app.state.library).catalog
    written = {locale.partition("-")[0] for locale in (whole.locale, *whole.translated)}
    return chosen if chosen is not None and not catalog.prefix and chosen.code not in {*written, current().code} else None


def _languages(request: Request, catalog: Catalog, bare: str, existing: tuple[str, ...], lang: str) -> dict[str, Any]:
    whole = cast(Library, request.app.state.library).catalog
    if not whole.translated:
        return {"lang": lang}
    prefixes = {whole.locale: ""} | {locale: f"/{locale}" for locale in whole.translated}
    languages = [Language(locale, name_of(locale), prefix + bare, locale == catalog.locale, locale in existing) for locale, prefix in prefixes.items()]
    # Pages without a language in their address go on in that of the page that led there.
    of_locale = f"?locale={catalog.locale}" if catalog.prefix else ""
    return {"lang": lang, "dir": direction(lang), "locale": catalog.locale, "languages": languages, "home_url": f"{catalog.prefix}/", "of_locale": of_locale}
