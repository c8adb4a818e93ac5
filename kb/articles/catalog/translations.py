"""The catalog of each language. Articles without a translation appear in the language they have."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from kb.articles.article import PUBLIC, Article, Catalog, Problem
from kb.articles.catalog.categories import FolderIndex, group_by_category
from kb.web.locales import name_of

Versions = Mapping[str, Mapping[str, Article]]
"""Slug → locale → article."""


def catalog(bare: Catalog, articles: list[Article], index: FolderIndex, now: datetime) -> Catalog:
    """The catalog of the site's own language, `bare` so far, with those of all others inside."""
    bare = replace(bare, restricted=_restricted(articles))
    versions = _versions(articles)
    site = bare.locale
    own = _filled(bare, site, "", versions, index, now)
    others = sorted({article.locale for article in articles} - {site})
    translated = {locale: _filled(replace(bare, locale=locale), site, f"/{locale}", versions, index, now) for locale in others}
    if not translated:
        return replace(own, versions=tuple(own.articles.values()))
    ordered = tuple(version for slug in own.articles for version in versions[slug].values())
    return replace(own, versions=ordered, translated=translated)


def version_for(locale: str, site: str, versions: Mapping[str, Article], now: datetime) -> Article:
    """The version that readers of `locale` get: theirs, else the site's, else another; of those, the first that is public, else the first published."""
    wanted = [versions[one] for one in dict.fromkeys((locale, site, *versions)) if one in versions]
    published = [article for article in wanted if article.is_published(now)]
    return next((article for article in published if article.is_public(now)), (published or wanted)[0])


def _restricted(articles: Iterable[Article]) -> tuple[str, ...]:
    return tuple(sorted({article.audience for article in articles if not article.draft} - set(PUBLIC)))


def untranslated(whole: Catalog, now: datetime) -> Iterator[Problem]:
    """Articles that lack one of the site's languages, and translations older than their source; warnings."""
    found = _versions(whole.versions)
    for article in whole.articles.values():
        if article.locale == whole.locale and article.is_public(now):
            versions = found.get(article.slug, {})
            yield from _missing(article, [locale for locale in whole.translated if locale not in versions])
            yield from _outdated(article, versions)


def _missing(article: Article, locales: list[str]) -> Iterator[Problem]:
    if locales:
        names = ", ".join(name_of(locale) for locale in locales)
        file = f"{article.path.rpartition('/')[2].removesuffix('.md')}.{locales[0]}.md"
        yield Problem(article.path, 1, f"is not translated into {names} yet: add {file}", is_error=False)


def _outdated(article: Article, versions: Mapping[str, Article]) -> Iterator[Problem]:
    """By the commits: a time on disk says only when a copy was made."""
    for other in versions.values():
        if article.commit and other.commit and other.updated_at < article.updated_at:
            message = f"was translated before {article.path} changed on {article.updated_at:%Y-%m-%d}: bring it up to date"
            yield Problem(other.path, 1, message, is_error=False)


def _versions(articles: Iterable[Article]) -> dict[str, dict[str, Article]]:
    found: dict[str, dict[str, Article]] = {}
    for article in articles:
        found.setdefault(article.slug, {})[article.locale] = article
    return found


def _filled(bare: Catalog, site: str, prefix: str, versions: Versions, index: FolderIndex, now: datetime) -> Catalog:
    chosen = (_placed(version_for(bare.locale, site, found, now), found.get(site), prefix) for found in versions.values())
    categories = group_by_category(chosen, _names(index, bare.locale, site), prefix)
    return replace(bare, categories=categories, articles={article.slug: article for category in categories for article in category.all_articles})


def _placed(article: Article, source: Article | None, prefix: str) -> Article:
    """The article among the pages of a locale: at its address there, in the order of its source."""
    order = article.order or (source.order if source else 0)
    return article if (article.prefix, article.order) == (prefix, order) else replace(article, prefix=prefix, order=order)


def _names(index: FolderIndex, locale: str, site: str) -> dict[str, dict[str, Any]]:
    """Folder → the values of its `_index.md` in the locale, over those in the site's language."""
    own, source = index.get(locale, {}), index.get(site, {})
    return source if locale == site else {folder: source.get(folder, {}) | own.get(folder, {}) for folder in source | own}
