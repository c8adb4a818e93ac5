"""From an engine's candidates to its answer: parse, rank, fuse, filter, highlight, and judge how far the hits can be trusted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter

from search.engine import Hit, Query, Results
from search.index.store import Store
from search.lru_cache import LRUCache
from search.query.parsed_query import ParsedQuery
from search.query.parser import parse_query
from search.query.rules import SearchRules
from search.query.terms import TermReader
from search.query.text_cleanup import clean_query
from search.query.vocabulary import Vocabulary
from search.ranking.bm25 import Ranked, add_passages, by_words, rank
from search.ranking.confidence import estimate_confidence, measure_signals
from search.ranking.embedding_lookup import LEAST_TOLD, EmbeddingLookup, NearestArticles
from search.ranking.explain import explain
from search.ranking.facets import apply_filters, count_facets
from search.ranking.fusion import add_similarity, fuse
from search.ranking.highlight import MOST_HIGHLIGHTS, HighlightCache, Highlighter
from search.ranking.languages import article_slug, one_version_each
from search.ranking.rerank import apply_boosts, rerank, worth_showing
from search.ranking.text_similarity import measure_similarity
from search.text.word_vectors import WordVectors, word_vectors

Candidates = Callable[[str, ParsedQuery, Query], list[int]]
"""An engine's own part: ids of the articles worth looking at, for the cleaned text and what it asks."""
NEAREST = 30
"""Articles asked for by meaning."""


@dataclass(frozen=True, slots=True)
class _Scope:
    """What is known for one group of readers, until the index changes."""

    terms: TermReader
    highlights: HighlightCache

    @property
    def vocabulary(self) -> Vocabulary:
        """The words that they may know of."""
        return self.terms.vocabulary


