"""Group articles into categories and sections by their folders, in reading order."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from kb.articles.article import Article, Category, Section
from kb.articles.slug import slugify
from kb.text.characters import settled

FolderIndex = dict[str, dict[str, dict[str, Any]]]
"""Locale → folder → the values of its `_index.md`."""


def folder_of(path: str) -> tuple[str, str]:
    """Category and section folder of an article's path; the section is empty when it lies right in its category."""
    parts = path.split("/")
    return parts[0], parts[1] if len(parts) > 2 else ""


def group_by_category(articles: Iterable[Article], index: dict[str, dict[str, Any]], prefix: str = "") -> tuple[Category, ...]:
    """Categories in reading order, their addresses begun with `prefix`. `index` holds the values of each folder's `_index.md`."""
    folders: dict[str, dict[str, list[Article]]] = {}
    for article in articles:
        category, section = folder_of(article.path)
        folders.setdefault(category, {}).setdefault(section, []).append(article)
    return tuple(sorted((_category(folder, sections, index, prefix) for folder, sections in folders.items()), key=_order))


def reading_order(article: Article) -> tuple[bool, int, str]:
    """Sort key: those with an `order` first, then by title."""
    return article.order == 0, article.order, article.title.casefold()


def _category(folder: str, sections: dict[str, list[Article]], index: dict[str, dict[str, Any]], prefix: str) -> Category:
    slug = slugify(folder) or "category"
    own = tuple(sorted(sections.get("", ()), key=reading_order))
    inner = sorted((_section(slug, folder, name, articles, index, prefix) for name, articles in sections.items() if name), key=_order)
    category = Category(slug, _name(folder), sections=tuple(inner), articles=own, prefix=prefix)
    return replace(category, **_chosen(index.get(folder, {})))


def _section(category: str, parent: str, folder: str, articles: list[Article], index: dict[str, dict[str, Any]], prefix: str) -> Section:
    section = Section(slugify(folder) or "section", _name(folder), category, articles=tuple(sorted(articles, key=reading_order)), prefix=prefix)
    return replace(section, **_chosen(index.get(f"{parent}/{folder}", {})))


def _chosen(values: dict[str, Any]) -> dict[str, Any]:
    names = {"title": "name", "description": "description", "order": "order"}
    return {names[key]: value for key, value in values.items()}


def _name(folder: str) -> str:
    # A folder named in one lower-case piece is a slug: `getting-started` reads as `Getting started`.
    folder = settled(folder)
    return folder.replace("-", " ").replace("_", " ").capitalize() if folder == folder.lower() and " " not in folder else folder


def _order(group: Category | Section) -> tuple[bool, int, str]:
    return group.order == 0, group.order, group.name.casefold()
