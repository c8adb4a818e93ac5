"""A section of FAQs as one page: its answers side by side, and the same for machines."""

import re
from collections.abc import Iterable
from typing import Any

from kb.articles.article import Article

_PERMALINK = re.compile(r'<a class="permalink"[^>]*></a>')
_ID = re.compile(r'(<[^>]* (?:id="|href="#))([^"]+)(?=")')


def answer(article: Article) -> str:
    """Its HTML for a page of several: ids and the links to them begin with the article's slug, so that no two are the same."""
    return _ID.sub(lambda found: f"{found[1]}{article.slug}--{found[2]}", article.html)


def structured_data(articles: Iterable[Article], base: str) -> dict[str, Any]:
    """The questions as schema.org's FAQPage; addresses in the answers are whole, for they are read away from the page."""
    entities = [{"@type": "Question", "name": article.title, "acceptedAnswer": {"@type": "Answer", "text": _alone(article, base)}} for article in articles]
    return {"@context": "https://schema.org", "@type": "FAQPage", "mainEntity": entities}


def _alone(article: Article, base: str) -> str:
    html = _PERMALINK.sub("", article.html)
    html = re.sub(r'(<[^>]* (?:href|src|action)=")(?=/)', rf"\g<1>{base}", html)
    return re.sub(r'(<[^>]* href=")(?=#)', rf"\g<1>{base}{article.url}", html)