class Answerer:
    """Parses queries and ranks candidates, the same for every engine."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.rules = SearchRules()
        self.vectors: WordVectors | None = word_vectors()
        """What words mean; None where words alone are to count."""
        self._scopes: dict[tuple[str | None, tuple[str, ...]], _Scope] = {}

    def answer(self, query: Query, engine: str, candidates: Candidates, meaning: EmbeddingLookup | None = None) -> Results:
        """The page of hits that `query` asks for; `meaning` is asked for settled questions only."""
        with self.store.snapshot():
            found = self._answer(query, engine, candidates, meaning)
            if found.total or not query.locale or not self.vocabulary(query).is_part:
                return found
            return self._translated(self._answer(query._replace(locale=None), engine, candidates, meaning), query)

    def _translated(self, found: Results, query: Query) -> Results:
        """What words of another language found, in the reader's version, from its beginning: their own words found nothing."""
        versions = {hit.slug: self.store.load(self.store.find(hit.slug, query)[:1]) for hit in found.hits}
        scope = self._scope(query)
        unmarked = Highlighter(ParsedQuery((), False), scope.vocabulary, scope.highlights)
        hits = tuple(
            hit if stored.path == hit.path else _hit(Ranked(stored, 0.0, 0.0, None, 0.0), hit.score, unmarked)
            for hit in found.hits
            for stored in versions[hit.slug].values()
        )
        return found._replace(hits=hits, total=found.total if hits else 0, facets={} if not hits else found.facets)

    def _answer(self, query: Query, engine: str, candidates: Candidates, meaning: EmbeddingLookup | None) -> Results:
        started = perf_counter()
        text, scope = clean_query(query.text), self._scope(query)
        vocabulary = scope.vocabulary
        parsed = parse_query(text, scope.terms, self.rules, locale=query.locale, is_typing=query.is_typing, is_verbatim=query.is_verbatim)
        is_settled = not (query.is_typing or query.is_verbatim or (parsed.is_fragment and len(parsed.terms) == 1))
        wide = query._replace(category=None, type=None, tag=None)
        queries = [query] if wide == query or query.is_typing else [query, wide]
        asked = [meaning.begin(text, NEAREST, one) if meaning and is_settled else _nothing_near for one in queries]
        lists = [candidates(text, parsed, one) if parsed.known else [] for one in queries]
        nears = [answer() for answer in asked]
        found = [self._list(parsed, one, ids, near) for one, ids, near in zip(queries, lists, nears, strict=True)]
        unfiltered = worth_showing(found[-1], parsed)
        ranked = self._ordered(text, query, parsed, apply_filters(found[0], unfiltered, parsed) if len(queries) > 1 else unfiltered)
        near = nears[0]
        highlighter = Highlighter(parsed, vocabulary, scope.highlights)
        best = max((one.score for one in ranked), default=1.0)
        page = add_passages(parsed, ranked[query.offset : query.offset + query.limit], self.rules.weights)
        signs = measure_signals(parsed, ranked, vocabulary, self.rules.weights, self.vectors, near)
        return Results(
            query=query.text,
            hits=tuple(_hit(one, one.score / best if best else 0.0, highlighter) for one in page),
            total=len(ranked),
            confidence=round(estimate_confidence(signs), 4),
            lacks_meaning=near is None,
            engine=engine,
            corrected=parsed.corrected,
            facets=count_facets(query, ranked, self._ordered(text, wide, parsed, unfiltered)) if query.with_facets and parsed.known else {},
            explanation=explain(parsed, page, vocabulary, self.rules.weights, signs) if query.with_reasons else None,
            took_ms=round((perf_counter() - started) * 1000, 2),
        )

    def vocabulary(self, query: Query) -> Vocabulary:
        """Return the current vocabulary of the articles that the query's audiences may read in its locale."""
        return self._scope(query).vocabulary

    def _scope(self, query: Query) -> "_Scope":
        readers = query.locale, query.audiences
        scope = self._scopes.get(readers)
        if scope is None or scope.vocabulary.generation != self.store.generation():
            scope = self._scopes[readers] = _Scope(TermReader(Vocabulary(self.store, *readers), self.vectors), LRUCache(MOST_HIGHLIGHTS))
        return scope

    def _list(self, parsed: ParsedQuery, query: Query, ids: Sequence[int], near: NearestArticles | None) -> list[Ranked]:
        """All that was found by words and by meaning, best first."""
        ranked = self._ranked(parsed, query, ids)
        if near and near.similarity:
            ranked = fuse([*ranked, *self._near(parsed, near, query, ranked)], near, is_fragment=parsed.is_fragment)
        elif self.vectors and (not parsed.is_fragment or (len(parsed.terms) > 1 and len(ranked) >= LEAST_TOLD)):
            similar = measure_similarity(parsed.phrase.split(), [one.stored for one in ranked], self.vectors)
            ranked = add_similarity(ranked, similar, sum([term.weight for term in parsed.known]), is_fragment=parsed.is_fragment)
        return apply_boosts(ranked)

    def _ordered(self, text: str, query: Query, parsed: ParsedQuery, ranked: list[Ranked]) -> list[Ranked]:
        """What was pinned first, and of each article one version."""
        pinned = self._pinned(text, query, parsed, ranked)
        return one_version_each(pinned, query.locale) if len(self.vocabulary(query).locales) > 1 else pinned

    def _ranked(self, parsed: ParsedQuery, query: Query, ids: Sequence[int]) -> list[Ranked]:
        ranked = rank(parsed, self.store.load(ids).values(), self.rules.weights)
        best = ranked[0].score if ranked else 0.0
        return rerank([one for one in ranked if one.score > 0], parsed, self.vocabulary(query), best)

    def _near(self, parsed: ParsedQuery, near: NearestArticles, query: Query, ranked: Sequence[Ranked]) -> list[Ranked]:
        """The articles near in meaning that are not ranked yet, as far as the filters admit them."""
        held = {one.stored.slug for one in ranked}
        admitted = self.store.admitted([slug for slug in near.similarity if slug not in held], query)
        others = rank(parsed, self.store.load(list(admitted.values())).values(), self.rules.weights)
        return rerank(others, parsed, self.vocabulary(query), max((by_words(one) for one in [*ranked, *others]), default=0.0))

    def _pinned(self, text: str, query: Query, parsed: ParsedQuery, ranked: list[Ranked]) -> list[Ranked]:
        """The article that a writer pinned to these words comes first, where the reader and the filters admit it."""
        name = self.rules.pinned(text, is_typing=query.is_typing)
        if name is None:
            return ranked
        stored = self.store.load(self.store.find(name, query)).values()
        pinned = [
            one._replace(score=max(one.score, ranked[0].score if ranked else 1.0), coverage=1.0, is_pinned=True)
            for one in rank(parsed, stored, self.rules.weights)
        ]
        slugs = {one.stored.slug for one in pinned}
        return [*pinned, *(one for one in ranked if one.stored.slug not in slugs)]


def _nothing_near() -> NearestArticles:
    return NearestArticles({})


def _hit(ranked: Ranked, score: float, highlighter: Highlighter) -> Hit:
    stored, found = ranked.stored, ranked.passage
    passage = found.passage if found else None
    highlight = highlighter.highlight(stored, found)
    return Hit(
        slug=article_slug(stored.slug),
        path=stored.path,
        title=stored.title,
        url=stored.url,
        anchor=passage.anchor if passage else "",
        heading=passage.trail[-1] if passage and passage.trail else "",
        breadcrumb=tuple([name for name in (stored.category_name, stored.section_name) if name]),
        snippet=highlight.snippet,
        title_marked=highlight.title,
        heading_marked=highlight.heading,
        score=round(max(0.0, score), 4),
        type=stored.type,
        locale=stored.locale,
        audience=stored.audience,
    )
