"""Build articles from files: give every file its address first, then resolve the links of each text."""

import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from kb.articles.article import Article, ArticleType, Problem
from kb.articles.catalog.categories import folder_of
from kb.articles.catalog.link_resolver import RESERVED, Names
from kb.articles.markdown.render import Rendered
from kb.articles.slug import slugify
from kb.articles.source.git_commits import Commit
from kb.articles.source.markdown_file import Source


@dataclass(frozen=True, slots=True)
class Facts:
    """What is kept of a file between two looks at the folder: all but its text."""

    path: str
    slug: str
    digest: str
    values: dict[str, Any]
    lines: dict[str, int]
    mtime_ns: int
    locale: str
    prefix: str = ""
    """`/es` for a file in a language other than the site's."""
    blobs: frozenset[str] = frozenset()

    @classmethod
    def of(cls, source: Source, mtime_ns: int, site_locale: str) -> "Facts":
        """The facts of a file just read."""
        is_own = source.locale in ("", site_locale.lower())
        locale, prefix = (site_locale, "") if is_own else (source.locale, f"/{source.locale}")
        return cls(source.path, source.slug, source.digest, source.values, source.lines, mtime_ns, locale, prefix, source.blobs)

    @property
    def url(self) -> str:
        """Path of its page on the site."""
        return f"{self.prefix}/articles/{self.slug}"


def unique(files: dict[str, Facts], before: frozenset[str]) -> tuple[dict[str, Facts], list[Problem]]:
    """Files with an address and an id of their own, in order of path. Where two share one, that which was live `before` stays.

    The versions of an article in several languages share its slug, and may share its id.
    """
    kept: dict[str, Facts] = {}
    problems: list[Problem] = []
    urls: dict[str, str] = {}
    ids: dict[str, str] = {}
    for path in sorted(files, key=lambda path: (path not in before, path)):
        facts = files[path]
        other = urls.get(facts.url)
        twin = ids.get(facts.values["id"]) if "id" in facts.values else None
        if other is not None:
            problems.append(Problem(path, 1, f"has the same address {facts.url} as {other}: rename one of the two"))
        elif twin is not None and files[twin].slug != facts.slug:
            problems.append(Problem(path, facts.lines["id"], f"has the same id {facts.values['id']} as {twin}: change one of the two"))
        else:
            kept[path] = facts
            urls[facts.url] = path
            if "id" in facts.values:
                ids.setdefault(facts.values["id"], path)
    return dict(sorted(kept.items())), problems


def name(files: dict[str, Facts]) -> tuple[Names, list[Problem]]:
    """Everything these files answer to, and aliases and folders that clash."""
    slugs = frozenset(facts.slug for facts in files.values())
    ids = {facts.values["id"]: facts.slug for facts in files.values() if "id" in facts.values}
    folders, problems = _folders(files)
    aliases, clashes = _aliases(files, slugs, frozenset(folders.values()))
    paths = {unicodedata.normalize("NFC", path): facts.slug for path, facts in files.items()}
    return Names(slugs, paths, ids, folders, aliases), problems + clashes


def _folders(files: dict[str, Facts]) -> tuple[dict[str, str], list[Problem]]:
    found: dict[str, str] = {}
    problems: list[Problem] = []
    urls: dict[str, str] = {}
    named: set[str] = set()
    for path in files:
        category, section = folder_of(path)
        here = {category: f"/categories/{slugify(category)}"}
        if section:
            here[f"{category}/{section}"] = f"/categories/{slugify(category)}/{slugify(section)}"
        for folder, url in here.items():
            if urls.setdefault(url, folder) != folder and folder not in named:
                problems.append(Problem(folder, 1, f"has the same address {url} as the folder {urls[url]}: rename one of the two"))
            named.add(folder)
            found.setdefault(unicodedata.normalize("NFC", folder), url)
    return found, problems


def _aliases(files: dict[str, Facts], slugs: frozenset[str], category_urls: frozenset[str]) -> tuple[dict[str, str], list[Problem]]:
    found: dict[str, str] = {}
    problems: list[Problem] = []
    for path, facts in files.items():
        for written in facts.values.get("aliases", ()):
            alias = old_path(written)
            url = facts.url
            problem = _alias_problem(alias, url, slugs, category_urls, found)
            if problem:
                problems.append(Problem(path, facts.lines["aliases"], f"the alias {written[:80]} {problem}", is_error=False))
            else:
                found[alias] = url
    return found, problems


def old_path(written: str) -> str:
    """An alias as requests will ask for it: `/old/path`, no slash at the end."""
    return "/" + written.strip().strip("/")


def _alias_problem(alias: str, url: str, slugs: frozenset[str], category_urls: frozenset[str], found: dict[str, str]) -> str:
    if alias == url:
        return "is the article's own address: remove it"
    if alias.removeprefix("/articles/") in slugs and alias.startswith("/articles/"):
        return "is the address of another article: remove it"
    if alias.split("/")[1] in RESERVED or alias in category_urls:
        return "is the address of a page of this site: remove it"
    if alias in ("/", "//") or any(part in ("", ".", "..") for part in alias.split("/")[1:]) or not alias.isprintable() or set(alias) & set("?#\\%{} "):
        return "is not a plain path such as /old/name: correct it"
    if found.get(alias, url) != url:
        return f"already leads to {found[alias]}: keep it in one article"
    return ""


def article(facts: Facts, rendered: Rendered, commit: Commit | None, names: Names) -> Article:
    """The article as readers see it. A file that has changed since is no longer what its last commit made it."""
    values = facts.values
    commit = commit if commit and commit.blob in facts.blobs else None
    category, section = folder_of(facts.path)
    related = tuple(slug for slug in map(names.find, values.get("related", ())) if slug and slug != facts.slug)
    return Article(
        path=facts.path,
        slug=facts.slug,
        title=values["title"],
        html=rendered.html,
        digest=facts.digest,
        category=slugify(category) or "category",
        section=(slugify(section) or "section") if section else "",
        updated_at=commit.at if commit else _file_date(facts.mtime_ns),
        commit=commit.id if commit else None,
        headings=rendered.headings,
        passages=rendered.passages,
        external_id=values.get("id"),
        summary=values.get("summary", ""),
        type=values.get("type", ArticleType.ARTICLE),
        tags=values.get("tags", ()),
        keywords=values.get("keywords", ()) + ((rendered.hidden,) if rendered.hidden else ()),
        order=values.get("order", 0),
        promoted=values.get("promoted", False),
        draft=values.get("draft", False),
        publish_at=values.get("publish_at"),
        audience=values.get("audience", "public"),
        owner=values.get("owner", ""),
        review_by=values.get("review_by"),
        aliases=values.get("aliases", ()),
        locale=facts.locale,
        prefix=facts.prefix,
        related=tuple(dict.fromkeys(related)),
        is_searchable=values.get("search", True) is not False,
        boost=float(values.get("search", True) or 1.0),
        minutes=values.get("minutes"),
    )


def _file_date(mtime_ns: int) -> datetime:
    try:
        return min(datetime.fromtimestamp(mtime_ns // 1_000_000_000, UTC), datetime.now(UTC))
    except (OverflowError, ValueError):  # a time after the year 9999
        return datetime(1970, 1, 1, tzinfo=UTC)
