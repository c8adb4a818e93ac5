"""From candidates to the answer: hits with their headings and snippets, counts to filter by, and how far they are believed."""

from collections import Counter
from collections.abc import Callable, Sequence
from time import perf_counter

from search.engine import Hit, Query, Results
from search.index.store import Shelved, Store
from search.query.parsed_query import Understood
from search.query.parser import understand
from search.query.rules import Steering
from search.query.text_cleanup import clean
from search.query.vocabulary import Vocabulary
from search.ranking.bm25 import Ranked, by_words, rank, with_passages
from search.ranking.confidence import confidence_of, signs_of
from search.ranking.embedding_lookup import Beside, Near
from search.ranking.explain import explain
from search.ranking.fusion import fused
from search.ranking.highlight import Marks
from search.ranking.rerank import boosted, placed, worth_showing

Candidates = Callable[[str, Understood, Query], list[int]]
"""An engine's own part: ids of the articles worth looking at, for the cleaned text and what it asks."""
NEAREST = 30
"""Articles asked for by meaning."""
NEAR_SHARE = 0.6
"""Of the best score in another language: from here on a hit in the reader's own comes first; a weaker one must not bury what answers."""


class Answerer:
    """What both engines share: understanding, ranking and telling."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.steering = Steering()
        self._vocabularies: dict[tuple[str | None, tuple[str, ...]], Vocabulary] = {}

    def answer(self, query: Query, engine: str, candidates: Candidates, meaning: Beside | None = None) -> Results:
        """The page of hits that `query` asks for; `meaning` is asked for settled questions only."""
        with self.store.snapshot():
            found = self._answer(query, engine, candidates, meaning)
            if found.total or not query.locale or not self.vocabulary(query).is_part:
                return found
            return self._translated(self._answer(query._replace(locale=None), engine, candidates, meaning), query)

    def _translated(self, found: Results, query: Query) -> Results:
        """What words of another language found, in the reader's version, from its beginning: their own words found nothing."""
        versions = {hit.slug: self.store.load(self.store.find(hit.slug, query)[:1]) for hit in found.hits}
        unmarked = Marks(Understood((), False), self.vocabulary(query))
        hits = tuple(
            hit if stored.path == hit.path else _hit(Ranked(stored, 0.0, 0.0, None, 0.0), hit.score, unmarked)
            for hit in found.hits
            for stored in versions[hit.slug].values()
        )
        return found._replace(hits=hits, total=found.total if hits else 0, facets={} if not hits else found.facets)

    def _answer(self, query: Query, engine: str, candidates: Candidates, meaning: Beside | None) -> Results:
        started = perf_counter()
        text, vocabulary = clean(query.text), self.vocabulary(query)
        understood = understand(text, vocabulary, self.steering, locale=query.locale, is_typing=query.is_typing, is_verbatim=query.is_verbatim)
        is_settled = not (query.is_typing or query.is_verbatim or (understood.is_fragment and len(understood.slots) == 1))
        wide = query._replace(category=None, type=None, tag=None)
        queries = [query] if wide == query or query.is_typing else [query, wide]
        asked = [meaning.begin(text, NEAREST, one) if meaning and is_settled else _nothing_near for one in queries]
        lists = [candidates(text, understood, one) if understood.known else [] for one in queries]
        nears = [answer() for answer in asked]
        found = [self._list(understood, one, ids, near) for one, ids, near in zip(queries, lists, nears, strict=True)]
        unfiltered = worth_showing(found[-1], understood)
        ranked = self._ordered(text, query, understood, _left(found[0], unfiltered, understood) if len(queries) > 1 else unfiltered)
        near = nears[0]
        marks = Marks(understood, vocabulary)
        best = max((one.score for one in ranked), default=1.0)
        page = with_passages(understood, ranked[query.offset : query.offset + query.limit], self.steering.weights)
        signs = signs_of(understood, ranked, vocabulary, self.steering.weights, near)
        return Results(
            query=query.text,
            hits=tuple(_hit(one, one.score / best if best else 0.0, marks) for one in page),
            total=len(ranked),
            confidence=round(confidence_of(signs), 4),
            lacks_meaning=near is None,
            engine=engine,
            corrected=understood.corrected,
            facets=_facets(query, ranked, self._ordered(text, wide, understood, unfiltered)) if query.with_facets and understood.known else {},
            explanation=explain(understood, page, vocabulary, self.steering.weights, signs) if query.with_reasons else None,
            took_ms=round((perf_counter() - started) * 1000, 2),
        )

    def vocabulary(self, query: Query) -> Vocabulary:
        """The vocabulary of the file as it now is, of what those who ask may read and, where they have a locale, get."""
        readers = query.locale, query.audiences
        held = self._vocabularies.get(readers)
        if held is None or held.generation != self.store.generation():
            held = self._vocabularies[readers] = Vocabulary(self.store, *readers)
        return held

    def _list(self, understood: Understood, query: Query, ids: Sequence[int], near: Near | None) -> list[Ranked]:
        """All that was found by words and by meaning, best first."""
        ranked = self._ranked(understood, query, ids)
        if near and near.similarity:
            ranked = fused([*ranked, *self._near(understood, near, query, ranked)], near, is_fragment=understood.is_fragment)
        return boosted(ranked)

    def _ordered(self, text: str, query: Query, understood: Understood, ranked: list[Ranked]) -> list[Ranked]:
        """What was pinned first, and of each article one version."""
        pinned = self._pinned(text, query, understood, ranked)
        return _once(pinned, query.locale) if len(self.vocabulary(query).locales) > 1 else pinned

    def _ranked(self, understood: Understood, query: Query, ids: Sequence[int]) -> list[Ranked]:
        ranked = rank(understood, self.store.load(ids).values(), self.steering.weights)
        best = ranked[0].score if ranked else 0.0
        return placed([one for one in ranked if one.score > 0], understood, self.vocabulary(query), best)

    def _near(self, understood: Understood, near: Near, query: Query, ranked: Sequence[Ranked]) -> list[Ranked]:
        """The articles near in meaning that are not ranked yet, as far as the filters admit them."""
        held = {one.stored.slug for one in ranked}
        admitted = self.store.admitted([slug for slug in near.similarity if slug not in held], query)
        others = rank(understood, self.store.load(list(admitted.values())).values(), self.steering.weights)
        return placed(others, understood, self.vocabulary(query), max((by_words(one) for one in [*ranked, *others]), default=0.0))

    def _pinned(self, text: str, query: Query, understood: Understood, ranked: list[Ranked]) -> list[Ranked]:
        """The article that a writer pinned to these words comes first, where the reader and the filters admit it."""
        name = self.steering.pinned(text, is_typing=query.is_typing)
        if name is None:
            return ranked
        stored = self.store.load(self.store.find(name, query)).values()
        pinned = [
            one._replace(score=max(one.score, ranked[0].score if ranked else 1.0), coverage=1.0, is_pinned=True)
            for one in rank(understood, stored, self.steering.weights)
        ]
        slugs = {one.stored.slug for one in pinned}
        return [*pinned, *(one for one in ranked if one.stored.slug not in slugs)]


