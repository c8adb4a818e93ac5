"""The Meilisearch engine: the server finds candidates, `search.ranking.bm25` puts them in order.

A question is asked word by word in one round trip. Asked as a whole, the server drops words until some article holds all
the others, and a question always has a word that its answer lacks (meilisearch/meilisearch#5841).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from os.path import commonprefix
from typing import Any

from kb.text.whole_number import parse_whole_number
from search.engine import MOST_RANKED, Document, EngineUnavailable, Progress, Query, Results, SyncReport
from search.engines.embedded import ENOUGH, EmbeddedEngine
from search.engines.meilisearch.client import Clients, MeilisearchError
from search.engines.meilisearch.index import EMBEDDER, MeilisearchIndex, identifier, reads_as_e5, spelt
from search.engines.meilisearch.kept_statistics import KeptStatistics
from search.index.file import discard
from search.index.statistics import StatisticsStore, digest_of, pack
from search.query.parsed_query import Alternative, How, ParsedQuery, QueryTerm
from search.ranking.embedding_lookup import LEAST_TOLD, EmbeddingLookup, NearestArticles, leads

HITS_PER_WORD = 100
PER_WORD = 3
"""Of what a word may stand for, so many are asked for, besides synonyms and parts of it."""
MOST_ASKED = 10
"""The most telling. The answer was among the first 50 candidates for 0.89 of 129 questions; with all, 16 on average, for 0.87 in 1.4 times the time."""
_RAW = ["title", "headings", "keywords", "summary"]
_STEMS = ["title_stems", "headings_stems", "keywords_stems", "summary_stems", "labels_stems", "body_stems"]


class MeilisearchEngine:
    """Answers from a Meilisearch index; vocabulary, texts and ranking are those of the embedded engine beside it."""

    name = "meilisearch"

    def __init__(
        self, clients: Clients, index: str, embedded: EmbeddedEngine, keeper: MeilisearchIndex | None = None, *, embedder: dict[str, Any] | None = None
    ) -> None:
        self._clients = clients
        self._index = index
        self._embedded = embedded
        self._keeper = keeper or MeilisearchIndex(clients, index, embedded.store.path.with_name(f"{index}.lock"), embedder=embedder)
        self._statistics = KeptStatistics(clients, index)
        self._meaning = EmbeddingLookup(self.nearest) if embedder else None
        self._prefix = "query: " if embedder and reads_as_e5(embedder) else ""

    def search(self, query: Query) -> Results:
        """The best articles for `query`; raises EngineUnavailable when the server does not answer."""
        with self._embedded.store.guarded():
            return self._embedded.answerer.answer(query, self.name, self._candidates, self._meaning)

    def sync(self, documents: Iterable[Document], progress: Progress | None = None) -> SyncReport:
        """Brings the index to exactly `documents`; one that is missing, foreign or outdated is rebuilt."""
        wanted = list(documents)
        with _named():
            report = self._keeper.sync(wanted, progress)
            self._keep_statistics(wanted)
            return report

    def rebuild(self, documents: Iterable[Document], progress: Progress | None = None) -> SyncReport:
        """Fills a new index and swaps it in."""
        wanted = list(documents)
        with _named():
            report = self._keeper.rebuild(wanted, progress)
            self._keep_statistics(wanted)
            return report

    def drop(self) -> None:
        """Deletes the index."""
        with _named():
            self._statistics.drop()
            self._keeper.drop()

    def stand_in(self, documents: Sequence[Document]) -> "MeilisearchEngine | None":
        """Return an engine that needs no search file, for as long as that is being filled; None where no statistics of these documents are kept."""
        digest = digest_of({one.slug: one.digest for one in documents})
        with _named():
            parts = self._statistics.read(digest)
        if parts is None:
            return None
        path = self._embedded.store.path
        try:
            beside = EmbeddedEngine(StatisticsStore(path.with_name(f"{self._index}-words.sqlite"), parts, documents))
        except ValueError:
            return None
        beside.answerer.rules, beside.answerer.vectors = self._embedded.answerer.rules, self._embedded.answerer.vectors
        engine = MeilisearchEngine(self._clients, self._index, beside, self._keeper)
        engine._meaning, engine._prefix = self._meaning, self._prefix
        return engine

    def close(self) -> None:
        """Delete the words that a stand-in read."""
        discard(self._embedded.store.path)

    def _keep_statistics(self, documents: Sequence[Document]) -> None:
        """Keep beside the index what a process without a search file needs, if our own file holds just these documents."""
        wanted, store = {one.slug: one.digest for one in documents}, self._embedded.store
        if store.digests() == wanted:
            self._statistics.keep(digest_of(wanted), lambda: pack(store))

    def problem(self) -> str | None:
        """What is wrong with the server, the key or the index; None when all is well."""
        try:
            with _named():
                found = self._clients.searching.index(self._index).search("", {"limit": 0})
        except EngineUnavailable as error:
            return str(error)
        return None if found["estimatedTotalHits"] else f"The Meilisearch index {self._index} is empty; it is filled by the next synchronisation."

    def refusals(self) -> Iterator[str]:
        """What the server says of keys that may not do what they are for, with the setting that holds each."""
        ways: dict[str, Callable[[], Any]] = {
            "DESKBOOK_MEILISEARCH_KEY": lambda: self._clients.searching.http.post(f"indexes/{self._index}/search", {"limit": 0}),
            "DESKBOOK_MEILISEARCH_INDEX_KEY": lambda: self._clients.indexing.http.get(f"indexes/{self._index}"),
        }
        for setting, ask in ways.items():
            try:
                ask()
            except MeilisearchError as error:
                if getattr(error, "code", None) in ("invalid_api_key", "missing_authorization_header"):
                    yield f"Meilisearch refuses the key in {setting}: {error.message[:300]}"

    def _candidates(self, text: str, parsed: ParsedQuery, query: Query) -> list[int]:
        row = _in_a_row(parsed)
        with _named():
            slugs = self._fragment(row, text, parsed, query) if row else self._question(text, parsed, query)
        ids = self._embedded.store.ids(slugs)
        return [ids[slug] for slug in slugs if slug in ids]

    def nearest(self, text: str, most: int, query: Query) -> NearestArticles:
        """The articles nearest in meaning, and of the first its own neighbours; raises EngineUnavailable, also for an embedder too slow.

        With a ratio of 1 the server reads the text for its meaning only, so a prefix does no harm.
        """
        options = {"limit": most, "attributesToRetrieve": ["slug"], "showRankingScore": True, "filter": filters(query)}
        index = self._clients.meaning.index(self._index)
        with _named():
            hits = index.search(self._prefix + text, options | {"hybrid": {"embedder": EMBEDDER, "semanticRatio": 1.0}})["hits"]
            own = index.get_similar_documents(options | {"id": identifier(hits[0]["slug"]), "embedder": EMBEDDER})["hits"] if len(hits) >= LEAST_TOLD else []
            found = {hit["slug"]: float(hit["_rankingScore"]) for hit in hits}
            return NearestArticles(found, leads(found, [float(hit["_rankingScore"]) for hit in own]))

    def _fragment(self, row: list[str], text: str, parsed: ParsedQuery, query: Query) -> list[str]:
        """Articles that hold all words, those with them in titles first; where these are few, also those that hold some."""
        searching = self._clients.searching
        if query.is_typing:
            asked = self._common(query) | {"q": " ".join(row), "attributesToSearchOn": _STEMS, "matchingStrategy": "frequency", "limit": HITS_PER_WORD}
            return _slugs(searching.http.post(f"indexes/{self._index}/search", asked)) or self._question(text, parsed, query)
        whole = [f'"{stems}"' if len(term.alternatives) == 1 else stems for term, stems in zip(parsed.known, row, strict=True)]
        every = self._common(query) | {"indexUid": self._index, "q": " ".join(whole), "matchingStrategy": "all", "limit": MOST_RANKED}
        answers = searching.multi_search([every | {"attributesToSearchOn": fields} for fields in (_STEMS[:1], _STEMS)])["results"]
        titled, anywhere = map(_slugs, answers)
        enough = next((found for found in (titled, anywhere) if len(found) >= ENOUGH), None)
        return enough or self._question(text, parsed, query)

    def _common(self, query: Query) -> dict[str, Any]:
        common: dict[str, Any] = {"attributesToRetrieve": ["slug"]}
        return common | {"filter": condition} if (condition := filters(query)) else common

    def _question(self, text: str, parsed: ParsedQuery, query: Query) -> list[str]:
        """Articles by the sum of what each word says of them: of the most telling words, and of what each may stand for."""
        told = [(term, one) for term in parsed.telling for at, one in enumerate(term.alternatives) if at < PER_WORD or one.how in (How.SYNONYM, How.COMPOUND)]
        asked = sorted(told, key=lambda pair: -pair[1].weight * pair[1].rarity)[:MOST_ASKED]
        common = self._common(query) | {"indexUid": self._index, "limit": HITS_PER_WORD, "showRankingScore": True}
        queries: list[dict[str, Any]] = [
            {**common, "q": spelt(one.stem) if one.is_prefix else f'"{spelt(one.stem)}"', "attributesToSearchOn": _STEMS} for _, one in asked
        ]
        if parsed.is_fragment:
            queries.append({**common, "q": parsed.corrected or text, "attributesToSearchOn": _RAW, "matchingStrategy": "last"})
        answers = self._clients.searching.multi_search(queries)["results"]
        plain = _slugs(answers.pop()) if parsed.is_fragment else []
        scores: dict[QueryTerm, dict[str, float]] = defaultdict(dict)
        for (term, one), answer in zip(asked, answers, strict=True):
            for hit in answer["hits"]:
                score = one.weight * one.rarity * hit["_rankingScore"]
                scores[term][hit["slug"]] = max(score, scores[term].get(hit["slug"], 0.0))
        fused: dict[str, float] = defaultdict(float)
        for found in scores.values():
            for slug, score in found.items():
                fused[slug] += score
        best = sorted(fused, key=lambda slug: -fused[slug])[:MOST_RANKED]
        return list(dict.fromkeys([*plain[:HITS_PER_WORD], *best]))[:MOST_RANKED]


def _slugs(answer: dict[str, Any]) -> list[str]:
    return [hit["slug"] for hit in answer["hits"]]


def _in_a_row(parsed: ParsedQuery) -> list[str]:
    """The stems of a fragment; empty where a word may stand for several, which the server cannot be asked for in one query."""
    if not parsed.is_fragment or any(one.how not in (How.TYPED, How.BEGINNING) for term in parsed.known for one in term.alternatives):
        return []
    row = [spelt(_beginning(term.alternatives)) for term in parsed.known]
    return row if all(row) else []


def _beginning(alternatives: Sequence[Alternative]) -> str:
    """What all that an unfinished word may stand for begins with; one that stands for itself is it."""
    return commonprefix([one.stem for one in alternatives])  # noqa: RUF071 (of words, not of paths)


def filters(query: Query) -> list[Any]:
    """The filter of a query, built from exact values only: what a customer types never becomes part of it unquoted."""
    conditions: list[Any] = [[f"audience = {_quoted(audience)}" for audience in query.audiences]]
    for attribute, value in (("category", query.category), ("type", query.type), ("tags", query.tag), ("readers", query.locale)):
        if value:
            conditions.append(f"{attribute} = {_quoted(value)}")
    return conditions


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _retry_after_s(error: MeilisearchError) -> float:
    """A server with too many searches asks for a pause; the client keeps the answer as the error's cause."""
    cause = error.__cause__
    response = getattr(cause, "response", None)
    value = response.headers.get("Retry-After", "") if response is not None else ""
    return float(min(parse_whole_number(value) or 0, 300))


@contextmanager
def _named() -> Iterator[None]:
    """Every way the server can fail, as EngineUnavailable with the server's own words."""
    try:
        yield
    except MeilisearchError as error:
        code = getattr(error, "code", None)
        raise EngineUnavailable(f"Meilisearch: {f'{code}: ' if code else ''}{error.message[:300]}", retry_after_s=_retry_after_s(error)) from error
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise EngineUnavailable(f"Meilisearch gave an answer that makes no sense: {str(error)[:300]}") from error
