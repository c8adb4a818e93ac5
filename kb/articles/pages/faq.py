"""A section of FAQs on one page, with structured data for search engines."""

import re
from collections.abc import Iterable
from typing import Any

from kb.articles.article import Article
from kb.articles.markdown.sanitise import finish

_PERMALINK = re.compile(r'<a class="permalink"[^>]*></a>')


def answer(article: Article) -> str:
    """Return its HTML for a page of several: ids and the links to them begin with the article's slug, so that no two are the same."""

    def prefixed(_tag: str, name: str, value: str) -> str:
        if name == "id":
            return f"{article.slug}--{value}"
        return f"#{article.slug}--{value[1:]}" if name == "href" and value.startswith("#") else value

    return finish(article.html, prefixed)


def embedded(article: Article) -> str:
    """Return its HTML to be opened inside another page: without ids and forms, its own anchors leading to its own page."""

    def led_home(_tag: str, name: str, value: str) -> str:
        return article.url + value if name == "href" and value.startswith("#") else value

    return finish(article.html, led_home, without=frozenset(("id", "form", "input", "button")))


def structured_data(articles: Iterable[Article], base: str) -> dict[str, Any]:
    """Return the questions as schema.org's FAQPage; addresses in the answers are whole, for they are read away from the page."""
    entities = [{"@type": "Question", "name": article.title, "acceptedAnswer": {"@type": "Answer", "text": _alone(article, base)}} for article in articles]
    return {"@context": "https://schema.org", "@type": "FAQPage", "mainEntity": entities}


def _alone(article: Article, base: str) -> str:
    def whole(_tag: str, name: str, value: str) -> str:
        if name == "href" and value.startswith("#"):
            return base + article.url + value
        return base + value if name in ("href", "src") and value.startswith("/") else value

    return finish(_PERMALINK.sub("", article.html), whole, without=frozenset(("form", "input", "button")))
