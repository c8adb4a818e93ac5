"""The protocol of search engines, and the values that cross it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple, Protocol

from kb.articles.article import Passage
from search.explanation import Explanation

MAX_QUERY_CHARS = 2000
MOST_RANKED = 200
"""Articles that a settled search looks at closely, so also the most that it finds and pages through. Of 50, the article that answers
was missing for 1 question in 130 on 410 articles; of 200 never one that 400 would have shown."""
Progress = Callable[[int, int], None]
"""Called with documents done and documents in all."""


class EngineUnavailable(Exception):
    """The engine could not answer in time, or refused; the message is the engine's own words."""

    def __init__(self, message: str, *, retry_after_s: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
        """How long the engine asks to be left alone, in seconds."""


@dataclass(frozen=True, slots=True)
class Document:
    """What an engine indexes of one article: plain text only."""

    slug: str
    """Of its own in the index: with `es/` before it where the version is not in the site's language."""
    path: str
    title: str
    url: str
    digest: str
    """Of everything below and above: an engine that holds the same digest holds the same document."""
    category: str
    """Slug of the category's folder."""
    category_name: str
    section: str
    section_name: str
    type: str
    locale: str
    audience: str = "public"
    summary: str = ""
    tags: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    passages: tuple[Passage, ...] = ()
    boost: float = 1.0
    """How many times as much as others it counts."""
    readers: tuple[str, ...] = ()
    """Locales whose readers get this version of the article; empty: those of its own locale."""


class Query(NamedTuple):
    """What somebody asks. `is_typing` marks a keystroke: the last word is a prefix, nothing slow is done."""

    text: str
    limit: int = 10
    offset: int = 0
    category: str | None = None
    type: str | None = None
    tag: str | None = None
    locale: str | None = None
    """The reader's: articles in it come first, then those that have no version in it. Without one every language counts, each article once."""
    audiences: tuple[str, ...] = ("public",)
    is_typing: bool = False
    is_verbatim: bool = False
    """Search for the words as typed, without corrections."""
    with_facets: bool = False
    """Count what the filters would leave; costs a second look when one is set."""
    with_reasons: bool = False
    """Tell why each hit stands where it stands; costs about as much again."""


class Hit(NamedTuple):
    """One article that may answer, at the heading that does (`anchor` is empty for its beginning)."""

    slug: str
    path: str
    title: str
    url: str
    anchor: str
    heading: str
    breadcrumb: tuple[str, ...]
    """Category and section names."""
    snippet: str
    """Escaped HTML, the words asked for in `<mark>`."""
    title_marked: str
    """The title as escaped HTML, the words asked for in `<mark>`."""
    heading_marked: str
    """The same of the heading."""
    score: float
    """0.0 to 1.0, comparable within one answer only."""
    type: str = "article"
    locale: str = ""
    """Language of the version found."""
    audience: str = "public"
    """Who may read it; hits are only such as the query's audiences admit."""

    @property
    def href(self) -> str:
        """The URL with its anchor."""
        return f"{self.url}#{self.anchor}" if self.anchor else self.url


class Results(NamedTuple):
    """An engine's answer, best hit first."""

    query: str
    hits: tuple[Hit, ...] = ()
    total: int = 0
    answered: bool = False
    """Whether `confidence` reaches the configured threshold."""
    confidence: float = 0.0
    """0.0 to 1.0: how far the engine believes that the first hits answer."""
    engine: str = ""
    """Which answered; empty for none."""
    degraded: bool = False
    """The configured engine did not answer and the embedded one stood in."""
    lacks_meaning: bool = False
    """The embedder did not answer in time: words alone did, and the next answer may be better."""
    took_ms: float = 0.0
    corrected: str | None = None
    """What was searched for instead of `query`, when words were corrected."""
    facets: Mapping[str, Mapping[str, int]] = MappingProxyType({})
    """`category`, `type`, `tag` → value → matching articles, before that filter is applied."""
    explanation: Explanation | None = None
    """Why all this is so, when the query asked for it."""

    @property
    def is_down(self) -> bool:
        """Whether nothing was searched: no file could be read, or none has been filled yet."""
        return self.degraded and not self.engine


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a synchronisation changed: numbers of documents."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    rebuilt: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether the index already held just these documents."""
        return not (self.added or self.changed or self.removed or self.rebuilt)


class Engine(Protocol):
    """A search engine. Every method raises EngineUnavailable when the engine cannot answer; all may be called from several threads."""

    name: str

    def search(self, query: Query) -> Results:
        """The best articles for `query`; never empty for words that occur in an article the filters admit."""
        ...

    def sync(self, documents: Iterable[Document], progress: Progress | None = None) -> SyncReport:
        """Makes the index hold exactly `documents`, and returns once searches see them."""
        ...

    def rebuild(self, documents: Iterable[Document], progress: Progress | None = None) -> SyncReport:
        """Fills a new index and swaps it in; searches see the old one until then."""
        ...

    def problem(self) -> str | None:
        """What is wrong with the engine or its index, in words for the operator; None when all is well."""
        ...
