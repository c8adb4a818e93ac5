"""Articles as search engines index them: plain text with category and section names."""

import hashlib
from collections.abc import Iterator
from datetime import datetime

from kb.articles.article import Article, Catalog
from search.engine import Document

SCHEMA = 5
"""Part of every digest: raise it when what is made of an article changes, and every index rebuilds itself."""


def documents(catalog: Catalog, now: datetime) -> Iterator[Document]:
    """What may be found at `now`, in reading order: no drafts, nothing before its time, nothing marked `search: false`."""
    names = {locale: _category_names(one) for locale, one in ({catalog.locale: catalog} | dict(catalog.translated)).items()}
    due = [
        article
        for article in catalog.versions or catalog.articles.values()
        if article.is_searchable and not article.draft and (article.publish_at is None or article.publish_at <= now)
    ]
    readers = _readers(due, catalog)
    for article in due:
        own = names.get(article.locale, names[catalog.locale])
        yield document(article, own.get((article.category, ""), ""), own.get((article.category, article.section), ""), readers.get(article.path, ()))


def document(article: Article, category_name: str, section_name: str, readers: tuple[str, ...] = ()) -> Document:
    """One version of an article as a document."""
    return Document(
        readers=readers,
        slug=f"{article.prefix}/{article.slug}".removeprefix("/"),
        path=article.path,
        title=article.title,
        url=article.url,
        digest=_digest(article, category_name, section_name, readers),
        category=article.category,
        category_name=category_name,
        section=article.section,
        section_name=section_name if article.section else "",
        type=str(article.type),
        locale=article.locale,
        audience=article.audience,
        summary=article.summary,
        tags=article.tags,
        keywords=article.keywords,
        boost=article.boost,
        passages=article.passages,
    )


def _readers(due: list[Article], catalog: Catalog) -> dict[str, tuple[str, ...]]:
    """Path → locales whose readers get that version. One for fewer people takes no other's place."""
    versions: dict[str, dict[str, Article]] = {}
    for article in due if catalog.translated else []:
        versions.setdefault(article.slug, {})[article.locale] = article
    found: dict[str, tuple[str, ...]] = {}
    for held in versions.values():
        for locale in (catalog.locale, *catalog.translated):
            order = [held[one] for one in dict.fromkeys((locale, catalog.locale, *held)) if one in held]
            public = next((at for at, article in enumerate(order) if article.audience == "public"), 0)
            for article in order[: public + 1]:
                found[article.path] = (*found.get(article.path, ()), locale)
    return found


def _category_names(catalog: Catalog) -> dict[tuple[str, str], str]:
    names = {(category.slug, ""): category.name for category in catalog.categories}
    return names | {(category.slug, section.slug): section.name for category in catalog.categories for section in category.sections}


def _digest(article: Article, category_name: str, section_name: str, readers: tuple[str, ...]) -> str:
    shown = (SCHEMA, article.slug, article.path, article.title, article.url, article.category, category_name, article.section, section_name)
    told = (str(article.type), article.locale, article.audience, article.summary, article.tags, article.keywords, article.boost, readers)
    text = tuple((passage.anchor, passage.trail, passage.text) for passage in article.passages)
    return hashlib.blake2b(repr((shown, told, text)).encode("utf-8", "replace"), digest_size=16).hexdigest()
