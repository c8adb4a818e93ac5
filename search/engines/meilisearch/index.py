"""Keep the Meilisearch index equal to the articles: compared by digest, repaired, or rebuilt beside the live one and swapped."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from time import monotonic, sleep, time
from typing import Any

from search.engine import Document, EngineUnavailable, Progress, SyncReport
from search.engines.meilisearch.client import Clients, MeilisearchApiError
from search.index.build_lock import BuildLock, hold_build_lock
from search.ranking.embedding_lookup import is_e5
from search.text.normalizer import is_unspaced, visible
from search.text.stemmer import Stems
from search.text.tokenizer import indexed_words

TASK_PATIENCE_S = 900.0
ABANDONED_AFTER_S = 60.0
_BATCH_DOCUMENTS = 1000
_BATCH_CHARS = 4_000_000
_STEMMED = ("title_stems", "headings_stems", "keywords_stems", "summary_stems", "labels_stems", "body_stems")
SETTINGS: dict[str, Any] = {
    "searchableAttributes": ["title", "headings", "keywords", "summary", *_STEMMED],
    "filterableAttributes": ["audience", "category", "readers", "tags", "type"],
    "displayedAttributes": ["digest", "slug"],
    "rankingRules": ["words", "typo", "proximity", "attribute", "exactness"],
    "typoTolerance": {"disableOnAttributes": sorted(_STEMMED)},
    "pagination": {"maxTotalHits": 1000},
    "proximityPrecision": "byAttribute",  # how near words stand is told by `search.ranking.bm25`; the server spent most of its time on finding it out
}
EMBEDDER = "default"
_TEMPLATE = "{{doc.title}}\n{{doc.text}}"
_TEMPLATE_BYTES = 2000
_HEXADECIMAL = str.maketrans("0123456789abcdef", "abcdefghijklmnop")


class MeilisearchIndex:
    """Writes one index; raises the client's errors, and EngineUnavailable with the server's words for a failed task."""

    def __init__(
        self,
        clients: Clients,
        name: str,
        lock: Path,
        *,
        embedder: dict[str, Any] | None = None,
        patience_s: float = TASK_PATIENCE_S,
        abandoned_after_s: float = ABANDONED_AFTER_S,
    ) -> None:
        self._clients = clients
        self._patience_s = patience_s
        self._abandoned_after_s = abandoned_after_s
        self._name = name
        self._lock = lock
        self._next = f"{name}__next"
        self._embedders = {EMBEDDER: _with_template(embedder)} if embedder else {}

    def sync(self, documents: Sequence[Document], progress: Progress | None = None) -> SyncReport:
        """Adds, changes and removes what differs; an index that is not ours as it should be, or lacks the most of it, is rebuilt."""
        with hold_build_lock(self._lock, self._patience_s) as mine:
            held, embedders = self._held()
            added = [document for document in documents if document.slug not in (held or ())]
            if held is None or 2 * len(added) > len(documents):
                return self._rebuild(mine, documents, progress)
            self._tidy(mine)
            return self._repair(held, embedders, added, documents, progress)

    def _repair(
        self, held: dict[str, str], embedders: dict[str, Any], added: list[Document], documents: Sequence[Document], progress: Progress | None
    ) -> SyncReport:
        wanted = {document.slug: document.digest for document in documents}
        gone = [slug for slug in held if slug not in wanted]
        changed = [document for document in documents if held.get(document.slug, document.digest) != document.digest]
        if gone:
            task = self._client.http.post(f"indexes/{self._name}/documents/delete-batch", [identifier(slug) for slug in gone])
            self._await(task["taskUid"])
        try:
            self._fill(self._name, changed + added, progress)
        except EngineUnavailable as error:
            if not embedders or "embedding" not in str(error):
                raise
            self._embed(embedders, {})  # words first: the embedder is asked again below
            embedders = {}
            self._fill(self._name, changed + added, progress)
        self._embed(embedders, self._embedders)
        return SyncReport(len(added), len(changed), len(gone))

    def rebuild(self, documents: Sequence[Document], progress: Progress | None = None) -> SyncReport:
        """Fills a new index and swaps it in. On other machines the new index is the lock: whoever creates it works, any other gets EngineUnavailable.

        The embedder reads the articles after that, since it may be slow, or dead, which is told by EngineUnavailable.
        """
        with hold_build_lock(self._lock, self._patience_s) as mine:
            return self._rebuild(mine, documents, progress)

    def _rebuild(self, mine: BuildLock, documents: Sequence[Document], progress: Progress | None) -> SyncReport:
        self._begin(mine)
        try:
            self._await(self._client.index(self._next).update_settings(SETTINGS).task_uid)
            self._fill(self._next, documents, progress)
            self._require_whole(documents)
            self._swap()
        finally:
            self._client.index(self._next).delete()
        mine.clear()
        self._embed({}, self._embedders)
        return SyncReport(added=len(documents), rebuilt=True)

    def drop(self) -> None:
        """Deletes the index and waits until it is gone."""
        self._await(self._client.index(self._name).delete().task_uid)

    @property
    def _client(self) -> Any:
        return self._clients.indexing

    def _embed(self, held: dict[str, Any], wanted: dict[str, Any]) -> None:
        """Changes the live index's embedders from `held` to `wanted`: it answers by words all the while."""
        if not _equal(held, wanted) or held.keys() != wanted.keys():
            task = self._client.http.patch(f"indexes/{self._name}/settings/embedders", dict.fromkeys(held) | wanted)
            self._await(task["taskUid"])

    def _held(self) -> tuple[dict[str, str] | None, dict[str, Any]]:
        """Slug → digest of the documents held, None for an index that is missing, foreign or has other settings; and the embedders."""
        index = self._client.index(self._name)
        try:
            settings = index.http.get(f"indexes/{self._name}/settings")
        except MeilisearchApiError as error:
            if error.code == "index_not_found":
                return None, {}
            raise
        if any(not _equal(settings.get(name), value) for name, value in SETTINGS.items()):
            return None, {}
        found: dict[str, str] = {}
        while True:
            page = self._client.http.post(f"indexes/{self._name}/documents/fetch", {"offset": len(found), "limit": 1000, "fields": ["slug", "digest"]})
            if any("slug" not in row or "digest" not in row for row in page["results"]):
                return None, {}
            found.update((row["slug"], row["digest"]) for row in page["results"])
            if len(found) >= page["total"] or not page["results"]:
                return found, settings.get("embedders") or {}

    def _begin(self, mine: BuildLock) -> None:
        was_left = mine.is_marked
        mine.mark()
        try:
            self._create_next()
        except EngineUnavailable as error:
            if "index_already_exists" not in str(error):
                raise
            if not (was_left or self._is_abandoned()):
                mine.clear()  # another machine's
                raise
            self._await(self._client.index(self._next).delete().task_uid)
            self._create_next()

    def _create_next(self) -> None:
        self._await(self._client.create_index(self._next, {"primaryKey": "id"}).task_uid)

    def _tidy(self, mine: BuildLock) -> None:
        """Deletes the new index of a builder that was killed."""
        try:
            self._client.get_raw_index(self._next)
        except MeilisearchApiError as error:
            if error.code != "index_not_found":
                raise
        else:
            if not (mine.is_marked or self._is_abandoned()):
                return
            self._await(self._client.index(self._next).delete().task_uid)
        mine.clear()

    def _is_abandoned(self) -> bool:
        """Whether nothing has been written to the new index for a while: its builder on another machine was killed."""
        stats = self._client.index(self._next).http.get(f"tasks?indexUids={self._next}&limit=1")["results"]
        if not stats:
            return True
        last = stats[0].get("finishedAt") or stats[0].get("enqueuedAt")
        return stats[0]["status"] not in ("enqueued", "processing") and _age_s(last) > self._abandoned_after_s

    def _fill(self, name: str, documents: Sequence[Document], progress: Progress | None) -> None:
        """Sends all batches, then waits for each: the server indexes one while the next is made."""
        tasks, stems = [], dict[str, Stems]()
        for batch in _batches(record(document, stems) for document in documents):
            body = json.dumps(batch, ensure_ascii=False).encode("utf-8", "replace")
            tasks.append((self._client.http.post(f"indexes/{name}/documents", body, "application/json")["taskUid"], len(batch)))
        done = 0
        for task, size in tasks:
            self._await(task)
            done += size
            if progress:
                progress(done, len(documents))

    def _require_whole(self, documents: Sequence[Document]) -> None:
        """Raises EngineUnavailable unless the new index holds them all: one deleted meanwhile comes back with the documents sent last."""
        held = self._client.http.post(f"indexes/{self._next}/documents/fetch", {"limit": 1, "fields": ["digest"]})["total"]
        if held != len(documents):
            raise EngineUnavailable(f"the new Meilisearch index holds {held} of {len(documents)} articles: another process took it for abandoned")

    def _swap(self) -> None:
        try:
            self._client.get_raw_index(self._name)
        except MeilisearchApiError as error:
            if error.code != "index_not_found":
                raise
            self._await(self._client.create_index(self._name, {"primaryKey": "id"}).task_uid)
        self._await(self._client.swap_indexes([{"indexes": [self._name, self._next]}]).task_uid)

    def _await(self, task: int) -> None:
        """Returns once the task has succeeded; a task taken in is not yet a task done."""
        deadline = monotonic() + self._patience_s
        pause = 0.004
        while monotonic() < deadline:
            state = self._client.http.get(f"tasks/{task}")
            if state["status"] == "succeeded":
                return
            if state["status"] not in ("enqueued", "processing"):
                error = state.get("error") or {}
                raise EngineUnavailable(f"Meilisearch task {task} {state['status']}: {error.get('code', '')} {str(error.get('message', ''))[:300]}")
            sleep(pause)
            pause = min(pause * 1.5, 0.25)
        raise EngineUnavailable(f"Meilisearch task {task} was not done after {self._patience_s:.0f} s")


