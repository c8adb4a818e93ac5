"""The library: one folder of Markdown as an immutable catalog that follows the files."""

import hashlib
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kb.articles.article import PUBLIC, Article, Catalog, Problem
from kb.articles.catalog import builder, translations
from kb.articles.catalog.cache import Cache, pack, unpack
from kb.articles.catalog.categories import FolderIndex
from kb.articles.catalog.link_resolver import LinkResolver, Names
from kb.articles.markdown.complexity import TooComplex
from kb.articles.markdown.render import VERSION, Rendered, render
from kb.articles.source.assets import Assets
from kb.articles.source.files import File, Tree, walk
from kb.articles.source.frontmatter import CATEGORY_KEYS
from kb.articles.source.git_history import OBJECT_MAX_MB, TIMEOUT_S, History
from kb.articles.source.markdown_file import BadSource, Source, read_source
from kb.config import Settings
from kb.i18n.catalogs import known_code, known_language
from kb.i18n.translate import speaking

Progress = Callable[[int, int], None]
"""Called with articles done and articles in all."""
_HISTORY = "history"


@dataclass(slots=True)
class _Held:
    """What the library knows of one file: the last version that could be published, and how the present one fares."""

    file: File
    facts: builder.Facts | None = None
    rendered: Rendered | None = None
    good: builder.Facts | None = None
    """The facts of the version that was rendered last."""
    is_stale: bool = True
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """What loading depends on besides the files."""

    iframe_hosts: tuple[str, ...] = ()
    locale: str = "en"
    history_timeout_s: float = TIMEOUT_S
    history_object_max_mb: int = OBJECT_MAX_MB

    @classmethod
    def of(cls, settings: Settings) -> "Options":
        """The options that an operator chose."""
        return cls(settings.iframe_hosts, settings.locale, settings.history_timeout_s, settings.history_object_max_mb)

    @property
    def digest(self) -> str:
        """Differs whenever the same text would render differently."""
        return hashlib.sha256(f"{VERSION} {self.iframe_hosts} {known_code(self.locale)}".encode()).hexdigest()[:12]


