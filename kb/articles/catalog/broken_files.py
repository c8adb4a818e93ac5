"""Files with errors that keep an article from readers."""

from dataclasses import dataclass

from kb.articles.article import Catalog, Problem
from kb.articles.slug import slugify
from kb.web.locales import split_name


@dataclass(frozen=True, slots=True)
class Broken:
    """A file with an error; `is_shown` when readers see its last good version meanwhile."""

    problem: Problem
    is_shown: bool


def broken_files(catalog: Catalog) -> list[Broken]:
    """Return the files with errors, by path and line."""
    shown = {article.path for article in catalog.versions}
    return [Broken(problem, problem.path in shown) for problem in catalog.problems if problem.is_error]


def broken_count(catalog: Catalog) -> int:
    """Return how many errors keep something from readers."""
    return sum(problem.is_error for problem in catalog.problems)


def broken_at(catalog: Catalog, slug: str) -> Problem | None:
    """Return what is wrong with the file that would be the article at this address; None when there is no such file."""
    return next((problem for problem in catalog.problems if problem.is_error and _slug(problem.path) == slug), None)


def _slug(path: str) -> str:
    return slugify(split_name(path.rpartition("/")[2].removesuffix(".md"))[0]) if path.endswith(".md") else ""