def reads_as_e5(embedder: dict[str, Any]) -> bool:
    """Whether an embedder's model, which `rest` names in its request, says E5."""
    return is_e5(json.dumps([embedder.get("model"), embedder.get("request")]))


def _with_template(embedder: dict[str, Any]) -> dict[str, Any]:
    """The embedder, told what to read of an article, unless its own settings say."""
    template = "passage: " + _TEMPLATE if reads_as_e5(embedder) else _TEMPLATE
    return {"documentTemplate": template, "documentTemplateMaxBytes": _TEMPLATE_BYTES} | embedder


def identifier(slug: str) -> str:
    """A document id the server accepts, for any slug."""
    return hashlib.blake2b(slug.encode("utf-8", "replace"), digest_size=16).hexdigest()


def record(document: Document, stems: dict[str, Stems]) -> dict[str, Any]:
    """A document as the server indexes it: its short texts as they are for prefixes, everything as stems for questions."""
    of = stems.setdefault(document.locale, Stems(document.locale))
    passages = [passage.text for passage in document.passages]
    headings = [passage.trail[-1] for passage in document.passages if passage.trail]
    labels = (*document.tags, document.category_name, document.section_name)

    def stemmed(*texts: str) -> str:
        return spelt(of.text(indexed_words("\n".join(texts))))

    return {
        "id": identifier(document.slug), "slug": document.slug, "digest": document.digest,
        "category": document.category, "type": document.type, "readers": list(document.readers or (document.locale,)),
        "audience": document.audience, "tags": list(document.tags),
        "title": visible(document.title), "headings": [*map(visible, headings)], "keywords": [*map(visible, document.keywords)],
        "summary": visible(document.summary),
        "title_stems": stemmed(document.title), "headings_stems": stemmed(*headings), "keywords_stems": stemmed(*document.keywords),
        "summary_stems": stemmed(document.summary), "labels_stems": stemmed(*labels), "body_stems": stemmed(*passages),
        "text": "\n".join(passages)[:2000],
    }  # fmt: skip


def spelt(stems: str) -> str:
    """`stems` with those of scripts without spaces, or with vowel signs, in Latin letters.

    The server would cut them once more, each time by its guess of the language, and drop signs.
    """
    if stems.isascii():
        return stems
    return " ".join([f"xq{''.join(map(_letters, word))}" if is_unspaced(word) or not word.isalnum() else word for word in stems.split(" ")])


def _letters(character: str) -> str:
    return f"{ord(character):05x}".translate(_HEXADECIMAL)


def _batches(records: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    size = 0
    for one in records:
        batch.append(one)
        size += len(one["body_stems"])
        if len(batch) >= _BATCH_DOCUMENTS or size >= _BATCH_CHARS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _equal(held: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        return isinstance(held, dict) and all(name == "apiKey" or _equal(held.get(name), value) for name, value in wanted.items())
    return bool(held == wanted)


def _age_s(stamp: str | None) -> float:
    return time() - datetime.fromisoformat(stamp[:19] + "+00:00").timestamp() if stamp else 0.0
