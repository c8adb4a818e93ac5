"""The library: a folder of Markdown as an immutable catalog that follows the files."""

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kb.articles.article import PUBLIC, Article, Catalog, Problem
from kb.articles.catalog import builder, translations
from kb.articles.catalog.cache import Cache
from kb.articles.catalog.categories import FolderIndex
from kb.articles.catalog.link_resolver import LinkResolver, Names
from kb.articles.catalog.renderer import Renderer, still_leads_there
from kb.articles.markdown.complexity import TooComplex
from kb.articles.markdown.render import Rendered
from kb.articles.source.assets import Assets
from kb.articles.source.files import File, Tree, walk
from kb.articles.source.frontmatter import CATEGORY_KEYS
from kb.articles.source.git_history import OBJECT_MAX_MB, TIMEOUT_S, History
from kb.articles.source.markdown_file import BadSource, Source, read_source
from kb.config import Settings

Progress = Callable[[int, int], None]
"""Called with articles done and articles in all."""
_HISTORY = "history"


@dataclass(frozen=True, slots=True)
class _Version:
    """A version of an article that can be published."""

    facts: builder.Facts
    rendered: Rendered


@dataclass(slots=True)
class _FileState:
    """One file as it was at the last look."""

    file: File
    facts: builder.Facts | None = None
    """Of its present text; where that cannot be read, of the last text that could."""
    version: _Version | None = None
    """The last one that could be rendered. It stays live while the present text has a problem."""
    problem: Problem | None = None

    @property
    def is_rendered(self) -> bool:
        """Whether `version` is of the present text."""
        return self.version is not None and self.facts is not None and self.version.facts.digest == self.facts.digest


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
        kept = self._cache.load()
        self._lock = threading.Lock()
        self._files: dict[str, _FileState] = {}
        self._tree: Tree | None = None
        self.history = History(root, self._options.history_timeout_s, kept.get(_HISTORY, ""), self._options.history_object_max_mb)
        self._published: frozenset[str] = frozenset()
        self._articles_now: list[Article] = []
        self._index: FolderIndex = {}
        self._named: dict[str, Source] = {}
        self._commits_kept = kept.get(_HISTORY, "")
        self._renderer = Renderer(root, self._options.iframe_hosts, self._options.locale, kept)
        self.assets = Assets(root, kept)
        self.names = Names()
        self.catalog = Catalog(0)
        self.refresh()
        self._drop_unused(kept)
        self._renderer.forget_cached()

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
        """Return what the article at `path` holds, for the linter; None where it cannot be rendered."""
        state = self._files.get(path)
        return state.version.rendered if state and state.version else None

    def written(self, path: str, key: str) -> tuple[str, ...]:
        """Return the list a writer gave under `key` in the front matter of `path`, as it stands there."""
        state = self._files.get(path)
        return tuple(state.facts.values.get(key, ())) if state and state.facts else ()

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
        for path in [path for path in self._files if path not in tree.articles]:
            del self._files[path]
        for path, file in tree.articles.items():
            state = self._files.get(path)
            if state is None or state.file != file or state.problem:
                self._files[path] = self._read(path, file, state.version if state else None)

    def _read(self, path: str, file: File, version: _Version | None) -> _FileState:
        try:
            facts = builder.Facts.of(read_source(self.root, path), file.mtime_ns, self._options.locale)
        except BadSource as error:
            return _FileState(file, version.facts if version else None, version, error.problem)
        return _FileState(file, facts, version)

    def _publish(self, tree: Tree) -> None:
        live = frozenset(article.path for article in self.catalog.versions)
        files = {path: state.facts for path, state in self._files.items() if state.facts}
        kept, clashes = builder.unique(files, live)
        self.names, alias_problems = builder.name(kept)
        broken = self._render_all(kept)
        articles = self._articles({path: facts for path, facts in kept.items() if path not in broken})
        index, index_problems = self._read_index_files(tree)
        problems = [
            *tree.problems,
            *(state.problem for state in self._files.values() if state.problem),
            *clashes,
            *alias_problems,
            *broken.values(),
            *index_problems,
        ]
        self._swap(articles, index, tuple(sorted(dict.fromkeys(problems), key=lambda problem: (problem.path, problem.line))))

    def _render_all(self, files: dict[str, builder.Facts]) -> dict[str, Problem]:
        """Render what changed; return the problems of files that have no version to show, by path."""
        broken: dict[str, Problem] = {}
        for done, (path, facts) in enumerate(files.items()):
            state = self._files[path]
            try:
                self._render(state, facts)
            except TooComplex as error:
                state.problem = Problem(path, error.line, str(error))
                broken |= {path: state.problem} if state.version is None else {}
            except BadSource as error:
                state.problem = error.problem
            if self._progress:
                self._progress(done + 1, len(files))
        return broken

    def _render(self, state: _FileState, facts: builder.Facts) -> None:
        links = LinkResolver(self.names, self.assets, facts.path.rpartition("/")[0], facts.prefix)
        is_current = state.is_rendered and state.version is not None and still_leads_there(state.version.rendered, links)
        if not is_current and not state.problem:
            state.version = _Version(facts, self._renderer.render(facts, links))

    def _articles(self, files: dict[str, builder.Facts]) -> list[Article]:
        commits = self.history.commits
        versions = {path: version for path in files if (version := self._files[path].version) is not None}
        return [builder.article(version.facts, version.rendered, commits.get(path), self.names) for path, version in versions.items()]

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
        added = self._renderer.fresh | self.assets.fresh
        commits = self.history.to_keep()
        if commits != self._commits_kept:
            added[_HISTORY] = self._commits_kept = commits
        if added:
            self._cache.save(added)
        self._renderer.fresh, self.assets.fresh = {}, {}

    def _drop_unused(self, kept: Collection[str]) -> None:
        used = {self._renderer.key(state.facts) for state in self._files.values() if state.facts}
        dropped = [key for key in kept if not key.startswith("asset:") and key not in used and key != _HISTORY]
        if dropped:
            self._cache.save({}, dropped)


def _published(articles: list[Article], now: datetime) -> frozenset[str]:
    return frozenset(article.path for article in articles if article.is_published(now))
