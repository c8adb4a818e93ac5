"""Articles that exist in several languages: each is shown once, in the reader's language where that version answers as well."""

from search.ranking.bm25 import Ranked

NEAR_SHARE = 0.6
"""Of the best score in another language: from here on a hit in the reader's own comes first; a weaker one must not bury what answers."""


def one_version_each(ranked: list[Ranked], locale: str | None) -> list[Ranked]:
    """Return one version of each article: pinned ones first, then those in the reader's language that come near the best of the others."""
    best = max((_without_title(one) for one in ranked if one.stored.locale != locale), default=0.0) if locale else 0.0
    ordered = sorted(ranked, key=lambda one: (not one.is_pinned, locale is not None and not _is_near(one, locale, best)))
    return list({article_slug(one.stored.slug): one for one in reversed(ordered)}.values())[::-1]


def article_slug(slug: str) -> str:
    """Return the article's slug of a document's slug."""
    return slug.rpartition("/")[2]


def _is_near(one: Ranked, locale: str, best: float) -> bool:
    return one.stored.locale == locale and _without_title(one) >= NEAR_SHARE * best


def _without_title(one: Ranked) -> float:
    """The score without what a title as typed adds: that tells articles of one language apart."""
    return one.score - one.parts.get("phrase", 0.0)
