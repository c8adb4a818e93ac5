"""The writer's linter: every problem in the content, with its line."""

import difflib
import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from urllib.parse import unquote

from kb.articles.article import Article, Problem
from kb.articles.catalog.library import Library
from kb.articles.catalog.translations import untranslated
from kb.articles.lint.frontmatter import front_matter_problems
from kb.articles.lint.link_hints import hint
from kb.articles.lint.missing_alt_text import lines_without_alt_text
from kb.articles.lint.source_problems import find_source_problems
from kb.articles.lint.unparsed_markup import find_unparsed_markup, marks_in
from kb.articles.markdown.fences import outside_code
from kb.articles.markdown.references import fragment, old_article_id
from kb.articles.markdown.render import Rendered

_EMPTY_HEADING = re.compile(r"^[\s>]*#{1,6}\s*(?:\{[^}]*\})?\s*$|<h[1-6][^>]*>(?:\s|&nbsp;|<br>)*</h", re.IGNORECASE)


def check(library: Library, now: datetime | None = None) -> list[Problem]:
    """All findings, by path and line: what kept files from being published, then what is wrong inside those that are."""
    found = list(library.catalog.problems)
    if library.history.problem:
        found.append(Problem(".", 1, library.history.problem, is_error=False))
    found += untranslated(library.catalog, now or datetime.now(UTC))
    files = [*library.names.paths, *library.assets.paths]
    for article in library.catalog.versions:
        rendered = library.rendered(article.path)
        if rendered is not None:
            found += _Page(library, article, rendered, files).problems(now or datetime.now(UTC))
    return sorted(dict.fromkeys(found), key=lambda problem: (problem.path, problem.line, problem.message))


def as_github(problem: Problem) -> str:
    """The finding as an annotation of a workflow run on GitHub."""
    kind = "error" if problem.is_error else "warning"
    return f"::{kind} file={_escaped(problem.path)},line={problem.line}::{_escaped(problem.message)}"


def as_json(problems: list[Problem]) -> str:
    """The findings as a JSON list."""
    rows = [
        {"path": problem.path, "line": problem.line, "level": "error" if problem.is_error else "warning", "message": problem.message} for problem in problems
    ]
    return json.dumps(rows, ensure_ascii=False, indent=2)