class Library:
    """Articles of one folder. `catalog` is always whole; `refresh` replaces it when the folder has changed."""

    def __init__(
        self,
        root: Path,
        *,
        options: Options | None = None,
        cache: Path | None = None,
        progress: Progress | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.root = root
        self._options, self._progress, self._now = options or Options(), progress, now
        self._cache = Cache(cache)
        self._kept = self._cache.load()
        self._lock = threading.Lock()
        self._held: dict[str, _Held] = {}
        self._tree: Tree | None = None
        self.history = History(root, self._options.history_timeout_s, self._kept.get(_HISTORY, ""), self._options.history_object_max_mb)
        self._published: frozenset[str] = frozenset()
        self._articles_now: list[Article] = []
        self._index: FolderIndex = {}
        self._named: dict[str, Source] = {}
        self._fresh: dict[str, str] = {}
        self._commits_kept = self._kept.get(_HISTORY, "")
        self.assets = Assets(root, self._kept)
        self.names = Names()
        self.catalog = Catalog(0)
        self.refresh()
        self._drop_unused()

    @property
    def iframe_hosts(self) -> tuple[str, ...]:
        """Hosts whose pages may be embedded."""
        return self._options.iframe_hosts

    def get(self, slug: str, audiences: Collection[str] = PUBLIC) -> Article | None:
        """The article that these audiences may read at this address; None when there is none."""
        article = self.catalog.articles.get(slug)
        return article if article and article.is_open_to(audiences, self._now()) else None

    def public_articles(self) -> list[Article]:
        """Every article anybody may read, in reading order."""
        now = self._now()
        return [article for article in self.catalog.articles.values() if article.is_public(now)]

    def rendered(self, path: str) -> Rendered | None:
        """What the article at `path` holds, for the writer's check."""
        held = self._held.get(path)
        return held.rendered if held else None

    def written(self, path: str, key: str) -> tuple[str, ...]:
        """The list a writer gave under `key` in the front matter of `path`, as it stands there."""
        held = self._held.get(path)
        return tuple(held.facts.values.get(key, ())) if held and held.facts else ()

    def refresh(self) -> bool:
        """Looks at the folder and publishes what changed; whether anything did. Safe to call from any thread.

        While git writes files it waits, so that readers see a pull or a checkout whole.
        """
        with self._lock:
            if self._tree and self.history.is_writing():
                return self._publish_due()
            tree = walk(self.root)
            tree = tree.or_as_before(self._tree) if self._tree else tree
            commits_changed = self.history.look(tree.articles)
            if tree == self._tree and not commits_changed:
                return self._publish_due()
            self._read_changed(tree)
            self._tree = tree
            self.assets.update(tree.assets)
            self._publish(tree)
            self._save()
            return True

    def _read_changed(self, tree: Tree) -> None:
        for path in [path for path in self._held if path not in tree.articles]:
            del self._held[path]
        for path, file in tree.articles.items():
            held = self._held.get(path)
            if held is None or held.file != file or held.problem:
                self._held[path] = self._read(path, file, held)

    def _read(self, path: str, file: File, before: _Held | None) -> _Held:
        try:
            facts = builder.Facts.of(read_source(self.root, path), file.mtime_ns, self._options.locale)
        except BadSource as error:
            if before is None or before.good is None:
                return _Held(file, problem=error.problem)
            return _Held(file, before.good, before.rendered, before.good, is_stale=False, problem=error.problem)
        if before is None:
            return _Held(file, facts)
        is_same = before.good is not None and before.good.digest == facts.digest
        return _Held(file, facts, before.rendered, before.good, is_stale=not is_same)

    def _publish(self, tree: Tree) -> None:
        live = frozenset(article.path for article in self.catalog.versions)
        files = {path: held.facts for path, held in self._held.items() if held.facts}
        kept, clashes = builder.unique(files, live)
        self.names, alias_problems = builder.name(kept)
        broken = self._render_all(kept)
        articles = self._articles({path: facts for path, facts in kept.items() if path not in broken})
        index, index_problems = self._read_index_files(tree)
        problems = [
            *tree.problems,
            *(held.problem for held in self._held.values() if held.problem),
            *clashes,
            *alias_problems,
            *broken.values(),
            *index_problems,
        ]
        self._swap(articles, index, tuple(sorted(dict.fromkeys(problems), key=lambda problem: (problem.path, problem.line))))

    def _render_all(self, files: dict[str, builder.Facts]) -> dict[str, Problem]:
        broken: dict[str, Problem] = {}
        for done, (path, facts) in enumerate(files.items()):
            held = self._held[path]
            try:
                self._render(held, facts)
            except TooComplex as error:
                held.problem = Problem(path, error.line, str(error))
                broken |= {path: held.problem} if held.rendered is None else {}
            except BadSource as error:
                held.problem = error.problem
            if self._progress:
                self._progress(done + 1, len(files))
        return broken

    def _render(self, held: _Held, facts: builder.Facts) -> None:
        references = LinkResolver(self.names, self.assets, facts.path.rpartition("/")[0], facts.prefix)
        if held.rendered and not held.is_stale and _still_holds(held.rendered, references):
            return
        if held.problem:
            return
        key = f"{self._options.digest}:{facts.digest}:{facts.path}"
        rendered = self._remembered(key, references) or self._render_now(key, facts, references)
        held.rendered, held.good, held.is_stale = rendered, facts, False

    def _remembered(self, key: str, references: LinkResolver) -> Rendered | None:
        text = self._kept.get(key)
        if text is None:
            return None
        try:
            rendered = unpack(text)
        except (ValueError, KeyError, TypeError):
            return None
        return rendered if _still_holds(rendered, references) else None

    def _render_now(self, key: str, facts: builder.Facts, references: LinkResolver) -> Rendered:
        source = read_source(self.root, facts.path)
        try:
            with speaking(known_language(source.locale or self._options.locale)):
                rendered = render(source.body, references, self._options.iframe_hosts)
        except TooComplex as error:
            raise error.below(source.body_line - 1) from None
        self._fresh[key] = pack(rendered)
        return rendered

    def _articles(self, files: dict[str, builder.Facts]) -> list[Article]:
        commits = self.history.commits
        return [
            builder.article(good, rendered, commits.get(path), self.names)
            for path in files
            if (rendered := self._held[path].rendered) is not None and (good := self._held[path].good) is not None
        ]

    def _read_index_files(self, tree: Tree) -> tuple[FolderIndex, list[Problem]]:
        index: FolderIndex = {}
        problems: list[Problem] = []
        good = {path: source for path, source in self._named.items() if path in tree.index_files}
        for path in tree.index_files:
            try:
                good[path] = read_source(self.root, path, CATEGORY_KEYS, required=())
            except BadSource as error:
                problems.append(error.problem)
        for path, source in good.items():
            index.setdefault(source.locale or self._options.locale, {})[tree.index_files[path].folder] = source.values
        self._named = good
        return index, problems

    def _swap(self, articles: list[Article], index: FolderIndex, problems: tuple[Problem, ...]) -> None:
        now = self._now()
        self._published = _published(articles, now)
        self._articles_now, self._index = articles, index
        bare = Catalog(self.catalog.generation + 1, (), {}, self.names.ids, self.names.aliases, problems, self._options.locale)
        self.catalog = translations.catalog(bare, articles, index, now)

    def _publish_due(self) -> bool:
        if _published(self._articles_now, self._now()) == self._published:
            return False
        self._swap(self._articles_now, self._index, self.catalog.problems)
        return True

    def _save(self) -> None:
        added = self._fresh | self.assets.fresh
        commits = self.history.to_keep()
        if commits != self._commits_kept:
            added[_HISTORY] = self._commits_kept = commits
        if added:
            self._cache.save(added)
        self._fresh, self.assets.fresh = {}, {}

    def _drop_unused(self) -> None:
        used = {f"{self._options.digest}:{held.facts.digest}:{path}" for path, held in self._held.items() if held.facts}
        dropped = [key for key in self._kept if not key.startswith("asset:") and key not in used and key != _HISTORY]
        if dropped:
            self._cache.save({}, dropped)
        self._kept = {}


def _still_holds(rendered: Rendered, references: LinkResolver) -> bool:
    for link in rendered.links:
        target = references.link(link.href)
        if target.url != link.url and not (link.url is not None and link.href == link.url):
            return False
        if target.problem != link.problem:
            return False
    for image in rendered.images:
        picture = references.image(image.src)
        if (picture.url, picture.width, picture.height) != (image.url, image.width, image.height):
            return False
    return True


def _published(articles: list[Article], now: datetime) -> frozenset[str]:
    return frozenset(article.path for article in articles if article.is_published(now))
