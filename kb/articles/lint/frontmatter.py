"""Front matter that is allowed but probably a mistake: overdue reviews, unknown audiences, missing related articles."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from kb.articles.article import Article
from kb.articles.catalog.library import Library

_AUDIENCES = ("public", "signed-in", "agents")


@dataclass(frozen=True, slots=True)
class FrontMatterProblem:
    """What is wrong with the value of `key`, and what to do."""

    key: str
    message: str
    is_error: bool = False


def front_matter_problems(library: Library, article: Article, now: datetime) -> Iterator[FrontMatterProblem]:
    """Everything to mend in the front matter of an article that can be published."""
    if article.review_by and article.review_by < now:
        by = f" by {article.owner}" if article.owner else ""
        yield FrontMatterProblem("review_by", f"was to be reviewed{by} before {article.review_by:%Y-%m-%d}: review it and set a new date")
    yield from _audience(article)
    for key in ("tags", "keywords", "related", "aliases"):
        if len(written := library.written(article.path, key)) == 1 and "," in written[0]:
            yield FrontMatterProblem(key, f"`{key}` holds one text with commas: write a list, [{written[0][:60]}]")
    for name in library.written(article.path, "related"):
        yield from _related(library, article, name)


def _audience(article: Article) -> Iterator[FrontMatterProblem]:
    near = difflib.get_close_matches(article.audience.casefold(), _AUDIENCES, n=1, cutoff=0.75)
    if near and article.audience not in _AUDIENCES:
        yield FrontMatterProblem("audience", f"`audience: {article.audience[:40]}` is kept for agents, as any name of an organization: did you mean {near[0]}?")


def _related(library: Library, article: Article, name: str) -> Iterator[FrontMatterProblem]:
    slug = library.names.find(name)
    if slug is None:
        near = difflib.get_close_matches(name, library.names.slugs, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else "use the slug, the id or the path of an article"
        yield FrontMatterProblem("related", f"there is no article “{name[:80]}” to be related to: {hint}", is_error=True)
    elif slug == article.slug:
        yield FrontMatterProblem("related", "is related to itself: remove it")