class _Page:
    """One article with its source lines, to say where something stands."""

    def __init__(self, library: Library, article: Article, rendered: Rendered, files: Sequence[str]) -> None:
        self._library, self._article, self._rendered, self._files = library, article, rendered, files
        self._folder = article.path.rpartition("/")[0]
        self._lines = _source_lines(library.root / article.path)

    def problems(self, now: datetime) -> Iterator[Problem]:
        yield from self._links(now)
        yield from self._images()
        yield from self._headings()
        yield from self._front_matter(now)
        yield from self._slips()
        yield from self._leftovers()

    def _links(self, now: datetime) -> Iterator[Problem]:
        for link in self._rendered.links:
            if link.problem:
                is_outside = link.url is not None
                advice = "check that it still exists" if is_outside else hint(link.href, self._folder, self._files) or "correct or remove it"
                yield from self._at(link.href, f"{link.problem}: {advice}", is_error=not is_outside)
            elif link.url and "#" in link.url and (link.url.startswith("#") or "/articles/" in link.url):
                yield from self._anchor(link.href, link.url)
            if link.url and link.url.startswith("/") and "/articles/" in link.url:
                yield from self._unpublished(link.href, link.url, now)

    def _anchor(self, href: str, url: str) -> Iterator[Problem]:
        path = url.partition("#")[0]
        anchor = fragment(url).removeprefix("#")
        target = self._library.catalog.at(path) if path else self._article
        rendered = self._library.rendered(target.path) if target else None
        if rendered is None or target is None or anchor in rendered.anchors or anchor in ("", "top") or anchor.startswith(":~:"):
            return
        near = difflib.get_close_matches(anchor, rendered.anchors, n=1, cutoff=0.5)
        where = f"in {target.path}" if path else "on this page"
        hint = f"did you mean #{near[0]}?" if near else "correct it, or give the heading this id: ## Heading {#id}"
        # An address of the former help centre may carry anchors that its software made up.
        yield from self._at(href, f"there is no #{anchor[:80]} {where}: {hint}", is_error=old_article_id(href) is None)

    def _unpublished(self, href: str, url: str, now: datetime) -> Iterator[Problem]:
        target, article = self._library.catalog.at(url.partition("#")[0]), self._article
        if target is None or article.draft:
            return
        if target.draft:
            yield from self._at(href, f"the link leads to {target.path}, which is a draft: readers will not find it", is_error=False)
        elif target.audience not in ("public", article.audience):
            yield from self._at(href, f"the link leads to {target.path}, which only {target.audience} may read: others will not find it", is_error=False)
        elif target.publish_at and target.publish_at > max(now, article.publish_at or now):
            when = f"{target.publish_at:%Y-%m-%d}"
            yield from self._at(href, f"the link leads to {target.path}, which appears on {when}: until then readers will not find it", is_error=False)

    def _images(self) -> Iterator[Problem]:
        for image in self._rendered.images:
            if image.problem:
                is_remote = image.src.lower().startswith(("http://", "https://"))
                advice = "" if is_remote else f": {hint(image.src, self._folder, self._files) or 'add the file or correct the path'}"
                yield from self._at(image.src, image.problem + advice, is_error=not is_remote)
            elif not image.width and not re.split(r"[?#]", image.src, maxsplit=1)[0].lower().endswith(".svg"):
                yield from self._at(image.src, f"the file {image.src[:120]} is no picture (a pointer of Git LFS, perhaps): put the picture itself there")
            if image.url and not image.alt:
                for line in lines_without_alt_text(self._lines, image.src):
                    yield self._problem(line, "the image has no alternative text: say in a few words what it shows", is_error=False)

    def _headings(self) -> Iterator[Problem]:
        before = 1
        empty = (number for number, line in outside_code(self._lines) if _EMPTY_HEADING.search(line))
        for heading in self._rendered.headings:
            if not heading.text:
                yield self._problem(next(empty, 1), "a heading is empty: write it or remove it", is_error=False)
                continue
            if heading.level > before + 1:
                skipped = f"jumps from level {before} to level {heading.level}" if before > 1 else f"is the first on the page and has level {heading.level}"
                line = self._heading_line(heading.text)
                yield self._problem(line, f"the heading “{heading.text[:60]}” {skipped}: use level {before + 1}", is_error=False)
            before = heading.level

    def _heading_line(self, text: str) -> int:
        words = re.findall(r"\w+", text)
        for number, line in enumerate(self._lines, 1):
            if re.match(r"\s*(?:>\s*)*#|\s*<h\d", line) and all(word in line for word in words):
                return number
        return 1

    def _front_matter(self, now: datetime) -> Iterator[Problem]:
        for found in front_matter_problems(self._library, self._article, now):
            yield self._problem(self._key_line(found.key), found.message, is_error=found.is_error)

    def _slips(self) -> Iterator[Problem]:
        for slip in find_source_problems(self._lines, self._library.iframe_hosts):
            yield self._problem(slip.line, slip.message, is_error=slip.is_error)
        html = self._rendered.html
        if not self._rendered.images and "<video" not in html and not re.sub(r"<[^>]*>", "", html).strip():
            yield self._problem(1, "the article has no text: write it, or keep it back with `draft: true`", is_error=False)

    def _leftovers(self) -> Iterator[Problem]:
        for left in find_unparsed_markup(self._rendered.html):
            line = next((number for number, line in outside_code(self._lines) if left.shown[:40] in line), 1)
            yield self._problem(line, f"readers see “{left.shown[:60]}”: {left.advice}", is_error=False)
        for key, text in (("title", self._article.title), ("summary", self._article.summary)):
            if marks := marks_in(text):
                yield self._problem(self._key_line(key), f"`{key}` is plain text and shows “{marks[:60]}”: take the marks out", is_error=False)

    def _key_line(self, key: str) -> int:
        return next((number for number, line in enumerate(self._lines, 1) if line.startswith(f"{key}:")), 1)

    def _at(self, written: str, message: str, *, is_error: bool = True) -> Iterator[Problem]:
        spellings = {written, unquote(written), written.replace("&", "&amp;")}
        # An address stands by itself: `#v1` is not in `#v1.2`, nor `x` in `box`.
        pattern = re.compile(f"(?<![^\\s(<\"'=])(?:{'|'.join(re.escape(spelling) for spelling in spellings)})(?![\\w%/-]|[.:]\\w)")
        lines = [number for number, line in outside_code(self._lines) if pattern.search(line) or pattern.search(unescape(line))]
        for number in lines or [1]:
            yield self._problem(number, message, is_error=is_error)

    def _problem(self, line: int, message: str, *, is_error: bool = True) -> Problem:
        return Problem(self._article.path, line, message, is_error)


def _source_lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    except OSError:
        return []


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