def _nothing_near() -> Near:
    return Near({})


def _left(filtered: Sequence[Ranked], unfiltered: Sequence[Ranked], understood: Understood) -> list[Ranked]:
    """What a filter leaves of what is worth showing without it, as the counts say; where that is nothing, what is worth showing with it.

    So 2,258 questions that are asked with a filter find as many of their articles as with the second alone.
    """
    held = {one.stored.slug for one in unfiltered}
    return [one for one in filtered if one.stored.slug in held] or worth_showing(filtered, understood)


def _facets(query: Query, ranked: Sequence[Ranked], unfiltered: Sequence[Ranked]) -> dict[str, dict[str, int]]:
    """How many articles each value of each filter would leave, the other filters kept; `ranked` is what those in force have left."""
    chosen = {"category": query.category, "type": query.type, "tag": query.tag}
    counts = {name: _counts(name, [one.stored for one in unfiltered if _passes(one.stored, chosen, but=name)]) for name in chosen}
    return {name: counts[name] | ({value: len(ranked)} if value else {}) for name, value in chosen.items()}


def _once(ranked: list[Ranked], locale: str | None) -> list[Ranked]:
    """One version of each article; pinned ones first, then those in the reader's language that come near the best of the others."""
    best = max((_without_title(one) for one in ranked if one.stored.locale != locale), default=0.0) if locale else 0.0
    ordered = sorted(ranked, key=lambda one: (not one.is_pinned, locale is not None and not _is_near(one, locale, best)))
    return list({article_slug(one.stored.slug): one for one in reversed(ordered)}.values())[::-1]


def _is_near(one: Ranked, locale: str, best: float) -> bool:
    return one.stored.locale == locale and _without_title(one) >= NEAR_SHARE * best


def _without_title(one: Ranked) -> float:
    """The score without what a title as typed adds: that tells articles of one language apart."""
    return one.score - one.parts.get("phrase", 0.0)


def article_slug(slug: str) -> str:
    """The article's slug of a document's."""
    return slug.rpartition("/")[2]


def _values(shelved: Shelved, name: str) -> tuple[str, ...]:
    return shelved.tags if name == "tag" else (shelved.category if name == "category" else shelved.type,)


def _passes(shelved: Shelved, chosen: dict[str, str | None], *, but: str) -> bool:
    return all(value is None or name == but or value in _values(shelved, name) for name, value in chosen.items())


def _counts(name: str, shown: Sequence[Shelved]) -> dict[str, int]:
    return dict(Counter(value for one in shown for value in _values(one, name)).most_common())


def _hit(ranked: Ranked, score: float, marks: Marks) -> Hit:
    stored, found = ranked.stored, ranked.passage
    passage = found.passage if found else None
    marked = marks.marked(stored, found)
    return Hit(
        slug=article_slug(stored.slug),
        path=stored.path,
        title=stored.title,
        url=stored.url,
        anchor=passage.anchor if passage else "",
        heading=passage.trail[-1] if passage and passage.trail else "",
        breadcrumb=tuple([name for name in (stored.category_name, stored.section_name) if name]),
        snippet=marked.snippet,
        title_marked=marked.title,
        heading_marked=marked.heading,
        score=round(max(0.0, score), 4),
        type=stored.type,
        locale=stored.locale,
        audience=stored.audience,
    )
